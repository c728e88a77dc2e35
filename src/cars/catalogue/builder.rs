//! Makes a catalogue of entries, one by one.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Catalogue, Entry, Row};
use crate::cars::join::UNDATED;
use crate::cars::search::letters;
use crate::cars::{Basis, Fuel};

/// Takes entries one by one and shares the names that come again.
pub struct Builder {
    catalogue: Catalogue,
    places: HashMap<Box<str>, u32>,
    groups: HashMap<(u32, String, Fuel), u32>,
}

impl Builder {
    pub(super) fn new(version: String) -> Self {
        Builder {
            catalogue: Catalogue {
                version,
                sources: UNDATED.map(str::to_owned),
                names: Vec::new(),
                rows: Vec::new(),
                by_number: Vec::new(),
                groups: 0,
                years: (0, 0),
                spoken: OnceLock::new(),
            },
            places: HashMap::new(),
            groups: HashMap::new(),
        }
    }

    /// Names the sources of what was joined, as [`Catalogue::sources`] has them.
    #[must_use]
    pub fn named(mut self, sources: [String; 3]) -> Self {
        self.catalogue.sources = sources;
        self
    }

    pub fn add(&mut self, entry: &Entry<'_>) {
        let last = self.catalogue.rows.last().copied();
        let make = self.place(entry.make, last.map(|row| row.make));
        let base = self.place(entry.base, last.map(|row| row.base));
        let model = self.place(entry.model, last.map(|row| row.model));
        let variant = self.place(entry.variant, last.map(|row| row.variant));
        let price_source = self.place(entry.price_source, last.map(|row| row.price_source));
        let group = match last {
            Some(row) if (row.make, row.base, row.facts.fuel) == (make, base, entry.facts.fuel) => {
                row.group
            }
            _ => {
                // EPA writes "Leaf" in some years and "LEAF" in others, and what was the "RAV4 Prime" is now filed
                // under "RAV4".
                let key = letters(entry.base.trim_end_matches(" Prime"));
                let next = self.catalogue.groups;
                let group = *self
                    .groups
                    .entry((make, key, entry.facts.fuel))
                    .or_insert(next);
                self.catalogue.groups = next.max(group + 1);
                group
            }
        };
        let price = entry.facts.joined.price;
        let at = self.catalogue.rows.len() as u32;
        self.catalogue.by_number.push((entry.facts.number, at));
        self.catalogue.rows.push(Row {
            facts: entry.facts,
            make,
            base,
            model,
            variant,
            price_source,
            basis: price.map(|price| Basis::of(price.kind, entry.price_source)),
            group,
        });
    }

    /// The catalogue with everything that was added.
    pub fn finish(mut self) -> Catalogue {
        self.catalogue.by_number.sort_unstable();
        self.catalogue.rows.shrink_to_fit();
        let years = || self.catalogue.rows.iter().map(|row| row.facts.year);
        let (first, last) = (years().min(), years().max());
        self.catalogue.years = (first.unwrap_or(0), last.unwrap_or(0));
        self.catalogue
    }

    fn place(&mut self, name: &str, last: Option<u32>) -> u32 {
        if let Some(at) = last.filter(|at| self.catalogue.name(*at) == name) {
            return at;
        }
        if let Some(at) = self.places.get(name) {
            return *at;
        }
        let at = self.catalogue.names.len() as u32;
        self.catalogue.names.push(name.into());
        self.places.insert(name.into(), at);
        at
    }
}
