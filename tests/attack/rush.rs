//! Many logins at once, which cost a core each: everybody else's pages stay quick. And what a login tells by its time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::json;

use crate::Tally;
use crate::process::start;
use crate::site::{Database, PASSWORD, client};

const LOGINS: usize = 200;
const PAGES: usize = 100;
/// How often each kind of wrong login is timed.
const TIMED: usize = 40;

pub async fn of_logins() -> Vec<Tally> {
    let database = Database::new();
    let process = start(&database, &[]).await;
    let http = client().build().unwrap();
    process.sign_up(&http, "ann@example.com").await;
    let log_in = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        http.post(format!("{}/auth/login", process.base))
            .json(&body)
            .send()
    };

    let mut times = Tally::new("what the time of a login tells");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..TIMED {
        for (email, into) in [
            ("ann@example.com".to_owned(), &mut known),
            (format!("{number}@example.com"), &mut unknown),
        ] {
            let begun = Instant::now();
            let answer = log_in(&email, "not the password").await.unwrap();
            into.push(begun.elapsed());
            times.hold(answer.status() == 401, || format!("{}", answer.status()));
        }
    }
    let (known, unknown) = (percentile(&mut known, 50), percentile(&mut unknown, 50));
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    // Without a hash for nobody it would be ten times and more.
    times.hold((0.5..2.0).contains(&ratio), || {
        format!("{known:?} and {unknown:?}")
    });
    times.note = format!(
        "median {} ms with an account, {} ms without: ratio {ratio:.2}",
        ms(known),
        ms(unknown)
    );

    let mut rush = Tally::new("200 logins at once");
    let mut idle = pages(&http, &process.base, || false).await;
    let begun = Instant::now();
    let all = join_all((0..LOGINS).map(|_| log_in("ann@example.com", PASSWORD)));
    let done = std::cell::Cell::new(false);
    let (answers, mut during) = tokio::join!(
        async {
            let answers = all.await;
            done.set(true);
            answers
        },
        pages(&http, &process.base, || done.get())
    );
    let took = begun.elapsed();
    let statuses: Vec<u16> = answers
        .iter()
        .map(|a| a.as_ref().map_or(0, |a| a.status().as_u16()))
        .collect();
    for status in &statuses {
        // Who would wait too long for a turn is told to come again.
        rush.hold(matches!(status, 200 | 503), || format!("{status}"));
    }
    let p99 = percentile(&mut during, 99);
    // Each page would wait for the logins before it, if they were in each other's way.
    rush.hold(p99 < took / 4, || {
        format!("p99 {p99:?} while the logins took {took:?}")
    });
    rush.note = format!(
        "{} in, {} to come again, in {:.1} s; another page meanwhile p50 {} ms, p99 {} ms; idle p50 {} ms, p99 {} ms",
        statuses.iter().filter(|status| **status == 200).count(),
        statuses.iter().filter(|status| **status == 503).count(),
        took.as_secs_f64(),
        ms(percentile(&mut during, 50)),
        ms(p99),
        ms(percentile(&mut idle, 50)),
        ms(percentile(&mut idle, 99)),
    );
    vec![times, rush]
}

/// How long a page takes, again and again: so many times, and until it is over.
async fn pages(http: &Client, base: &str, is_over: impl Fn() -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    while times.len() < PAGES && !is_over() {
        let begun = Instant::now();
        let page = http
            .get(format!("{base}/login"))
            .header("accept", "text/html");
        let page = page.send().await.unwrap();
        assert_eq!(page.status(), 200);
        page.bytes().await.unwrap();
        times.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    times
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
