//! Prices: found for a version, an engine and a drive, and carried to the years that have none.

use std::collections::{HashMap, HashSet};

use super::{Priced, Ranges, Sources, Spine, cpi};
use crate::cars::PriceKind;
use crate::cars::catalogue::Amount;

/// How many model years a price is carried at most: less than most models go without a new generation.
pub const CARRIED_YEARS: u16 = 4;
/// A sourced price this far from the median of its model's other years is another car's, or a slip.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.65..=1.55;

/// A price of that very year, and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Sourced {
    pub(super) usd: u32,
    pub(super) source: String,
}

/// The prices that are sourced, by version, slot and year.
pub(super) struct Prices {
    sourced: HashMap<Priced, Vec<(u16, Sourced)>>,
}

impl Prices {
    pub(super) fn of(spines: &[Spine<'_>], ranges: &Ranges, sources: &Sources) -> Self {
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
    pub(super) fn find(&self, car: &Spine<'_>, sources: &Sources) -> Option<(Amount, String)> {
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
pub(super) fn drop_outliers(years: &mut Vec<(u16, Sourced)>) {
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
