//! The same message sent twice is stored once: keys of programs, and forms that are submitted again.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::site::{Site, header};

#[tokio::test]
async fn the_same_key_and_body_is_one_reply_however_often_and_however_at_once() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let body = json!({ "message": "A hybrid SUV, 2022 or newer" });
    let calls = (0..24).map(|_| {
        let call = program
            .post("/chat/")
            .header("idempotency-key", "once")
            .json(&body);
        async move {
            let response = call.send().await.unwrap();
            assert_eq!(response.status(), 200);
            response.json::<Value>().await.unwrap()
        }
    });
    let answers = futures_util::future::join_all(calls).await;
    let distinct: HashSet<String> = answers.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), 1, "all get the same answer");
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
    let place = format!("/chat/{}", answers[0]["conversation_id"].as_str().unwrap());
    let open = program.read(&place).await;
    assert_eq!(open["messages"].as_array().unwrap().len(), 2);

    // In every form that the answer can take.
    let again = || {
        program
            .post("/chat/")
            .header("idempotency-key", "once")
            .json(&body)
    };
    let stream = again()
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    let stream = stream.text().await.unwrap();
    assert!(
        stream.contains(answers[0]["message_id"].as_str().unwrap()),
        "{stream}"
    );
    let later = again()
        .header("prefer", "respond-async")
        .send()
        .await
        .unwrap();
    assert_eq!(later.json::<Value>().await.unwrap(), answers[0]);

    // Another body under the same key is refused; another person's key is their own.
    let other = json!({ "message": "A pickup" });
    let wrong = program
        .post("/chat/")
        .header("idempotency-key", "once")
        .json(&other);
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    let problem: Value = wrong.json().await.unwrap();
    assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
    for bad in ["", " ", &"k".repeat(300)] {
        let call = program
            .post("/chat/")
            .header("idempotency-key", bad)
            .json(&other);
        assert_eq!(call.send().await.unwrap().status(), 422, "{bad:?}");
    }
    let somebody = site.new_program().await;
    let theirs = somebody
        .post("/chat/")
        .header("idempotency-key", "once")
        .json(&other);
    let theirs: Value = theirs.send().await.unwrap().json().await.unwrap();
    assert_ne!(theirs["message_id"], answers[0]["message_id"]);
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
    // What could not be stored leaves its key free.
    let blank = json!({ "message": " " });
    let call = program
        .post("/chat/")
        .header("idempotency-key", "later")
        .json(&blank);
    assert_eq!(call.send().await.unwrap().status(), 422);
    let call = program
        .post("/chat/")
        .header("idempotency-key", "later")
        .json(&other);
    assert_eq!(call.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_says_its_message_once() {
    let site = Site::start().await;
    site.sign_up("twice@example.com").await;
    let browser = site.browser();
    browser.log_in("twice@example.com").await;
    let page = browser
        .get("/chat/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let key = page.split("id=\"form_key\" value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap().to_owned();
    let send = async |message: &str| {
        let form = [("message", message), ("form_key", &key)];
        let response = browser.post("/chat/").form(&form).send().await.unwrap();
        assert_eq!(response.status(), 303);
        header(&response, "location").to_owned()
    };
    let (one, other) = tokio::join!(send("A hybrid SUV"), send("A hybrid SUV"));
    assert_eq!(one, other);
    // Whoever goes back and writes something else says something new.
    assert_ne!(send("A pickup").await, one);
    // With htmx the composer gets a new key with each answer.
    let htmx = site.htmx();
    htmx.log_in("twice@example.com").await;
    let form = [("message", "A sedan"), ("form_key", key.as_str())];
    let first = htmx
        .post("/chat/")
        .form(&form)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        first.contains("id=\"form_key\"") && !first.contains(&key),
        "{first}"
    );
}
