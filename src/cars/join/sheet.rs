//! Reads a CSV file by the names of its columns, and says which line and column can't be read.

use std::io::Read;
use std::str::FromStr;

use crate::cars::epa::ImportError;

/// One line of a file.
pub struct Line<'a> {
    pub number: u64,
    record: &'a csv::StringRecord,
    columns: &'static [&'static str],
    places: &'a [usize],
}

/// Gives each line of a file that has these columns, wherever they stand, to `each`.
///
/// # Errors
/// When a column is missing, the file isn't CSV, or `each` says so: then nothing of it may be used.
pub fn read(
    from: impl Read,
    columns: &'static [&'static str],
    mut each: impl FnMut(&Line<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut file = open(from);
    let header = file.headers()?.clone();
    let mut places = Vec::new();
    for column in columns {
        let found = header
            .iter()
            .position(|name| name.trim_start_matches('\u{feff}').trim() == *column);
        places.push(found.ok_or(ImportError::NoColumn(column))?);
    }
    for record in file.records() {
        let record = record?;
        each(&Line {
            number: record.position().map_or(0, |place| place.line()),
            record: &record,
            columns,
            places: &places,
        })?;
    }
    Ok(())
}

/// A reader of lines that end as Unix or Windows has them. The carriage return is left to [`Line::text`], which trims:
/// csv would otherwise take the line before for the place of a record.
pub fn open<R: Read>(from: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(from)
}

impl Line<'_> {
    /// The cell, without spaces around it; empty for a column that isn't among those asked for.
    pub fn text(&self, column: &'static str) -> &str {
        let at = self.columns.iter().position(|name| *name == column);
        at.and_then(|at| self.record.get(self.places[at]))
            .unwrap_or("")
            .trim()
    }

    pub fn error(&self, column: &'static str) -> ImportError {
        ImportError::Value {
            line: self.number,
            column,
            value: self.text(column).to_owned(),
        }
    }

    /// A value that must be there.
    pub fn needed<T: FromStr>(&self, column: &'static str) -> Result<T, ImportError> {
        self.text(column).parse().map_err(|_| self.error(column))
    }

    /// A number above 0; nothing, 0 and -1 mean that it isn't given.
    pub fn number(&self, column: &'static str) -> Result<Option<f64>, ImportError> {
        match self.text(column) {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(number) if number > 0.0 && number.is_finite() => Ok(Some(number)),
                Ok(0.0 | -1.0) => Ok(None),
                _ => Err(self.error(column)),
            },
        }
    }

    /// Numbers with bars between them (`140|150.00`); none for nothing, 0 and -1.
    pub fn numbers(&self, column: &'static str) -> Result<Vec<f64>, ImportError> {
        let parts = self.text(column).split('|').map(str::trim);
        let numbers = parts.filter(|part| !part.is_empty()).map(|part| {
            let number = part.parse::<f64>().map_err(|_| self.error(column))?;
            match number {
                0.0 | -1.0 => Ok(None),
                number if number > 0.0 && number.is_finite() => Ok(Some(number)),
                _ => Err(self.error(column)),
            }
        });
        let numbers: Result<Vec<Option<f64>>, ImportError> = numbers.collect();
        Ok(numbers?.into_iter().flatten().collect())
    }
}
