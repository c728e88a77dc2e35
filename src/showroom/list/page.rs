//! A search as a page: the form with what each choice would leave, and the models that fit.

use askama::Template;

use super::Listing;
use crate::cars::search::facets::Facet;
use crate::cars::search::{Change, Limit};
use crate::cars::words::thousands;
use crate::showroom::ask::{self, SORTS, Set};
use crate::showroom::facts::{Brief, Version};
use crate::web::view::Shell;

/// The most changes that are offered where nothing fits.
const MOST_OFFERS: usize = 3;

impl Listing {
    /// A change as a link: what is left out, and what stands there instead.
    fn offer(&self, change: &Change) -> Chip {
        let (old, new) = (ask::set(&self.asked.filter), ask::set(&change.filter));
        let is_kept = |set: &&Set| new.iter().any(|other| other.field == set.field);
        let dropped = old.iter().filter(|set| !is_kept(set));
        let mut parts: Vec<String> = dropped
            .map(|set| format!("without {}", set.label))
            .collect();
        let changed = new.iter().filter(|set| !old.contains(set));
        parts.extend(changed.map(|set| set.label.clone()));
        let models = match change.total {
            1 => "1 model".to_owned(),
            total => format!("{} models", thousands(total as u64)),
        };
        Chip {
            label: format!("{}: {models}", parts.join(", ")),
            without: ask::address(new.iter(), change.filter.sort, self.asked.limit, 0),
        }
    }

    pub(super) fn template<'a>(&'a self, shell: &'a Shell) -> ListPage<'a> {
        let filter = &self.asked.filter;
        let set = ask::set(filter);
        let at = |cursor| ask::address(set.iter(), filter.sort, self.asked.limit, cursor);
        let without = |dropped: &Set| {
            let others = set.iter().filter(|other| *other != dropped);
            Chip {
                label: dropped.label.clone(),
                without: ask::address(others, filter.sort, self.asked.limit, 0),
            }
        };
        let shown = self.cars.iter().zip(&self.versions);
        let controls: Vec<Control<'_>> = self
            .facets
            .iter()
            .map(|facet| self.control(facet))
            .collect();
        let in_form =
            |set: &&Set| set.field == "models" || self.facets.iter().any(|f| f.field == set.field);
        let previous = self.asked.cursor.saturating_sub(self.asked.limit);
        ListPage {
            shell,
            chips: set.iter().map(without).collect(),
            offers: self
                .changes
                .iter()
                .take(MOST_OFFERS)
                .map(|change| self.offer(change))
                .collect(),
            hidden: set.iter().filter(|set| !in_form(set)).cloned().collect(),
            models: self.given("models").join(", "),
            models_wrong: self.asked.wrong("models"),
            other_wrong: self.other_wrong(&controls),
            sorts: SORTS.map(|(sort, word, label)| (word, label, sort == filter.sort)),
            sort_wrong: self.asked.wrong("sort"),
            results: shown
                .map(|(car, versions)| Shown {
                    car: Brief::of(car, self.kept.as_deref()),
                    versions: versions
                        .iter()
                        .map(|version| Version::of(version, &car.id))
                        .collect(),
                })
                .collect(),
            controls,
            total: thousands(self.total as u64),
            is_wrong: !self.asked.wrong.is_empty(),
            open: self.open.iter().map(count).collect(),
            unknown: self.unknown.iter().map(count).collect(),
            years: self.years,
            years_unset: filter.year_min.is_none()
                && filter.year_max.is_none()
                && filter.models.is_empty(),
            first: self.asked.cursor + 1,
            last: self.asked.cursor + self.cars.len(),
            rows: thousands(self.rows as u64),
            next: self.next().map(at),
            previous: (self.asked.cursor > 0).then(|| at(previous)),
            here: &self.here,
        }
    }

    fn given(&self, field: &str) -> Vec<&str> {
        let given = self.asked.given.iter().filter(|(name, _)| name == field);
        given.map(|(_, value)| value.as_str()).collect()
    }

    fn control<'a>(&'a self, facet: &'a Facet) -> Control<'a> {
        let wrong = self.asked.wrong(facet.field);
        let is_set = wrong.is_some() || facet.choices.iter().any(|choice| choice.chosen);
        Control {
            field: facet.field,
            label: facet.label,
            many: facet.many,
            none: match facet.field {
                "year_min" => "Newest three",
                _ => "Any",
            },
            least: matches!(
                facet.field,
                "budget_min"
                    | "mpg_min"
                    | "electric_range_min"
                    | "seats_min"
                    | "stars_min"
                    | "horsepower_min"
                    | "towing_min"
            ),
            // Dozens of makes that would leave nothing are only in the way.
            choices: facet
                .choices
                .iter()
                .filter(|choice| {
                    let is_counted = self.asked.wrong.is_empty() && facet.field == "makes";
                    !is_counted || choice.count > 0 || choice.chosen
                })
                .map(|choice| Offer {
                    value: &choice.value,
                    label: &choice.label,
                    count: thousands(choice.count as u64),
                    chosen: choice.chosen,
                })
                .collect(),
            unusable: match wrong {
                Some(_) => self.given(facet.field),
                None => Vec::new(),
            },
            is_set,
            wrong,
        }
    }

    /// What is wrong and has no place in the form.
    fn other_wrong(&self, controls: &[Control<'_>]) -> Vec<&str> {
        let has_place = |field: &str| {
            field == "models" || field == "sort" || controls.iter().any(|c| c.field == field)
        };
        let wrong = self
            .asked
            .wrong
            .iter()
            .filter(|wrong| !has_place(&wrong.field));
        wrong.map(|wrong| wrong.detail.as_str()).collect()
    }
}

fn count((limit, count): &(Limit, usize)) -> (&'static str, String) {
    (limit.label(), thousands(*count as u64))
}

/// A limit that is set with the search without it, or a change with the search that has it.
struct Chip {
    label: String,
    without: String,
}

/// One field of the form.
struct Control<'a> {
    field: &'static str,
    label: &'static str,
    many: bool,
    /// What the choice is called that sets nothing.
    none: &'static str,
    /// Its choices are the least that will do.
    least: bool,
    choices: Vec<Offer<'a>>,
    /// What was given and can't be used.
    unusable: Vec<&'a str>,
    is_set: bool,
    wrong: Option<&'a str>,
}

impl Control<'_> {
    /// What a choice is called.
    fn words(&self, offer: &Offer<'_>) -> String {
        match self.least {
            true => format!("{} or more", offer.label),
            false => offer.label.to_owned(),
        }
    }
}

struct Offer<'a> {
    value: &'a str,
    label: &'a str,
    count: String,
    chosen: bool,
}

struct Shown {
    car: Brief,
    versions: Vec<Version>,
}

#[derive(Template)]
#[template(path = "cars/list.html", blocks = ["main"])]
pub(super) struct ListPage<'a> {
    shell: &'a Shell,
    chips: Vec<Chip>,
    /// What would give cars where nothing does.
    offers: Vec<Chip>,
    hidden: Vec<Set>,
    models: String,
    models_wrong: Option<&'a str>,
    other_wrong: Vec<&'a str>,
    sorts: [(&'static str, &'static str, bool); 11],
    sort_wrong: Option<&'a str>,
    controls: Vec<Control<'a>>,
    results: Vec<Shown>,
    total: String,
    is_wrong: bool,
    open: Vec<(&'static str, String)>,
    unknown: Vec<(&'static str, String)>,
    years: (u16, u16),
    years_unset: bool,
    first: usize,
    last: usize,
    rows: String,
    next: Option<String>,
    previous: Option<String>,
    here: &'a str,
}
