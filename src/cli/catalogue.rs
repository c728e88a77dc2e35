//! `autio catalogue`: import, use, check and show.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use flate2::read::MultiGzDecoder;

use super::database::Database;
use super::{Failure, about, print};
use crate::cars::epa::{self, ImportError};
use crate::cars::{Catalogue, check, join, table};
use crate::db::catalogues::{self, Stored};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a catalogue from EPA's vehicles.csv and what others publish, and put it to use; each file plain or gzipped.
    Import(Box<Import>),
    /// Put a table that was written before to use, or the built-in one.
    Use {
        /// The table.
        #[arg(required_unless_present = "built_in", conflicts_with = "built_in")]
        table: Option<PathBuf>,
        /// Go back to the table inside the program.
        #[arg(long)]
        built_in: bool,
    },
    /// Print how much is known, by field and year, and what looks wrong.
    Check {
        #[command(flatten)]
        which: Which,
    },
    /// Print a car by its id, or the cars that words name, with every figure's source.
    Show {
        /// An id, or words such as `2022 Honda CR-V`.
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        which: Which,
    },
}

/// Which catalogue is looked at; the built-in one if nothing is said.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct Which {
    /// A table in a file.
    #[arg(long)]
    table: Option<PathBuf>,
    /// The one in the database, which servers use.
    #[arg(long)]
    in_use: bool,
}

#[derive(Debug, clap::Args)]
pub struct Import {
    /// EPA's vehicles.csv.
    #[arg(long)]
    epa: PathBuf,
    /// The day of EPA's file, as YYYY-MM-DD: it is shown as the source of every figure.
    #[arg(long)]
    date: String,
    /// NHTSA's Safercar_data.csv: stars and seats.
    #[arg(long)]
    ncap: Option<PathBuf>,
    /// The month or day of NHTSA's file, as YYYY-MM or YYYY-MM-DD.
    #[arg(long, requires = "ncap")]
    ncap_date: Option<String>,
    /// NHTSA's vPIC, decoded: power, and base prices of 2017 to 2021.
    #[arg(long)]
    vpic: Option<PathBuf>,
    /// The month or day of vPIC, as YYYY-MM or YYYY-MM-DD.
    #[arg(long, requires = "vpic")]
    vpic_date: Option<String>,
    /// EPA's fleet of model year 2022 from OMEGA: price, power, towing.
    #[arg(long)]
    omega: Option<PathBuf>,
    /// Your own prices: year, make, model, trim, msrp_usd, source, as_of.
    #[arg(long)]
    prices: Option<PathBuf>,
    /// Only write the table to this file; else it goes into the database, and running servers take it up.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs one of the commands.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Import(command) => import(&command),
        Command::Use { table: None, .. } => {
            Database::open()?.write(catalogues::clear)?;
            print("The built-in catalogue is in use.\n");
            Ok(())
        }
        Command::Use {
            table: Some(path), ..
        } => put_to_use(&table_or_built_in(Some(&path))?),
        Command::Check { which } => {
            print(&check::report(&which.read()?));
            Ok(())
        }
        Command::Show { words, which } => {
            let catalogue = which.read()?;
            let cars = check::named(&catalogue, &words.join(" "));
            if cars.is_empty() {
                return Err(Failure::Other("no car has that id or those words".into()));
            }
            for car in cars {
                let json = serde_json::to_string_pretty(&car);
                print(&(json.map_err(|error| Failure::Other(error.to_string()))? + "\n"));
            }
            Ok(())
        }
    }
}

impl Which {
    fn read(&self) -> Result<Catalogue, Failure> {
        if !self.in_use {
            return table_or_built_in(self.table.as_deref());
        }
        let stored = Database::open()?.read(|conn| match catalogues::current(conn)? {
            Some(id) => catalogues::get(conn, &id),
            None => Ok(None),
        })?;
        match stored {
            Some(stored) => Ok(stored.read()?),
            None => table_or_built_in(None),
        }
    }
}

fn table_or_built_in(path: Option<&Path>) -> Result<Catalogue, Failure> {
    match path {
        None => Catalogue::built_in().map_err(|error| Failure::Other(error.to_string())),
        Some(path) => {
            let file = File::open(path).map_err(|error| about(path, &error))?;
            table::read(BufReader::new(file)).map_err(|error| about(path, &error))
        }
    }
}

/// A file of an import.
enum Input {
    Plain(BufReader<File>),
    Gzipped(MultiGzDecoder<BufReader<File>>),
}

impl Read for Input {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Input::Plain(file) => file.read(to),
            Input::Gzipped(file) => file.read(to),
        }
    }
}

/// Reads one file of an import, plain or gzipped, if it is given.
fn read_file<T>(
    path: Option<&PathBuf>,
    read: impl FnOnce(Input) -> Result<T, ImportError>,
) -> Result<Option<T>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let file = File::open(path).map_err(|error| about(path, &error))?;
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(|error| about(path, &error))?;
    let from = if start.starts_with(&[0x1f, 0x8b]) {
        Input::Gzipped(MultiGzDecoder::new(file))
    } else {
        Input::Plain(file)
    };
    read(from).map(Some).map_err(|error| about(path, &error))
}

fn import(command: &Import) -> Result<(), Failure> {
    let day = |date: &str| date.parse::<chrono::NaiveDate>().is_ok();
    if !day(&command.date) {
        return Err(Failure::Other(
            "--date: must be a day such as 2025-10-29".into(),
        ));
    }
    let named = |name: &str, date: &Option<String>| match date {
        None => Ok(name.to_owned()),
        Some(date) if day(date) || day(&format!("{date}-01")) => Ok(format!("{name} {date}")),
        Some(date) => Err(Failure::Other(format!(
            "{date}: must be a month or a day, such as 2025-10 or 2025-10-28"
        ))),
    };
    let [ncap, vpic, omega] = join::UNDATED;
    let version = format!("EPA {}", command.date);
    let names = [
        named(ncap, &command.ncap_date)?,
        named(vpic, &command.vpic_date)?,
        omega.to_owned(),
    ];
    let spine = read_file(Some(&command.epa), |from| epa::read(from, &version))?;
    let sources = join::Sources {
        ncap: read_file(command.ncap.as_ref(), join::Ncap::read)?,
        vpic: read_file(command.vpic.as_ref(), join::Vpic::read)?,
        omega: read_file(command.omega.as_ref(), join::Omega::read)?,
        offers: read_file(command.prices.as_ref(), join::Offers::read)?,
        names,
    };
    let catalogue = spine.map(|spine| join::join(&spine, &sources));
    let catalogue = catalogue.ok_or_else(|| Failure::Other("no cars".into()))?;
    if let Some(offers) = &sources.offers {
        let unused = join::unused_offers(&catalogue, offers);
        let lines: Vec<String> = unused.iter().map(u64::to_string).collect();
        if !lines.is_empty() {
            eprintln!(
                "autio: {} of the prices are for no car in EPA's file (make and model as EPA names them?), on lines {}",
                lines.len(),
                lines.join(", ")
            );
        }
    }
    match &command.out {
        Some(out) => write_to(&catalogue, out),
        None => put_to_use(&catalogue),
    }
}

/// Written whole under another name first: the old table stays until the new one is complete.
fn write_to(catalogue: &Catalogue, out: &Path) -> Result<(), Failure> {
    let draft = out.with_extension("draft");
    File::create(&draft)
        .and_then(|file| {
            table::write(catalogue, &file)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&draft, out))
        .map_err(|error| about(out, &error))?;
    print(&format!(
        "wrote {} cars to {}\n",
        catalogue.len(),
        out.display()
    ));
    Ok(())
}

/// Puts a catalogue into the database, all of it or nothing.
fn put_to_use(catalogue: &Catalogue) -> Result<(), Failure> {
    let stored = Stored::of(catalogue)?;
    Database::open()?.write(move |conn| catalogues::replace(conn, &stored))?;
    print(&format!(
        "{} cars are in use ({}); running servers take them up within seconds.\n",
        catalogue.len(),
        catalogue.version
    ));
    Ok(())
}
