//! What a person takes along, and what stays when they go: nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use autio::db::messages::{self, NewMessage};
use autio::db::{self, Conn, budgets};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};

use crate::settings::{HYBRID, json_of, person, status};
use crate::site::{PASSWORD, Site, header};
use crate::upstream::{Script, Upstream, delta};

#[tokio::test]
async fn an_export_holds_all_of_ones_own_and_nothing_else() {
    let site = Site::start().await;
    let (program, browser, entered) = person(&site, "kit@example.com").await;
    let (other, _, _) = person(&site, "lea@example.com").await;
    other.say("a secret wish for a pickup", None).await;
    let own = json!({ "regular_usd": 4.1 });
    program.patch("/auth/me").json(&own).send().await.unwrap();
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "t" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    program
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    let said = program.say("A hybrid SUV under $40,000", None).await;
    let conversation = said["conversation_id"].as_str().unwrap();
    let need = json!({ "field": "seats_min", "value": 7 });
    let edited = program
        .patch(&format!("/chat/{conversation}/needs"))
        .json(&need)
        .send()
        .await
        .unwrap();
    assert_eq!(edited.status(), 200);
    let deleted = program.say("An electric hatchback", None).await;
    let deleted = deleted["conversation_id"].as_str().unwrap();
    let gone = program.delete(&format!("/chat/{deleted}")).send().await;
    assert_eq!(gone.unwrap().status(), 204);

    // As many as anybody has, in one of several conversations.
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    for first in (0..10_000).step_by(500) {
        let (id, owner) = (conversation.to_owned(), user_id.clone());
        let some = site.app.db.write(move |conn| {
            for number in first..first + 500 {
                messages::insert(
                    conn,
                    &NewMessage {
                        id: db::new_id(),
                        user_id: owner.clone(),
                        conversation_id: id.clone(),
                        parent_id: None,
                        role: "user",
                        text: format!("number {number}"),
                        timestamp: db::now(),
                        status: "done",
                        reserved_tokens: None,
                        request_id: None,
                        traceparent: None,
                    },
                )?;
            }
            Ok(())
        });
        some.await.unwrap();
    }

    for caller in [&program, &browser] {
        let response = caller.get("/auth/export").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "application/json");
        assert_eq!(
            header(&response, "content-disposition"),
            "attachment; filename=\"autio-export.json\""
        );
        let text = response.text().await.unwrap();
        for secret in [
            "argon2",
            "secret wish",
            "lea@example.com",
            token["token"].as_str().unwrap(),
        ] {
            assert!(!text.contains(secret), "{secret} is in the export");
        }
        let export: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(export["account"]["email"], "kit@example.com");
        assert_eq!(export["account"]["regular_usd"], 4.1);
        assert_eq!(export["sessions"].as_array().unwrap().len(), 2);
        assert_eq!(export["tokens"][0]["name"], "t");
        assert_eq!(export["shortlist"][0]["car"]["id"], HYBRID);
        let conversations = export["conversations"].as_array().unwrap();
        let counts: Vec<_> = conversations
            .iter()
            .map(|one| one["messages"].as_array().unwrap().len())
            .collect();
        assert_eq!(counts, [2, 10_002]);
        // It is kept for those who take the deletion back.
        assert!(conversations[0]["deleted_at"].is_string());
        assert_eq!(conversations[1]["deleted_at"], Value::Null);
        assert_eq!(
            conversations[1]["need_edits"][0]["need"]["field"],
            "seats_min"
        );
        let messages = &conversations[1]["messages"];
        assert_eq!(messages[0]["text"], "A hybrid SUV under $40,000");
        assert!(messages[1]["cars"][0]["id"].is_string());
        assert_eq!(messages[10_001]["text"], "number 9999");
    }
}

#[tokio::test]
async fn a_deleted_account_leaves_no_row_and_stops_what_runs() {
    let word = format!(
        "data: {}

",
        delta(json!({ "content": "word " }), None)
    );
    let upstream = Upstream::start([Script::GoOn(word, Duration::from_millis(20))]).await;
    let settings = [
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("OPENAI_API_KEY", "k"),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_LOGIN", "off"),
    ];
    let site = Site::start_with(&settings).await;
    let (program, browser, entered) = person(&site, "max@example.com").await;
    let (other, _, _) = person(&site, "ned@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    other
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    program
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "t" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let body = json!({ "message": "A hybrid SUV under $40,000" });
    let begun = program
        .post("/chat/")
        .header("prefer", "respond-async")
        .header("idempotency-key", "k1")
        .json(&body);
    let begun = json_of(begun.send().await.unwrap()).await;
    let need = json!({ "field": "seats_min", "value": 7 });
    let conversation = begun["conversation_id"].as_str().unwrap();
    let edited = program
        .patch(&format!("/chat/{conversation}/needs"))
        .json(&need)
        .send()
        .await
        .unwrap();
    assert_eq!(edited.status(), 200);
    let place = format!("/chat/messages/{}", begun["message_id"].as_str().unwrap());
    until(async || {
        !program.read(&place).await["text"]
            .as_str()
            .unwrap()
            .is_empty()
    })
    .await;
    let before = rows(&site, &user_id).await;
    for table in [
        "account_events",
        "budgets",
        "conversations",
        "idempotency_keys",
        "messages",
        "need_edits",
        "sessions",
        "shortlist",
        "users",
    ] {
        assert!(before[table] > 0, "{table}: {before:?}");
    }

    // Not without the password.
    for form in [
        &[("password", "")][..],
        &[("password", "not mine at all")],
        &[],
    ] {
        let refused = browser
            .post("/auth/me/delete")
            .form(form)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422);
        assert!(
            refused
                .text()
                .await
                .unwrap()
                .contains(r#"id="delete-password-error""#)
        );
    }
    assert_eq!(rows(&site, &user_id).await, before);

    let gone = browser
        .post("/auth/me/delete")
        .form(&[("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 200);
    assert!(
        header(&gone, "set-cookie").contains("Max-Age=0"),
        "{gone:?}"
    );
    let html = gone.text().await.unwrap();
    assert!(
        html.contains("Your account is deleted") && !html.contains("max@example.com"),
        "{html}"
    );
    let left = rows(&site, &user_id).await;
    assert!(left.values().all(|count| *count == 0), "{left:?}");
    until(async || upstream.broken_off_by_caller() == 1).await;
    // The estimate of what came, not what was set aside.
    let service = site
        .app
        .db
        .read(|conn| budgets::get(conn, budgets::SERVICE))
        .await
        .unwrap()
        .unwrap();
    assert!((1..10_000).contains(&service.tokens), "{service:?}");

    for caller in [&program, &site.program(token["token"].as_str().unwrap())] {
        assert_eq!(status(caller.get("/auth/me")).await, 401);
    }
    assert_eq!(status(browser.get("/auth/me")).await, 303);
    let login = json!({ "email": "max@example.com", "password": PASSWORD });
    assert_eq!(
        status(site.stranger().post("/auth/login").json(&login)).await,
        401
    );
    assert_eq!(
        other.read("/shortlist").await["cars"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // Nothing is written by the worker that was just stopped.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        rows(&site, &user_id)
            .await
            .values()
            .all(|count| *count == 0)
    );

    // As a program, with nothing left to stop.
    let again = site.sign_up("max@example.com").await;
    let again = site.program(again["access_token"].as_str().unwrap());
    let goodbye = json!({ "password": PASSWORD });
    assert_eq!(status(again.delete("/auth/me").json(&goodbye)).await, 204);
    assert_eq!(status(again.get("/auth/me")).await, 401);
}

#[tokio::test]
async fn who_goes_while_they_write_leaves_nothing_behind_either() {
    let site = Site::start().await;
    for round in 0..4 {
        let email = format!("pia{round}@example.com");
        let (program, _, entered) = person(&site, &email).await;
        let user_id = entered["user"]["id"].as_str().unwrap();
        let writes = (0..24).map(|number| {
            let program = program.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(number * 4)).await;
                let kept = program.put(&format!("/shortlist/{HYBRID}")).send();
                let body = json!({ "message": "a van" });
                let said = program.post("/chat/").header("prefer", "respond-async");
                let (kept, said) = tokio::join!(kept, said.json(&body).send());
                [
                    kept.unwrap().status().as_u16(),
                    said.unwrap().status().as_u16(),
                ]
            }
        });
        let goodbye = program
            .delete("/auth/me")
            .json(&json!({ "password": PASSWORD }))
            .send();
        let (gone, written) = tokio::join!(goodbye, futures_util::future::join_all(writes));
        assert_eq!(gone.unwrap().status(), 204);
        for status in written.into_iter().flatten() {
            // Stored before, refused after, or asked to come again.
            assert!([200, 201, 202, 401, 404, 503].contains(&status), "{status}");
        }
        let left = rows(&site, user_id).await;
        assert!(left.values().all(|count| *count == 0), "{left:?}");
    }
}

pub async fn until(look: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain");
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many rows of that person there are, in every table that has people's rows.
pub async fn rows(site: &Site, user_id: &str) -> BTreeMap<String, i64> {
    let tables = match site.is_postgres() {
        true => {
            "SELECT table_name::text AS name FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = 'public'"
        }
        false => {
            "SELECT m.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'user_id' WHERE m.type = 'table'"
        }
    };
    let user_id = user_id.to_owned();
    let counted = site.app.db.read(move |conn: &mut Conn| {
        let tables: Vec<Table> = diesel::sql_query(tables).load(conn)?;
        let mut places: Vec<(String, &str)> = tables
            .into_iter()
            .map(|table| (table.name, "user_id"))
            .collect();
        places.push(("users".into(), "id"));
        let mut counts = BTreeMap::new();
        for (table, column) in places {
            let query = diesel::sql_query(format!(
                "SELECT COUNT(*) AS count FROM {table} WHERE {column} = $1"
            ));
            let Count { count } = query.bind::<Text, _>(&user_id).get_result(conn)?;
            counts.insert(table, count);
        }
        Ok(counts)
    });
    counted.await.unwrap()
}
