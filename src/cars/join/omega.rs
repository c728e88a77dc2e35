//! EPA's fleet of model year 2022, as its OMEGA model has it: mean prices, power and towing.

use std::collections::HashMap;
use std::io::Read;

use super::names;
use super::sheet;
use super::{Kind, Spine, Wheels, agreeing};
use crate::cars::epa::ImportError;

/// The only model year in the file.
pub const YEAR: u16 = 2022;

const COLUMNS: &[&str] = &[
    "vehicle_name",
    "manufacturer_id",
    "model_year",
    "electrification_class",
    "drive_system",
    "engine_cylinders",
    "engine_displacement_liters",
    "eng_rated_hp",
    "msrp_dollars",
    "towing_capacity_lbs",
    "price_usable",
];

#[derive(Clone, Debug)]
struct Vehicle {
    kind: Kind,
    wheels: Wheels,
    cylinders: Option<u8>,
    /// Hundredths of a liter.
    displacement: Option<u16>,
    power: Option<f64>,
    price: Option<u32>,
    towing: Option<u16>,
}

#[derive(Debug, Default)]
pub struct Omega {
    vehicles: HashMap<(String, String), Vec<Vehicle>>,
}

impl Omega {
    /// Reads the file. A price that the file marks as unusable, or that cars of different engines, drives or fuels
    /// share to the cent (a mean over all of them), is left out.
    ///
    /// # Errors
    /// When a column is missing, or a number can't be read.
    pub fn read(from: impl Read) -> Result<Self, ImportError> {
        let mut lines: Vec<(String, String, Option<String>, Vehicle)> = Vec::new();
        sheet::read(from, COLUMNS, |line| {
            let kind = match line.text("electrification_class") {
                "N" => Kind::Gasoline,
                "HEV" => Kind::Hybrid,
                "PHEV" => Kind::PlugIn,
                "EV" => Kind::Electric,
                "FCV" => return Ok(()),
                _ => return Err(line.error("electrification_class")),
            };
            if line.needed::<u16>("model_year")? != YEAR {
                return Err(line.error("model_year"));
            }
            let usable = match line.text("price_usable") {
                "1" => true,
                "0" => false,
                _ => return Err(line.error("price_usable")),
            };
            let price = line.number("msrp_dollars")?.filter(|_| usable);
            let displacement = line.number("engine_displacement_liters")?;
            let vehicle = Vehicle {
                kind,
                wheels: Wheels::of_word(line.text("drive_system")),
                cylinders: line.number("engine_cylinders")?.map(|count| count as u8),
                displacement: displacement.map(|liters| (liters * 100.0).round() as u16),
                power: line.number("eng_rated_hp")?,
                price: price.map(|usd| usd.round() as u32),
                towing: line
                    .number("towing_capacity_lbs")?
                    .map(|pounds| pounds.round() as u16),
            };
            let group = price.map(|_| {
                format!(
                    "{}|{}",
                    line.text("manufacturer_id"),
                    line.text("msrp_dollars")
                )
            });
            for make in names::makes_of(line.text("manufacturer_id")) {
                let core = names::model(&make, line.text("vehicle_name")).core;
                lines.push((make, core, group.clone(), vehicle.clone()));
            }
            Ok(())
        })?;
        let mut groups: HashMap<String, Vec<Vehicle>> = HashMap::new();
        for (_, _, group, vehicle) in &lines {
            if let Some(group) = group {
                groups
                    .entry(group.clone())
                    .or_default()
                    .push(vehicle.clone());
            }
        }
        let mut omega = Omega::default();
        for (make, core, group, mut vehicle) in lines {
            if group.is_some_and(|group| groups.get(&group).is_some_and(|all| !is_one_car(all))) {
                vehicle.price = None;
            }
            omega
                .vehicles
                .entry((make, core))
                .or_default()
                .push(vehicle);
        }
        Ok(omega)
    }

    fn of<'a>(&'a self, car: &'a Spine<'_>) -> impl Iterator<Item = &'a Vehicle> {
        let all = self
            .vehicles
            .get(&(car.make.clone(), car.model.core.clone()));
        let same = move |vehicle: &&Vehicle| {
            let liters = match (vehicle.displacement, car.displacement) {
                (Some(one), Some(other)) => one.abs_diff(other) <= 6,
                (one, other) => one.is_none() && other.is_none(),
            };
            car.year == YEAR
                && liters
                && vehicle.kind.fits(car.fuel)
                && vehicle.wheels.meets(car.wheels)
                && (vehicle.cylinders == car.cylinders || car.cylinders.is_none())
        };
        all.into_iter().flatten().filter(same)
    }

    pub(super) fn power(&self, car: &Spine<'_>) -> Vec<f64> {
        self.of(car).filter_map(|vehicle| vehicle.power).collect()
    }

    /// The mean price of the car's trims, in dollars, where all lines about it agree.
    pub(super) fn price(&self, car: &Spine<'_>) -> Option<u32> {
        let prices: Vec<f64> = self
            .of(car)
            .filter_map(|vehicle| vehicle.price)
            .map(f64::from)
            .collect();
        agreeing(&prices).map(|usd| usd as u32)
    }

    /// The lightest limit that its lines give, in pounds.
    pub(super) fn towing(&self, car: &Spine<'_>) -> Option<u16> {
        self.of(car).filter_map(|vehicle| vehicle.towing).min()
    }
}

fn is_one_car(vehicles: &[Vehicle]) -> bool {
    let powers: Vec<f64> = vehicles
        .iter()
        .filter_map(|vehicle| vehicle.power)
        .collect();
    let first = &vehicles[0];
    agreeing(&powers).is_some()
        && vehicles.iter().all(|other| {
            (other.kind, other.wheels, other.displacement)
                == (first.kind, first.wheels, first.displacement)
        })
}
