//! Requests whose end can be read in two ways: each connection gets one answer or an error, and never two for one.

use crate::Tally;
use crate::raw::exchange;
use crate::site::Site;

/// Heads after the request line; the body is one request more, hidden.
const HEADS: [&str; 40] = [
    // Both lengths.
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 0\r\nTransfer-Encoding: chunked",
    "Content-Length: 5\r\nTransfer-Encoding: identity",
    // Two lengths, and what is none.
    "Content-Length: 5\r\nContent-Length: 60",
    "Content-Length: 60\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 5",
    "Content-Length: 5, 60",
    "Content-Length: 5,5",
    "Content-Length: +5",
    "Content-Length: -5",
    "Content-Length: 0x5",
    "Content-Length: 5 5",
    "Content-Length: 5;",
    "Content-Length: 5.0",
    "Content-Length: ",
    "Content-Length: 99999999999999999999999999",
    "Content-Length : 5",
    " Content-Length: 5",
    "Content-Length\t: 5",
    "Content-Length:\r\n 5",
    // Encodings that one reads and another doesn't.
    "Transfer-Encoding: xchunked\r\nContent-Length: 5",
    "Transfer-Encoding : chunked\r\nContent-Length: 5",
    "Transfer-Encoding:\tchunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked, identity\r\nContent-Length: 5",
    "Transfer-Encoding: identity, chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked, chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: \"chunked\"\r\nContent-Length: 5",
    "Transfer-Encoding: \x0bchunked\r\nContent-Length: 5",
    "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5",
    "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5",
    "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5",
    "transfer-encoding: cHuNkEd\r\nContent-Length: 5",
    "Transfer-Encoding: chunked;q=1\r\nContent-Length: 5",
    "Transfer-Encoding:chunked\0\r\nContent-Length: 5",
    "X-A: \0\r\nContent-Length: 5",
    ": empty\r\nContent-Length: 5",
    "No colon at all\r\nContent-Length: 5",
];

/// Chunks that aren't any, after a head that says that there are some.
const CHUNKS: [&str; 15] = [
    "Z\r\n",
    "-1\r\n",
    "+5\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    " 5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\n0\n\n",
    "5\r\nhelloX\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "fffffffffffffffff\r\nhello\r\n",
    "ffffffffffffffff\r\nhello\r\n",
    "10000000000000000\r\nhello\r\n0\r\n\r\n",
    "5;\nhello\r\n0\r\n\r\n",
    "5\rhello\r\n0\r\n\r\n",
    "\r\n",
    "5_0\r\nhello\r\n0\r\n\r\n",
];

/// Request lines and whole requests that have to be refused or answered once.
const REQUESTS: [&str; 24] = [
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\rHost: a\r\r",
    "GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/0.9\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "GET / http/1.1\r\nHost: a\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET \\ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET evil HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\0\x01\0\x01\x7f",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "GET http://evil.example/ HTTP/1.1\r\nHost: autio.test\r\n\r\n",
];

pub async fn of_requests() -> Vec<Tally> {
    let site = Site::start().await;
    let mut tally = Tally::new("request smuggling and odd HTTP");
    let hidden = "GET /healthz?hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    // For whom the length is 5, and for whom it comes in chunks.
    let bodies = [
        format!("0\r\n\r\n{hidden}"),
        format!("hello{hidden}"),
        format!("5\r\nhello\r\n0\r\n\r\n{hidden}"),
    ];
    let mut all: Vec<(String, String)> = Vec::new();
    for path in ["/auth/login", "/chat/messages/x/stop", "/healthz"] {
        for head in HEADS {
            for body in &bodies {
                let begin =
                    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json");
                let name = format!("{path} {head:?} {body:?}");
                all.push((name, format!("{begin}\r\n{head}\r\n\r\n{body}")));
            }
        }
        for chunk in CHUNKS {
            let begin = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked");
            let name = format!("{path} chunk {chunk:?}");
            all.push((name, format!("{begin}\r\n\r\n{chunk}{hidden}")));
        }
    }
    for request in REQUESTS {
        all.push((format!("{request:?}"), request.to_owned()));
    }
    let heads = [
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(200_000)),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "a".repeat(200_000)
        ),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            "X: y\r\n".repeat(20_000)
        ),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            "X: y\r\n".repeat(500)
        ),
        format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "A".repeat(200_000)),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n",
            "a=b; ".repeat(20_000)
        ),
    ];
    for (number, head) in heads.into_iter().enumerate() {
        all.push((format!("huge head {number}"), head));
    }
    for group in all.chunks(24) {
        let exchanges = group
            .iter()
            .map(|(_, bytes)| exchange(&site.base, bytes.as_bytes()));
        let exchanges = futures_util::future::join_all(exchanges).await;
        for ((name, _), answer) in group.iter().zip(exchanges) {
            let statuses = answer.statuses();
            let once = statuses.len() <= 1;
            let fine = statuses.iter().all(|status| (200..500).contains(status));
            let was_ended = !statuses.is_empty() || answer.is_closed;
            // A body that is never whole is waited for, and what is waited for is not answered twice.
            let waits = statuses.is_empty() && !answer.is_closed;
            tally.hold(once && fine && (was_ended || waits), || {
                format!("{name}: {statuses:?}")
            });
        }
    }
    // Two that are two get two answers, in their order, and nothing of the first is left over for the second.
    let mut order = Tally::new("pipelined requests");
    for first in [
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    ] {
        let both = format!("{first}GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = exchange(&site.base, both.as_bytes()).await;
        let statuses = answer.statuses();
        let fine = statuses.len() == 2 && statuses[1] == 404 && statuses[0] != 404;
        order.hold(fine, || format!("{first:?}: {statuses:?}"));
    }
    let lives = site.stranger().get("/healthz").send().await;
    order.hold(lives.is_ok_and(|answer| answer.status() == 200), || {
        "it is down".into()
    });
    vec![tally, order]
}
