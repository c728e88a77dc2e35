//! What the process holds once a burst is over.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::process::{Process, memory, start};
use crate::site::{Database, PASSWORD, client};

const EMAIL: &str = "burst@example.com";
/// What may stay of a burst, in KiB: less than one hash takes.
const KEPT: u64 = 16 * 1024;

#[tokio::test]
async fn what_a_burst_of_logins_took_is_given_back() {
    let database = Database::new();
    let process = start(&database, &[]).await;
    let http = client().build().unwrap();
    process.sign_up(&http, EMAIL).await;
    let before = settled(&process, u64::MAX).await;
    for _ in 0..4 {
        let logins = (0..24).map(|_| async {
            let login = http.post(format!("{}/auth/login", process.base));
            let login = login.json(&json!({ "email": EMAIL, "password": PASSWORD }));
            assert_eq!(login.send().await.unwrap().status(), 200);
        });
        join_all(logins).await;
    }
    let after = settled(&process, before + KEPT).await;
    assert!(after < before + KEPT, "{before} KiB became {after}");
}

/// What it holds in KiB, once that is as little as `enough` or ten seconds have gone by.
async fn settled(process: &Process, enough: u64) -> u64 {
    let mut held = u64::MAX;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        held = memory(process.child.id().expect("it runs"));
        if held < enough {
            break;
        }
    }
    held
}
