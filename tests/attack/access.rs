//! Every route as everybody who has no business there: strangers, others, and those whose session or account is over.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};

use crate::Tally;
use crate::people::{FATES, Person, WAYS, request, send, with_body};
use crate::routes::{self, Ids, Route};
use crate::site::{Caller, Site, header};

/// Words of the owner's that nobody else may ever see.
const SECRETS: [&str; 4] = ["owner@example.com", "zanzibar", "quixotic", "xylophone"];

pub async fn of_everybody_to_everything() -> Vec<Tally> {
    let site = Site::start().await;
    let owner = Person::new(&site, "owner").await;
    let ids = belongings(owner.program()).await;
    let before = export(owner.program()).await;
    let mut rows = vec![strangers(&site, &ids).await];
    for fate in FATES {
        rows.push(shut_out(&site, &ids, fate).await);
    }
    rows.push(others(&site, &ids).await);
    rows.push(ids_in_bodies(&site, &ids).await);
    let mut kept = Tally::new("what is the owner's stays as it was");
    let after = export(owner.program()).await;
    kept.hold(before == after, || format!("{before}\nbecame {after}"));
    rows.push(kept);
    rows
}

/// Gives somebody one of everything.
async fn belongings(owner: &Caller) -> Ids {
    let said = owner.say("zanzibar: a hybrid SUV, AWD", None).await;
    let conversation = said["conversation_id"].as_str().unwrap().to_owned();
    let title = json!({ "title": "quixotic plans" });
    let path = format!("/chat/{conversation}");
    owner.patch(&path).json(&title).send().await.unwrap();
    let token = json!({ "name": "xylophone" });
    let token = owner
        .post("/auth/tokens")
        .json(&token)
        .send()
        .await
        .unwrap();
    let token: Value = token.json().await.unwrap();
    let keep = format!("/shortlist/{}", routes::CAR);
    let kept = owner.put(&keep).send().await.unwrap();
    assert!(kept.status().is_success(), "{kept:?}");
    let prompt = json!({ "requests": [{ "message": "zanzibar: a pickup" }] });
    let batch = owner.post("/chat/batches").json(&prompt);
    let batch: Value = batch.send().await.unwrap().json().await.unwrap();
    let batch = batch["id"].as_str().unwrap().to_owned();
    while owner.read(&format!("/chat/batches/{batch}")).await["counts"]["done"] != 1 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let sessions = owner.read("/auth/sessions").await;
    Ids {
        batch,
        conversation,
        message: said["message_id"].as_str().unwrap().to_owned(),
        session: sessions["sessions"][0]["id"].as_str().unwrap().to_owned(),
        token: token["id"].as_str().unwrap().to_owned(),
    }
}

/// All that is the owner's. Their cars and needs are in it.
async fn export(owner: &Caller) -> Value {
    let mut export = owner.read("/auth/export").await;
    export["exported_at"].take();
    export
}

async fn strangers(site: &Site, ids: &Ids) -> Tally {
    let mut tally = Tally::new("every route as a stranger");
    let mut stranger = Person::stranger(site);
    all_refused(site, &stranger, ids, &mut tally).await;
    // Tokens that never were.
    for bad in ["x", "a.b.c"] {
        stranger.callers[2] = site.program(bad);
        all_refused(site, &stranger, ids, &mut tally).await;
    }
    tally
}

async fn shut_out(site: &Site, ids: &Ids, fate: crate::people::Fate) -> Tally {
    use crate::people::Fate::*;
    let mut tally = Tally::new(match fate {
        Revoked => "every route with a revoked session",
        Expired => "every route with an expired session",
        Inactive => "every route of an account that is turned off",
        Deleted => "every route of an account that is deleted",
    });
    let name = format!("{fate:?}").to_lowercase();
    let person = Person::new(site, &name).await;
    person.meet(site, fate).await;
    all_refused(site, &person, ids, &mut tally).await;
    tally
}

/// Nobody in particular is let nowhere, and sees nothing of the owner's nor of whom they were.
async fn all_refused(site: &Site, person: &Person, ids: &Ids, tally: &mut Tally) {
    for route in routes::all() {
        for (way, caller) in person.callers.iter().enumerate() {
            let who = format!("{} {} as {}", route.method, route.pattern, WAYS[way]);
            let answer = request(site, caller, way, route, ids).send().await.unwrap();
            let status = answer.status().as_u16();
            let place = header(&answer, "location").to_owned();
            let fine = match (route.is_personal(), WAYS[way]) {
                (false, _) => status < 500,
                // Who has no session is logged out.
                (true, "page") if route.pattern == "/auth/logout" => status == 303 && place == "/",
                (true, "htmx") if route.pattern == "/auth/logout" => status == 200,
                (true, "page") => status == 303 && place.starts_with("/login?next="),
                (true, _) => status == 401,
            };
            tally.hold(fine, || format!("{who}: {status} {place}"));
            let text = answer.text().await.unwrap();
            let seen = SECRETS.iter().find(|secret| text.contains(**secret));
            tally.hold(seen.is_none(), || format!("{who}: {seen:?} is to be seen"));
            let named = !person.email.is_empty() && text.contains(&person.email);
            tally.hold(!named, || format!("{who}: they are still greeted"));
        }
    }
}

async fn others(site: &Site, ids: &Ids) -> Tally {
    let mut tally = Tally::new("every route as somebody else");
    let mut other = Person::new(site, "other").await;
    for route in routes::all() {
        for (way, name) in WAYS.into_iter().enumerate() {
            let who = format!("{} {} as {name}", route.method, route.pattern);
            let caller = &other.callers[way];
            let theirs = request(site, caller, way, route, ids).send().await.unwrap();
            let status = theirs.status().as_u16();
            let (mut bytes, id) = whole(theirs).await;
            let seen = SECRETS.iter().find(|secret| bytes.contains(**secret));
            tally.hold(seen.is_none(), || format!("{who}: {seen:?} is to be seen"));
            if route.has_id() {
                tally.hold(status == 404, || format!("{who}: {status}"));
                let nothing = Ids::of_nothing();
                let never = request(site, caller, way, route, &nothing).send().await;
                let (mut never, other_id) = whole(never.unwrap()).await;
                bytes = bytes.replace(&id, "ID");
                never = never.replace(&other_id, "ID");
                tally.hold(bytes == never, || {
                    format!("{who}:\n{bytes}\nisn't\n{never}")
                });
            } else {
                tally.hold(status < 500, || format!("{who}: {status}"));
            }
            if route.ends_sessions() {
                other.log_in_again(site).await;
            }
        }
    }
    tally
}

/// What names somebody else's things in a body or a query.
async fn ids_in_bodies(site: &Site, ids: &Ids) -> Tally {
    let mut tally = Tally::new("ids of others in bodies and queries");
    let other = Person::new(site, "meddler").await;
    let own = belongings(other.program()).await;
    let route = |method: &str, pattern: &str| Route {
        method: method.parse().unwrap(),
        pattern: pattern.to_owned(),
    };
    let (post, change) = (route("POST", "/chat"), route("POST", "/chat/{id}"));
    let (needs, list) = (route("POST", "/chat/{id}/needs"), route("GET", "/chat"));
    for (route, field, id, path) in [
        (&post, "conversation_id", &ids.conversation, "/chat"),
        (&post, "replaces", &ids.message, "/chat"),
        (&change, "head", &ids.message, ""),
        (&needs, "id", &ids.message, ""),
        (&list, "", &ids.conversation, "/chat?cursor="),
        (&list, "", &ids.message, "/chat/search?q=zanzibar&cursor="),
        (&list, "", &ids.conversation, "/login?next=/chat/"),
    ] {
        for (way, name) in WAYS.into_iter().enumerate() {
            let mut answers = Vec::new();
            for id in [id.clone(), autio::db::new_id()] {
                let path = match path {
                    "" => route.path(&own),
                    path if path.contains('?') => format!("{path}{id}"),
                    path => path.to_owned(),
                };
                let mut body = route.body();
                body.as_object_mut().unwrap().remove("title");
                body[field] = json!(id);
                let request = send(site, &other.callers[way], &route.method, &path);
                let answer = with_body(request, way, route, &body).send().await.unwrap();
                let status = answer.status().as_u16();
                let (bytes, request_id) = whole(answer).await;
                answers.push((status, bytes.replace(&request_id, "ID").replace(&id, "ID")));
            }
            let who = format!("{field} {path} of {} as {name}", route.pattern);
            let seen = SECRETS
                .iter()
                .find(|secret| answers[0].1.contains(**secret));
            let own_words = path.contains("zanzibar");
            tally.hold(seen.is_none() || own_words, || format!("{who}: {seen:?}"));
            // A new key for the next form is in every page, and times pass.
            let same = match answers[0].0 {
                200 => answers[1].0 == 200,
                _ => answers[0] == answers[1],
            };
            let refused = answers[0].0 >= 400 || route.method == "GET";
            tally.hold(same && refused, || format!("{who}: {answers:?}"));
        }
    }
    tally
}

/// Status, headers and body as one text, and the request's id.
async fn whole(response: Response) -> (String, String) {
    let id = header(&response, "x-request-id").to_owned();
    let mut lines = vec![response.status().to_string()];
    for (name, value) in response.headers() {
        // Whether the connection stays open depends on how much of the request had come.
        if !["date", "set-cookie", "connection"].contains(&name.as_str()) {
            lines.push(format!(
                "{name}: {}",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
    }
    lines.sort();
    let body = response.text().await.unwrap();
    (format!("{}\n\n{body}", lines.join("\n")), id)
}
