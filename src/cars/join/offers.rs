//! The operator's own price file: today's prices, whatever their source.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::Spine;
use super::names;
use super::sheet;
use crate::cars::epa::ImportError;
use crate::cars::search::letters;

const COLUMNS: &[&str] = &[
    "year", "make", "model", "trim", "msrp_usd", "source", "as_of",
];

#[derive(Clone, Debug)]
struct Offer {
    words: Vec<String>,
    usd: u32,
    source: String,
    /// Where it stands in the file.
    line: u64,
}

impl Offer {
    fn fits(&self, car: &Spine<'_>) -> bool {
        let known = names::words(car.model_name);
        self.words.iter().all(|word| known.contains(word))
    }
}

#[derive(Debug, Default)]
pub struct Offers {
    offers: HashMap<(u16, String, String), Vec<Offer>>,
}

impl Offers {
    /// Reads the file.
    ///
    /// # Errors
    /// When a column is missing, a year or a price can't be read, or a make, a model, a source or a day is empty.
    pub fn read(from: impl Read) -> Result<Self, ImportError> {
        let mut offers = Offers::default();
        sheet::read(from, COLUMNS, |line| {
            for column in ["make", "model", "source", "as_of"] {
                if line.text(column).is_empty() {
                    return Err(line.error(column));
                }
            }
            let usd: u32 = line.needed("msrp_usd")?;
            if usd == 0 {
                return Err(line.error("msrp_usd"));
            }
            let day = line.text("as_of");
            if day.len() != 10 || day.parse::<chrono::NaiveDate>().is_err() {
                return Err(line.error("as_of"));
            }
            let make = names::make(line.text("make"));
            let key = (line.needed("year")?, make, letters(line.text("model")));
            offers.offers.entry(key).or_default().push(Offer {
                words: names::words(line.text("trim")),
                usd,
                source: format!("{}, {day}", line.text("source")),
                line: line.number,
            });
            Ok(())
        })?;
        Ok(offers)
    }

    /// The lowest price for a car, and its source. The model is named as EPA names it, or as its base model; a trim's
    /// words must all be in EPA's name, and an offer that names none is for all of them.
    pub(super) fn find(&self, car: &Spine<'_>) -> Option<(u32, &str)> {
        let offers = self.of(car)?;
        let fits = |offer: &&Offer| offer.fits(car);
        let most = offers
            .iter()
            .filter(fits)
            .map(|offer| offer.words.len())
            .max()?;
        let best = offers
            .iter()
            .filter(fits)
            .filter(|offer| offer.words.len() == most);
        let best = best.min_by_key(|offer| offer.usd)?;
        Some((best.usd, &best.source))
    }

    fn of(&self, car: &Spine<'_>) -> Option<&Vec<Offer>> {
        let of = |name: &str| {
            self.offers
                .get(&(car.year, car.make.clone(), letters(name)))
        };
        of(car.model_name).or_else(|| of(car.base_name))
    }

    /// The lines that none of these cars answers to, in their order.
    pub(super) fn unused(&self, cars: &[Spine<'_>]) -> Vec<u64> {
        let used: HashSet<u64> = cars
            .iter()
            .filter_map(|car| Some((self.of(car)?, car)))
            .flat_map(|(offers, car)| offers.iter().filter(|offer| offer.fits(car)))
            .map(|offer| offer.line)
            .collect();
        let all = self.offers.values().flatten().map(|offer| offer.line);
        let mut unused: Vec<u64> = all.filter(|line| !used.contains(line)).collect();
        unused.sort_unstable();
        unused
    }
}
