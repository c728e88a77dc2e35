//! Reads EPA's `vehicles.csv` (fueleconomy.gov) by the names of its columns, all of it or nothing.
//!
//! What its figures mean, by EPA's description of the file and by its numbers:
//! - `comb08` and its like are miles per gallon of the first fuel, but miles per gallon *equivalent* for electric and
//!   hydrogen cars. A plug-in hybrid has gasoline in `comb08` and electricity in `combA08`. A flex-fuel car's figures
//!   here are those on gasoline.
//! - `co2TailpipeGpm` is grams a mile. For electric and hydrogen cars it is a true 0; for a plug-in hybrid it is EPA's
//!   mean of driving on electricity and on gasoline, left out where it is more than the gasoline alone could make;
//!   elsewhere 0 and -1 mean that it isn't given.
//! - `fuelCost08` is dollars for 15,000 miles a year, 55 % of them in the city, at the prices of the day of the file
//!   (see [`super::cost`]). For a plug-in hybrid it counts gasoline alone,
//!   as if it were never plugged in, so it isn't taken over.
//! - `combE` is kWh for 100 miles on electricity, `combinedUF` the share of such miles (0 to 1), and `combinedCD` the
//!   gallons burnt all the same in 100 of them. Their likes for city and highway begin with `city` and `highway`.

use std::io::Read;

use super::{Catalogue, Drive, Economy, Entry, Facts, Fuel, Joined, Transmission};

mod body;
mod energy;
mod names;

/// The model years that are kept.
pub const YEARS: std::ops::RangeInclusive<u16> = 2015..=2026;

/// Why a file can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file has no column {0:?}")]
    NoColumn(&'static str),
    #[error("line {line}, column {column}: {value:?} can't be read")]
    Value {
        line: u64,
        column: &'static str,
        value: String,
    },
    #[error("the file can't be read as CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("the file has no car of the model years {} to {}", YEARS.start(), YEARS.end())]
    Empty,
}

/// The columns that are needed.
#[rustfmt::skip]
const COLUMNS: [&str; 40] = [
    "id", "year", "make", "model", "baseModel", "VClass", "drive", "trany", "atvType", "fuelType1", "fuelType2", "displ",
    "cylinders", "tCharger", "sCharger", "evMotor", "city08", "highway08", "comb08", "cityA08", "highwayA08",
    "combA08", "range", "rangeA", "co2TailpipeGpm", "fuelCost08", "hlv", "hpv", "pv2", "pv4", "lv4",
    "cityE", "highwayE", "combE", "cityUF", "highwayUF", "combinedUF", "cityCD", "highwayCD", "combinedCD",
];

/// Reads the file of that version (`EPA 2025-10-29`: whose, and the day it was published).
///
/// # Errors
/// When a needed column is missing, or a needed value of a kept row can't be read.
pub fn read(from: impl Read, version: &str) -> Result<Catalogue, ImportError> {
    let mut file = super::join::sheet::open(from);
    let header = file.headers()?.clone();
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = header
            .iter()
            .position(|name| name.trim_start_matches('\u{feff}').trim() == column);
        *place = found.ok_or(ImportError::NoColumn(column))?;
    }
    let mut builder = Catalogue::builder(version);
    let mut any = false;
    for record in file.records() {
        let record = record?;
        let line = Line {
            number: record.position().map_or(0, |p| p.line()),
            record: &record,
            places: &places,
        };
        let year = line.needed("year")?;
        if YEARS.contains(&year) {
            add(&mut builder, &line, year)?;
            any = true;
        }
    }
    if any {
        Ok(builder.finish())
    } else {
        Err(ImportError::Empty)
    }
}

fn add(builder: &mut super::Builder, line: &Line<'_>, year: u16) -> Result<(), ImportError> {
    let make = names::make(line.text("make"));
    let model = names::tidy(line.text("model"));
    let base = match line.text("baseModel").trim() {
        "" => model.clone(),
        base => names::tidy(base),
    };
    if make.is_empty() {
        return Err(line.error("make"));
    }
    if model.is_empty() {
        return Err(line.error("model"));
    }
    let fuel = fuel(line)?;
    let powered = matches!(fuel, Fuel::Electric | Fuel::Hydrogen);
    let first = line.economy(["city08", "highway08", "comb08"])?;
    let range = line.whole("range")?;
    let co2 = match line.decimal("co2TailpipeGpm")? {
        Some(grams) if contradicts_mileage(grams, first, fuel) => None,
        Some(grams) if grams > 0.0 || (powered && grams == 0.0) => Some(grams.round() as u16),
        _ => None,
    };
    let transmission = transmission(line.text("trany"), powered);
    let (body, body_from_nhtsa) = body::of(&body::Clues {
        make: &make,
        base: &base,
        model: &model,
        class: line.text("VClass"),
        hatch: line.whole("hlv")?.is_some() || line.whole("hpv")?.is_some(),
        two_door: line.whole("pv2")?.is_some(),
        four_door: line.whole("pv4")?.is_some() || line.whole("lv4")?.is_some(),
    });
    let facts = Facts {
        number: line.needed("id")?,
        year,
        body,
        body_from_nhtsa,
        fuel,
        drive: drive(line)?,
        transmission,
        mpg: first.filter(|_| !powered),
        mpge: match fuel {
            Fuel::PlugInHybrid => line.economy(["cityA08", "highwayA08", "combA08"])?,
            _ => first.filter(|_| powered),
        },
        electric_range_mi: match fuel {
            Fuel::PlugInHybrid => line.whole("rangeA")?,
            Fuel::Electric => range,
            _ => None,
        },
        range_mi: range.filter(|_| powered || fuel == Fuel::PlugInHybrid),
        co2_g_per_mi: co2,
        fuel_cost_usd_per_year: line
            .whole("fuelCost08")?
            .filter(|_| fuel != Fuel::PlugInHybrid),
        energy: energy::of(line, fuel)?,
        joined: Joined::default(),
    };
    let variant = variant(line, fuel, transmission);
    builder.add(&Entry {
        make: &make,
        base: &base,
        model: &model,
        variant: &variant,
        price_source: "",
        facts,
    });
    Ok(())
}

/// Whether a plug-in hybrid is given more CO2 than its gasoline alone could make: then one of the two
/// figures is wrong, and the mileage is the one that other columns bear out.
///
/// EPA counts 8,887 grams of CO2 to a gallon of gasoline (EPA-420-F-18-008); one tenth is for rounding.
fn contradicts_mileage(grams: f64, on_gasoline: Option<Economy>, fuel: Fuel) -> bool {
    const GRAMS_PER_GALLON: f64 = 8_887.0;
    fuel == Fuel::PlugInHybrid
        && on_gasoline.is_some_and(|mpg| grams > 1.1 * GRAMS_PER_GALLON / f64::from(mpg.combined))
}

fn fuel(line: &Line<'_>) -> Result<Fuel, ImportError> {
    Ok(
        match (
            line.text("atvType"),
            line.text("fuelType1"),
            line.text("fuelType2"),
        ) {
            ("EV", ..) => Fuel::Electric,
            ("FCV", ..) => Fuel::Hydrogen,
            ("Plug-in Hybrid", ..) => Fuel::PlugInHybrid,
            ("FFV", ..) => Fuel::FlexFuel,
            ("Diesel", ..) => Fuel::Diesel,
            ("CNG" | "Bifuel (CNG)", ..) => Fuel::NaturalGas,
            ("Hybrid", ..) => Fuel::Hybrid,
            ("", "Electricity", _) => Fuel::Electric,
            ("", "Hydrogen", _) => Fuel::Hydrogen,
            ("", "Diesel", _) => Fuel::Diesel,
            ("", "Natural Gas", _) => Fuel::NaturalGas,
            ("", first, "Electricity") if first.ends_with("Gasoline") => Fuel::PlugInHybrid,
            ("", first, "E85") if first.ends_with("Gasoline") => Fuel::FlexFuel,
            ("", first, "") if first.ends_with("Gasoline") => Fuel::Gasoline,
            ("", ..) => return Err(line.error("fuelType1")),
            _ => return Err(line.error("atvType")),
        },
    )
}

fn drive(line: &Line<'_>) -> Result<Option<Drive>, ImportError> {
    Ok(match line.text("drive") {
        "Front-Wheel Drive" => Some(Drive::Fwd),
        "Rear-Wheel Drive" => Some(Drive::Rwd),
        "All-Wheel Drive" => Some(Drive::Awd),
        "4-Wheel Drive" | "Part-time 4-Wheel Drive" => Some(Drive::FourWd),
        // EPA's older rows don't say which two wheels, or which of two kinds of four.
        "" | "2-Wheel Drive" | "4-Wheel or All-Wheel Drive" => None,
        _ => return Err(line.error("drive")),
    })
}

/// EPA's `trany`: `Manual 6-spd`, `Automatic (S8)`, `Automatic (AM-S7)`, `Automatic (variable gear ratios)`.
fn transmission(trany: &str, powered: bool) -> Option<Transmission> {
    let code = trany
        .split_once('(')
        .map_or("", |(_, code)| code.trim_end_matches(')'));
    match trany {
        _ if powered => (code == "A1")
            .then_some(Transmission::SingleSpeed)
            .or_else(|| {
                // Some electric cars are filed as having "variable gear ratios", which none has.
                (trany.starts_with("Automatic") && code.starts_with('A') && !code.starts_with("AV"))
                    .then_some(Transmission::Automatic)
            }),
        _ if trany.starts_with("Manual") => Some(Transmission::Manual),
        _ if code.starts_with("AV") || code == "variable gear ratios" => Some(Transmission::Cvt),
        _ if code.starts_with("AM") => Some(Transmission::DualClutch),
        _ if trany.starts_with("Automatic") => Some(Transmission::Automatic),
        _ => None,
    }
}

/// `2.5 L turbo, 4 cyl, automatic 8-speed`, or an electric car's motor.
fn variant(line: &Line<'_>, fuel: Fuel, transmission: Option<Transmission>) -> String {
    let mut parts = Vec::new();
    if fuel == Fuel::Electric {
        let motor = names::tidy(line.text("evMotor"));
        if motor.contains("kW") {
            parts.push(motor);
        }
    }
    let litres = line
        .text("displ")
        .parse::<f32>()
        .ok()
        .filter(|litres| *litres > 0.0);
    let charged = match (line.text("tCharger"), line.text("sCharger")) {
        ("T", "S") => " turbo and supercharged",
        ("T", _) => " turbo",
        (_, "S") => " supercharged",
        _ => "",
    };
    parts.extend(litres.map(|litres| format!("{litres:.1} L{charged}")));
    let cylinders = line
        .text("cylinders")
        .parse::<u8>()
        .ok()
        .filter(|count| *count > 0);
    parts.extend(cylinders.map(|count| format!("{count} cyl")));
    if let Some(kind) = transmission {
        let speeds = speeds(line.text("trany")).filter(|_| kind != Transmission::SingleSpeed);
        parts.push(match speeds {
            Some(speeds) if speeds > 1 => format!("{} {speeds}-speed", kind.label()),
            _ => kind.label().to_owned(),
        });
    }
    parts.join(", ")
}

fn speeds(trany: &str) -> Option<u8> {
    let digits = trany
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().ok()
}

/// One line of the file.
struct Line<'a> {
    number: u64,
    record: &'a csv::StringRecord,
    places: &'a [usize; COLUMNS.len()],
}

impl Line<'_> {
    fn text(&self, column: &'static str) -> &str {
        let place = COLUMNS
            .iter()
            .position(|name| *name == column)
            .map(|at| self.places[at]);
        place
            .and_then(|at| self.record.get(at))
            .unwrap_or("")
            .trim()
    }

    fn error(&self, column: &'static str) -> ImportError {
        ImportError::Value {
            line: self.number,
            column,
            value: self.text(column).to_owned(),
        }
    }

    fn needed<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, ImportError> {
        self.text(column).parse().map_err(|_| self.error(column))
    }

    /// A number that EPA leaves out by writing nothing, `N/A`, `-1` or 0.
    fn decimal(&self, column: &'static str) -> Result<Option<f64>, ImportError> {
        match self.text(column) {
            "" | "N/A" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(-1.0) => Ok(None),
                Ok(number) if (0.0..=f64::from(u16::MAX)).contains(&number) => Ok(Some(number)),
                _ => Err(self.error(column)),
            },
        }
    }

    fn whole(&self, column: &'static str) -> Result<Option<u16>, ImportError> {
        match self.decimal(column)? {
            Some(number) if number.fract() != 0.0 => Err(self.error(column)),
            number => Ok(number.map(|n| n as u16).filter(|n| *n > 0)),
        }
    }

    fn economy(&self, columns: [&'static str; 3]) -> Result<Option<Economy>, ImportError> {
        let [city, highway, combined] = columns;
        let figures = (
            self.whole(city)?,
            self.whole(highway)?,
            self.whole(combined)?,
        );
        Ok(match figures {
            (Some(city), Some(highway), Some(combined)) => Some(Economy {
                city,
                highway,
                combined,
            }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
