//! The needs of a conversation, edited and dropped as program, browser, htmx and stranger.

use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{Site, header};
use crate::upstream::{Script, Upstream};

const SAID: &str = "A hybrid SUV under $35,000 with all-wheel drive";

fn ids(needs: &Value) -> Vec<&str> {
    let needs = needs["needs"].as_array().unwrap();
    needs
        .iter()
        .map(|need| need["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_program_edits_drops_and_adds_needs_and_the_next_answer_keeps_them() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let answer = program.say(SAID, None).await;
    assert_eq!(
        ids(&answer),
        ["fuel-hybrid", "body-suv", "drive-awd", "budget_max"]
    );
    let conversation = answer["conversation_id"].as_str().unwrap();
    let place = format!("/chat/{conversation}/needs");
    let change = async |body: Value| {
        let response = program.patch(&place).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
        response.json::<Value>().await.unwrap()
    };

    let changed = change(json!({ "id": "budget_max", "value": 33_000 })).await;
    assert_eq!(changed["needs"][3]["value"], 33_000);
    assert_eq!(changed["needs"][3]["words"], "");
    let dropped = change(json!({ "id": "drive-awd", "value": null })).await;
    assert_eq!(ids(&dropped), ["fuel-hybrid", "body-suv", "budget_max"]);
    // The place of the old value, under the new one's id.
    let other = change(json!({ "id": "body-suv", "value": "sedan" })).await;
    assert_eq!(ids(&other), ["fuel-hybrid", "body-sedan", "budget_max"]);
    let added = change(json!({ "field": "make_not", "value": "toyota" })).await;
    assert_eq!(added["needs"][3]["value"], "Toyota");
    let open = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(open["needs"], added["needs"]);

    let next = program
        .say("Show me cars for these needs", Some(conversation))
        .await;
    assert_eq!(next["needs"], added["needs"]);
    let cars = next["cars"].as_array().unwrap();
    assert!(!cars.is_empty());
    for car in cars {
        assert_eq!(
            (&car["fuel"], &car["body"]),
            (&json!("hybrid"), &json!("sedan"))
        );
        assert_ne!(car["make"], "Toyota");
        assert!(car["price"].is_null() || car["price"]["usd"].as_u64() <= Some(33_000));
    }
    // What is said later counts more than what was set before.
    let later = program.say("make it $40,000", Some(conversation)).await;
    let budget = later["needs"].as_array().unwrap();
    let budget = budget.iter().find(|need| need["id"] == "budget_max");
    assert_eq!(budget.unwrap()["value"], 40_000);
}

#[tokio::test]
async fn a_change_that_cannot_be_made_says_why_and_changes_nothing() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let answer = program.say(SAID, None).await;
    let conversation = answer["conversation_id"].as_str().unwrap();
    let place = format!("/chat/{conversation}/needs");
    let wrong = [
        (json!({ "id": "budget_max", "value": "a lot" }), "value"),
        (json!({ "id": "budget_max", "value": -5 }), "value"),
        (json!({ "id": "budget_max" }), "value"),
        (json!({ "id": "body-suv", "value": "tank" }), "value"),
        (json!({ "id": "nothing", "value": 1 }), "id"),
        (json!({ "value": 1 }), "id"),
        (json!({ "field": "make", "value": null }), "value"),
        (json!({ "field": "colour", "value": "red" }), "field"),
    ];
    for (body, field) in wrong {
        let response = program.patch(&place).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 422, "{body}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let open = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(open["needs"], answer["needs"]);

    // Not theirs, and nobody's.
    let body = json!({ "id": "budget_max", "value": 1_000 });
    let other = site.new_program().await;
    let theirs = other.patch(&place).json(&body).send().await.unwrap();
    let nobodys = format!("/chat/{}/needs", uuid::Uuid::now_v7());
    let nobodys = other.patch(&nobodys).json(&body).send().await.unwrap();
    assert_eq!(
        (theirs.status(), nobodys.status()),
        (404.try_into().unwrap(), 404.try_into().unwrap())
    );
    let stranger = site.stranger().patch(&place).json(&body).send().await;
    assert_eq!(stranger.unwrap().status(), 401);
    let open = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(open["needs"], answer["needs"]);
}

#[tokio::test]
async fn a_browser_changes_needs_with_and_without_htmx() {
    let site = Site::start().await;
    let entered = site.sign_up("needs@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let answer = program.say(SAID, None).await;
    let conversation = answer["conversation_id"].as_str().unwrap();
    let (page, place) = (
        format!("/chat/{conversation}"),
        format!("/chat/{conversation}/needs"),
    );

    let browser = site.browser();
    browser.log_in("needs@example.com").await;
    let form = [("id", "budget_max"), ("value", "$28,000")];
    let response = browser.post(&place).form(&form).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(header(&response, "location"), format!("{page}#needs"));
    let text = async |path: &str| {
        let response = browser.get(path).send().await.unwrap();
        response.text().await.unwrap()
    };
    let html = text(&page).await;
    assert!(html.contains("at most $28,000"), "{html}");
    assert!(html.contains("Show me cars for these needs"));
    // The form that a wrong value came from is open, with the value and the reason in it.
    let form = [("id", "budget_max"), ("value", "<b>lots</b>")];
    let response = browser.post(&place).form(&form).send().await.unwrap();
    assert_eq!(response.status(), 422);
    let html = response.text().await.unwrap();
    assert!(html.contains("Give a whole number from 500 to 5,000,000 (US dollars)."));
    assert!(
        html.contains("&#60;b&#62;lots") && !html.contains("<b>lots"),
        "{html}"
    );

    let htmx = site.htmx();
    htmx.log_in("needs@example.com").await;
    let form = [("id", "drive-awd"), ("value", "awd"), ("drop", "true")];
    let response = htmx.post(&place).form(&form).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    assert!(html.starts_with("<div id=\"needs\""), "{html}");
    assert!(!html.contains("all-wheel drive</span></summary>"));
    let form = [("id", "body-suv"), ("value", "tank")];
    let response = htmx.post(&place).form(&form).send().await.unwrap();
    assert_eq!(response.status(), 422);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("Choose one of sedan")
    );

    let asked = [
        ("message", "Show me cars for these needs"),
        ("conversation_id", conversation),
    ];
    let response = browser.post("/chat/").form(&asked).send().await.unwrap();
    assert_eq!(response.status(), 303);
}

#[tokio::test]
async fn a_change_after_an_answer_that_failed_counts_when_it_is_tried_again() {
    let said = Script::Say("Here you are.", Duration::ZERO);
    let upstream = Upstream::start([said.clone()]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let answer = program.say(SAID, None).await;
    let conversation = answer["conversation_id"].as_str().unwrap();
    upstream.now(Script::Filter("No"));
    let body = json!({ "message": "what else?", "conversation_id": conversation });
    let failed = program.post("/chat/").json(&body).send().await.unwrap();
    assert_eq!(failed.status(), 502);
    let failed: Value = failed.json().await.unwrap();
    let change = program.patch(&format!("/chat/{conversation}/needs"));
    let change = change.json(&json!({ "id": "budget_max", "value": 28_000 }));
    assert_eq!(change.send().await.unwrap().status(), 200);
    upstream.now(said);
    let retry = format!(
        "/chat/messages/{}/retry",
        failed["message_id"].as_str().unwrap()
    );
    let again: Value = program
        .post(&retry)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let needs = again["needs"].as_array().unwrap();
    let budget = needs
        .iter()
        .find(|need| need["id"] == "budget_max")
        .unwrap();
    assert_eq!(budget["value"], 28_000, "{again}");
}
