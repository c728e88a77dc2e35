//! The parts of a cluster as processes of this machine: started, killed, frozen and brought back.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// One part, with all that it has started itself.
pub struct Engine {
    pub name: &'static str,
    pub port: u16,
    /// What begins it, every time anew.
    begin: Box<dyn Fn() -> Command>,
    child: Option<Child>,
    /// What has to be run when it is gone for good.
    sweep: Option<std::process::Command>,
}

impl Engine {
    pub fn new(name: &'static str, port: u16, begin: impl Fn() -> Command + 'static) -> Self {
        Self {
            name,
            port,
            begin: Box::new(begin),
            child: None,
            sweep: None,
        }
    }

    /// Starts it and waits until its port answers.
    pub async fn start(&mut self) {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let mut command = (self.begin)();
            command.stdin(Stdio::null()).kill_on_drop(true);
            let mut child = command.spawn().expect("it can be started");
            while Instant::now() < patience {
                if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                    self.child = Some(child);
                    return;
                }
                // What was killed a moment ago may hold its files still: once more, then.
                if child.try_wait().expect("its state is known").is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(Instant::now() < patience, "{} doesn't start", self.name);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// As a power cut has it.
    pub async fn kill(&mut self) {
        signal("-KILL", &self.processes()).await;
        if let Some(mut child) = self.child.take() {
            child.wait().await.expect("it ended");
        }
    }

    /// There, and deaf.
    pub async fn freeze(&self) {
        signal("-STOP", &self.processes()).await;
    }

    pub async fn thaw(&self) {
        signal("-CONT", &self.processes()).await;
    }

    /// Asks it to end, and waits until it has. Whether it ended well.
    pub async fn end(&mut self) -> bool {
        let mut child = self.child.take().expect("it runs");
        let id = child.id().expect("it runs");
        signal("-TERM", &[id]).await;
        child.wait().await.expect("it ended").success()
    }

    /// The process that it began with, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    fn processes(&self) -> Vec<u32> {
        self.id().map(tree).unwrap_or_default()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let ids = self.processes();
        if !ids.is_empty() {
            let ids = ids.iter().map(u32::to_string);
            let mut kill = std::process::Command::new("kill");
            // Some may have ended by themselves in between.
            kill.arg("-KILL")
                .args(ids)
                .stderr(Stdio::null())
                .status()
                .ok();
        }
        if let Some(sweep) = &mut self.sweep {
            sweep.status().ok();
        }
    }
}

/// The process and all below it: servers put their own into other groups and sessions.
pub fn tree(first: u32) -> Vec<u32> {
    let parents = parents();
    let mut all = vec![first];
    let mut next = 0;
    while let Some(parent) = all.get(next).copied() {
        let below = parents.iter().filter(|(_, of)| *of == parent);
        all.extend(below.map(|(id, _)| *id));
        next += 1;
    }
    all
}

/// Every process of this machine with the one that started it.
fn parents() -> Vec<(u32, u32)> {
    let processes = std::fs::read_dir("/proc").expect("Linux");
    let parent = |entry: std::io::Result<std::fs::DirEntry>| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in parentheses, may hold anything.
        let (_, rest) = stat.rsplit_once(')')?;
        Some((id, rest.split_whitespace().nth(1)?.parse().ok()?))
    };
    processes.filter_map(parent).collect()
}

async fn signal(name: &str, ids: &[u32]) {
    let mut kill = Command::new("kill");
    kill.arg(name).args(ids.iter().map(u32::to_string));
    kill.stderr(Stdio::null());
    kill.status().await.expect("signals can be sent");
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// PostgreSQL in a folder of its own. As root it runs as the user that Debian's package makes.
pub fn postgres(dir: &Path) -> Engine {
    let data = dir.join("postgres");
    std::fs::create_dir(&data).expect("a folder");
    let bin = newest("/usr/lib/postgresql").join("bin");
    let as_postgres = {
        let data = data.clone();
        move |program: &str| {
            let program = bin.join(program);
            let mut command = match is_root() {
                true => {
                    let mut command = Command::new("setpriv");
                    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
                    command.arg(program);
                    command
                }
                false => Command::new(program),
            };
            command.current_dir(&data).arg("-D").arg(&data);
            command
        }
    };
    if is_root() {
        run(std::process::Command::new("chown")
            .arg("postgres")
            .arg(&data));
    }
    let mut make = as_postgres("initdb");
    make.args([
        "-U",
        "autio",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]);
    run(make.as_std_mut());
    let port = free_port();
    Engine::new("PostgreSQL", port, move || {
        let mut command = as_postgres("postgres");
        // Synced as in production: what is killed here has to be there afterwards.
        command.args(["-h", "127.0.0.1", "-k", "", "-p", &port.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

pub fn redis(dir: &Path) -> Engine {
    let port = free_port();
    let dir = dir.to_owned();
    Engine::new("Redis", port, move || {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(&dir);
        command.stdout(Stdio::null());
        command
    })
}

pub fn rabbitmq(dir: &Path) -> Engine {
    let port = free_port();
    let dir = dir.join("rabbitmq");
    std::fs::create_dir(&dir).expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rabbitmq");
    // It starts a port mapper, which outlives it.
    let mut sweep = std::process::Command::new(&script);
    sweep.arg("stop").arg(&dir);
    let mut engine = Engine::new("RabbitMQ", port, move || {
        let mut command = Command::new(&script);
        command.arg("start").arg(&dir).arg(port.to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    });
    engine.sweep = Some(sweep);
    engine
}

/// nginx with the configuration that ships, at these ports and before these servers.
pub fn nginx(dir: &Path, servers: [u16; 2]) -> Engine {
    let dir = dir.join("nginx");
    for folder in ["tls", "cache", "log"] {
        std::fs::create_dir_all(dir.join(folder)).expect("a folder");
    }
    make_certificate(&dir.join("tls"));
    let port = free_port();
    let plain = free_port();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/nginx.conf");
    let mut text = std::fs::read_to_string(shipped).expect("deploy/nginx.conf");
    let here = dir.to_str().expect("UTF-8").to_owned();
    for (from, to) in [
        ("/etc/nginx/tls", format!("{here}/tls")),
        ("/var/cache/nginx", format!("{here}/cache")),
        ("/var/log/nginx", format!("{here}/log")),
        ("/run/nginx.pid", format!("{here}/pid")),
        ("web-1:8000", format!("127.0.0.1:{}", servers[0])),
        ("web-2:8000", format!("127.0.0.1:{}", servers[1])),
        ("listen 80;", format!("listen 127.0.0.1:{plain};")),
        ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
        ("cars.example", "127.0.0.1".to_owned()),
    ] {
        assert!(text.contains(from), "deploy/nginx.conf has no {from}");
        text = text.replace(from, &to);
    }
    // The folder is nobody else's.
    let user = if is_root() { "user root;\n" } else { "" };
    let conf = dir.join("nginx.conf");
    std::fs::write(&conf, format!("{user}{text}")).expect("it can be written");
    Engine::new("nginx", port, move || {
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&conf).args(["-g", "daemon off;"]);
        command
    })
}

/// What clients trust, and what only they do.
pub fn root_certificate(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("nginx/tls/fullchain.pem")).expect("a certificate")
}

fn make_certificate(dir: &Path) {
    let mut openssl = std::process::Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    // No authority: rustls takes none for a server.
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(dir.join("privkey.pem"));
    openssl.arg("-out").arg(dir.join("fullchain.pem"));
    run(&mut openssl);
}

fn run(command: &mut std::process::Command) {
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

fn newest(folder: &str) -> PathBuf {
    let versions = std::fs::read_dir(folder).expect("PostgreSQL");
    let mut versions: Vec<PathBuf> = versions
        .map(|entry| entry.expect("a folder").path())
        .collect();
    versions.sort_by_key(|path| {
        path.file_name()
            .and_then(|n| n.to_str()?.parse::<u32>().ok())
    });
    versions.pop().expect("PostgreSQL")
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0)
}
