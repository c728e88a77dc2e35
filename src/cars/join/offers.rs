//! The operator's own price file: today's prices, whatever their source.

use std::collections::HashMap;
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
            let digits = day.split('-').map(str::len).eq([4, 2, 2]);
            if !digits || !day.chars().all(|c| c.is_ascii_digit() || c == '-') {
                return Err(line.error("as_of"));
            }
            let make = names::make(line.text("make"));
            let key = (line.needed("year")?, make, letters(line.text("model")));
            offers.offers.entry(key).or_default().push(Offer {
                words: names::words(line.text("trim")),
                usd,
                source: format!("{}, {day}", line.text("source")),
            });
            Ok(())
        })?;
        Ok(offers)
    }

    /// The lowest price for a car, and its source. The model is named as EPA names it, or as its base model; a trim's
    /// words must all be in EPA's name, and an offer that names none is for all of them.
    pub(super) fn find(&self, car: &Spine<'_>) -> Option<(u32, &str)> {
        let of = |name: &str| {
            self.offers
                .get(&(car.year, car.make.clone(), letters(name)))
        };
        let offers = of(car.model_name).or_else(|| of(car.base_name))?;
        let known = names::words(car.model_name);
        let fits = |offer: &&Offer| offer.words.iter().all(|word| known.contains(word));
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
}
