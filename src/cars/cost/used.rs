//! How much gasoline, electricity and other energy a car uses in a year.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Assumptions, cents};
use crate::cars::energy::at_city_share;
use crate::cars::{Cycles, Economy, Facts, Fuel, Grade, Row};

/// The electricity that holds the energy of a gallon of gasoline (40 CFR 600.116-12).
pub const KWH_PER_GALLON_EQUIVALENT: f64 = 33.705;

/// What can be bought to drive on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnergyKind {
    Regular,
    Midgrade,
    Premium,
    Diesel,
    Electricity,
    NaturalGas,
    Hydrogen,
}

impl EnergyKind {
    pub const ALL: &'static [EnergyKind] = &[
        EnergyKind::Regular,
        EnergyKind::Midgrade,
        EnergyKind::Premium,
        EnergyKind::Diesel,
        EnergyKind::Electricity,
        EnergyKind::NaturalGas,
        EnergyKind::Hydrogen,
    ];

    /// The word that programs and addresses use.
    pub fn as_str(self) -> &'static str {
        match self {
            EnergyKind::Regular => "regular",
            EnergyKind::Midgrade => "midgrade",
            EnergyKind::Premium => "premium",
            EnergyKind::Diesel => "diesel",
            EnergyKind::Electricity => "electricity",
            EnergyKind::NaturalGas => "natural_gas",
            EnergyKind::Hydrogen => "hydrogen",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            EnergyKind::Regular => Grade::Regular.label(),
            EnergyKind::Midgrade => Grade::Midgrade.label(),
            EnergyKind::Premium => Grade::Premium.label(),
            EnergyKind::Diesel => "diesel",
            EnergyKind::Electricity => "electricity",
            EnergyKind::NaturalGas => "natural gas",
            EnergyKind::Hydrogen => "hydrogen",
        }
    }

    /// What its amounts and prices are given in.
    pub fn unit(self) -> &'static str {
        match self {
            EnergyKind::Electricity => "kWh",
            EnergyKind::NaturalGas => "gallon equivalent",
            EnergyKind::Hydrogen => "kilogram",
            _ => "gallon",
        }
    }
}

impl From<Grade> for EnergyKind {
    fn from(grade: Grade) -> Self {
        match grade {
            Grade::Regular => EnergyKind::Regular,
            Grade::Midgrade => EnergyKind::Midgrade,
            Grade::Premium => EnergyKind::Premium,
        }
    }
}

/// One kind of energy that a car uses in a year.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Used {
    pub kind: EnergyKind,
    /// In units of [`EnergyKind::unit`], to the tenth.
    pub amount: f64,
    pub unit: &'static str,
    pub usd_per_unit: Option<f64>,
    /// To the cent.
    pub usd_per_year: Option<f64>,
}

/// What a car uses in a year, or why that can't be worked out.
pub fn energy(row: &Row, assumptions: &Assumptions) -> Result<Vec<Used>, &'static str> {
    let facts = &row.facts;
    let city = f64::from(assumptions.city_percent) / 100.0;
    let miles = f64::from(assumptions.miles_per_year);
    let used = |kind: EnergyKind, per_mile: f64| {
        let amount = miles * per_mile;
        let usd_per_unit = assumptions.price_of(kind);
        Used {
            kind,
            amount: (amount * 10.0).round() / 10.0,
            unit: kind.unit(),
            usd_per_unit,
            usd_per_year: usd_per_unit.map(|usd| cents(usd * amount)),
        }
    };
    let on_fuel = |kind: EnergyKind| {
        let mpg = facts.mpg.ok_or("Its gas mileage isn't published.")?;
        Ok(vec![used(kind, per_mile(mpg, city))])
    };
    match facts.fuel {
        Fuel::Electric => {
            let kwh = match (facts.energy.electricity, facts.mpge) {
                (Some(drawn), _) => kwh_per_mile(drawn, city),
                (None, Some(mpge)) => KWH_PER_GALLON_EQUIVALENT * per_mile(mpge, city),
                (None, None) => return Err("Its use of electricity isn't published."),
            };
            Ok(vec![used(EnergyKind::Electricity, kwh)])
        }
        Fuel::Hydrogen => {
            let mpge = facts.mpge.ok_or("Its use of hydrogen isn't published.")?;
            // EPA rates hydrogen cars in miles per kilogram, which holds nearly the energy of a gallon.
            Ok(vec![used(EnergyKind::Hydrogen, per_mile(mpge, city))])
        }
        Fuel::PlugInHybrid => {
            let (gallons, kwh) = plug_in(facts, city)?;
            let grade = facts
                .energy
                .grade
                .ok_or("Its grade of gasoline isn't published.")?;
            Ok(vec![
                used(EnergyKind::Electricity, kwh),
                used(grade.into(), gallons),
            ])
        }
        Fuel::Diesel => on_fuel(EnergyKind::Diesel),
        Fuel::NaturalGas if facts.energy.grade.is_none() => on_fuel(EnergyKind::NaturalGas),
        Fuel::Gasoline | Fuel::Hybrid | Fuel::FlexFuel | Fuel::NaturalGas => {
            let grade = facts
                .energy
                .grade
                .ok_or("Its grade of gasoline isn't published.")?;
            on_fuel(grade.into())
        }
    }
}

/// What the figures of that car take for granted.
pub fn notes(row: &Row) -> Vec<String> {
    let mut notes = Vec::new();
    let facts = &row.facts;
    match (facts.fuel, facts.energy.electric_share) {
        (Fuel::PlugInHybrid, Some(share)) => notes.push(format!(
            "Charged every day, as EPA reckons: {:.0} % of the miles on electricity. Who charges less pays for more gasoline.",
            f64::from(share.combined) / 10.0
        )),
        (Fuel::FlexFuel, _) => notes.push("On gasoline, not E85.".to_owned()),
        (Fuel::NaturalGas, _) if facts.energy.grade.is_some() => {
            notes.push("On gasoline, which EPA rates it on first.".to_owned());
        }
        _ => {}
    }
    notes
}

/// Gallons and kWh a mile of a plug-in hybrid: the electric miles by EPA's utility factors, the others on gasoline.
fn plug_in(facts: &Facts, city_share: f64) -> Result<(f64, f64), &'static str> {
    let mpg = facts.mpg.ok_or("Its gas mileage isn't published.")?;
    let energy = &facts.energy;
    let drawn = energy
        .electricity
        .ok_or("Its use of electricity isn't published.")?;
    let share = energy
        .electric_share
        .ok_or("Its share of electric miles isn't published.")?;
    let beside = energy.gasoline_beside.unwrap_or(Cycles {
        city: 0,
        highway: 0,
        combined: 0,
    });
    let gallons = |share: u16, beside: u16, mpg: u16| {
        let electric = f64::from(share) / 1_000.0;
        electric * f64::from(beside) / 100_000.0 + (1.0 - electric) / f64::from(mpg)
    };
    let kwh = |share: u16, drawn: u16| f64::from(share) / 1_000.0 * f64::from(drawn) / 1_000.0;
    Ok((
        at_city_share(
            gallons(share.city, beside.city, mpg.city),
            gallons(share.highway, beside.highway, mpg.highway),
            gallons(share.combined, beside.combined, mpg.combined),
            city_share,
        ),
        at_city_share(
            kwh(share.city, drawn.city),
            kwh(share.highway, drawn.highway),
            kwh(share.combined, drawn.combined),
            city_share,
        ),
    ))
}

/// Gallons, or gallon equivalents, a mile.
fn per_mile(economy: Economy, city_share: f64) -> f64 {
    let per_mile = |mpg: u16| 1.0 / f64::from(mpg);
    at_city_share(
        per_mile(economy.city),
        per_mile(economy.highway),
        per_mile(economy.combined),
        city_share,
    )
}

fn kwh_per_mile(drawn: Cycles, city_share: f64) -> f64 {
    // Tenths of a kWh for 100 miles.
    let per_mile = |drawn: u16| f64::from(drawn) / 1_000.0;
    at_city_share(
        per_mile(drawn.city),
        per_mile(drawn.highway),
        per_mile(drawn.combined),
        city_share,
    )
}
