//! HTTP/1.1 by hand over one connection that is kept: the same for all who are measured, and cheap enough to leave the
//! cores to them.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub struct Wire {
    socket: TcpStream,
    bytes: Vec<u8>,
}

/// An answer, and when it came.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// When what was looked for had come; the end where it never did.
    pub seen: Instant,
    pub ended: Instant,
}

impl Answer {
    /// # Panics
    /// When it isn't JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Wire {
    pub async fn open(addr: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(addr).await?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            bytes: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.ask_for(request, b"").await
    }

    /// The same, and notes when these bytes came.
    pub async fn ask_for(&mut self, request: &[u8], wanted: &[u8]) -> Result<Answer> {
        self.send(request).await?;
        let mut seen = None;
        let (mut head_end, mut length) = (None, Length::Unknown);
        loop {
            if head_end.is_none()
                && let Some(at) = find(&self.bytes, b"\r\n\r\n")
            {
                head_end = Some(at + 4);
                length = Length::of(&self.bytes[..at]);
            }
            if seen.is_none() && !wanted.is_empty() && find(&self.bytes, wanted).is_some() {
                seen = Some(Instant::now());
            }
            if let Some(begin) = head_end
                && length.is_whole(&self.bytes[begin..])
            {
                return self.take(begin, &length, seen);
            }
            if !self.more().await? {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
        }
    }

    pub async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.bytes.clear();
        self.socket.write_all(request).await
    }

    /// Waits for more bytes, and returns what came; empty at the end of the connection.
    pub async fn next(&mut self) -> Result<&[u8]> {
        self.bytes.clear();
        self.more().await?;
        Ok(&self.bytes)
    }

    /// False at the end of the connection.
    async fn more(&mut self) -> Result<bool> {
        self.bytes.reserve(4 * 1024);
        Ok(self.socket.read_buf(&mut self.bytes).await? > 0)
    }

    fn take(&self, begin: usize, length: &Length, seen: Option<Instant>) -> Result<Answer> {
        let ended = Instant::now();
        let head = String::from_utf8_lossy(&self.bytes[..begin]).into_owned();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let body = match length {
            Length::Chunked => unchunk(&self.bytes[begin..]),
            _ => self.bytes[begin..].to_vec(),
        };
        Ok(Answer {
            status: status.ok_or(ErrorKind::InvalidData)?,
            head,
            body,
            seen: seen.unwrap_or(ended),
            ended,
        })
    }
}

/// How the end of a body is known.
enum Length {
    Unknown,
    Bytes(usize),
    Chunked,
}

impl Length {
    fn of(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let field = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
        };
        match (field("content-length"), field("transfer-encoding")) {
            (Some(length), _) => length.parse().map_or(Length::Unknown, Length::Bytes),
            (None, Some(_)) => Length::Chunked,
            // 204 and 304 have none.
            (None, None) => Length::Bytes(0),
        }
    }

    fn is_whole(&self, body: &[u8]) -> bool {
        match self {
            Length::Unknown => false,
            Length::Bytes(length) => body.len() >= *length,
            Length::Chunked => {
                body.ends_with(b"0\r\n\r\n")
                    && (body.len() == 5 || body[..body.len() - 5].ends_with(b"\r\n"))
            }
        }
    }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len());
    while let Some(at) = find(body, b"\r\n") {
        let size = std::str::from_utf8(&body[..at]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(chunk) = size.and_then(|size| body.get(at + 2..at + 2 + size)) else {
            break;
        };
        if chunk.is_empty() {
            break;
        }
        whole.extend_from_slice(chunk);
        body = body.get(at + 4 + chunk.len()..).unwrap_or_default();
    }
    whole
}

/// Where those bytes begin.
pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A GET with these further lines, each with its end.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A POST of JSON.
pub fn post(path: &str, headers: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}
