//! NHTSA's crash ratings (Safercar, NCAP): overall stars and seats.

use std::collections::HashMap;
use std::io::Read;

use super::names::{self, Mark, Name};
use super::sheet;
use super::{Spine, Wheels};
use crate::cars::epa::ImportError;
use crate::cars::{Body, Fuel, Seats};

const COLUMNS: &[&str] = &[
    "MAKE",
    "MODEL",
    "MODEL_YR",
    "BODY_STYLE",
    "DRIVE_TRAIN",
    "NUM_OF_SEATING",
    "OVERALL_STARS",
];

/// One line of the file.
#[derive(Clone, Debug)]
struct Rated {
    mark: Mark,
    wheels: Wheels,
    bodies: &'static [Body],
    seats: Option<Seats>,
    stars: Option<u8>,
}

/// The file, by year, make and model.
#[derive(Debug, Default)]
pub struct Ncap {
    lines: HashMap<(u16, String, String), Vec<Rated>>,
}

impl Ncap {
    /// Reads the file.
    ///
    /// # Errors
    /// When a column is missing, or a year or a star can't be read.
    pub fn read(from: impl Read) -> Result<Self, ImportError> {
        let mut ncap = Ncap::default();
        sheet::read(from, COLUMNS, |line| {
            let year = line.needed("MODEL_YR")?;
            let make = names::make(line.text("MAKE"));
            let Name { core, mark, .. } = names::model(&make, line.text("MODEL"));
            let stars = match line.text("OVERALL_STARS") {
                "" | "0" | "-1" => None,
                text => match text.parse() {
                    Ok(stars @ 1..=5) => Some(stars),
                    _ => return Err(line.error("OVERALL_STARS")),
                },
            };
            let rated = Rated {
                mark,
                wheels: Wheels::of_word(line.text("DRIVE_TRAIN")),
                bodies: bodies(line.text("BODY_STYLE")),
                seats: seats(line.text("NUM_OF_SEATING")),
                stars,
            };
            ncap.lines
                .entry((year, make, core))
                .or_default()
                .push(rated);
            Ok(())
        })?;
        Ok(ncap)
    }

    /// The stars and the seats of a car. Of several ratings the lowest counts; where no line is about this very car,
    /// nothing is known. `alone` says that no car without a plug has the same name in that year.
    pub(super) fn find(&self, car: &Spine<'_>, alone: bool) -> (Option<u8>, Option<Seats>) {
        let lines = |core: &str| {
            self.lines
                .get(&(car.year, car.make.clone(), core.to_owned()))
        };
        let Some(all) = lines(&car.model.core).or_else(|| lines(&car.base.core)) else {
            return (None, None);
        };
        let fuel: Vec<&Rated> = of_fuel(all, car.fuel, alone);
        let fitting = |rated: &&&Rated| car.body.is_none_or(|body| rated.bodies.contains(&body));
        let mut body: Vec<&Rated> = fuel.iter().filter(fitting).copied().collect();
        let told = matches!(
            car.body,
            Some(Body::Sedan | Body::Coupe | Body::Convertible | Body::Pickup)
        );
        // One publisher's wagon is another's SUV; doors and roofs are not in doubt.
        if body.is_empty() && !told {
            body = fuel;
        }
        let drive = body
            .iter()
            .filter(|rated| rated.wheels.meets(car.wheels))
            .copied();
        let stars = drive.filter_map(|rated| rated.stars).min();
        let seats = body.iter().filter_map(|rated| rated.seats);
        let seats = seats.reduce(|one, other| Seats {
            min: one.min.min(other.min),
            max: one.max.max(other.max),
        });
        (stars, seats)
    }
}

/// The lines that are about cars of that fuel.
fn of_fuel(all: &[Rated], fuel: Fuel, alone: bool) -> Vec<&Rated> {
    let marked: Vec<&Rated> = all
        .iter()
        .filter(|rated| rated.mark != Mark::None && rated.mark.fits(fuel))
        .collect();
    // A plug-in is "PHEV" in some files and "hybrid" in others: the plainer word counts only without the other.
    let exact = |rated: &&&Rated| rated.mark == Mark::PlugIn;
    if fuel == Fuel::PlugInHybrid && marked.iter().any(|rated| exact(&rated)) {
        return marked.iter().filter(exact).copied().collect();
    }
    let plugged = matches!(fuel, Fuel::PlugInHybrid | Fuel::Electric | Fuel::Hydrogen);
    if !marked.is_empty() || (plugged && !alone) {
        return marked;
    }
    all.iter()
        .filter(|rated| rated.mark == Mark::None)
        .collect()
}

/// The bodies that a word of the file may mean.
fn bodies(word: &str) -> &'static [Body] {
    let word = word.to_uppercase();
    let has = |part: &str| word.contains(part);
    if has("PU") || word == "PC/CC" || has("TRUCK") {
        &[Body::Pickup]
    } else if has("SUV") {
        &[Body::Suv]
    } else if has("HB") && has("3") {
        &[Body::Hatchback, Body::Coupe]
    } else if has("HB") {
        &[Body::Hatchback]
    } else if has("VAN") || word.starts_with("PV") || word.starts_with("MV") {
        &[Body::Van, Body::Minivan]
    } else if word.starts_with("SW") || has("WAGON") {
        &[Body::Wagon]
    } else if word.starts_with('4') {
        &[Body::Sedan]
    } else if word.starts_with('2') {
        &[Body::Coupe]
    } else if word.starts_with('C') {
        &[Body::Convertible]
    } else {
        &[]
    }
}

/// Seats from free text: `5`, `7 or 8`, `7, 8`, `6 to 8`, `2+2`. `None` where no sensible number is in it.
fn seats(text: &str) -> Option<Seats> {
    let part = |part: &str| -> Option<u8> {
        let sum = part.split('+').map(str::parse::<u8>);
        sum.sum::<Result<u8, _>>().ok()
    };
    let counts: Vec<u8> = text
        .split(|c: char| !c.is_ascii_digit() && c != '+')
        .filter_map(part)
        .filter(|count| (1..=15).contains(count))
        .collect();
    Some(Seats {
        min: *counts.iter().min()?,
        max: *counts.iter().max()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_read_from_free_text() {
        let read = |text| seats(text).map(|seats| (seats.min, seats.max));
        assert_eq!(read("5"), Some((5, 5)));
        assert_eq!(read("7or 8"), Some((7, 8)));
        assert_eq!(read("\"7, 8\""), Some((7, 8)));
        assert_eq!(read("4 TO9"), Some((4, 9)));
        assert_eq!(read("2+2"), Some((4, 4)));
        assert_eq!(read("11+1"), Some((12, 12)));
        for nothing in ["", "0", "-1 ", "TBD", "+"] {
            assert_eq!(read(nothing).filter(|s| *s != (1, 1)), None, "{nothing}");
        }
    }
}
