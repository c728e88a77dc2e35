//! Looking for words in one's own messages.

use serde_json::Value;

use crate::site::Site;

fn found(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|hit| hit["context"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn words_are_found_in_ones_own_messages_alone_in_any_case_and_script() {
    let site = Site::start().await;
    let (ann, ben) = (site.new_program().await, site.new_program().await);
    let mine = ann
        .say("A Volvo wagon, ŠKODA would do, 100% electric", None)
        .await;
    ben.say("A Volvo for Ben", None).await;
    let look = async |q: &str| {
        let request = ann.get("/chat/search").query(&[("q", q)]);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    for q in ["volvo WAGON", "škoda", "would do", "100%"] {
        let answer = look(q).await;
        let hits = found(&answer);
        assert!(
            hits.iter().any(|hit| hit.contains("ŠKODA would do")),
            "{q}: {answer}"
        );
        assert!(!answer.to_string().contains("Ben"), "{q}");
        let last = answer["results"].as_array().unwrap().last().unwrap();
        assert_eq!(last["conversation_id"], mine["conversation_id"], "{q}");
    }
    // What has a meaning in a pattern has none here.
    for q in ["volvo bicycle", "v_lvo", "%%", "\\"] {
        assert_eq!(found(&look(q).await).len(), 0, "{q}");
    }
    let nothing = ann.get("/chat/search?q=%20").send().await.unwrap();
    assert_eq!(nothing.status(), 422);
    let stranger = site.stranger().get("/chat/search?q=volvo").send().await;
    assert_eq!(stranger.unwrap().status(), 401);
}

#[tokio::test]
async fn hits_come_newest_first_page_by_page_and_the_page_marks_them() {
    let site = Site::start().await;
    let email = "seeker@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let mut conversation: Option<String> = None;
    for number in 0..25 {
        let said = format!("hello number {number} <b>zebra</b>");
        let answer = program.say(&said, conversation.as_deref()).await;
        conversation = answer["conversation_id"].as_str().map(str::to_owned);
    }
    let first = program.read("/chat/search?q=zebra").await;
    assert_eq!(found(&first).len(), 20);
    assert!(found(&first)[0].contains("number 24"));
    let next = first["next"].as_str().unwrap();
    let second = program
        .read(&format!("/chat/search?q=zebra&cursor={next}"))
        .await;
    assert_eq!((found(&second).len(), &second["next"]), (5, &Value::Null));

    let browser = site.browser();
    browser.log_in(email).await;
    let page = browser.get("/chat/search?q=zebra").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("&#60;b&#62;<mark>zebra</mark>&#60;/b&#62;"),
        "{page}"
    );
    let hit = first["results"][0]["id"].as_str().unwrap();
    let address = format!("/chat/{}?at={hit}#m-{hit}", conversation.unwrap());
    assert!(page.contains(&address) && page.contains("Older messages"));
    let empty = browser.get("/chat/search?q=unicorn").send().await.unwrap();
    assert!(
        empty
            .text()
            .await
            .unwrap()
            .contains("Nothing in your messages")
    );
}
