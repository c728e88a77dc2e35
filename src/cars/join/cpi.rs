//! The published price index that carries a price from one model year to another.

/// Consumer Price Index for All Urban Consumers: New vehicles in U.S. city average, not seasonally adjusted,
/// 1982-84 = 100 (U.S. Bureau of Labor Statistics, series CUUR0000SETA01): for each year the mean of its twelve
/// monthly values.
#[rustfmt::skip]
const NEW_VEHICLES: [(u16, f64); 10] = [
    (2015, 147.135), (2016, 147.357), (2017, 146.992), (2018, 146.287), (2019, 146.834), (2020, 147.600),
    (2021, 156.240), (2022, 172.480), (2023, 178.899), (2024, 177.886),
];

/// What stands in the source of a price that it was applied to.
pub const SOURCE: &str = "BLS CPI-U new vehicles";

/// Dollars of one model year as dollars of another, to the nearest hundred. A year beyond the last whole year of the
/// index counts as that year.
pub fn carry(usd: u32, from: u16, to: u16) -> u32 {
    let carried = f64::from(usd) * of(to) / of(from);
    (carried / 100.0).round() as u32 * 100
}

fn of(year: u16) -> f64 {
    let last = NEW_VEHICLES.len() - 1;
    let at = usize::from(year.saturating_sub(NEW_VEHICLES[0].0)).min(last);
    NEW_VEHICLES[at].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_follows_the_index() {
        assert_eq!(carry(30_000, 2021, 2021), 30_000);
        // 30,000 times 177.886 / 156.240 is 34,156.3.
        assert_eq!(carry(30_000, 2021, 2024), 34_200);
        assert_eq!(carry(30_000, 2021, 2026), 34_200);
        // 30,000 times 147.357 / 146.992 is 30,074.5.
        assert_eq!(carry(30_000, 2017, 2016), 30_100);
        for (at, (year, _)) in NEW_VEHICLES.iter().enumerate() {
            assert_eq!(usize::from(*year), 2015 + at);
        }
    }
}
