//! The compact table that a catalogue is kept in: tab-separated text, gzipped, the same bytes for the same cars.

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, read::GzDecoder};

use super::{Catalogue, Economy, Entry, Facts};

const FORMAT: &str = "autio-catalogue-1";
#[rustfmt::skip]
const COLUMNS: [&str; 20] = [
    "number", "year", "make", "base", "model", "variant", "body", "body_from", "fuel", "drive", "transmission",
    "mpg_city", "mpg_highway", "mpg", "mpge_city", "mpge_highway", "mpge", "electric_range_mi", "range_mi",
    "co2_g_per_mi",
];
const COST: &str = "fuel_cost_usd_per_year";

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
    writeln!(out, "{FORMAT}\t{}", catalogue.version)?;
    writeln!(out, "{}\t{COST}", COLUMNS.join("\t"))?;
    for entry in &entries {
        write_line(&mut out, entry)?;
    }
    out.finish()?.flush()
}

fn write_line(out: &mut impl Write, entry: &Entry<'_>) -> std::io::Result<()> {
    let f = &entry.facts;
    let number = |value: Option<u16>| value.map(|v| v.to_string()).unwrap_or_default();
    let economy = |e: Option<Economy>| match e {
        Some(e) => format!("{}\t{}\t{}", e.city, e.highway, e.combined),
        None => "\t\t".to_owned(),
    };
    writeln!(
        out,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
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
    let version = match lines.next().and_then(|(_, line)| line.split_once('\t')) {
        Some((FORMAT, version)) => version,
        _ => return Err(wrong(1, format!("it doesn't start with {FORMAT}"))),
    };
    let header = lines.next().map_or("", |(_, line)| line);
    if !header.split('\t').eq(COLUMNS.into_iter().chain([COST])) {
        return Err(wrong(2, "it has other columns".to_owned()));
    }
    let mut builder = Catalogue::builder(version);
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
    };
    Ok(Entry {
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

fn economy(fields: [&str; 3]) -> Result<Option<Economy>, String> {
    let [city, highway, combined] = fields;
    match (parse(city)?, parse(highway)?, parse(combined)?) {
        (Some(city), Some(highway), Some(combined)) => Ok(Some(Economy {
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
            "{FORMAT}\tEPA test\n{}\t{COST}\n1\ttwenty",
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
