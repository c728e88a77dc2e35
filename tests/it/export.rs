//! A conversation to take along.

use serde_json::{Value, json};

use crate::site::{Site, header};

#[tokio::test]
async fn a_conversation_is_exported_as_markdown_json_and_a_page_to_print() {
    let site = Site::start().await;
    let email = "reader@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let answer = program
        .say(
            "A hybrid minivan\n<script>alert(1)</script> ![x](http://x.test/)",
            None,
        )
        .await;
    let conversation = answer["conversation_id"].as_str().unwrap();
    let retry = format!(
        "/chat/messages/{}/retry",
        answer["message_id"].as_str().unwrap()
    );
    assert_eq!(program.post(&retry).send().await.unwrap().status(), 200);

    let path = format!("/chat/{conversation}/export");
    let markdown = program
        .get(&format!("{path}?format=md"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        header(&markdown, "content-type"),
        "text/markdown; charset=utf-8"
    );
    let disposition = header(&markdown, "content-disposition");
    assert_eq!(
        disposition,
        "attachment; filename=\"autio-hybrid-minivan.md\""
    );
    assert_eq!(header(&markdown, "cache-control"), "no-store");
    let markdown = markdown.text().await.unwrap();
    for part in [
        "# Hybrid minivan",
        "## What Autio understood\n",
        // A viewer that shows HTML and images has nothing to show.
        "> A hybrid minivan\n> &lt;script>alert(1)&lt;/script> !\\[",
        "Toyota Sienna",
        "Source: EPA",
    ] {
        assert!(markdown.contains(part), "{part} in:\n{markdown}");
    }

    // JSON has every branch.
    let whole = program.read(&format!("{path}?format=json")).await;
    let messages = whole["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[1]["parent_id"], messages[2]["parent_id"]);
    assert_eq!(whole["head_id"], messages[2]["id"]);
    assert_eq!(messages[1]["cars"], answer["cars"]);
    assert_eq!(messages[1]["needs"], answer["needs"]);

    for (bad, status) in [("?format=pdf", 422), ("", 422)] {
        let response = program.get(&format!("{path}{bad}")).send().await.unwrap();
        assert_eq!(response.status(), status, "{bad}");
    }
    let other = site.new_program().await;
    for place in ["export?format=md", "export?format=json", "print"] {
        let response = other
            .get(&format!("/chat/{conversation}/{place}"))
            .send()
            .await;
        let status = response.unwrap().status();
        assert_eq!(status, 404, "{place}");
    }

    let browser = site.browser();
    browser.log_in(email).await;
    let page = browser
        .get(&format!("/chat/{conversation}/print"))
        .send()
        .await;
    let page = page.unwrap().text().await.unwrap();
    for part in [
        "side by side",
        "&#60;script&#62;",
        "What Autio understood",
        "Figures: ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let read: Value = program.read(&format!("/chat/{conversation}/print")).await;
    assert_ne!(read["comparison"]["rows"], json!([]));
}
