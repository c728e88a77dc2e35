//! Conversations as program, browser, htmx and stranger, with the catalogue advisor.

use reqwest::Response;
use serde_json::{Value, json};

use crate::site::{Site, header};

const FAMILY: &str = "I need a family SUV under $35,000 with all-wheel drive and good mileage";

#[tokio::test]
async fn a_program_gets_the_whole_answer_with_real_cars() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let answer = program.say(FAMILY, None).await;
    assert_eq!(answer["status"], "done");
    assert_eq!(answer["model"], "catalogue");
    assert!(answer["usage"].is_null());
    let cars = answer["cars"].as_array().unwrap();
    assert!((3..=6).contains(&cars.len()), "{}", cars.len());
    for car in cars {
        // Looked up again by its id: the very car of the catalogue, and it keeps the constraints.
        let known = site
            .app
            .catalogue()
            .get(car["id"].as_str().unwrap())
            .unwrap();
        assert_eq!(car["model"], known.model);
        assert_eq!(car["body"], "suv");
        assert!(["awd", "4wd"].contains(&car["drive"].as_str().unwrap()));
        // What is known keeps the budget; what isn't known is null, never 0.
        let price = &car["price"];
        assert!(price.is_null() || (1..=35_000).contains(&price["usd"].as_u64().unwrap()));
        assert_ne!(car["horsepower"], 0);
        assert!(!car["why"].as_array().unwrap().is_empty());
        assert!(!car["sources"].as_object().unwrap().is_empty());
    }
    let fields: Vec<_> = answer["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| &n["field"])
        .collect();
    for field in ["body", "drive", "budget_max", "priority"] {
        assert!(
            fields.contains(&&json!(field)),
            "{field} is not in {fields:?}"
        );
    }

    // The second turn keeps what was said and adds to it.
    let id = answer["conversation_id"].as_str().unwrap();
    let second = program.say("a hybrid, and not a Toyota", Some(id)).await;
    for car in second["cars"].as_array().unwrap() {
        assert_eq!(
            (&car["fuel"], &car["body"]),
            (&json!("hybrid"), &json!("suv"))
        );
        assert_ne!(car["make"], "Toyota");
    }
    let whole = program.read(&format!("/chat/{id}")).await;
    let messages = whole["messages"].as_array().unwrap();
    let roles: Vec<_> = messages
        .iter()
        .map(|m| m["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    assert_eq!(messages[1]["text"], answer["reply"]);
    assert_eq!(messages[3]["cars"], second["cars"]);
    assert_eq!(whole["needs"], second["needs"]);
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"][0]["id"], id);
    assert!(list["next"].is_null());
}

#[tokio::test]
async fn a_program_can_stream_or_come_back_later() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let body = json!({ "message": FAMILY });
    let post = program
        .post("/chat/")
        .header("accept", "text/event-stream")
        .json(&body);
    let response = post.send().await.unwrap();
    assert_eq!(header(&response, "content-type"), "text/event-stream");
    assert_eq!(header(&response, "x-accel-buffering"), "no");
    let address = header(&response, "location").to_owned();
    let events = read_events(response).await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names.last(), Some(&"done"));
    assert!(
        names.contains(&"delta") && names.contains(&"cars"),
        "{names:?}"
    );
    let text = text_of(&events);
    let done = &events.last().unwrap().data;
    assert_eq!(done["reply"], text);
    let cars = events.iter().find(|event| event.name == "cars").unwrap();
    assert_eq!(done["cars"], cars.data["cars"]);

    // The same stream again, whole and from the middle.
    let path = format!("{address}/events");
    let again = read_events(program.get(&path).send().await.unwrap()).await;
    assert_eq!(text_of(&again), text);
    assert_eq!(&again.last().unwrap().data, done);
    let middle = events.iter().find(|event| event.name == "delta").unwrap();
    let resumed = program.get(&path).header("last-event-id", &middle.id);
    let rest = text_of(&read_events(resumed.send().await.unwrap()).await);
    assert_eq!(
        format!("{}{rest}", middle.data["text"].as_str().unwrap()),
        text
    );

    let later = program
        .post("/chat/")
        .header("prefer", "respond-async")
        .json(&body);
    let later = later.send().await.unwrap();
    assert_eq!(later.status(), 202);
    let address = header(&later, "location").to_owned();
    let pending: Value = later.json().await.unwrap();
    assert_eq!(
        address,
        format!("/chat/messages/{}", pending["message_id"].as_str().unwrap())
    );
    read_events(
        program
            .get(&format!("{address}/events"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let message = program.read(&address).await;
    assert_eq!(
        (&message["status"], &message["role"]),
        (&json!("done"), &json!("assistant"))
    );
    assert_eq!(message["siblings"], json!([message["id"]]));
    assert!(message["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_browser_without_javascript_posts_and_comes_back_to_the_conversation() {
    let site = Site::start().await;
    site.sign_up("pia@example.com").await;
    let browser = site.browser();
    browser.log_in("pia@example.com").await;
    let form = [
        ("message", "a <b>hybrid</b> hatchback"),
        ("conversation_id", ""),
    ];
    let posted = browser.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(posted.status(), 303);
    let place = header(&posted, "location").to_owned();
    assert!(place.starts_with("/chat/"), "{place}");
    let mut html = String::new();
    for _ in 0..100 {
        html = browser
            .get(&place)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if !html.contains("http-equiv=\"refresh\"") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(html.contains("class=\"car\"") && html.contains("Built-in catalogue advisor"));
    assert!(!html.contains("<b>hybrid"), "what people write is escaped");
    let second = [
        ("message", "newer than 2022"),
        ("conversation_id", &place["/chat/".len()..]),
    ];
    let second = browser.post("/chat/").form(&second).send().await.unwrap();
    assert_eq!(header(&second, "location"), place);
    let empty = browser
        .post("/chat/")
        .form(&[("message", " ")])
        .send()
        .await
        .unwrap();
    assert_eq!(empty.status(), 422);
    let html = empty.text().await.unwrap();
    assert!(html.contains("Write a message first.") && html.contains("id=\"composer\""));
    let long = "word ".repeat(2_000);
    let refused = browser
        .post("/chat/")
        .form(&[("message", &long)])
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
    assert!(
        refused.text().await.unwrap().contains(long.trim()),
        "what was written is lost"
    );
}

#[tokio::test]
async fn what_is_sent_after_the_session_has_ended_is_kept_for_the_next() {
    let site = Site::start().await;
    site.sign_up("ida@example.com").await;
    let browser = site.browser();
    let form = [("message", "a wagon <for> the dog")];
    let posted = browser.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(posted.status(), 303);
    assert_eq!(header(&posted, "location"), "/login?next=%2Fchat");
    browser.log_in("ida@example.com").await;
    let page = browser.get("/chat").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("a wagon &#60;for&#62; the dog</textarea>"),
        "{page}"
    );
}

#[tokio::test]
async fn htmx_gets_the_message_and_a_reply_that_streams_as_fragments() {
    let site = Site::start().await;
    site.sign_up("quin@example.com").await;
    let htmx = site.htmx();
    htmx.log_in("quin@example.com").await;
    let posted = htmx
        .post("/chat/")
        .form(&[("message", FAMILY)])
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 200);
    assert!(header(&posted, "hx-push-url").starts_with("/chat/0"));
    let html = posted.text().await.unwrap();
    assert!(
        html.contains("You said") && html.contains("hx-sse:close=\"done\""),
        "{html}"
    );
    let events = html.split("hx-sse:connect=\"").nth(1).unwrap();
    let events = events.split('"').next().unwrap();
    let stream = htmx.get(events).send().await.unwrap();
    assert_eq!(header(&stream, "content-type"), "text/event-stream");
    let stream = stream.text().await.unwrap();
    assert!(
        stream.trim_end().ends_with("event: done\ndata:"),
        "{stream}"
    );
    assert!(stream.contains("class=\"car\"") && stream.contains("hx-target=\"#needs\""));

    // An error says where the person can act on it.
    let wrong = htmx
        .post("/chat/")
        .form(&[("message", "")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (wrong.status().as_u16(), header(&wrong, "hx-retarget")),
        (422, "#notice")
    );
}

#[tokio::test]
async fn nobody_sees_or_touches_what_belongs_to_another() {
    let site = Site::start().await;
    let (owner, other) = (site.new_program().await, site.new_program().await);
    let chat = owner.say("a minivan", None).await;
    let conversation = chat["conversation_id"].as_str().unwrap();
    let reply = chat["message_id"].as_str().unwrap();
    let whole = owner.read(&format!("/chat/{conversation}")).await;
    let said = whole["messages"][0]["id"].as_str().unwrap();
    let never = "01900000-0000-7000-8000-000000000000";
    let steps = |conversation: &str, reply: &str, said: &str| {
        vec![
            other.get(&format!("/chat/{conversation}")),
            other
                .patch(&format!("/chat/{conversation}"))
                .json(&json!({ "title": "mine" })),
            other.delete(&format!("/chat/{conversation}")),
            other.get(&format!("/chat/messages/{reply}")),
            other.get(&format!("/chat/messages/{reply}/events")),
            other.post(&format!("/chat/messages/{reply}/stop")),
            other.post(&format!("/chat/messages/{reply}/retry")),
            other
                .post("/chat/")
                .json(&json!({ "message": "x", "conversation_id": conversation })),
            other
                .post("/chat/")
                .json(&json!({ "message": "x", "replaces": said })),
        ]
    };
    let theirs = steps(conversation, reply, said);
    for (foreign, unknown) in theirs.into_iter().zip(steps(never, never, never)) {
        let (foreign, unknown) = (foreign.send().await.unwrap(), unknown.send().await.unwrap());
        assert_eq!(
            (foreign.status(), unknown.status()),
            (404.try_into().unwrap(), 404.try_into().unwrap())
        );
        assert_eq!(without_id(foreign).await, without_id(unknown).await);
    }
    assert_eq!(other.read("/chat/").await["conversations"], json!([]));
    assert_eq!(
        owner.read(&format!("/chat/{conversation}")).await,
        whole,
        "nothing has changed"
    );

    // Strangers get no further than the door.
    for path in [
        "/chat/",
        "/auth/me",
        &format!("/chat/{conversation}"),
        &format!("/chat/messages/{reply}"),
    ] {
        assert_eq!(
            site.stranger().get(path).send().await.unwrap().status(),
            401,
            "{path}"
        );
        assert_eq!(
            site.browser().get(path).send().await.unwrap().status(),
            303,
            "{path}"
        );
        assert_eq!(
            site.htmx().get(path).send().await.unwrap().status(),
            401,
            "{path}"
        );
    }
}

#[tokio::test]
async fn editing_and_asking_again_keep_what_was_there() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let first = program.say("an electric sedan", None).await;
    let conversation = first["conversation_id"].as_str().unwrap();
    let whole = program.read(&format!("/chat/{conversation}")).await;
    let said = whole["messages"][0]["id"].as_str().unwrap();

    let edit = json!({ "message": "an electric pickup", "replaces": said });
    let edited: Value = program
        .post("/chat/")
        .json(&edit)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(edited["conversation_id"], conversation);
    let shown = program.read(&format!("/chat/{conversation}")).await;
    let texts: Vec<_> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["text"])
        .collect();
    assert_eq!(texts, [&json!("an electric pickup"), &edited["reply"]]);
    let old = program.read(&format!("/chat/messages/{said}")).await;
    assert_eq!(old["siblings"].as_array().unwrap().len(), 2);

    let reply = edited["message_id"].as_str().unwrap();
    let retried = program
        .post(&format!("/chat/messages/{reply}/retry"))
        .send()
        .await
        .unwrap();
    let retried: Value = retried.json().await.unwrap();
    assert_eq!(retried["status"], "done");
    let kept = program.read(&format!("/chat/messages/{reply}")).await;
    assert_eq!(kept["siblings"], json!([reply, retried["message_id"]]));
    let shown = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(shown["messages"][1]["id"], retried["message_id"]);
}

#[tokio::test]
async fn conversations_are_renamed_deleted_and_paged() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let mut ids = Vec::new();
    for number in 0..53 {
        let body = json!({ "message": format!("a wagon, number {number}") });
        let post = program
            .post("/chat/")
            .header("prefer", "respond-async")
            .json(&body);
        let posted: Value = post.send().await.unwrap().json().await.unwrap();
        ids.push(posted["conversation_id"].as_str().unwrap().to_owned());
    }
    let first = program.read("/chat/").await;
    let next = first["next"].as_str().unwrap();
    let second = program.read(&format!("/chat/?cursor={next}")).await;
    let pages = [&first, &second].map(|page| page["conversations"].as_array().unwrap());
    let mut listed: Vec<_> = pages
        .iter()
        .flat_map(|page| page.iter())
        .map(|c| c["id"].clone())
        .collect();
    assert_eq!((listed.len(), second["next"].is_null()), (53, true));
    listed.reverse();
    assert_eq!(json!(listed), json!(ids), "newest first");
    let never = "01900000-0000-7000-8000-000000000000";
    for cursor in [
        "x",
        &format!("-300000000000000000_{never}"),
        &format!("9e99_{never}"),
    ] {
        let page = program.get("/chat/").query(&[("cursor", cursor)]);
        assert_eq!(page.send().await.unwrap().status(), 422, "{cursor}");
    }

    let path = format!("/chat/{}", ids[0]);
    let renamed = program
        .patch(&path)
        .json(&json!({ "title": " Mum's car " }))
        .send()
        .await
        .unwrap();
    assert_eq!(renamed.status(), 200);
    assert_eq!(program.read(&path).await["title"], "Mum's car");
    assert_eq!(
        program
            .patch(&path)
            .json(&json!({}))
            .send()
            .await
            .unwrap()
            .status(),
        422
    );
    assert_eq!(program.delete(&path).send().await.unwrap().status(), 204);
    assert_eq!(program.get(&path).send().await.unwrap().status(), 404);
}

/// One server-sent event.
pub struct Event {
    pub id: String,
    pub name: String,
    pub data: Value,
}

/// Reads a stream of JSON events to its end.
pub async fn read_events(response: Response) -> Vec<Event> {
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let events = blocks.filter(|block| !block.starts_with(':')).map(|block| {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        Event {
            id: field("id:"),
            name: field("event:"),
            data: serde_json::from_str(&field("data:")).unwrap(),
        }
    });
    events.collect()
}

/// The text that the deltas make together.
pub fn text_of(events: &[Event]) -> String {
    let deltas = events.iter().filter(|event| event.name == "delta");
    deltas
        .map(|event| event.data["text"].as_str().unwrap())
        .collect()
}

async fn without_id(response: Response) -> Value {
    let mut problem: Value = response.json().await.unwrap();
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}
