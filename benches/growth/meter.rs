//! What a piece of work takes of each part: processor time, bytes, rows, commands and messages, read where each part counts them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};

use super::engines::tree;

/// Counters by name. Processor time is in milliseconds.
pub type Counts = BTreeMap<String, f64>;

/// Where the counters of one set of processes are.
#[derive(Default)]
pub struct Meter {
    /// Names of parts, and the process that each began with.
    pub processes: Vec<(&'static str, u32)>,
    pub postgres: Option<String>,
    pub redis: Option<String>,
    /// The folder of the broker.
    pub rabbitmq: Option<PathBuf>,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    lsn: String,
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Double)]
    bytes: f64,
    #[diesel(sql_type = BigInt)]
    commits: i64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The counters at a moment.
pub struct Mark {
    begun: Instant,
    counts: Counts,
    lsn: Option<String>,
}

impl Meter {
    /// Reads every counter.
    pub fn mark(&self) -> Mark {
        let mut counts = Counts::new();
        for (name, first) in &self.processes {
            let ids = tree(*first);
            counts.insert(format!("{name} ms"), ids.iter().map(|id| cpu(*id)).sum());
            if *name == "web" {
                let written = ids.iter().map(|id| proc_line(*id, "io", "write_bytes:"));
                counts.insert("web written bytes".into(), written.sum());
            }
        }
        counts.insert("client ms".into(), own_cpu());
        if let Some(url) = &self.redis {
            redis_counts(url, &mut counts);
        }
        if let Some(folder) = &self.rabbitmq {
            rabbitmq_counts(folder, &mut counts);
        }
        let lsn = self.postgres.as_ref().map(|url| {
            let mut conn = connect(url);
            let place = "SELECT pg_current_wal_flush_lsn()::text AS lsn";
            let place: Place = diesel::sql_query(place).get_result(&mut conn).expect("it");
            place.lsn
        });
        Mark {
            begun: Instant::now(),
            counts,
            lsn,
        }
    }

    /// What each of `times` pieces of work took since then, without what happens anyway, in `idle` by the second.
    pub fn since(&self, mark: &Mark, times: usize, idle: &Counts) -> Counts {
        let seconds = mark.begun.elapsed().as_secs_f64();
        let now = self.mark();
        let mut counts = Counts::new();
        for (name, value) in &now.counts {
            counts.insert(name.clone(), value - mark.counts[name]);
        }
        if let (Some(url), Some(lsn)) = (&self.postgres, &mark.lsn)
            && let Some(written) = written_since(url, lsn)
        {
            counts.insert("postgres wal bytes".into(), written.bytes);
            counts.insert("postgres commits".into(), written.commits as f64);
            counts.insert("postgres rows".into(), written.rows as f64);
        }
        for (name, value) in &mut counts {
            let anyway = idle.get(name).copied().unwrap_or_default() * seconds;
            *value = (*value - anyway).max(0.0) / times as f64;
        }
        counts
    }
}

/// Memory that a process has in RAM, in KiB.
pub fn resident(id: u32) -> f64 {
    proc_line(id, "status", "VmRSS:")
}

/// What all processors of this machine did so far, in milliseconds.
pub fn machine_busy() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").expect("Linux");
    let line = stat.lines().next().expect("a line");
    let ticks = line.split_whitespace().skip(1).enumerate();
    // Without idling (3) and waiting for disks (4); guests (8, 9) are in the others.
    let busy = ticks.filter(|(at, _)| *at < 8 && *at != 3 && *at != 4);
    let busy = busy.map(|(_, ticks)| ticks.parse::<f64>().expect("a number"));
    busy.sum::<f64>() * TICK
}

/// Milliseconds.
const TICK: f64 = 10.0;

/// Processor time of a process and of those of its children that have ended, in milliseconds.
pub fn cpu(id: u32) -> f64 {
    times(id, 4)
}

/// Processor time of this process, which asks and plays the model's server, in milliseconds.
pub fn own_cpu() -> f64 {
    times(std::process::id(), 2)
}

fn times(id: u32, fields: usize) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else {
        return 0.0;
    };
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let fields = rest.split_whitespace().skip(11).take(fields);
    let ticks = fields.map(|field| field.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() * TICK
}

fn proc_line(id: u32, file: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("PostgreSQL")
}

/// What its log of writes has had since then. Needs the extension `pg_walinspect`.
fn written_since(url: &str, lsn: &str) -> Option<Written> {
    let query = "SELECT (max(end_lsn) - $1::pg_lsn)::float8 AS bytes, \
        count(*) FILTER (WHERE resource_manager = 'Transaction' AND record_type LIKE 'COMMIT%') AS commits, \
        count(*) FILTER (WHERE resource_manager = 'Heap' AND record_type ~ '^(INSERT|UPDATE|HOT_UPDATE|DELETE)') AS rows \
        FROM pg_get_wal_records_info($1::pg_lsn, pg_current_wal_flush_lsn())";
    let mut conn = connect(url);
    let place: Place = diesel::sql_query("SELECT pg_current_wal_flush_lsn()::text AS lsn")
        .get_result(&mut conn)
        .expect("it");
    // The function takes no empty stretch.
    if place.lsn == lsn {
        return None;
    }
    let query = diesel::sql_query(query).bind::<Text, _>(lsn);
    Some(query.get_result(&mut conn).expect("pg_walinspect"))
}

fn redis_counts(url: &str, counts: &mut Counts) {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_connection().expect("Redis");
    let info: String = redis::cmd("INFO").query(&mut connection).expect("it tells");
    let read = |name: &str| -> f64 {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.expect(name).trim().parse().expect("a number")
    };
    let cpu = read("used_cpu_user:") + read("used_cpu_sys:");
    counts.insert("redis ms".into(), cpu * 1_000.0);
    counts.insert("redis commands".into(), read("total_commands_processed:"));
    let bytes = read("total_net_input_bytes:") + read("total_net_output_bytes:");
    counts.insert("redis bytes".into(), bytes);
}

fn rabbitmq_counts(folder: &std::path::Path, counts: &mut Counts) {
    let port = std::fs::read_to_string(folder.join("epmd")).expect("it was started");
    let mut ask = Command::new("/usr/lib/rabbitmq/bin/rabbitmqctl");
    ask.env("HOME", folder.join("home"));
    ask.env("ERL_EPMD_PORT", port.trim());
    ask.env("RABBITMQ_NODENAME", "autio@localhost");
    ask.args(["eval", "rabbit_global_counters:overview()."]);
    let said = ask.output().expect("rabbitmqctl");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    for (name, key) in [
        ("rabbitmq published", "messages_received_confirm_total"),
        ("rabbitmq confirmed", "messages_confirmed_total"),
        ("rabbitmq delivered", "messages_delivered_total"),
        ("rabbitmq acknowledged", "messages_acknowledged_total"),
    ] {
        let numbers = said.split(key).skip(1).filter_map(|rest| {
            let rest = rest.trim_start_matches([' ', '=', '>', ',', '\n']);
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            rest[..end].parse::<f64>().ok()
        });
        counts.insert(name.into(), numbers.sum());
    }
}
