//! Joins what others publish about a car on to EPA's rows: stars, seats, power, towing and price.
//!
//! A row is joined by make, model, year, fuel and drive. A figure that could be another car's is left unknown; how each
//! is chosen stands in `docs/catalogue.md`.

use std::collections::{HashMap, HashSet};

use super::catalogue::{Amount, Joined, Origin};
use super::search::letters;
use super::{Body, Catalogue, Drive, Entry, Fuel, PriceKind};

mod cpi;
mod names;
mod ncap;
mod offers;
mod omega;
pub(super) mod sheet;
mod vpic;

use names::Name;
pub use ncap::Ncap;
pub use offers::Offers;
pub use omega::Omega;
pub use vpic::Vpic;

/// The names of NHTSA's ratings, NHTSA's vPIC and EPA's fleet where their dates aren't known.
pub const UNDATED: [&str; 3] = ["NHTSA NCAP", "NHTSA vPIC", "EPA OMEGA MY2022"];
/// How many model years a price is carried at most: less than most models go without a new generation.
pub const CARRIED_YEARS: u16 = 4;
/// How far figures may be apart and still be one, as a share of the highest.
const SPREAD: f64 = 0.05;
/// A sourced price this far from the median of its model's other years is another car's, or a slip.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.65..=1.55;

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

/// Two wheels driven, or four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wheels {
    Two,
    Four,
    Unknown,
}

impl Wheels {
    fn of(drive: Option<Drive>) -> Self {
        match drive {
            Some(Drive::Fwd | Drive::Rwd) => Wheels::Two,
            Some(Drive::Awd | Drive::FourWd) => Wheels::Four,
            None => Wheels::Unknown,
        }
    }

    /// `AWD/All-Wheel Drive`, `4x2`, `FWD`, `2WD/4WD`
    fn of_word(word: &str) -> Self {
        match word.to_uppercase().as_str() {
            "" | "2WD/4WD" => Wheels::Unknown,
            word if ["AWD", "ADW", "4WD", "4X4"]
                .iter()
                .any(|four| word.starts_with(four)) =>
            {
                Wheels::Four
            }
            _ => Wheels::Two,
        }
    }

    /// The same, as far as both are known.
    fn meets(self, other: Wheels) -> bool {
        self == other || self == Wheels::Unknown || other == Wheels::Unknown
    }
}

/// What others call the kinds of fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gasoline,
    /// With a starter-generator: EPA calls some of them hybrids and some not.
    Mild,
    Hybrid,
    PlugIn,
    Electric,
    Diesel,
}

impl Kind {
    fn fits(self, fuel: Fuel) -> bool {
        match self {
            Kind::Gasoline => matches!(fuel, Fuel::Gasoline | Fuel::FlexFuel),
            Kind::Mild => matches!(fuel, Fuel::Gasoline | Fuel::FlexFuel | Fuel::Hybrid),
            Kind::Hybrid => fuel == Fuel::Hybrid,
            Kind::PlugIn => fuel == Fuel::PlugInHybrid,
            Kind::Electric => fuel == Fuel::Electric,
            Kind::Diesel => fuel == Fuel::Diesel,
        }
    }
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

/// A price of that very year, and where it is from.
#[derive(Clone, Debug)]
struct Sourced {
    usd: u32,
    source: String,
}

/// The same cars with everything that the sources have about them.
pub fn join(catalogue: &Catalogue, sources: &Sources) -> Catalogue {
    let entries: Vec<Entry<'_>> = catalogue
        .rows()
        .iter()
        .map(|row| catalogue.entry(row))
        .collect();
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

/// The lines of the operator's prices that no car of the catalogue answers to.
pub fn unused_offers(catalogue: &Catalogue, offers: &Offers) -> Vec<u64> {
    let entries: Vec<Entry<'_>> = catalogue
        .rows()
        .iter()
        .map(|row| catalogue.entry(row))
        .collect();
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

/// The prices that are sourced, by version, slot and year.
struct Prices {
    sourced: HashMap<Priced, Vec<(u16, Sourced)>>,
}

impl Prices {
    fn of(spines: &[Spine<'_>], ranges: &Ranges, sources: &Sources) -> Self {
        let mut prices = Prices {
            sourced: HashMap::new(),
        };
        let mut seen = HashSet::new();
        for car in spines {
            let place = ranges.place(car);
            let in_vpic = sources
                .vpic
                .as_ref()
                .and_then(|vpic| vpic.price(car, place));
            let in_omega = sources
                .omega
                .as_ref()
                .filter(|_| !place.is_twin)
                .and_then(|omega| omega.price(car));
            let found = match (in_vpic, in_omega) {
                (Some(usd), _) => Sourced {
                    usd,
                    source: format!("{} (base price)", sources.names[1]),
                },
                (None, Some(usd)) => Sourced {
                    usd,
                    source: format!("{} (mean of its trims)", sources.names[2]),
                },
                (None, None) => continue,
            };
            let key = car.priced();
            if seen.insert((key.clone(), car.year)) {
                prices
                    .sourced
                    .entry(key)
                    .or_default()
                    .push((car.year, found));
            } else if let Some((_, known)) = prices
                .sourced
                .get_mut(&key)
                .and_then(|years| years.iter_mut().find(|(year, _)| *year == car.year))
                && found.usd < known.usd
            {
                *known = found;
            }
        }
        for years in prices.sourced.values_mut() {
            drop_outliers(years);
        }
        prices
    }

    /// The operator's price, the price of that year, or the nearest year's carried over.
    fn find(&self, car: &Spine<'_>, sources: &Sources) -> Option<(Amount, String)> {
        if let Some((usd, source)) = sources.offers.as_ref().and_then(|offers| offers.find(car)) {
            let amount = Amount {
                usd,
                kind: PriceKind::Operator,
                year: car.year,
            };
            return Some((amount, source.to_owned()));
        }
        let years = self.sourced.get(&car.priced())?;
        // Of two years equally near the later counts.
        let (year, found) = years
            .iter()
            .min_by_key(|(year, _)| (year.abs_diff(car.year), u16::MAX - *year))?;
        match year.abs_diff(car.year) {
            0 => Some((
                Amount {
                    usd: found.usd,
                    kind: PriceKind::Msrp,
                    year: *year,
                },
                found.source.clone(),
            )),
            1..=CARRIED_YEARS => {
                let usd = cpi::carry(found.usd, *year, car.year);
                let amount = Amount {
                    usd,
                    kind: PriceKind::Estimate,
                    year: *year,
                };
                Some((
                    amount,
                    format!("{}, carried by {}", found.source, cpi::SOURCE),
                ))
            }
            _ => None,
        }
    }
}

/// Leaves out the prices that are far from the median of all years, each brought to one year by the index.
fn drop_outliers(years: &mut Vec<(u16, Sourced)>) {
    let level = |(year, found): &(u16, Sourced)| f64::from(cpi::carry(found.usd, *year, 2021));
    let mut levels: Vec<f64> = years.iter().map(level).collect();
    levels.sort_by(f64::total_cmp);
    match levels.len() {
        0 | 1 => {}
        // Which of two is wrong can't be told.
        2 if levels[1] > 1.55 * levels[0] => years.clear(),
        count => {
            let median = levels[count / 2];
            years.retain(|known| PLAUSIBLE.contains(&(level(known) / median)));
        }
    }
}

#[cfg(test)]
mod tests;
