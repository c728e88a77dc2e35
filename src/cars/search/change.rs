//! When nothing fits: the one limit whose loosening or dropping gives cars, the smallest change first.

use super::test::{Fit, Test};
use super::{Filter, Limit, economy, rank};
use crate::cars::{Catalogue, Row};

/// One limit changed, the others kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub limit: Limit,
    /// What a number was, and what it would have to be; `None` where the limit is dropped.
    pub from: Option<u32>,
    pub to: Option<u32>,
    /// How many models that gives.
    pub total: usize,
    /// The filter with the change made.
    pub filter: Filter,
}

type Figure = fn(&Row) -> Option<u32>;

/// Every single change that gives cars. How small one is: a number by the share that it gives way, years by how many,
/// a dropped list by how much of a wish it takes back, and an exclusion last.
pub fn changes(catalogue: &Catalogue, filter: &Filter) -> Vec<Change> {
    let mut found: Vec<(f32, Change)> = Vec::new();
    let mut offer = |size: f32, limit, from, to, changed: Filter| {
        let total = rank(catalogue, &changed).known;
        if total > 0 {
            found.push((
                size,
                Change {
                    limit,
                    from,
                    to,
                    total,
                    filter: changed,
                },
            ));
        }
    };

    let numbers: [(Limit, Option<u32>, Figure); 7] = [
        (Limit::Mpg, filter.mpg_min.map(u32::from), |row| {
            economy(row).map(u32::from)
        }),
        (
            Limit::ElectricRange,
            filter.electric_range_min.map(u32::from),
            |row| row.facts.electric_range_mi.map(u32::from),
        ),
        (Limit::Range, filter.range_min.map(u32::from), |row| {
            row.facts.range_mi.map(u32::from)
        }),
        (Limit::Seats, filter.seats_min.map(u32::from), |row| {
            row.facts.joined.seats.map(|seats| seats.max.into())
        }),
        (Limit::Stars, filter.stars_min.map(u32::from), |row| {
            row.facts.joined.stars.map(u32::from)
        }),
        (
            Limit::Horsepower,
            filter.horsepower_min.map(u32::from),
            |row| row.facts.joined.horsepower.map(u32::from),
        ),
        (Limit::Towing, filter.towing_min, |row| {
            row.facts.joined.towing_lb.map(u32::from)
        }),
    ];
    for (limit, asked, figure) in numbers {
        let Some(asked) = asked else { continue };
        let without = set(filter, limit, None);
        if let Some(best) = fitting(catalogue, &without).filter_map(figure).max() {
            let gives_way = 1.0 - best as f32 / asked.max(1) as f32;
            offer(
                gives_way,
                limit,
                Some(asked),
                Some(best),
                set(filter, limit, Some(best)),
            );
        }
    }

    let usd: Figure = |row| row.facts.joined.price.map(|price| price.usd);
    if let Some(most) = filter.budget_max
        && let Some(least) = fitting(catalogue, &set(filter, Limit::BudgetMax, None))
            .filter_map(usd)
            .min()
    {
        let more = least as f32 / most.max(1) as f32 - 1.0;
        let changed = set(filter, Limit::BudgetMax, Some(least));
        offer(more, Limit::BudgetMax, Some(most), Some(least), changed);
    }
    if let Some(least) = filter.budget_min
        && let Some(most) = fitting(catalogue, &set(filter, Limit::BudgetMin, None))
            .filter_map(usd)
            .max()
    {
        let less = 1.0 - most as f32 / least.max(1) as f32;
        let changed = set(filter, Limit::BudgetMin, Some(most));
        offer(less, Limit::BudgetMin, Some(least), Some(most), changed);
    }

    let (first, last) = Test::new(catalogue, filter).years;
    let any_year = Filter {
        year_min: Some(0),
        year_max: Some(u16::MAX),
        ..filter.clone()
    };
    let years: Vec<u16> = fitting(catalogue, &any_year)
        .map(|row| row.facts.year)
        .collect();
    if let Some(year) = years.iter().copied().filter(|year| *year < first).max() {
        // Nobody asked for the newest years where none is named, so going back from them takes less.
        let size = if filter.year_min.is_some() {
            0.08
        } else {
            0.04
        } * f32::from(first - year);
        offer(
            size,
            Limit::YearMin,
            Some(first.into()),
            Some(year.into()),
            set(filter, Limit::YearMin, Some(year.into())),
        );
    }
    if let Some(year) = years.iter().copied().filter(|year| *year > last).min() {
        let size = 0.08 * f32::from(year - last);
        offer(
            size,
            Limit::YearMax,
            Some(last.into()),
            Some(year.into()),
            set(filter, Limit::YearMax, Some(year.into())),
        );
    }

    let dropped = [
        (0.3, Limit::Transmission),
        (0.4, Limit::Drive),
        (0.5, Limit::Make),
        (0.6, Limit::Body),
        (0.65, Limit::Fuel),
        (0.7, Limit::Model),
        (0.75, Limit::ModelNot),
        (0.8, Limit::TransmissionNot),
        (0.85, Limit::BodyNot),
        (0.9, Limit::FuelNot),
        (0.95, Limit::MakeNot),
    ];
    for (size, limit) in dropped {
        let changed = set(filter, limit, None);
        if changed != *filter {
            offer(size, limit, None, None, changed);
        }
    }
    found.sort_by(|(a, one), (b, other)| a.total_cmp(b).then(other.total.cmp(&one.total)));
    found.into_iter().map(|(_, change)| change).collect()
}

fn fitting<'a>(catalogue: &'a Catalogue, filter: &'a Filter) -> impl Iterator<Item = &'a Row> {
    let test = Test::new(catalogue, filter);
    catalogue
        .rows()
        .iter()
        .filter(move |row| test.fit(row) == Fit::Yes)
}

/// The filter with one number set, or one limit dropped.
fn set(filter: &Filter, limit: Limit, to: Option<u32>) -> Filter {
    let mut changed = filter.clone();
    // Each value was asked for in the filter, or stands in a row, in a number of its own size.
    let small = to.map(|value| value as u16);
    let tiny = to.map(|value| value as u8);
    match limit {
        Limit::Mpg => changed.mpg_min = small,
        Limit::ElectricRange => changed.electric_range_min = small,
        Limit::Range => changed.range_min = small,
        Limit::YearMin => changed.year_min = small,
        Limit::YearMax => changed.year_max = small,
        Limit::BudgetMax => changed.budget_max = to,
        Limit::BudgetMin => changed.budget_min = to,
        Limit::Seats => changed.seats_min = tiny,
        Limit::Stars => changed.stars_min = tiny,
        Limit::Horsepower => changed.horsepower_min = small,
        Limit::Towing => changed.towing_min = to,
        Limit::Body => changed.bodies.clear(),
        Limit::BodyNot => changed.bodies_not.clear(),
        Limit::Fuel => changed.fuels.clear(),
        Limit::FuelNot => changed.fuels_not.clear(),
        Limit::Drive => changed.drives.clear(),
        Limit::Make => changed.makes.clear(),
        Limit::MakeNot => changed.makes_not.clear(),
        Limit::Model => changed.models.clear(),
        Limit::ModelNot => changed.models_not.clear(),
        Limit::Transmission => changed.transmissions.clear(),
        Limit::TransmissionNot => changed.transmissions_not.clear(),
    }
    changed
}
