//! The commands: serve, migrate, config, health, catalogue.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use flate2::read::MultiGzDecoder;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cars::epa::{self, ImportError};
use crate::cars::{Catalogue, check, join, table};
use crate::config::{Config, ConfigError, LogFormat};
use crate::db::{self, Direction};
use crate::error::Error;
use crate::server::Server;

/// A car advisor that you talk to.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and the API (the default).
    Serve,
    /// Bring the database to the newest schema.
    Migrate {
        /// Take the last migration back instead.
        #[arg(long)]
        down: bool,
    },
    /// Print the settings in force, secrets hidden.
    Config,
    /// Ask the server on this machine whether it is alive; for containers.
    Health,
    /// Work on the catalogue of cars.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// Make the compact table from EPA's vehicles.csv and what others publish; each file plain or gzipped.
    Import(Box<Import>),
    /// Print how much is known, by field and year, and what looks wrong.
    Check {
        /// A table; the built-in one if left out.
        #[arg(long)]
        table: Option<PathBuf>,
    },
    /// Print a car by its id, or the cars that words name, with every figure's source.
    Show {
        /// An id, or words such as `2022 Honda CR-V`.
        #[arg(required = true)]
        words: Vec<String>,
        /// A table; the built-in one if left out.
        #[arg(long)]
        table: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
struct Import {
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
    /// Where to write the table.
    #[arg(long)]
    out: PathBuf,
}

/// What ends a command.
enum Failure {
    Config(ConfigError),
    /// In words for the operator.
    Other(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Config(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Other(match error {
            Error::Internal(cause) => cause.to_string(),
            error => error.to_string(),
        })
    }
}

/// Parses the command line and runs the command. Exit code 2 is a bad setting or argument, 1 the rest.
pub fn run() -> ExitCode {
    // PostgreSQL's TLS is built in and doesn't know where this system keeps its certificates.
    trust_system_certificates();
    let result = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Migrate { down } => migrate(down),
        Command::Config => Config::from_env()
            .map_err(Failure::from)
            .map(|config| print(&config.to_string())),
        Command::Health => health(),
        Command::Catalogue(command) => catalogue(command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(error)) => {
            eprintln!("autio: {error}");
            ExitCode::from(2)
        }
        Err(Failure::Other(message)) => {
            eprintln!("autio: {message}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Failure> {
    let config = Config::from_env()?;
    start_log(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(error.to_string()))?;
    runtime.block_on(async {
        let server = Server::build(config).await?;
        let app = server.app();
        tracing::info!(
            advisor = app.advisor.model(),
            catalogue = %app.catalogue.version,
            cars = app.catalogue.len(),
            "Autio is up on http://{}",
            server.addr(),
        );
        server.run().await
    })?;
    Ok(())
}

fn migrate(down: bool) -> Result<(), Failure> {
    let config = Config::from_env()?;
    let direction = if down { Direction::Down } else { Direction::Up };
    let done = db::migrate(&config.database, direction)?;
    if done.is_empty() {
        print("The schema is already the newest.\n");
    }
    for version in done {
        let verb = if down { "took back" } else { "ran" };
        print(&format!("{verb} {version}\n"));
    }
    Ok(())
}

fn health() -> Result<(), Failure> {
    let mut addr = Config::from_env()?.addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(match addr {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let ask = || -> std::io::Result<String> {
        let patience = Duration::from_secs(2);
        let mut socket = TcpStream::connect_timeout(&addr, patience)?;
        socket.set_read_timeout(Some(patience))?;
        socket.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut head = [0; 12];
        socket.read_exact(&mut head)?;
        Ok(String::from_utf8_lossy(&head).into_owned())
    };
    match ask() {
        Ok(head) if head.ends_with(" 200") => Ok(()),
        Ok(head) => Err(Failure::Other(format!("{addr} answered {head:?}"))),
        Err(error) => Err(Failure::Other(format!("{addr}: {error}"))),
    }
}

fn start_log(config: &Config) {
    // Checked when the settings were read.
    let filter: Targets = config.log.parse().unwrap_or_default();
    // Whatever anybody on the network sends: not an error of ours.
    let filter = filter.with_target("actix_http::h1", LevelFilter::OFF);
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => registry.with(layer).init(),
        LogFormat::Json => registry.with(layer.json()).init(),
    }
}

fn catalogue(command: CatalogueCommand) -> Result<(), Failure> {
    match command {
        CatalogueCommand::Import(command) => import(&command),
        CatalogueCommand::Check { table } => {
            print(&check::report(&table_or_built_in(table.as_deref())?));
            Ok(())
        }
        CatalogueCommand::Show { words, table } => {
            let catalogue = table_or_built_in(table.as_deref())?;
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

fn about(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Other(format!("{}: {error}", path.display()))
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
    // Written whole under another name first: the old table stays until the new one is complete.
    let out = &command.out;
    let draft = out.with_extension("draft");
    File::create(&draft)
        .and_then(|file| {
            table::write(&catalogue, &file)?;
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

/// Writes to standard output; a reader that has gone away (`autio config | head -1`) is no error.
fn print(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).ok();
}

/// Points the built-in OpenSSL at the system's bundle, unless the operator chose one.
fn trust_system_certificates() {
    const BUNDLES: [&str; 3] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    if std::env::var_os("SSL_CERT_FILE").is_none()
        && let Some(bundle) = BUNDLES
            .iter()
            .find(|path| std::path::Path::new(path).exists())
    {
        // SAFETY: the process has a single thread yet.
        unsafe { std::env::set_var("SSL_CERT_FILE", bundle) };
    }
}
