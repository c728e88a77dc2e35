//! The port: opened for a rush, and closed so that nobody who got through is cut off.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use crate::error::Error;

/// How many connections may wait to be accepted. The 128 that the standard library asks for are used up by a rush, and whoever
/// comes then is let in a second later at the earliest.
const BACKLOG: i32 = 1024;
/// How long those who have got through have to be accepted once nobody new does. Shorter than the second after which
/// whoever didn't get through knocks again, and is refused then.
const SETTLE: Duration = Duration::from_millis(500);
/// How long a client may leave what it was sent unread. The kernel keeps this time: a server that waits until it can write
/// on does nothing by itself.
#[cfg(target_os = "linux")]
const SLOW_READER: Duration = Duration::from_secs(60);

/// Listens on an address, port 0 for a free one.
///
/// # Errors
/// When the address can't be had.
pub fn listen(addr: SocketAddr) -> Result<TcpListener, Error> {
    let open = || {
        let listener = TcpListener::bind(addr)?;
        socket2::SockRef::from(&listener).listen(BACKLOG)?;
        give_up_on_slow_readers(&listener)?;
        Ok(listener)
    };
    open().map_err(|error: std::io::Error| {
        Error::internal(format!("can't listen on {addr}: {error}"))
    })
}

/// Lets nobody new in, and waits until those who are have been accepted: a port that closes before cuts them off, with
/// what they have sent already, and no proxy may send that again. The server that accepts has to stop right after.
pub async fn close(listener: TcpListener) {
    match let_nobody_in(&listener) {
        Ok(()) => tokio::time::sleep(SETTLE).await,
        Err(error) => tracing::warn!(%error, "connections may be cut off as the port closes"),
    }
}

/// Every connection that is accepted has it from the listener.
#[cfg(target_os = "linux")]
fn give_up_on_slow_readers(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(SLOW_READER))
}

/// Other systems have no such setting.
#[cfg(not(target_os = "linux"))]
fn give_up_on_slow_readers(_: &TcpListener) -> std::io::Result<()> {
    Ok(())
}

/// A packet filter of one instruction: of every packet to the listener, keep nothing. Connections that there are have none.
#[cfg(target_os = "linux")]
fn let_nobody_in(listener: &TcpListener) -> std::io::Result<()> {
    /// BPF_RET | BPF_K (linux/bpf_common.h): end, and keep as many bytes as the instruction says.
    const RETURN: u16 = 0x06;
    let keep_nothing = socket2::SockFilter::new(RETURN, 0, 0, 0);
    socket2::SockRef::from(listener).attach_filter(&[keep_nothing])
}

/// Other systems have no such filter, and no proxy before them.
#[cfg(not(target_os = "linux"))]
fn let_nobody_in(_: &TcpListener) -> std::io::Result<()> {
    Ok(())
}
