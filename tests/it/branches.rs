//! The branches of a conversation: a message said differently, an answer asked for again, and stepping between them, as
//! program, browser, htmx and stranger.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};

use crate::site::{Caller, Site, header};
use crate::upstream::{Script, Upstream};

const NEVER: &str = "01900000-0000-7000-8000-000000000000";

/// A new conversation: its address, the question and the answer.
async fn begin(program: &Caller, message: &str) -> (String, Value, Value) {
    let answer = program.say(message, None).await;
    let place = format!("/chat/{}", answer["conversation_id"].as_str().unwrap());
    let open = program.read(&place).await;
    (
        place,
        open["messages"][0].clone(),
        open["messages"][1].clone(),
    )
}

/// Says something in place of an earlier message, and waits for the answer.
async fn edit(program: &Caller, replaces: &Value, message: &str) -> Value {
    let body = json!({ "message": message, "replaces": replaces["id"] });
    let response = program.post("/chat/").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn step(program: &Caller, place: &str, head: &Value) -> Value {
    let body = json!({ "head": head["id"] });
    let response = program.patch(place).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

fn texts(open: &Value) -> Vec<&str> {
    let messages = open["messages"].as_array().unwrap().iter();
    messages.map(|m| m["text"].as_str().unwrap()).collect()
}

/// What the page has between these two.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let rest = html.split(before).nth(1).unwrap_or_else(|| {
        panic!("{before} is not in {html}");
    });
    rest.split(after).next().unwrap()
}

async fn text_of(response: Response) -> String {
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_program_steps_between_branches_and_finds_each_as_it_was_left() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let (place, first, reply) = begin(&program, "an electric sedan").await;
    edit(&program, &first, "a hybrid pickup").await;
    let conversation = &place["/chat/".len()..];
    let later = program.say("2023 or newer", Some(conversation)).await;
    let edited = program.read(&place).await;
    assert_eq!(edited["messages"].as_array().unwrap().len(), 4);
    let other = begin(&program, "a wagon").await;

    // Back to the first: what it understood then, on every device, and in its place in the list.
    let shown = step(&program, &place, &first).await;
    assert_eq!(
        texts(&shown),
        ["an electric sedan", reply["text"].as_str().unwrap()]
    );
    assert_eq!(program.read(&place).await, shown);
    assert_eq!(shown["updated_at"], edited["updated_at"]);
    let fields: Vec<_> = shown["needs"].as_array().unwrap().iter().collect();
    assert!(
        fields.iter().all(|need| need["value"] != "pickup"),
        "{fields:?}"
    );
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"][1]["id"], shown["id"]);
    let both = json!([first["id"], edited["messages"][0]["id"]]);
    assert_eq!(shown["messages"][0]["siblings"], both);
    assert_eq!(shown["messages"][1]["siblings"], json!([reply["id"]]));

    // Forth again: to its very end.
    let again = step(&program, &place, &edited["messages"][0]).await;
    assert_eq!(again, edited);
    assert_eq!(again["messages"][3]["id"], later["message_id"]);
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"][1]["id"], again["id"]);

    // A title and a branch at once; neither is nothing; and what isn't there is not found.
    let both = json!({ "title": "Either", "head": first["id"] });
    let both: Value = program
        .patch(&place)
        .json(&both)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((&both["title"], texts(&both).len()), (&json!("Either"), 2));
    let none = program.patch(&place).json(&json!({})).send().await.unwrap();
    assert_eq!(none.status(), 422);
    let none: Value = none.json().await.unwrap();
    assert_eq!(none["errors"][0]["field"], "title");
    for head in [NEVER, "x", other.1["id"].as_str().unwrap()] {
        let body = json!({ "head": head, "title": "Moved" });
        let response = program.patch(&place).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 404, "{head}");
    }
    assert_eq!(program.read(&place).await, both, "nothing has changed");

    let body = json!({ "head": first["id"] });
    let somebody = site.new_program().await;
    let theirs = somebody.patch(&place).json(&body).send().await.unwrap();
    assert_eq!(theirs.status(), 404);
    let own = begin(&somebody, "a coupe").await;
    let theirs = somebody.patch(&own.0).json(&body).send().await.unwrap();
    assert_eq!(theirs.status(), 404);
    let stranger = site.stranger().patch(&place).json(&body).send().await;
    assert_eq!(stranger.unwrap().status(), 401);
}

#[tokio::test]
async fn another_answer_to_an_earlier_question_begins_a_branch_there() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let (place, said, reply) = begin(&program, "a minivan").await;
    let conversation = &place["/chat/".len()..];
    program
        .say("with all-wheel drive", Some(conversation))
        .await;
    let before = program.read(&place).await;
    let retry = format!("/chat/messages/{}/retry", reply["id"].as_str().unwrap());
    let key = || program.post(&retry).header("idempotency-key", "again");
    let (one, two) = tokio::join!(key().send(), key().send());
    let one: Value = one.unwrap().json().await.unwrap();
    let two: Value = two.unwrap().json().await.unwrap();
    assert_eq!(one, two, "asked twice with one key, answered once");
    let open = program.read(&place).await;
    assert_eq!(open["messages"].as_array().unwrap().len(), 2);
    assert_eq!(open["messages"][0]["id"], said["id"]);
    assert_eq!(
        open["messages"][1]["siblings"],
        json!([reply["id"], one["message_id"]])
    );
    assert_eq!(
        step(&program, &place, &reply).await["messages"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let back = program.read(&place).await;
    assert_eq!(texts(&back), texts(&before), "nothing is lost");
    // Without a key each is another answer.
    assert_eq!(program.post(&retry).send().await.unwrap().status(), 200);
    let open = program.read(&place).await;
    assert_eq!(open["messages"][1]["siblings"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_browser_without_javascript_edits_asks_again_and_steps() {
    let site = Site::start().await;
    let entered = site.sign_up("branches@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let browser = site.browser();
    browser.log_in("branches@example.com").await;
    let (place, first, reply) = begin(&program, "an <i>electric</i> sedan").await;
    let page = async || text_of(browser.get(&place).send().await.unwrap()).await;
    let html = page().await;
    assert!(!html.contains("Earlier version"), "nothing to step between");
    let key = between(&html, "name=\"form_key\" value=\"", "\"").to_owned();

    // Twice, as a double click does it.
    let (id, conversation) = (first["id"].as_str().unwrap(), &place["/chat/".len()..]);
    let form = [
        ("message", "a hybrid pickup"),
        ("replaces", id),
        ("conversation_id", conversation),
        ("form_key", &key),
    ];
    let send = || browser.post("/chat/").form(&form).send();
    let (one, two) = tokio::join!(send(), send());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (303, 303));
    assert_eq!(header(&one, "location"), header(&two, "location"));
    assert_eq!(header(&one, "location"), place);
    settle(&program, &place).await;
    let open = program.read(&place).await;
    assert_eq!(texts(&open)[0], "a hybrid pickup");
    assert_eq!(open["messages"][0]["siblings"].as_array().unwrap().len(), 2);

    let html = page().await;
    assert!(
        html.contains("</span>2 of 2</span>") && html.contains("aria-label=\"Earlier version\"")
    );
    let stepped = browser
        .post(&place)
        .form(&[("head", id)])
        .send()
        .await
        .unwrap();
    assert_eq!(stepped.status(), 303);
    assert_eq!(
        header(&stepped, "location"),
        format!("{place}?at={id}#m-{id}")
    );
    let html = page().await;
    assert!(html.contains("</span>1 of 2</span>") && !html.contains("a hybrid pickup"));

    // What was refused stands beside the message, with the reason.
    let long = format!("<b>{}", "word ".repeat(2_000));
    let form = [("message", long.as_str()), ("replaces", id)];
    let refused = browser.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let html = text_of(refused).await;
    let edit = between(&html, &format!("id=\"edit-{id}\" open"), "</details>");
    assert!(edit.contains("That message is too long") && edit.contains(long[3..].trim()));
    assert!(!html.contains("<b>word") && !html.contains("id=\"message-error\""));

    // Asked again, twice with the same form.
    let retry = format!("/chat/messages/{}/retry", reply["id"].as_str().unwrap());
    let form = [("form_key", "k")];
    let send = || browser.post(&retry).form(&form).send();
    let (one, two) = tokio::join!(send(), send());
    for response in [one.unwrap(), two.unwrap()] {
        assert_eq!(response.status(), 303);
        assert_eq!(header(&response, "location"), place);
    }
    settle(&program, &place).await;
    let open = program.read(&place).await;
    assert_eq!(open["messages"][1]["siblings"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn htmx_gets_what_changes_from_the_branch_on() {
    let site = Site::start().await;
    let entered = site.sign_up("fork@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let htmx = site.htmx();
    htmx.log_in("fork@example.com").await;
    let (place, first, reply) = begin(&program, "an electric sedan").await;
    let conversation = &place["/chat/".len()..];
    program.say("2024 or newer", Some(conversation)).await;
    let id = first["id"].as_str().unwrap();

    let retry = format!("/chat/messages/{}/retry", reply["id"].as_str().unwrap());
    let again = htmx
        .post(&retry)
        .form(&[("form_key", "k")])
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 200);
    assert!(header(&again, "hx-reswap").starts_with("outerHTML "));
    let html = text_of(again).await;
    assert!(html.contains("</span>2 of 2</span>") && html.contains("hx-sse:connect"));
    let later = format!(
        "hx-target=\"#m-{} ~ .message\" hx-swap=\"delete\"",
        reply["id"].as_str().unwrap()
    );
    assert!(html.contains(&later), "{html}");
    assert!(!html.contains("You said"), "the question stays");
    settle(&program, &place).await;

    let form = [
        ("message", "a hybrid pickup"),
        ("replaces", id),
        ("conversation_id", conversation),
    ];
    let edited = htmx.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(edited.status(), 200);
    assert!(header(&edited, "hx-reswap").starts_with("outerHTML show:top"));
    assert_eq!(header(&edited, "hx-push-url"), "");
    let html = text_of(edited).await;
    assert!(html.contains("a hybrid pickup") && html.contains("</span>2 of 2</span>"));
    assert!(
        html.contains("hx-target=\"#needs\"") && !html.contains("sedan</span></summary>"),
        "{html}"
    );
    settle(&program, &place).await;

    let stepped = htmx
        .post(&place)
        .form(&[("head", id)])
        .send()
        .await
        .unwrap();
    assert_eq!(stepped.status(), 200);
    let html = text_of(stepped).await;
    assert!(html.contains("an electric sedan") && !html.contains("<html"));
    assert!(html.contains("Version 1 of 2 is shown.") && html.contains("sedan</span></summary>"));

    let form = [
        ("message", "  "),
        ("replaces", id),
        ("conversation_id", conversation),
    ];
    let refused = htmx.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(header(&refused, "hx-retarget"), format!("#edit-{id}"));
    let html = text_of(refused).await;
    assert!(
        html.starts_with("<details") && html.contains("Write a message first."),
        "{html}"
    );
}

#[tokio::test]
async fn a_reply_that_runs_is_finished_on_its_branch_while_another_is_shown() {
    let slowly = Script::Say("Here is a pickup that fits.", Duration::from_millis(300));
    let quickly = Script::Say("Here you are.", Duration::ZERO);
    let upstream = Upstream::start([quickly.clone()]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let site = Site::start_with(&settings).await;
    let entered = site.sign_up("runs@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let htmx = site.htmx();
    htmx.log_in("runs@example.com").await;
    let (place, first, _) = begin(&program, "an electric sedan").await;
    let conversation = &place["/chat/".len()..];
    upstream.now(slowly);
    let body = json!({ "message": "a hybrid pickup", "replaces": first["id"] });
    let running = program.post("/chat/").header("prefer", "respond-async");
    let running: Value = running
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let running = format!("/chat/messages/{}", running["message_id"].as_str().unwrap());
    while program.read(&running).await["status"] == "pending" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let asked = program.read(&running).await;
    // An edit meanwhile is refused beside its field, and what was written is kept.
    let id = first["id"].as_str().unwrap();
    let form = [
        ("message", "a red wagon"),
        ("replaces", id),
        ("conversation_id", conversation),
    ];
    let refused = htmx.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    assert_eq!(header(&refused, "hx-retarget"), format!("#edit-{id}"));
    let html = text_of(refused).await;
    assert!(
        html.contains(">a red wagon</textarea>") && html.contains("still answering"),
        "{html}"
    );

    let browser = site.browser();
    browser.log_in("runs@example.com").await;
    let form = [
        ("message", "a red wagon"),
        ("replaces", asked["parent_id"].as_str().unwrap()),
    ];
    let refused = browser.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    let html = text_of(refused).await;
    assert!(html.contains(">a red wagon</textarea>") && !html.contains("http-equiv"));

    upstream.now(quickly);
    step(&program, &place, &first).await;
    let stream = htmx.get(&format!("{running}/events")).send();
    // The branch that is shown takes messages while the other one is answered.
    let asked = program.say("2024 or newer", Some(conversation)).await;
    assert_eq!(program.read(&running).await["status"], "running");
    let events = text_of(stream.await.unwrap()).await;
    assert!(events.contains("a pickup that fits."), "{events}");
    assert!(
        !events.contains("hx-target=\"#needs\""),
        "the chips of the branch that is shown stay"
    );
    let finished = program.read(&running).await;
    assert_eq!(
        (&finished["status"], &finished["text"]),
        (&json!("done"), &json!("Here is a pickup that fits."))
    );
    let shown = program.read(&place).await;
    assert_eq!(
        shown["messages"][3]["id"], asked["message_id"],
        "the head stays"
    );
    let back = step(&program, &place, &finished).await;
    assert_eq!(
        texts(&back),
        ["a hybrid pickup", "Here is a pickup that fits."]
    );
    let stream = htmx.get(&format!("{running}/events")).send().await.unwrap();
    assert!(text_of(stream).await.contains("hx-target=\"#needs\""));
}

/// Waits until nothing is being answered on the branch that is shown.
async fn settle(program: &Caller, place: &str) {
    loop {
        let open = program.read(place).await;
        let last = open["messages"].as_array().unwrap().last().unwrap().clone();
        if last["status"] != "pending" && last["status"] != "running" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
