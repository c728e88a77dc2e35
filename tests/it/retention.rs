//! Conversations that are kept for some days only.

use std::sync::Arc;

use autio::chat::retention;
use autio::db::schema::{batches, conversations, messages};
use autio::db::{self, Conn};
use chrono::{Days, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use crate::copies::autio;
use crate::goodbye::until;
use crate::settings::HYBRID;
use crate::site::{Caller, Database, Site};

/// Lets all that was said in a conversation be from then.
async fn age(site: &Site, conversation: &str, then: NaiveDateTime) {
    let id = conversation.to_owned();
    let aged = site.app.db.write(move |conn: &mut Conn| {
        let its = conversations::table.filter(conversations::id.eq(&id));
        diesel::update(its)
            .set(conversations::updated_at.eq(then))
            .execute(conn)?;
        let said = messages::table.filter(messages::conversation_id.eq(&id));
        diesel::update(said)
            .set(messages::timestamp.eq(then))
            .execute(conn)?;
        Ok(())
    });
    aged.await.unwrap();
}

async fn begin(person: &Caller) -> String {
    let said = person.say("A hybrid SUV", None).await;
    said["conversation_id"].as_str().unwrap().to_owned()
}

async fn titles(person: &Caller) -> Vec<String> {
    let list = person.read("/chat/").await;
    let all = list["conversations"].as_array().unwrap().iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_too_old_goes_and_all_else_stays() {
    let database = Arc::new(Database::new());
    let fast = [("AUTIO_BATCH_RATE", "1000/s")];
    let site = Site::start_on(database.clone(), &fast).await;
    let entered = site.sign_up("ann@example.com").await;
    let token = entered["access_token"].as_str().unwrap();
    let ann = site.program(token);
    ann.put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    let days = |days| db::now() - Days::new(days);
    let (young, old, answered_late, running) = (
        begin(&ann).await,
        begin(&ann).await,
        begin(&ann).await,
        begin(&ann).await,
    );
    for id in [&old, &answered_late, &running] {
        age(&site, id, days(31)).await;
    }
    age(&site, &young, days(29)).await;
    // More than are removed at once.
    for _ in 0..25 {
        let another = begin(&ann).await;
        age(&site, &another, days(40)).await;
    }
    let (late, open) = (answered_late.clone(), running.clone());
    let touched = site.app.db.write(move |conn| {
        let of = |id: &str| {
            messages::table
                .filter(messages::conversation_id.eq(id.to_owned()))
                .filter(messages::role.eq("assistant"))
        };
        diesel::update(of(&late))
            .set(messages::timestamp.eq(db::now()))
            .execute(conn)?;
        // Held by somebody for another hour.
        let until = db::now() + chrono::Duration::hours(1);
        diesel::update(of(&open))
            .set((
                messages::status.eq("running"),
                messages::lease_owner.eq("w"),
                messages::lease_until.eq(until),
            ))
            .execute(conn)?;
        Ok(())
    });
    touched.await.unwrap();
    // A batch of which all is old.
    let requests = json!({ "requests": [{ "message": "A van" }, { "message": "A wagon" }] });
    let sent = ann
        .post("/chat/batches")
        .json(&requests)
        .send()
        .await
        .unwrap();
    let place = crate::site::header(&sent, "location").to_owned();
    until(async || ann.read(&place).await["status"] == "done").await;
    let batch = place.rsplit('/').next().unwrap().to_owned();
    let made: Vec<String> = site
        .app
        .db
        .read(move |conn| {
            let its = conversations::table.filter(conversations::batch_id.eq(batch));
            Ok(its.select(conversations::id).load(conn)?)
        })
        .await
        .unwrap();
    assert_eq!(made.len(), 2);
    for id in &made {
        age(&site, id, days(31)).await;
    }
    let aged = site.app.db.write(move |conn| {
        diesel::update(batches::table)
            .set(batches::created_at.eq(days(31)))
            .execute(conn)?;
        Ok(())
    });
    aged.await.unwrap();

    // Two at once are in each other's way at worst.
    let before = days(30);
    let (one, other) = tokio::join!(
        retention::remove_old(&site.app, before),
        retention::remove_old(&site.app, before)
    );
    assert!(one.is_ok() || other.is_ok());
    retention::remove_old(&site.app, before).await.unwrap();
    let mut left = titles(&ann).await;
    left.sort();
    let mut wanted = vec![young.clone(), answered_late.clone(), running.clone()];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(
        ann.get(&format!("/chat/{old}"))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    assert_eq!(ann.get(&place).send().await.unwrap().status(), 404);
    let kept = ann.read("/shortlist").await;
    assert!(kept.to_string().contains(HYBRID), "{kept}");
    // What was used is known all the same: 29 and the two of the batch.
    assert_eq!(ann.read("/auth/usage").await["last_30_days"]["answers"], 31);

    // A server does it by itself, and says so.
    let settings = [("AUTIO_RETENTION_DAYS", "10")];
    let keeps = Site::start_on(database.clone(), &settings).await;
    let ann = keeps.program(token);
    until(async || titles(&ann).await.len() == 2).await;
    assert_eq!(ann.read("/auth/usage").await["conversations_kept_days"], 10);
    let browser = keeps.browser();
    browser.log_in("ann@example.com").await;
    let page = browser
        .get("/auth/me")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("Conversations are deleted 10 days after their last message."));
    let said = autio(&database, &["config"], &settings).await;
    assert!(said.out.contains("\nAUTIO_RETENTION_DAYS=10\n"), "{said:?}");
    let said = autio(&database, &["config", "--json"], &settings).await;
    let config: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(config["AUTIO_RETENTION_DAYS"], "10");
    assert_eq!(config["JWT_SECRET"], "(hidden)");
}
