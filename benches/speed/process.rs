//! Autio and the peer as processes of their own, with the same upstream before them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::{Child, Command};

use crate::engines::free_port;
use crate::wire::{self, Wire};

pub const PASSWORD: &str = "tin roof rusted 77";
pub const SECRET: &str = "a secret of the bench, longer than 32 bytes";

/// A server. It ends with this.
pub struct Process {
    pub addr: SocketAddr,
    pub child: Child,
    /// From its start to its first 200.
    pub took: Duration,
}

/// The release binary: the one that was built with the bench, or `AUTIO_BIN`.
pub fn binary() -> PathBuf {
    let other = std::env::var_os("AUTIO_BIN").map(PathBuf::from);
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_autio").into())
}

/// Autio in that folder, on SQLite unless the settings say otherwise.
pub async fn autio(dir: &Path, settings: &[(&str, &str)]) -> Process {
    autio_logging(dir, settings, Stdio::inherit()).await
}

/// The same, with its log somewhere else.
pub async fn autio_logging(dir: &Path, settings: &[(&str, &str)], log: Stdio) -> Process {
    let mut command = Command::new(binary());
    command.env_clear().current_dir(dir);
    command.env("JWT_SECRET", SECRET);
    command
        .env("AUTIO_RATE_LIMITS", "off")
        .env("AUTIO_LOG", "warn");
    command.envs(settings.iter().copied());
    let port = free_port();
    command
        .env("AUTIO_ADDR", format!("127.0.0.1:{port}"))
        .stderr(log);
    start(command, port, "/healthz").await
}

/// The settings of a model at that address, under that path.
pub fn model(upstream: SocketAddr, path: &str) -> [(&'static str, String); 2] {
    [
        ("OPENAI_API_KEY", "k".to_owned()),
        ("OPENAI_BASE_URL", format!("http://{upstream}/{path}/v1")),
    ]
}

/// The peer on SQLite in that folder, a worker for each core.
pub async fn peer(python: &Path, dir: &Path, upstream: SocketAddr) -> Process {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let set_up = |program: &mut Command| {
        program.env_clear().current_dir(&here);
        program.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        program
            .env("JWT_SECRET", SECRET)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        program.env(
            "DATABASE_URL",
            format!("sqlite:///{}/peer.db", dir.display()),
        );
        program.envs(model(upstream, "now"));
    };
    let mut make = Command::new(python);
    set_up(&mut make);
    let made = make.arg("app.py").status().await.expect("Python");
    assert!(made.success(), "the peer's tables can't be made");
    let port = free_port();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut command = Command::new(python);
    set_up(&mut command);
    command.args([
        "-m",
        "uvicorn",
        "app:app",
        "--no-access-log",
        "--log-level",
        "warning",
    ]);
    command.args(["--port", &port.to_string(), "--workers", &cores.to_string()]);
    start(command, port, "/").await
}

async fn start(mut command: Command, port: u16, path: &str) -> Process {
    let addr = SocketAddr::from(([127, 0, 0, 1], port));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let begun = Instant::now();
    let mut child = command.spawn().expect("it can be started");
    while begun.elapsed() < Duration::from_secs(60) {
        if let Ok(mut wire) = Wire::open(addr).await
            && let Ok(answer) = wire.ask(&wire::get(path, "")).await
            && answer.status == 200
        {
            let took = begun.elapsed();
            return Process { addr, child, took };
        }
        let state = child.try_wait().expect("its state is known");
        assert!(state.is_none(), "it ended: {command:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{command:?} doesn't start");
}

impl Process {
    /// Asks it to end, and waits until it has: its workers go with it.
    pub async fn end(mut self) {
        let id = self.id().to_string();
        let asked = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(asked.is_ok_and(|asked| asked.success()));
        self.child.wait().await.expect("it ends");
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// KiB of memory that are its own or shared, as the kernel counts them.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("a number")
    }

    /// The time of a core that it has used, in steps of 10 ms.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("Linux");
        let (_, rest) = stat.rsplit_once(')').expect("a name");
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks
            .map(|ticks| ticks.parse::<u64>().expect("ticks"))
            .sum();
        Duration::from_millis(ticks * 10)
    }

    /// Makes an account, and returns the line that a request of its has.
    pub async fn sign_up(&self, number: usize) -> String {
        let body = json!({ "email": format!("person-{number}@example.com"), "password": PASSWORD });
        let mut wire = Wire::open(self.addr).await.expect("it takes connections");
        let answer = wire.ask(&wire::post("/auth/signup", "", &body)).await;
        let answer = answer.expect("an answer");
        assert_eq!(
            answer.status,
            201,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        let entered = answer.json();
        let token = entered["access_token"].as_str().expect("a token");
        format!("authorization: Bearer {token}\r\n")
    }
}
