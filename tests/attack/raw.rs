//! Bytes on a socket, as no well-behaved client would write them.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back, and whether the server closed the connection.
pub struct Exchange {
    pub text: String,
    pub is_closed: bool,
}

impl Exchange {
    /// The status of each answer.
    pub fn statuses(&self) -> Vec<u16> {
        let answers = self.text.split("HTTP/1.").skip(1);
        answers
            .map(|answer| {
                answer
                    .get(2..5)
                    .and_then(|code| code.parse().ok())
                    .unwrap_or(0)
            })
            .collect()
    }
}

/// Writes that and reads until the server closes or says nothing more for a while.
pub async fn exchange(base: &str, bytes: &[u8]) -> Exchange {
    let mut socket = connect(base).await;
    // It may have answered and closed before it has read all of it.
    socket.write_all(bytes).await.ok();
    read(&mut socket, Duration::from_millis(400)).await
}

pub async fn connect(base: &str) -> TcpStream {
    let address = base.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the server closes, or is quiet for that long after its first word.
pub async fn read(socket: &mut TcpStream, quiet: Duration) -> Exchange {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    let mut patience = Duration::from_secs(5);
    loop {
        match tokio::time::timeout(patience, socket.read(&mut chunk)).await {
            Err(_) => break,
            Ok(Ok(0) | Err(_)) => {
                return Exchange {
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                    is_closed: true,
                };
            }
            Ok(Ok(read)) => bytes.extend_from_slice(&chunk[..read]),
        }
        patience = quiet;
    }
    Exchange {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        is_closed: false,
    }
}
