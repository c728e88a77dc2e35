//! The catalogue in memory: small rows that share their names, and the cars made from them when asked.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use super::search::{letters, named};
use super::table::{self, TableError};
use super::{
    Basis, Body, Car, Drive, Economy, Energy, Fuel, Price, PriceKind, Safety, Seats, Transmission,
};

mod builder;
pub mod names;

pub use builder::Builder;
use names::Names;

/// The table that ships with Autio, made by [`super::epa`] from EPA's file of 29 October 2025 and by [`super::join`] from
/// the files that its second line names.
static BUILT_IN: &[u8] = include_bytes!("catalogue.tsv.gz");

/// Every car of one published file.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Whose file, and of which day: `EPA 2025-10-29`.
    pub version: String,
    /// How NHTSA's ratings, NHTSA's vPIC and EPA's fleet of 2022 are named as sources, with their dates.
    pub sources: [String; 3],
    names: Vec<Box<str>>,
    rows: Vec<Row>,
    /// EPA's numbers with the places of their rows, sorted.
    by_number: Vec<(u32, u32)>,
    groups: u32,
    /// The first and the last model year.
    years: (u16, u16),
    /// Made when it is first asked for.
    spoken: OnceLock<Names>,
}

/// What is published about one car, apart from its names; units as in [`Car`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// EPA's number of the vehicle.
    pub number: u32,
    pub year: u16,
    pub body: Option<Body>,
    /// The body is NHTSA's word, where EPA classes by room inside alone.
    pub body_from_nhtsa: bool,
    pub fuel: Fuel,
    pub drive: Option<Drive>,
    pub transmission: Option<Transmission>,
    pub mpg: Option<Economy>,
    pub mpge: Option<Economy>,
    pub electric_range_mi: Option<u16>,
    pub range_mi: Option<u16>,
    pub co2_g_per_mi: Option<u16>,
    pub fuel_cost_usd_per_year: Option<u16>,
    pub energy: Energy,
    pub joined: Joined,
}

/// What others than EPA's table publish about a car.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Joined {
    /// NHTSA's overall stars, 1 to 5.
    pub stars: Option<u8>,
    pub seats: Option<Seats>,
    pub seats_from: Origin,
    pub horsepower: Option<u16>,
    pub power_from: Origin,
    /// Pounds, from EPA's fleet of 2022.
    pub towing_lb: Option<u16>,
    pub price: Option<Amount>,
}

/// Whose figure it is, by its place in [`Catalogue::sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Ncap,
    Vpic,
    Omega,
}

/// A price without its source, which the row keeps among the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    pub usd: u32,
    pub kind: PriceKind,
    /// The model year whose price it was: for an estimate, the one that it was carried from.
    pub year: u16,
}

/// One car with its names, on its way into a catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    pub make: &'a str,
    /// The model without its variants, as EPA groups them: `RAV4` for `RAV4 Hybrid AWD`.
    pub base: &'a str,
    pub model: &'a str,
    pub variant: &'a str,
    /// Where the price is from; empty without one.
    pub price_source: &'a str,
    pub facts: Facts,
}

/// One car as the catalogue keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub facts: Facts,
    pub(super) make: u32,
    base: u32,
    model: u32,
    variant: u32,
    price_source: u32,
    /// Of its price, if it has one.
    pub(super) basis: Option<Basis>,
    /// The same for all years and versions of one base model with one kind of fuel.
    pub(super) group: u32,
}

impl Catalogue {
    /// The catalogue that ships inside the binary.
    ///
    /// # Errors
    /// When the table is damaged, which its test rules out for a build that passed.
    pub fn built_in() -> Result<Self, TableError> {
        table::read(BUILT_IN)
    }

    /// An empty catalogue of that version.
    pub fn builder(version: impl Into<String>) -> Builder {
        Builder::new(version.into())
    }

    /// How many cars there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn groups(&self) -> usize {
        self.groups as usize
    }

    /// The row with its names.
    pub fn entry(&self, row: &Row) -> Entry<'_> {
        Entry {
            make: self.name(row.make),
            base: self.name(row.base),
            model: self.name(row.model),
            variant: self.name(row.variant),
            price_source: self.name(row.price_source),
            facts: row.facts,
        }
    }

    /// Every car in turn, made as it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Car> + '_ {
        self.rows.iter().map(|row| self.car(row))
    }

    /// The car with that id, if there is one.
    pub fn get(&self, id: &str) -> Option<Car> {
        self.find(id).map(|row| self.car(row))
    }

    /// The row of the car with that id, if there is one.
    pub fn find(&self, id: &str) -> Option<&Row> {
        let number: u32 = id.rsplit('-').next()?.parse().ok()?;
        let at = self
            .by_number
            .binary_search_by_key(&number, |pair| pair.0)
            .ok()?;
        let row = self.rows.get(self.by_number.get(at)?.1 as usize)?;
        (self.entry(row).id() == id).then_some(row)
    }

    /// The makes and models by the words that they are written in. They are gathered on the first call and kept.
    pub fn names(&self) -> &Names {
        self.spoken.get_or_init(|| Names::of(self))
    }

    /// All makes, in the order of the alphabet.
    pub fn makes(&self) -> Vec<&str> {
        self.distinct(|row| row.make)
    }

    /// Every pair of make and base model, in the order of the alphabet.
    pub fn models(&self) -> Vec<(&str, &str)> {
        let mut pairs: Vec<(u32, u32)> = self.rows.iter().map(|row| (row.make, row.base)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut models: Vec<_> = pairs
            .into_iter()
            .map(|(make, base)| (self.name(make), self.name(base)))
            .collect();
        models.sort_unstable();
        models
    }

    /// The first and the last model year; zeros for an empty catalogue.
    pub fn years(&self) -> (u16, u16) {
        self.years
    }

    /// The car that a row stands for.
    pub fn car(&self, row: &Row) -> Car {
        let entry = self.entry(row);
        let facts = row.facts;
        let joined = facts.joined;
        Car {
            id: entry.id(),
            year: facts.year,
            make: entry.make.to_owned(),
            model: entry.model.to_owned(),
            variant: entry.variant.to_owned(),
            body: facts.body,
            fuel: facts.fuel,
            drive: facts.drive,
            transmission: facts.transmission,
            seats: joined.seats,
            horsepower: joined.horsepower,
            towing_lb: joined.towing_lb.map(u32::from),
            mpg: facts.mpg,
            mpge: facts.mpge,
            electric_range_mi: facts.electric_range_mi,
            range_mi: facts.range_mi,
            co2_g_per_mi: facts.co2_g_per_mi,
            fuel_cost_usd_per_year: facts.fuel_cost_usd_per_year,
            price: joined.price.map(|price| Price {
                usd: price.usd,
                kind: price.kind,
                year: price.year,
                source: entry.price_source.to_owned(),
            }),
            safety: joined.stars.map(|stars| Safety {
                stars,
                source: self.source(Origin::Ncap),
            }),
            sources: self.sources(&facts, entry.price_source),
            why: Vec::new(),
        }
    }

    fn source(&self, origin: Origin) -> String {
        self.sources[origin as usize].clone()
    }

    fn sources(&self, facts: &Facts, price_source: &str) -> BTreeMap<String, String> {
        let known = [
            ("body", facts.body.is_some()),
            ("fuel", true),
            ("drive", facts.drive.is_some()),
            ("transmission", facts.transmission.is_some()),
            ("mpg", facts.mpg.is_some()),
            ("mpge", facts.mpge.is_some()),
            ("electric_range_mi", facts.electric_range_mi.is_some()),
            ("range_mi", facts.range_mi.is_some()),
            ("co2_g_per_mi", facts.co2_g_per_mi.is_some()),
            (
                "fuel_cost_usd_per_year",
                facts.fuel_cost_usd_per_year.is_some(),
            ),
            ("seats", facts.joined.seats.is_some()),
            ("horsepower", facts.joined.horsepower.is_some()),
            ("towing_lb", facts.joined.towing_lb.is_some()),
            ("price", facts.joined.price.is_some()),
            ("safety", facts.joined.stars.is_some()),
        ];
        let source = |field| match field {
            "body" if facts.body_from_nhtsa => "NHTSA NCAP 2025-10".to_owned(),
            "seats" => self.source(facts.joined.seats_from),
            "horsepower" => self.source(facts.joined.power_from),
            "towing_lb" => self.source(Origin::Omega),
            "safety" => self.source(Origin::Ncap),
            "price" => price_source.to_owned(),
            "body" => format!("{} (from its class and room inside)", self.version),
            _ => self.version.clone(),
        };
        known
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(field, _)| (field.to_owned(), source(field)))
            .collect()
    }

    /// Where the makes are whose name passes.
    pub(super) fn make_places(&self, passes: impl Fn(&str) -> bool) -> Vec<u32> {
        let mut places: Vec<u32> = self.rows.iter().map(|row| row.make).collect();
        places.dedup();
        places.retain(|at| passes(self.name(*at)));
        places
    }

    /// The names (make, base and model) that one of these models is in.
    pub(super) fn name_places(&self, models: &[String]) -> HashSet<(u32, u32, u32)> {
        let mut places: Vec<_> = self.rows.iter().map(Row::names).collect();
        places.dedup();
        let wanted: Vec<String> = models.iter().map(|model| letters(model)).collect();
        // Models of one base follow each other, and most are called by it.
        let mut last = (u32::MAX, u32::MAX, false);
        let mut fits = |(make, base, model): &(u32, u32, u32)| {
            let called = |make: &str, name: &str| wanted.iter().any(|is| named(is, make, name));
            if (last.0, last.1) != (*make, *base) {
                last = (*make, *base, called(self.name(*make), self.name(*base)));
            }
            last.2 || (model != base && called(self.name(*make), self.name(*model)))
        };
        places.retain(&mut fits);
        places.into_iter().collect()
    }

    fn distinct(&self, place: impl Fn(&Row) -> u32) -> Vec<&str> {
        let mut places: Vec<u32> = self.rows.iter().map(place).collect();
        places.sort_unstable();
        places.dedup();
        let mut names: Vec<&str> = places.into_iter().map(|at| self.name(at)).collect();
        names.sort_unstable();
        names
    }

    fn name(&self, at: u32) -> &str {
        &self.names[at as usize]
    }
}

impl Origin {
    /// As the table has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Ncap => "ncap",
            Origin::Vpic => "vpic",
            Origin::Omega => "omega",
        }
    }
}

impl Row {
    /// The same for all years and versions of one base model with one kind of fuel.
    pub fn group(&self) -> u32 {
        self.group
    }

    pub(super) fn names(&self) -> (u32, u32, u32) {
        (self.make, self.base, self.model)
    }
}

impl Entry<'_> {
    /// The id of the car: year, make, model and EPA's number, in lower case with hyphens.
    pub fn id(&self) -> String {
        let mut id = self.facts.year.to_string();
        for part in [self.make, self.model] {
            let mut word = false;
            for letter in part.chars().filter(|c| *c != '\'') {
                if letter.is_ascii_alphanumeric() {
                    if !word {
                        id.push('-');
                    }
                    id.push(letter.to_ascii_lowercase());
                }
                word = letter.is_ascii_alphanumeric();
            }
        }
        format!("{id}-{}", self.facts.number)
    }
}
