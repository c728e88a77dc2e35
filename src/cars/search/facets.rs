//! How many models each choice of a filter would leave, for all choices at once.

mod fields;

use serde::Serialize;
use utoipa::ToSchema;

use self::fields::fields;
use super::test::{Fit, Test};
use super::{Filter, Row};
use crate::cars::Catalogue;

/// One field of the filter with its choices.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cars::search::rank;
    use crate::cars::{Body, Fuel};

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
