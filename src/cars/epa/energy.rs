//! Reads what EPA says of gasoline grades, kWh and the electric miles of plug-in hybrids.

use super::{ImportError, Line};
use crate::cars::{Cycles, Energy, Fuel, Grade};

/// What a line says of the energy that its car takes.
pub fn of(line: &Line<'_>, fuel: Fuel) -> Result<Energy, ImportError> {
    let plug_in = fuel == Fuel::PlugInHybrid;
    let electricity = if plug_in || fuel == Fuel::Electric {
        cycles(line, ["cityE", "highwayE", "combE"], 10.0)?
    } else {
        None
    };
    let columns = ["cityUF", "highwayUF", "combinedUF"];
    let electric_share = if plug_in {
        cycles(line, columns, 1000.0)?
    } else {
        None
    };
    let columns = ["cityCD", "highwayCD", "combinedCD"];
    let gasoline_beside = match electric_share {
        // Zero is what EPA writes for a car that burns none while its battery lasts.
        Some(_) => Some(read(line, columns, 1000.0)?),
        None => None,
    };
    Ok(Energy {
        grade: grade(line)?,
        electricity,
        electric_share,
        gasoline_beside,
    })
}

fn grade(line: &Line<'_>) -> Result<Option<Grade>, ImportError> {
    Ok(match line.text("fuelType1") {
        "Regular Gasoline" => Some(Grade::Regular),
        "Midgrade Gasoline" => Some(Grade::Midgrade),
        "Premium Gasoline" => Some(Grade::Premium),
        "Electricity" | "Hydrogen" | "Diesel" | "Natural Gas" => None,
        _ => return Err(line.error("fuelType1")),
    })
}

/// All three figures times `scale`, or nothing where one of them is left out.
fn cycles(
    line: &Line<'_>,
    columns: [&'static str; 3],
    scale: f64,
) -> Result<Option<Cycles>, ImportError> {
    let given = read(line, columns, scale)?;
    let all = given.city > 0 && given.highway > 0 && given.combined > 0;
    Ok(all.then_some(given))
}

fn read(line: &Line<'_>, columns: [&'static str; 3], scale: f64) -> Result<Cycles, ImportError> {
    let figure = |column| -> Result<u16, ImportError> {
        let figure = line.decimal(column)?.unwrap_or(0.0);
        // The largest of EPA's figures is far from the end of the number's range.
        Ok((figure * scale).round() as u16)
    };
    let [city, highway, combined] = columns;
    Ok(Cycles {
        city: figure(city)?,
        highway: figure(highway)?,
        combined: figure(combined)?,
    })
}
