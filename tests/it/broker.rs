//! A private RabbitMQ for one test, to be killed, frozen and begun anew.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A broker in a folder of its own. It ends with the test.
pub struct Broker {
    folder: tempfile::TempDir,
    port: u16,
    _child: Child,
}

impl Broker {
    /// Starts one, and waits until it takes connections.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let child = run(folder.path(), port);
        let broker = Self {
            folder,
            port,
            _child: child,
        };
        broker.until_up().await;
        broker
    }

    pub fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}", self.port)
    }

    /// Sends a signal to the broker's own process.
    pub async fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.folder.path().join("pid")).expect("it runs");
        let sent = Command::new("kill").args([signal, pid.trim()]).status();
        assert!(
            sent.await.is_ok_and(|status| status.success()),
            "kill {signal}"
        );
    }

    /// Starts it again after it was killed, with what it had on its disk or without.
    pub async fn start_again(&mut self, is_empty: bool) {
        if is_empty {
            std::fs::remove_dir_all(self.folder.path().join("data")).expect("its data");
        }
        self._child = run(self.folder.path(), self.port);
        self.until_up().await;
    }

    /// Waits until it answers as a broker does.
    async fn until_up(&self) {
        let ask = async || -> std::io::Result<u8> {
            let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await?;
            socket.write_all(b"AMQP\0\0\x09\x01").await?;
            socket.read_u8().await
        };
        while !matches!(
            tokio::time::timeout(Duration::from_secs(2), ask()).await,
            Ok(Ok(1))
        ) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn run(folder: &Path, port: u16) -> Child {
    // That of the broker that was killed.
    std::fs::remove_file(folder.join("pid")).ok();
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rabbitmq"))
        .arg("start")
        .arg(folder)
        .arg(port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("tests/rabbitmq")
}

impl Drop for Broker {
    fn drop(&mut self) {
        let mut stop =
            std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rabbitmq"));
        stop.arg("stop").arg(self.folder.path()).status().ok();
    }
}
