//! What is used: the person's own figures, the operator's sums with their cost, and what of it stays.

use std::time::Duration;

use autio::db::usage::{self, Apart};
use serde_json::{Value, json};

use crate::copies::autio;
use crate::goodbye::{rows, until};
use crate::site::{Caller, Database, PASSWORD, Site};
use crate::upstream::{Script, Upstream, delta};

/// It counts 100 tokens read and 20 written.
const COUNTED: Script = Script::Say("A wagon would do.", Duration::ZERO);

fn lines(out: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap();
    out.lines().map(parse).collect()
}

fn with(upstream: &Upstream) -> [(&'static str, &str); 4] {
    [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", &upstream.base_url),
        ("OPENAI_MODEL", "small"),
        // So that budgets are counted.
        ("AUTIO_RATE_LIMITS", "on"),
    ]
}

async fn person(site: &Site, email: &str) -> (Caller, String) {
    let entered = site.sign_up(email).await;
    let token = entered["access_token"].as_str().unwrap();
    let id = entered["user"]["id"].as_str().unwrap().to_owned();
    (site.program(token), id)
}

#[tokio::test]
async fn sums_stay_true_when_conversations_and_people_go() {
    let upstream = Upstream::start([COUNTED]).await;
    let database = std::sync::Arc::new(Database::new());
    let site = Site::start_on(database.clone(), &with(&upstream)).await;
    let (ann, ann_id) = person(&site, "ann@example.com").await;
    let (bob, bob_id) = person(&site, "bob@example.com").await;
    let first = ann.say("a wagon", None).await;
    ann.say("a van", None).await;
    bob.say("a pickup", None).await;

    let used = ann.read("/auth/usage").await;
    for sum in [&used["today"], &used["last_30_days"], &used["days"][0]] {
        assert_eq!(
            (&sum["answers"], &sum["prompt_tokens"]),
            (&json!(2), &json!(200))
        );
        assert_eq!(sum["completion_tokens"], 40, "{used}");
        assert_eq!(sum["estimated_answers"], 0);
    }
    assert_eq!(used["days"][0]["model"], "small");
    assert_eq!(
        used["budget"]["messages"],
        json!({ "used": 2, "limit": 500 })
    );
    assert_eq!(
        used["budget"]["tokens"],
        json!({ "used": 240, "limit": 500_000 })
    );
    assert!(used["conversations_kept_days"].is_null());
    let export = ann.read("/auth/export").await;
    assert_eq!(export["usage"], used["days"]);
    let browser = site.browser();
    browser.log_in("ann@example.com").await;
    let page = browser.get("/auth/me").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains(r#"<th scope="row">Today</th><td>2</td><td>200</td><td>40</td>"#));
    assert!(page.contains("you have used 2 of 500 messages and 240 of 500,000 tokens"));

    let prices = database.dir().join("prices.csv");
    let head = "model,prompt_usd_per_million,completion_usd_per_million\n";
    std::fs::write(&prices, format!("{head}small,10,100\n")).unwrap();
    let prices = ("AUTIO_PRICES", "prices.csv");
    let by = |by: &str| {
        vec!["usage", "--json", "--by"]
            .into_iter()
            .map(str::to_owned)
            .chain([by.to_owned()])
            .collect::<Vec<_>>()
    };
    let ask = async |what: &str, settings: &[(&str, &str)]| {
        let args = by(what);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let said = autio(&database, &args, settings).await;
        assert_eq!(said.code, 0, "{said:?}");
        lines(&said.out)
    };
    let all = ask("day,user,model", &[prices]).await;
    assert_eq!(all.len(), 2);
    let of_ann = all
        .iter()
        .find(|line| line["email"] == "ann@example.com")
        .unwrap();
    assert_eq!(
        (&of_ann["model"], &of_ann["user_id"]),
        (&json!("small"), &json!(ann_id))
    );
    assert_eq!(of_ann["day"], json!(db_today()));
    let cost = of_ann["cost_usd"].as_f64().unwrap();
    assert!((cost - 0.006).abs() < 1e-9, "{cost}");
    // A price that isn't known is unknown, and never nothing.
    assert!(ask("user", &[]).await[0]["cost_usd"].is_null());
    let said = autio(&database, &["usage"], &[]).await;
    assert!(
        said.out.contains("unknown") && said.err.contains("AUTIO_PRICES"),
        "{said:?}"
    );
    assert!(!said.out.contains("$0"), "{said:?}");

    // The conversation goes, and then the person with all that is theirs.
    let before = ask("model", &[prices]).await;
    let conversation = first["conversation_id"].as_str().unwrap();
    ann.delete(&format!("/chat/{conversation}"))
        .send()
        .await
        .unwrap();
    autio::chat::bin::empty(&site.app, autio::db::now() + Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(ann.read("/auth/usage").await["today"]["answers"], 2);
    let goodbye = ann
        .delete("/auth/me")
        .json(&json!({ "password": PASSWORD }));
    assert_eq!(goodbye.send().await.unwrap().status(), 204);
    assert!(rows(&site, &ann_id).await.values().all(|count| *count == 0));
    assert_eq!(ask("model", &[prices]).await, before);
    let mut people = ask("user", &[prices]).await;
    people.sort_by_key(|line| line["user_id"].to_string());
    assert_eq!(people[0]["user_id"], json!(bob_id));
    assert!(people[1]["user_id"].is_null() && people[1]["email"].is_null());
    assert_eq!(people[1]["prompt_tokens"], 200);
    let said = autio(&database, &["usage", "--by", "user", "--csv"], &[prices]).await;
    assert!(
        said.out.starts_with(
            "user,answers,estimated_answers,prompt_tokens,completion_tokens,cost_usd\n"
        )
    );
    assert!(
        said.out.contains("\n(deleted),2,0,200,40,0.006000\n"),
        "{said:?}"
    );
    let said = autio(&database, &["usage", "--to", "2020-01-01"], &[prices]).await;
    assert_eq!(said.out, "Nothing was answered in that time.\n");
    let said = autio(
        &database,
        &["usage", "--from", "2026-02-01", "--to", "2026-01-01"],
        &[],
    )
    .await;
    assert_eq!(said.code, 2, "{said:?}");
    // A file that can't be read is one line that names the line.
    std::fs::write(
        database.dir().join("prices.csv"),
        format!("{head}small,cheap,1\n"),
    )
    .unwrap();
    let said = autio(&database, &["usage"], &[prices]).await;
    assert_eq!((said.code, said.err.lines().count()), (2, 1), "{said:?}");
    assert!(
        said.err
            .starts_with("autio: AUTIO_PRICES: prices.csv: line 2: "),
        "{said:?}"
    );
}

fn db_today() -> String {
    autio::db::now().date().to_string()
}

#[tokio::test]
async fn what_is_stopped_is_counted_once_as_an_estimate_and_what_failed_is_not() {
    let piece = format!("data: {}\n\n", delta(json!({ "content": "wagon " }), None));
    let upstream = Upstream::start([Script::GoOn(piece, Duration::from_millis(5))]).await;
    let site = Site::start_with(&with(&upstream)).await;
    let (ann, id) = person(&site, "ann@example.com").await;
    let ask = ann.post("/chat/").header("prefer", "respond-async");
    let pending: Value = ask
        .json(&json!({ "message": "a wagon" }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let message = pending["message_id"].as_str().unwrap();
    until(async || !upstream.requests().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let stopped: Value = ann
        .post(&format!("/chat/messages/{message}/stop"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(stopped["status"], "stopped");
    let length = stopped["text"].as_str().unwrap().len();
    assert!(length > 20);
    let used = ann.read("/auth/usage").await;
    let today = &used["today"];
    assert_eq!(
        (&today["answers"], &today["estimated_answers"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        today["completion_tokens"],
        json!(length.div_ceil(4)),
        "{used}"
    );
    assert_eq!(used["days"][0]["model"], "small");
    let tokens =
        today["prompt_tokens"].as_i64().unwrap() + today["completion_tokens"].as_i64().unwrap();
    assert_eq!(
        used["budget"]["tokens"]["used"],
        json!(tokens),
        "the budget says the same"
    );

    // The built-in advisor takes no tokens, and costs nothing.
    upstream.now(Script::Status(401, "", "{}"));
    let said = ann.say("a van", None).await;
    assert_eq!(said["model"], "catalogue");
    let apart = Apart {
        days: false,
        people: false,
    };
    let sums = site.app.db.read(move |conn| {
        let day = autio::db::now().date();
        usage::sums(conn, apart, day, day)
    });
    let sums = sums.await.unwrap();
    let of = |model: &str| sums.iter().find(|sum| sum.model == model).unwrap().clone();
    assert_eq!(
        (of("catalogue").answers, of("catalogue").prompt_tokens),
        (1, 0)
    );
    assert_eq!(of("small").answers, 1);
    assert_eq!(rows(&site, &id).await["usage"], 2);
    assert_eq!(site.app.config.prices.cost("catalogue", 0, 0), Some(0.0));
}
