//! NHTSA's vPIC, decoded from patterns of vehicle numbers: engines' power, and base prices of 2017 to 2021.
//!
//! The patterns are combined, so that engines stand beside trims that never had them. What a line says of a trim is
//! taken for an engine or a drive only where it differs between them.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::names::{self, Name};
use super::sheet;
use super::{Kind, Place, Spine, Wheels, agreeing};
use crate::cars::epa::ImportError;
use crate::cars::{Body, Fuel, Seats};

const COLUMNS: &[&str] = &[
    "year",
    "make",
    "model",
    "series",
    "trim",
    "drive",
    "Body Class",
    "Number of Seats",
    "Base Price ($)",
    "Engine Brake (hp) From",
    "Displacement (L)",
    "Fuel Type - Primary",
    "Electrification Level",
];

/// More would be a slip of the pen: the sharpest road engines of these years give about 215 hp a liter.
const MOST_HP_A_LITER: f64 = 220.0;
/// Four driven wheels cost no more than this beside two; what costs more is a richer trim.
const MOST_FOR_FOUR: f64 = 1.2;
/// Prices outside are slips too, or not of road cars.
const PRICES: std::ops::RangeInclusive<f64> = 10_000.0..=600_000.0;

/// One combination of a trim and an engine.
#[derive(Clone, Debug)]
struct Trim {
    /// What tells the trim: series and trim as written.
    name: String,
    /// All words of model, series and trim.
    words: HashSet<String>,
    /// A convertible.
    open: bool,
    wheels: Wheels,
    /// `None` where the line mixes kinds.
    kind: Option<Kind>,
    /// Hundredths of a liter.
    displacement: Option<u16>,
    power: Vec<f64>,
    /// Whole dollars; the lowest of several.
    price: Option<u32>,
    seats: Option<Seats>,
}

#[derive(Debug, Default)]
pub struct Vpic {
    trims: HashMap<(u16, String, String), Vec<Trim>>,
}

impl Vpic {
    /// Reads the file.
    ///
    /// # Errors
    /// When a column is missing, or a number can't be read.
    pub fn read(from: impl Read) -> Result<Self, ImportError> {
        let mut vpic = Vpic::default();
        sheet::read(from, COLUMNS, |line| {
            let year = line.needed("year")?;
            let make = names::make(line.text("make"));
            let Name { core, words, .. } = names::model(&make, line.text("model"));
            let (series, trim) = (line.text("series"), line.text("trim"));
            let mut all: HashSet<String> = words.into_iter().collect();
            all.extend(names::words(series));
            all.extend(names::words(trim));
            let displacement = line.numbers("Displacement (L)")?;
            let power = line.numbers("Engine Brake (hp) From")?;
            let liters = displacement.first().copied();
            let credible = |hp: &f64| liters.is_none_or(|liters| hp / liters <= MOST_HP_A_LITER);
            let price = line.numbers("Base Price ($)")?;
            let price = price.into_iter().filter(|usd| PRICES.contains(usd));
            let seats = line.numbers("Number of Seats")?;
            let seats = seats.into_iter().map(|count| count as u8);
            let power: Vec<f64> = power.into_iter().filter(credible).collect();
            let kind = kind(
                line.text("Electrification Level"),
                line.text("Fuel Type - Primary"),
            );
            vpic.trims
                .entry((year, make, core))
                .or_default()
                .push(Trim {
                    name: format!("{series}|{trim}"),
                    words: all,
                    open: line.text("Body Class").contains("Convertible"),
                    wheels: Wheels::of_word(line.text("drive")),
                    // Two powers of one hybrid, plugged in or not, are its own and its gasoline twin's.
                    kind: kind.filter(|kind| {
                        !matches!(kind, Kind::Hybrid | Kind::PlugIn)
                            || power.is_empty()
                            || agreeing(&power).is_some()
                    }),
                    displacement: liters.map(|liters| (liters * 100.0).round() as u16),
                    power,
                    price: price.map(|usd| usd as u32).min(),
                    seats: seats
                        .clone()
                        .min()
                        .zip(seats.max())
                        .map(|(min, max)| Seats { min, max }),
                });
            Ok(())
        })?;
        Ok(vpic)
    }

    /// The trims that a car may be: of its model, with every word of its version, of its kind of fuel.
    fn of(&self, car: &Spine<'_>) -> (&[Trim], Vec<&Trim>) {
        let key = |core: &str| (car.year, car.make.clone(), core.to_owned());
        let (all, needed): (&[Trim], _) = match self.trims.get(&key(&car.model.core)) {
            Some(trims) => (trims, &[][..]),
            None => match self.trims.get(&key(&car.base.core)) {
                Some(trims) => (trims, &car.beyond[..]),
                None => return (&[], Vec::new()),
            },
        };
        let fits = |trim: &&Trim| {
            needed
                .iter()
                .all(|any| any.iter().any(|word| trim.words.contains(word)))
                && trim.kind.is_some_and(|kind| kind.fits(car.fuel))
                && car
                    .body
                    .is_none_or(|body| trim.open == (body == Body::Convertible))
        };
        (all, all.iter().filter(fits).collect())
    }

    /// The engine's power in horsepower, from all trims with that engine.
    pub(super) fn power(&self, car: &Spine<'_>) -> Vec<f64> {
        let (_, trims) = self.of(car);
        let same_engine = trims
            .iter()
            .filter(|trim| near(trim.displacement, car.displacement));
        same_engine
            .flat_map(|trim| trim.power.iter().copied())
            .collect()
    }

    pub(super) fn seats(&self, car: &Spine<'_>) -> Option<Seats> {
        let (_, trims) = self.of(car);
        trims
            .iter()
            .filter_map(|trim| trim.seats)
            .reduce(|one, other| Seats {
                min: one.min.min(other.min),
                max: one.max.max(other.max),
            })
    }

    /// The lowest base price in dollars for this model, fuel, drive and engine.
    ///
    /// A price that stands beside several engines alike is the price of the model's first engine. Four driven wheels
    /// cost more than two: where they don't, the price is that of two.
    pub(super) fn price(&self, car: &Spine<'_>, place: Place) -> Option<u32> {
        let (all, trims) = self.of(car);
        // Where most trims have no price, the lowest that has one isn't the base.
        let count = |priced: bool| {
            let names = all.iter().filter(|trim| !priced || trim.price.is_some());
            names
                .map(|trim| trim.name.as_str())
                .collect::<HashSet<_>>()
                .len()
        };
        if count(true) * 2 < count(false) {
            return None;
        }
        // What costs as much as a car of its model with another fuel is that car, whatever fuel stands beside it.
        let others: HashSet<u32> = all
            .iter()
            .filter(|trim| trim.kind.is_none_or(|kind| !kind.fits(car.fuel)))
            .filter_map(|trim| trim.price)
            .collect();
        let is_open = car.is_open();
        let other_fuel = !Kind::Gasoline.fits(car.fuel);
        let (mut two, mut four, mut untold): (Vec<u32>, Vec<u32>, Vec<u32>) = Default::default();
        for trim in trims {
            // "V6 Coupe" beside a four-cylinder engine never was.
            let named = named_cylinders(&trim.words);
            if named.is_some() && named != car.cylinders {
                continue;
            }
            let same = near(trim.displacement, car.displacement) || trim.displacement.is_none();
            let Some(usd) = trim
                .price
                .filter(|usd| !other_fuel || !others.contains(usd))
            else {
                continue;
            };
            if !same && car.fuel != Fuel::Electric {
                continue;
            }
            let alike = named.is_none()
                && all.iter().any(|other| {
                    other.name == trim.name
                        && other.price == trim.price
                        && !near(other.displacement, trim.displacement)
                });
            if (alike || place.is_twin) && !place.is_first_engine {
                untold.push(usd);
            } else if trim.wheels == Wheels::Four {
                four.push(usd);
            } else {
                two.push(usd);
            }
        }
        let (two, four) = (two.into_iter().min(), four.into_iter().min());
        let lowest = two.into_iter().chain(four).min();
        let price = match car.wheels {
            Wheels::Four if place.has_both_drives => four.filter(|four| {
                two.is_some_and(|two| {
                    two < *four && f64::from(*four) <= MOST_FOR_FOUR * f64::from(two)
                })
            }),
            // Where all that is priced drives four wheels, the car with two is another.
            Wheels::Two => two,
            _ => lowest,
        };
        // The cheapest trims may stand with engines of several kinds: then what is left isn't the base.
        let mixed = all
            .iter()
            .filter(|trim| trim.kind.is_none() && trim.open == is_open)
            .filter_map(|trim| trim.price)
            .min();
        price
            .filter(|usd| untold.iter().all(|other| other >= usd))
            .filter(|usd| mixed.is_none_or(|mixed| mixed >= *usd))
    }
}

/// The cylinders that a trim is named by: 6 for `V6 Coupe`.
fn named_cylinders(words: &HashSet<String>) -> Option<u8> {
    let count = |word: &String| word.strip_prefix(['v', 'i', 'l'])?.parse().ok();
    words
        .iter()
        .find_map(|word| count(&word.to_lowercase()).filter(|count| (2..=16).contains(count)))
}

/// Whether two displacements are one engine's: 2.487 is filed as 2.5.
fn near(one: Option<u16>, other: Option<u16>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.abs_diff(other) <= 6,
        (None, None) => true,
        _ => false,
    }
}

fn kind(level: &str, fuel: &str) -> Option<Kind> {
    if level.contains('|') {
        return None;
    }
    Some(match (level.split(' ').next().unwrap_or(""), fuel) {
        ("PHEV", _) => Kind::PlugIn,
        ("BEV", _) => Kind::Electric,
        ("FCEV", _) => return None,
        ("Strong" | "HEV", _) => Kind::Hybrid,
        ("Mild", _) => Kind::Mild,
        ("", "Diesel") => Kind::Diesel,
        ("", "Electric") => Kind::Electric,
        (
            "",
            ""
            | "Gasoline"
            | "Flexible Fuel Vehicle (FFV)"
            | "Flexible Fuel Vehicle (FFV)|Gasoline",
        ) => Kind::Gasoline,
        _ => return None,
    })
}
