//! The commands: serve, work, migrate, backup, restore, config, doctor, usage, health, catalogue, users, eval.

use std::io::{IsTerminal, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, ConfigError, LogFormat};
use crate::error::{Error, in_one_line};
use crate::server::Server;
use crate::server::work::Work;
use crate::trace::{self, Outbox};

mod backup;
mod catalogue;
mod database;
mod doctor;
mod eval;
mod migrate;
mod usage;
mod users;

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
    /// Make the replies that RabbitMQ (AMQP_URL) hands out; as many processes as you like.
    Work,
    /// Bring the database to the newest schema.
    Migrate(migrate::Migrate),
    /// Copy the SQLite database into a file, while the server runs and writes.
    Backup(backup::Backup),
    /// Put a backup in the place of the SQLite database, which is kept beside it. The server must not run.
    Restore(backup::Restore),
    /// Print the settings in force, secrets hidden.
    Config {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print what was answered and what it cost, by day, person or model.
    Usage(usage::Usage),
    /// Look at everything that Autio stands on, and say what to do about what is wrong.
    Doctor(doctor::Doctor),
    /// Ask the server on this machine whether it is alive; for containers.
    Health {
        /// Ask the worker at AUTIO_WORK_ADDR instead.
        #[arg(long)]
        work: bool,
    },
    /// Work on the catalogue of cars.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// Look after accounts and invitations, while the server runs or not.
    #[command(subcommand)]
    Users(users::Command),
    /// Put shopper requests to the model in the settings, several times each, and report how it did.
    Eval(eval::Eval),
}

/// What ends a command.
enum Failure {
    Config(ConfigError),
    /// What was asked for can't be: in words for the operator.
    Argument(String),
    /// In words for the operator.
    Other(String),
    /// In words that were printed already.
    Told,
    /// Whoever read what is printed has heard enough (`autio users list | head -1`).
    Unheard,
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Config(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(cause) => Failure::Other(in_one_line(&cause.to_string())),
            Error::Invalid(_) => Failure::Argument(error.to_string()),
            // What people are told of a busy server isn't wrong here, but the operator can look further.
            Error::Unavailable => Failure::Other(
                "the database can't be reached, or is busy; nothing was changed, try again in a few seconds".into(),
            ),
            Error::Unsure => Failure::Other(
                "the database didn't answer in time, so this may have been done or not; look before you repeat it".into(),
            ),
            error => Failure::Other(error.to_string()),
        }
    }
}

/// Parses the command line and runs the command. Exit code 2 is a bad setting or argument, 1 the rest.
pub fn run() -> ExitCode {
    // Before anybody else does, and without OpenSSL's cleaning up at exit: it would take away what the pool's threads are
    // using to connect, and a command that has done its work would end with a segmentation fault.
    openssl_sys::init();
    // PostgreSQL's TLS is built in and doesn't know where this system keeps its certificates.
    trust_system_certificates();
    take_all_descriptors();
    let result = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Work => work(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Config { json } => config(json),
        Command::Doctor(doctor) => doctor.run(),
        Command::Usage(usage) => usage.run(),
        Command::Health { work } => health(work),
        Command::Catalogue(command) => catalogue::run(command),
        Command::Users(command) => users::run(command),
        Command::Eval(command) => eval::run(&command),
    };
    match result {
        Ok(()) | Err(Failure::Unheard) => ExitCode::SUCCESS,
        Err(Failure::Argument(message)) => {
            eprintln!("autio: {message}");
            ExitCode::from(2)
        }
        Err(Failure::Config(error)) => {
            eprintln!("autio: {error}");
            ExitCode::from(2)
        }
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Other(message)) => {
            eprintln!("autio: {message}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Failure> {
    let config = Config::from_env()?.keep_secret()?;
    let traces = start_log(&config)?;
    warn_of_unknown(&config);
    if config.is_https() && config.trusted_proxies.is_empty() && !config.limits.is_off() {
        tracing::warn!(
            "AUTIO_PUBLIC_URL is https, so there is a proxy in front, but AUTIO_TRUSTED_PROXIES doesn't name it: everybody counts as one address, and a few logins use up the limit for all"
        );
    }
    runtime()?.block_on(async {
        let server = Server::build(config).await?;
        let app = server.app();
        let sending = traces.map(|traces| {
            app.metrics.follow(traces.counts().clone());
            traces.start()
        });
        tracing::info!(
            advisor = app.advisor.model(),
            catalogue = %app.catalogue().version,
            cars = app.catalogue().len(),
            "Autio is up on http://{}",
            server.addr(),
        );
        let ended = server.run().await;
        if let Some(sending) = sending {
            sending.end().await;
        }
        ended
    })?;
    Ok(())
}

fn work() -> Result<(), Failure> {
    let config = Config::from_env()?.keep_secret()?;
    if config.amqp.is_none() {
        return Err(Failure::Config(ConfigError {
            variable: "AMQP_URL",
            problem:
                "must be set for `autio work`; without it the servers make the replies themselves"
                    .into(),
        }));
    }
    let traces = start_log(&config)?;
    warn_of_unknown(&config);
    runtime()?.block_on(async {
        let work = Work::build(config).await?;
        let sending = traces.map(|traces| {
            work.app().metrics.follow(traces.counts().clone());
            traces.start()
        });
        tracing::info!(advisor = work.app().advisor.model(), "Autio is at work");
        let ended = work.run().await;
        if let Some(sending) = sending {
            sending.end().await;
        }
        ended
    })?;
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(error.to_string()))
}

fn config(json: bool) -> Result<(), Failure> {
    let config = Config::from_env()?;
    for name in &config.unknown {
        eprintln!("autio: {name} is no setting of this version, so it does nothing");
    }
    let printed = config.printed();
    let lines = printed.iter().map(|(name, value)| match json {
        false => format!("{name}={value}\n"),
        true => format!("  {}: {}", json!(name), json!(value)),
    });
    let lines: Vec<String> = lines.collect();
    print(&match json {
        false => lines.concat(),
        // In the same order.
        true => format!("{{\n{}\n}}\n", lines.join(",\n")),
    });
    Ok(())
}

fn health(work: bool) -> Result<(), Failure> {
    let config = Config::from_env()?;
    let mut addr = match work {
        false => config.addr,
        true => config.work_addr.ok_or_else(|| ConfigError {
            variable: "AUTIO_WORK_ADDR",
            problem: "must be set, for the worker and here, to ask how the worker is".into(),
        })?,
    };
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

/// Begins to log, and to trace where there is a collector.
fn start_log(config: &Config) -> Result<Option<Outbox>, Failure> {
    // Checked when the settings were read.
    let filter: Targets = config.log.parse().unwrap_or_default();
    // Whatever anybody on the network sends: not an error of ours.
    let filter = filter.with_target("actix_http::h1", LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let layer = match config.log_format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    let Some(traces) = &config.traces else {
        tracing_subscriber::registry()
            .with(layer.with_filter(filter))
            .init();
        return Ok(None);
    };
    let (spans, outbox) = trace::open(traces).map_err(|problem| ConfigError {
        variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        problem,
    })?;
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .with(spans)
        .init();
    Ok(Some(outbox))
}

/// Names that look like settings do nothing, which nobody should have to find out.
fn warn_of_unknown(config: &Config) {
    for name in &config.unknown {
        tracing::warn!(
            "{name} is no setting of this version, so it does nothing: `autio config` prints those that there are"
        );
    }
}

/// What is wrong with a file.
fn about(path: &Path, what: &dyn std::fmt::Display) -> Failure {
    Failure::Other(format!("{}: {what}", path.display()))
}

/// Writes to standard output; a reader that has gone away (`autio config | head -1`) is no error.
fn print(text: &str) {
    print_on(text).ok();
}

/// Writes a part of what may be long: nothing more is wanted once the reader has gone away.
fn print_on(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|_| Failure::Unheard)
}

/// Each open stream takes one, and each call of a model another: many systems allow 1,024 unless a program asks for more.
#[cfg(unix)]
fn take_all_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that isn't allowed, what there is has to do.
    setrlimit(Resource::Nofile, limit).ok();
}

#[cfg(not(unix))]
fn take_all_descriptors() {}

/// Points the built-in OpenSSL at the system's bundle, unless the operator chose one.
fn trust_system_certificates() {
    const BUNDLES: [&str; 3] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    if std::env::var_os("SSL_CERT_FILE").is_none()
        && let Some(bundle) = BUNDLES.iter().find(|path| Path::new(path).exists())
    {
        // SAFETY: the process has a single thread yet.
        unsafe { std::env::set_var("SSL_CERT_FILE", bundle) };
    }
}
