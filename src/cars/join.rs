//! Joins what others publish about a car on to EPA's rows: stars, seats, power, towing and price.
//!
//! A row is joined by make, model, year, fuel and drive. A figure that could be another car's is left unknown; how each
//! is chosen stands in `docs/catalogue.md`.

use std::collections::{HashMap, HashSet};

use super::catalogue::{Joined, Origin};
use super::search::letters;
use super::{Body, Catalogue, Entry, Fuel};

mod cpi;
mod kinds;
mod names;
mod ncap;
mod offers;
mod omega;
mod prices;
pub(super) mod sheet;
mod vpic;

use kinds::{Kind, Wheels};
use names::Name;
pub use ncap::Ncap;
pub use offers::Offers;
pub use omega::Omega;
pub use prices::CARRIED_YEARS;
use prices::Prices;
pub use vpic::Vpic;

/// The names of NHTSA's ratings, NHTSA's vPIC and EPA's fleet where their dates aren't known.
pub const UNDATED: [&str; 3] = ["NHTSA NCAP", "NHTSA vPIC", "EPA OMEGA MY2022"];
/// How far figures may be apart and still be one, as a share of the highest.
const SPREAD: f64 = 0.05;
/// What can be joined, each if it is at hand.
#[derive(Debug, Default)]
pub struct Sources {
    pub ncap: Option<Ncap>,
    pub vpic: Option<Vpic>,
    pub omega: Option<Omega>,
    pub offers: Option<Offers>,
    /// How the first three are named as sources, with their dates.
    pub names: [String; 3],
}

/// A row of EPA's, made ready for being found in other files.
struct Spine<'a> {
    year: u16,
    make: String,
    base_name: &'a str,
    model_name: &'a str,
    base: Name,
    model: Name,
    /// What its name has beyond the base model's.
    beyond: Vec<Vec<String>>,
    fuel: Fuel,
    wheels: Wheels,
    body: Option<Body>,
    /// Hundredths of a liter.
    displacement: Option<u16>,
    cylinders: Option<u8>,
    /// A turbo or a supercharger.
    is_boosted: bool,
}

/// What tells a model's versions of one year apart for a price, apart from engine and drive.
type Version = (String, String, String, Fuel);

impl<'a> Spine<'a> {
    fn of(entry: &Entry<'a>) -> Self {
        let make = names::make(entry.make);
        let base = names::model(&make, entry.base);
        let mut engine = entry.variant.split(", ");
        let displacement = engine
            .clone()
            .find_map(|part| part.split_once(" L")?.0.parse::<f64>().ok());
        let cylinders = engine.find_map(|part| part.strip_suffix(" cyl")?.parse().ok());
        Spine {
            year: entry.facts.year,
            base_name: entry.base,
            model_name: entry.model,
            model: names::model(&make, entry.model),
            beyond: names::beyond(&make, &base, entry.model),
            base,
            make,
            fuel: entry.facts.fuel,
            wheels: Wheels::of(entry.facts.drive),
            body: entry.facts.body,
            displacement: displacement.map(|liters| (liters * 100.0).round() as u16),
            cylinders,
            is_boosted: [" L turbo", " L supercharged"]
                .iter()
                .any(|boost| entry.variant.contains(boost)),
        }
    }

    fn is_open(&self) -> bool {
        self.body == Some(Body::Convertible)
    }

    fn version(&self) -> Version {
        let fuel = match self.fuel {
            Fuel::FlexFuel => Fuel::Gasoline,
            fuel => fuel,
        };
        let base = letters(self.base_name.trim_end_matches(" Prime"));
        (self.make.clone(), base, self.model.core.clone(), fuel)
    }

    /// The base model as a whole.
    fn whole(&self) -> Version {
        let (make, base, _, fuel) = self.version();
        (make, base, String::new(), fuel)
    }

    fn priced(&self) -> Priced {
        (self.version(), self.slot(), self.is_open())
    }

    fn slot(&self) -> Slot {
        let (cylinders, size) = (self.cylinders.unwrap_or(0), self.displacement.unwrap_or(0));
        ((cylinders, self.is_boosted, size), self.wheels)
    }
}

/// Cylinders, whether it is boosted, and hundredths of a liter: of a model's engines the first in this order is nearly
/// always the one of its base version.
type Engine = (u8, bool, u16);

/// The engine and the drive of a version that a price is for.
type Slot = (Engine, Wheels);

/// What a price is for: convertibles share their names with coupes.
type Priced = (Version, Slot, bool);

/// Where a car stands among the cars of its name, year and fuel.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    is_first_engine: bool,
    /// Another has as large an engine, but boosted or not.
    is_twin: bool,
    has_both_drives: bool,
}

/// The engines and drives that a name has in one year and with one kind of fuel.
#[derive(Debug, Default)]
struct Range {
    engines: HashSet<Engine>,
    wheels: HashSet<Wheels>,
}

/// The ranges of base models, and of the versions that have a name of their own.
struct Ranges(HashMap<(u16, Version), Range>);

impl Ranges {
    fn of(spines: &[Spine<'_>]) -> Self {
        let mut ranges: HashMap<(u16, Version), Range> = HashMap::new();
        for car in spines {
            for version in [car.version(), car.whole()] {
                let range = ranges.entry((car.year, version)).or_default();
                range.engines.insert(car.slot().0);
                range.wheels.insert(car.wheels);
            }
        }
        Ranges(ranges)
    }

    fn place(&self, car: &Spine<'_>) -> Place {
        let version = if car.beyond.is_empty() {
            car.whole()
        } else {
            car.version()
        };
        let (engine, _) = car.slot();
        let twin = |range: &Range| {
            let same = range
                .engines
                .iter()
                .filter(|(_, _, size)| *size == engine.2);
            same.count() > 1 && engine.2 > 0
        };
        let of = |version| self.0.get(&(car.year, version));
        of(version).map_or(Place::default(), |range| Place {
            is_first_engine: range.engines.iter().min() == Some(&engine),
            is_twin: twin(range) || of(car.whole()).is_some_and(twin),
            has_both_drives: of(car.whole()).is_some_and(|all| {
                all.wheels.contains(&Wheels::Two) && all.wheels.contains(&Wheels::Four)
            }),
        })
    }
}

/// The same cars with everything that the sources have about them.
pub fn join(catalogue: &Catalogue, sources: &Sources) -> Catalogue {
    let entries = entries(catalogue);
    let spines: Vec<Spine<'_>> = entries.iter().map(Spine::of).collect();
    let unplugged: HashSet<(u16, &str, &str)> = spines
        .iter()
        .filter(|car| {
            !matches!(
                car.fuel,
                Fuel::PlugInHybrid | Fuel::Electric | Fuel::Hydrogen
            )
        })
        .map(|car| (car.year, car.make.as_str(), car.base.core.as_str()))
        .collect();
    let ranges = Ranges::of(&spines);
    let prices = Prices::of(&spines, &ranges, sources);
    let mut builder = Catalogue::builder(catalogue.version.clone()).named(sources.names.clone());
    for (entry, car) in entries.iter().zip(&spines) {
        let alone = !unplugged.contains(&(car.year, car.make.as_str(), car.base.core.as_str()));
        let (stars, seats) = sources
            .ncap
            .as_ref()
            .map_or((None, None), |ncap| ncap.find(car, alone));
        let in_vpic = || sources.vpic.as_ref().and_then(|vpic| vpic.seats(car));
        let (seats, seats_from) = match seats {
            Some(_) => (seats, Origin::Ncap),
            None => (in_vpic(), Origin::Vpic),
        };
        let (horsepower, power_from) = power(car, ranges.place(car), sources);
        let price = prices.find(car, sources);
        let (price, price_source) = price.map_or((None, String::new()), |(price, source)| {
            (Some(price), source)
        });
        let mut entry = entry.clone();
        entry.price_source = &price_source;
        entry.facts.joined = Joined {
            stars,
            seats,
            seats_from,
            horsepower,
            power_from,
            towing_lb: sources.omega.as_ref().and_then(|omega| omega.towing(car)),
            price,
        };
        builder.add(&entry);
    }
    builder.finish()
}

fn entries(catalogue: &Catalogue) -> Vec<Entry<'_>> {
    let rows = catalogue.rows().iter();
    rows.map(|row| catalogue.entry(row)).collect()
}

/// The lines of the operator's prices that no car of the catalogue answers to.
pub fn unused_offers(catalogue: &Catalogue, offers: &Offers) -> Vec<u64> {
    let entries = entries(catalogue);
    let spines: Vec<Spine<'_>> = entries.iter().map(Spine::of).collect();
    offers.unused(&spines)
}

/// The engine's power, where all that is published about this car and engine agrees. The sources give a hybrid's
/// engine alone, without its motors, so a hybrid's power stays unknown; so does that of an
/// engine that is sold boosted and not, since the sources tell engines by their size.
fn power(car: &Spine<'_>, place: Place, sources: &Sources) -> (Option<u16>, Origin) {
    if place.is_twin || matches!(car.fuel, Fuel::Hybrid | Fuel::PlugInHybrid | Fuel::Hydrogen) {
        return (None, Origin::Vpic);
    }
    let vpic = sources
        .vpic
        .as_ref()
        .map_or(Vec::new(), |vpic| vpic.power(car));
    let omega = sources
        .omega
        .as_ref()
        .map_or(Vec::new(), |omega| omega.power(car));
    let origin = if vpic.is_empty() {
        Origin::Omega
    } else {
        Origin::Vpic
    };
    let all: Vec<f64> = vpic.into_iter().chain(omega).collect();
    (agreeing(&all).map(|hp| hp.round() as u16), origin)
}

/// The lowest of some figures, if they are as good as one.
fn agreeing(figures: &[f64]) -> Option<f64> {
    let least = figures.iter().copied().reduce(f64::min)?;
    let most = figures.iter().copied().reduce(f64::max)?;
    (most - least <= SPREAD * most).then_some(least)
}

#[cfg(test)]
mod tests;
