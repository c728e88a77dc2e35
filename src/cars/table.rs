//! The compact table that a catalogue is kept in: tab-separated text, gzipped, the same bytes for the same cars.

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, read::GzDecoder};

use super::{Amount, Catalogue, Cycles, Economy, Energy, Entry, Facts, Joined, Origin, Seats};

const FORMAT: &str = "autio-catalogue-3";
#[rustfmt::skip]
const COLUMNS: [&str; 41] = [
    "number", "year", "make", "base", "model", "variant", "body", "body_from", "fuel", "drive", "transmission",
    "mpg_city", "mpg_highway", "mpg", "mpge_city", "mpge_highway", "mpge", "electric_range_mi", "range_mi",
    "co2_g_per_mi", "fuel_cost_usd_per_year", "grade", "electricity_city", "electricity_highway", "electricity",
    "electric_share_city", "electric_share_highway", "electric_share", "gasoline_beside_city",
    "gasoline_beside_highway", "gasoline_beside", "stars", "seats_min", "seats_max", "seats_from", "horsepower",
    "power_from", "towing_lb", "price_usd", "price_kind", "price_year",
];
const LAST: &str = "price_source";

/// Why a table can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the table can't be unpacked: {0}")]
    Unpack(#[from] std::io::Error),
    #[error("line {line} of the table: {what}")]
    Line { line: usize, what: String },
}

/// Writes a catalogue, its cars sorted by name, year and EPA's number.
///
/// # Errors
/// When `to` can't be written.
pub fn write(catalogue: &Catalogue, to: impl Write) -> std::io::Result<()> {
    let mut entries: Vec<Entry<'_>> = catalogue
        .rows()
        .iter()
        .map(|row| catalogue.entry(row))
        .collect();
    entries.sort_by(|a, b| {
        let key = |e: &Entry<'_>| (e.facts.year, e.facts.number);
        (a.make, a.base, a.model)
            .cmp(&(b.make, b.base, b.model))
            .then_with(|| key(a).cmp(&key(b)))
    });
    // No file name and no time in the header, so that the bytes depend on the cars alone.
    let mut out = GzBuilder::new().mtime(0).write(to, Compression::best());
    writeln!(
        out,
        "{FORMAT}\t{}\t{}",
        catalogue.version,
        catalogue.sources.join("\t")
    )?;
    writeln!(out, "{}\t{LAST}", COLUMNS.join("\t"))?;
    for entry in &entries {
        write_line(&mut out, entry)?;
    }
    out.finish()?.flush()
}

fn write_line(out: &mut impl Write, entry: &Entry<'_>) -> std::io::Result<()> {
    let f = &entry.facts;
    let number = |value: Option<u16>| value.map(|v| v.to_string()).unwrap_or_default();
    let joined = &f.joined;
    let origin = |origin: Origin, is: bool| if is { origin.as_str() } else { "" };
    let price = joined.price.map_or("\t\t".to_owned(), |price| {
        format!("{}\t{}\t{}", price.usd, price.kind.as_str(), price.year)
    });
    let economy = |e: Option<Economy>| match e {
        Some(e) => format!("{}\t{}\t{}", e.city, e.highway, e.combined),
        None => "\t\t".to_owned(),
    };
    let cycles = |c: Option<Cycles>| match c {
        Some(c) => format!("{}\t{}\t{}", c.city, c.highway, c.combined),
        None => "\t\t".to_owned(),
    };
    write!(
        out,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t",
        f.number,
        f.year,
        clean(entry.make),
        clean(entry.base),
        clean(entry.model),
        clean(entry.variant),
        f.body.map_or("", |b| b.as_str()),
        if f.body_from_nhtsa { "nhtsa" } else { "" },
        f.fuel.as_str(),
        f.drive.map_or("", |d| d.as_str()),
        f.transmission.map_or("", |t| t.as_str()),
        economy(f.mpg),
        economy(f.mpge),
        number(f.electric_range_mi),
        number(f.range_mi),
        number(f.co2_g_per_mi),
        number(f.fuel_cost_usd_per_year),
    )?;
    write!(
        out,
        "{}\t{}\t{}\t{}\t",
        f.energy.grade.map_or("", |g| g.as_str()),
        cycles(f.energy.electricity),
        cycles(f.energy.electric_share),
        cycles(f.energy.gasoline_beside),
    )?;
    writeln!(
        out,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{price}\t{}",
        number(joined.stars.map(u16::from)),
        number(joined.seats.map(|seats| seats.min.into())),
        number(joined.seats.map(|seats| seats.max.into())),
        origin(joined.seats_from, joined.seats.is_some()),
        number(joined.horsepower),
        origin(joined.power_from, joined.horsepower.is_some()),
        number(joined.towing_lb),
        clean(entry.price_source),
    )
}

/// A name can't hold what parts fields and lines.
fn clean(name: &str) -> String {
    name.split(|c: char| c.is_control())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads a table back.
///
/// # Errors
/// When it isn't such a table, or a line of it can't be read.
pub fn read(from: impl Read) -> Result<Catalogue, TableError> {
    let mut text = String::new();
    GzDecoder::new(from).read_to_string(&mut text)?;
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let first = lines.next().map_or("", |(_, line)| line);
    let [FORMAT, version, ncap, vpic, omega] = first.split('\t').collect::<Vec<_>>()[..] else {
        return Err(wrong(
            1,
            format!("it doesn't start with {FORMAT} and four sources"),
        ));
    };
    let header = lines.next().map_or("", |(_, line)| line);
    if !header.split('\t').eq(COLUMNS.into_iter().chain([LAST])) {
        return Err(wrong(2, "it has other columns".to_owned()));
    }
    let mut builder = Catalogue::builder(version).named([ncap, vpic, omega].map(str::to_owned));
    for (at, line) in lines {
        builder.add(&read_line(line).map_err(|what| wrong(at, what))?);
    }
    Ok(builder.finish())
}

fn wrong(line: usize, what: String) -> TableError {
    TableError::Line { line, what }
}

fn read_line(line: &str) -> Result<Entry<'_>, String> {
    let mut fields = line.split('\t');
    let mut next = || fields.next().ok_or_else(|| "fields are missing".to_owned());
    let (number, year) = (parse(next()?)?, parse(next()?)?);
    let (make, base, model, variant) = (next()?, next()?, next()?, next()?);
    let facts = Facts {
        number: number.ok_or("no number")?,
        year: year.ok_or("no year")?,
        body: parse(next()?)?,
        body_from_nhtsa: next()? == "nhtsa",
        fuel: parse(next()?)?.ok_or("no fuel")?,
        drive: parse(next()?)?,
        transmission: parse(next()?)?,
        mpg: economy([next()?, next()?, next()?])?,
        mpge: economy([next()?, next()?, next()?])?,
        electric_range_mi: parse(next()?)?,
        range_mi: parse(next()?)?,
        co2_g_per_mi: parse(next()?)?,
        fuel_cost_usd_per_year: parse(next()?)?,
        energy: Energy {
            grade: parse(next()?)?,
            electricity: cycles([next()?, next()?, next()?])?,
            electric_share: cycles([next()?, next()?, next()?])?,
            gasoline_beside: cycles([next()?, next()?, next()?])?,
        },
        joined: Joined {
            stars: parse(next()?)?,
            seats: match (parse(next()?)?, parse(next()?)?) {
                (Some(min), Some(max)) => Some(Seats { min, max }),
                (None, None) => None,
                _ => return Err("seats are given in part".to_owned()),
            },
            seats_from: origin(next()?)?,
            horsepower: parse(next()?)?,
            power_from: origin(next()?)?,
            towing_lb: parse(next()?)?,
            price: match (parse(next()?)?, parse(next()?)?, parse(next()?)?) {
                (Some(usd), Some(kind), Some(year)) => Some(Amount { usd, kind, year }),
                (None, None, None) => None,
                _ => return Err("a price is given in part".to_owned()),
            },
        },
    };
    let price_source = next()?;
    Ok(Entry {
        price_source,
        make,
        base,
        model,
        variant,
        facts,
    })
}

fn parse<T: std::str::FromStr>(field: &str) -> Result<Option<T>, String> {
    match field {
        "" => Ok(None),
        _ => field
            .parse()
            .map(Some)
            .map_err(|_| format!("{field:?} can't be read")),
    }
}

fn origin(word: &str) -> Result<Origin, String> {
    match word {
        "" | "ncap" => Ok(Origin::Ncap),
        "vpic" => Ok(Origin::Vpic),
        "omega" => Ok(Origin::Omega),
        _ => Err(format!("{word:?} can't be read")),
    }
}

fn economy(fields: [&str; 3]) -> Result<Option<Economy>, String> {
    let given = cycles(fields)?;
    Ok(given.map(|given| Economy {
        city: given.city,
        highway: given.highway,
        combined: given.combined,
    }))
}

fn cycles(fields: [&str; 3]) -> Result<Option<Cycles>, String> {
    let [city, highway, combined] = fields;
    match (parse(city)?, parse(highway)?, parse(combined)?) {
        (Some(city), Some(highway), Some(combined)) => Ok(Some(Cycles {
            city,
            highway,
            combined,
        })),
        (None, None, None) => Ok(None),
        _ => Err("economy is given in part".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(catalogue: &Catalogue) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(catalogue, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_shipped_table_reads_and_writes_back_the_same_cars() {
        let shipped = Catalogue::built_in().unwrap();
        let again = read(&*written(&shipped)).unwrap();
        assert_eq!(shipped.version, again.version);
        assert!(shipped.iter().eq(again.iter()));
        assert_eq!(written(&shipped), written(&again));
    }

    #[test]
    fn a_damaged_table_says_which_line() {
        let mut bytes = Vec::new();
        let mut gz = GzBuilder::new().write(&mut bytes, Compression::fast());
        writeln!(
            gz,
            "{FORMAT}\tEPA test\ta\tb\tc\n{}\t{LAST}\n1\ttwenty",
            COLUMNS.join("\t")
        )
        .unwrap();
        gz.finish().unwrap();
        assert_eq!(
            read(&*bytes).unwrap_err().to_string(),
            "line 3 of the table: \"twenty\" can't be read"
        );
        assert!(read(&b"nothing"[..]).is_err());
    }

    #[test]
    fn every_id_of_the_shipped_table_finds_its_own_car() {
        let shipped = Catalogue::built_in().unwrap();
        let mut ids = std::collections::HashSet::new();
        for car in shipped.iter() {
            assert_eq!(shipped.get(&car.id).as_ref(), Some(&car));
            assert!(ids.insert(car.id));
        }
        assert_eq!(shipped.get("2024-nobody-nothing-47116"), None);
    }
}
