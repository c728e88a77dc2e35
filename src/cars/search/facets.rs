//! How many models each choice of a filter would leave, for all choices at once.

use serde::Serialize;

use super::test::{Fit, Test};
use super::{Filter, Row, economy};
use crate::cars::words::thousands;
use crate::cars::{Body, Catalogue, Drive, Fuel, Transmission};

/// One field of the filter with its choices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facet {
    /// The field of [`Filter`].
    pub field: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Several of its choices can be made together: a car must then meet one of them.
    pub many: bool,
    pub choices: Vec<Choice>,
}

/// One choice, and what it would leave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// As the field takes it.
    pub value: String,
    pub label: String,
    /// How many models are known to fit if this is the field's only choice and all other fields stay as they are.
    pub count: usize,
    pub chosen: bool,
}

/// Counts every choice of every field.
///
/// For the choices of one field all rows are tried that meet the others. Fields that aren't set share one such pass, so
/// there are as many passes as fields are set, and one.
pub fn facets(catalogue: &Catalogue, filter: &Filter) -> Vec<Facet> {
    let mut all = fields(catalogue, filter);
    let mut shared: Vec<&mut Field> = Vec::new();
    for field in &mut all {
        if (field.is_set)(filter) || field.widens {
            let mut without = filter.clone();
            (field.clear)(&mut without);
            count(catalogue, &without, &mut [field]);
        } else {
            shared.push(field);
        }
    }
    count(catalogue, filter, &mut shared);
    all.into_iter().map(Field::finish).collect()
}

/// The same choices with nothing counted, for a form that has to be mended first.
pub fn uncounted(catalogue: &Catalogue, filter: &Filter) -> Vec<Facet> {
    let all = fields(catalogue, filter).into_iter();
    all.map(Field::finish).collect()
}

fn count(catalogue: &Catalogue, filter: &Filter, fields: &mut [&mut Field]) {
    let test = Test::new(catalogue, filter);
    for row in catalogue.rows() {
        if test.fit(row) == Fit::Yes {
            for field in fields.iter_mut() {
                field.take(row);
            }
        }
    }
}

/// Where a row's value stands among the choices.
type Place = Box<dyn Fn(&Row) -> Option<usize>>;

/// Which choices a row meets.
enum Pick {
    /// The one at that place.
    One(Place),
    /// All steps that its figure reaches.
    Least(fn(&Row) -> Option<u32>, Vec<u32>),
    /// All steps that its figure keeps under.
    Most(fn(&Row) -> Option<u32>, Vec<u32>),
}

/// A field on its way to a facet.
struct Field {
    name: &'static str,
    label: &'static str,
    many: bool,
    is_set: fn(&Filter) -> bool,
    clear: fn(&mut Filter),
    /// Without it other cars are searched than with nothing chosen, so it never shares a pass.
    widens: bool,
    pick: Pick,
    choices: Vec<Counting>,
}

struct Counting {
    value: String,
    label: String,
    chosen: bool,
    /// One bit for each model and fuel.
    seen: Vec<u64>,
}

impl Field {
    fn take(&mut self, row: &Row) {
        let (word, bit) = ((row.group / 64) as usize, 1 << (row.group % 64));
        let mark = |choice: &mut Counting| choice.seen[word] |= bit;
        match &self.pick {
            Pick::One(place) => {
                if let Some(choice) = place(row).and_then(|at| self.choices.get_mut(at)) {
                    mark(choice);
                }
            }
            Pick::Least(figure, steps) => {
                let figure = figure(row);
                let met = steps
                    .iter()
                    .map(|step| figure.is_some_and(|figure| figure >= *step));
                let choices = self.choices.iter_mut().zip(met);
                choices
                    .filter(|(_, met)| *met)
                    .for_each(|(choice, _)| mark(choice));
            }
            Pick::Most(figure, steps) => {
                let figure = figure(row);
                let met = steps
                    .iter()
                    .map(|step| figure.is_some_and(|figure| figure <= *step));
                let choices = self.choices.iter_mut().zip(met);
                choices
                    .filter(|(_, met)| *met)
                    .for_each(|(choice, _)| mark(choice));
            }
        }
    }

    fn finish(self) -> Facet {
        let choice = |counting: Counting| Choice {
            value: counting.value,
            label: counting.label,
            chosen: counting.chosen,
            count: counting
                .seen
                .iter()
                .map(|word| word.count_ones() as usize)
                .sum(),
        };
        Facet {
            field: self.name,
            label: self.label,
            many: self.many,
            choices: self.choices.into_iter().map(choice).collect(),
        }
    }
}

/// All fields, in the order of the form.
fn fields(catalogue: &Catalogue, filter: &Filter) -> Vec<Field> {
    let words = catalogue.groups().div_ceil(64);
    let counting = |value: String, label: String, chosen: bool| Counting {
        value,
        label,
        chosen,
        seen: vec![0; words],
    };
    let plain = |name, label, is_set, clear, (pick, choices)| Field {
        name,
        label,
        many: false,
        is_set,
        clear,
        widens: false,
        pick,
        choices,
    };
    let list = |name, label, is_set, clear, counted| Field {
        many: true,
        ..plain(name, label, is_set, clear, counted)
    };
    let year = |name, label, is_set, clear, counted| Field {
        widens: true,
        ..plain(name, label, is_set, clear, counted)
    };
    // At least so much of something, or for dollars at most.
    let steps = |usual: &[u32],
                 asked: Option<u32>,
                 label: &dyn Fn(u32) -> String,
                 most: bool,
                 figure: fn(&Row) -> Option<u32>| {
        let mut usual = usual.to_vec();
        usual.extend(asked);
        usual.sort_unstable();
        usual.dedup();
        let step = |step: &u32| counting(step.to_string(), label(*step), asked == Some(*step));
        let choices: Vec<Counting> = usual.iter().map(step).collect();
        let pick = if most {
            Pick::Most(figure, usual)
        } else {
            Pick::Least(figure, usual)
        };
        (pick, choices)
    };
    macro_rules! closed {
        ($kind:ident, $chosen:expr, $get:expr) => {
            (
                Pick::One(Box::new(|row| {
                    let value = $get(row)?;
                    $kind::ALL.iter().position(|kind| *kind == value)
                })),
                $kind::ALL
                    .iter()
                    .map(|kind| {
                        let chosen = $chosen.contains(kind);
                        counting(kind.as_str().into(), kind.label().into(), chosen)
                    })
                    .collect(),
            )
        };
    }
    let (first, last) = catalogue.years();
    let years: Vec<u32> = (first..=last).map(u32::from).collect();
    let chosen_makes: Vec<String> = filter
        .makes
        .iter()
        .map(|make| super::letters(make))
        .collect();
    let makes = catalogue.makes();
    // By the place of a make's name: its place among the choices.
    let mut order = std::collections::HashMap::new();
    for row in catalogue.rows() {
        order.entry(row.make).or_insert_with(|| {
            let make = catalogue.entry(row).make;
            makes.iter().position(|known| *known == make)
        });
    }
    let make = |make: &&str| {
        let chosen = chosen_makes.contains(&super::letters(make));
        counting((*make).to_owned(), (*make).to_owned(), chosen)
    };
    let make_choices: Vec<Counting> = makes.iter().map(make).collect();
    let make_pick = Pick::One(Box::new(move |row| order.get(&row.make).copied().flatten()));
    vec![
        list(
            "bodies",
            "Body",
            |f| !f.bodies.is_empty(),
            |f| f.bodies.clear(),
            closed!(Body, filter.bodies, |row: &Row| row.facts.body),
        ),
        list(
            "fuels",
            "Fuel",
            |f| !f.fuels.is_empty(),
            |f| f.fuels.clear(),
            closed!(Fuel, filter.fuels, |row: &Row| Some(row.facts.fuel)),
        ),
        list(
            "drives",
            "Drive",
            |f| !f.drives.is_empty(),
            |f| f.drives.clear(),
            closed!(Drive, filter.drives, |row: &Row| row.facts.drive),
        ),
        plain(
            "budget_max",
            "Budget",
            |f| f.budget_max.is_some(),
            |f| f.budget_max = None,
            steps(
                &[
                    20_000, 25_000, 30_000, 35_000, 40_000, 50_000, 60_000, 80_000,
                ],
                filter.budget_max,
                &|usd| format!("up to ${}", thousands(usd.into())),
                true,
                |row| row.facts.joined.price.map(|price| price.usd),
            ),
        ),
        plain(
            "budget_min",
            "Price from",
            |f| f.budget_min.is_some(),
            |f| f.budget_min = None,
            steps(
                &[20_000, 30_000, 40_000, 50_000, 60_000, 80_000],
                filter.budget_min,
                &|usd| format!("${}", thousands(usd.into())),
                false,
                |row| row.facts.joined.price.map(|price| price.usd),
            ),
        ),
        year(
            "year_min",
            "From model year",
            |f| f.year_min.is_some(),
            // Any year but the last: without both bounds the newest years alone are searched.
            |f| f.year_min = Some(0),
            steps(
                &years,
                filter.year_min.map(u32::from),
                &|year| year.to_string(),
                false,
                |row| Some(row.facts.year.into()),
            ),
        ),
        year(
            "year_max",
            "To model year",
            |f| f.year_max.is_some(),
            |f| f.year_max = Some(u16::MAX),
            steps(
                &years,
                filter.year_max.map(u32::from),
                &|year| year.to_string(),
                true,
                |row| Some(row.facts.year.into()),
            ),
        ),
        plain(
            "mpg_min",
            "Economy",
            |f| f.mpg_min.is_some(),
            |f| f.mpg_min = None,
            steps(
                &[20, 25, 30, 35, 40, 50, 80, 100],
                filter.mpg_min.map(u32::from),
                &|mpg| format!("{mpg} mpg or MPGe"),
                false,
                |row| economy(row).map(u32::from),
            ),
        ),
        plain(
            "electric_range_min",
            "Electric range",
            |f| f.electric_range_min.is_some(),
            |f| f.electric_range_min = None,
            steps(
                &[20, 40, 100, 200, 250, 300, 350, 400],
                filter.electric_range_min.map(u32::from),
                &|miles| format!("{miles} miles"),
                false,
                |row| row.facts.electric_range_mi.map(u32::from),
            ),
        ),
        plain(
            "seats_min",
            "Seats",
            |f| f.seats_min.is_some(),
            |f| f.seats_min = None,
            steps(
                &[4, 5, 6, 7, 8],
                filter.seats_min.map(u32::from),
                &|seats| seats.to_string(),
                false,
                |row| row.facts.joined.seats.map(|seats| seats.max.into()),
            ),
        ),
        plain(
            "stars_min",
            "Safety",
            |f| f.stars_min.is_some(),
            |f| f.stars_min = None,
            steps(
                &[3, 4, 5],
                filter.stars_min.map(u32::from),
                &|stars| format!("{stars} stars"),
                false,
                |row| row.facts.joined.stars.map(u32::from),
            ),
        ),
        plain(
            "horsepower_min",
            "Power",
            |f| f.horsepower_min.is_some(),
            |f| f.horsepower_min = None,
            steps(
                &[150, 200, 250, 300, 400],
                filter.horsepower_min.map(u32::from),
                &|power| format!("{power} hp"),
                false,
                |row| row.facts.joined.horsepower.map(u32::from),
            ),
        ),
        plain(
            "towing_min",
            "Towing",
            |f| f.towing_min.is_some(),
            |f| f.towing_min = None,
            steps(
                &[1_500, 2_000, 3_500, 5_000, 7_500, 10_000],
                filter.towing_min,
                &|pounds| format!("{} lb", thousands(pounds.into())),
                false,
                |row| row.facts.joined.towing_lb.map(u32::from),
            ),
        ),
        list(
            "transmissions",
            "Transmission",
            |f| !f.transmissions.is_empty(),
            |f| f.transmissions.clear(),
            closed!(Transmission, filter.transmissions, |row: &Row| row
                .facts
                .transmission),
        ),
        list(
            "makes",
            "Make",
            |f| !f.makes.is_empty(),
            |f| f.makes.clear(),
            (make_pick, make_choices),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cars::search::rank;

    /// The filter with that choice as the field's only one, made apart from the counting.
    fn with(filter: &Filter, field: &str, value: &str) -> Filter {
        let mut json = serde_json::to_value(filter).unwrap();
        let number: Result<u32, _> = value.parse();
        json[field] = match number {
            Ok(number) => number.into(),
            Err(_) => vec![value].into(),
        };
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn each_count_is_what_the_choice_then_leaves() {
        let catalogue = Catalogue::built_in().unwrap();
        let filters = [
            Filter::default(),
            Filter {
                bodies: vec![Body::Suv],
                budget_max: Some(37_500),
                ..Filter::default()
            },
            Filter {
                fuels: vec![Fuel::Electric, Fuel::PlugInHybrid],
                year_min: Some(2020),
                year_max: Some(2022),
                makes: vec!["kia".into(), "Toyota".into()],
                ..Filter::default()
            },
        ];
        for filter in filters {
            for facet in facets(&catalogue, &filter) {
                // Every choice in a release build, some in a debug build, which takes ten times as long.
                let every = if cfg!(debug_assertions) { 5 } else { 1 };
                for choice in facet.choices.iter().step_by(every) {
                    let left = rank(&catalogue, &with(&filter, facet.field, &choice.value)).known;
                    assert_eq!(choice.count, left, "{} {}", facet.field, choice.value);
                }
            }
        }
    }

    #[test]
    fn what_was_asked_for_is_among_the_choices() {
        let catalogue = Catalogue::built_in().unwrap();
        let filter = Filter {
            budget_max: Some(37_500),
            makes: vec!["MERCEDES benz".into()],
            ..Filter::default()
        };
        let chosen: Vec<String> = facets(&catalogue, &filter)
            .into_iter()
            .flat_map(|facet| facet.choices)
            .filter(|choice| choice.chosen)
            .map(|choice| choice.label)
            .collect();
        assert_eq!(chosen, ["up to $37,500", "Mercedes-Benz"]);
    }
}
