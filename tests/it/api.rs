//! The API's description is true: its routes are the server's, and real answers are as its schemas say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::site::{Caller, PASSWORD, Site, header};

/// What people read and programs don't: pages, and the files that they name.
const PAGES: [&str; 7] = [
    "/login",
    "/signup",
    "/docs",
    "/docs/{file}",
    "/static/{file:.*}",
    "/manifest.webmanifest",
    "/favicon.ico",
];
/// What the description shows of answers.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/examples.json");
const CAR: &str = "2022-toyota-rav4-hybrid-awd-45009";
const OTHER_CAR: &str = "2022-toyota-rav4-44992";

#[tokio::test]
async fn every_route_is_described_and_every_description_has_its_route() {
    let site = Site::start().await;
    let api = site.stranger().read("/openapi.json").await;
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let forms = autio::api::FORMS.map(|(method, path)| (method.to_owned(), path.to_owned()));
    let described: BTreeSet<_> = operations(&api).into_iter().chain(forms).collect();
    let mut registered = BTreeSet::new();
    find_routes(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut registered,
    );
    registered.retain(|(_, path)| !PAGES.contains(&path.as_str()));
    assert!(
        registered.len() > 40,
        "only {} were found",
        registered.len()
    );
    assert_eq!(described, registered);
    // Each has a name of its own, and says what it does.
    let mut names = BTreeSet::new();
    for (method, path) in operations(&api) {
        let operation = &api["paths"][&path][&method];
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{name} comes twice");
        assert!(operation["summary"].is_string(), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let words = response["description"].as_str().unwrap();
            assert!(!words.is_empty(), "{method} {path} {status}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_route_does_not_have_is_told_which_it_has() {
    let site = Site::start().await;
    for (path, allowed) in [
        ("/auth/me", "DELETE, GET, HEAD, PATCH, POST"),
        ("/auth/login", "POST"),
        ("/cars/some-car", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
    ] {
        let request = site
            .stranger()
            .http
            .request(Method::PUT, format!("{}{path}", site.base));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(header(&response, "allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn answers_are_as_the_description_says() {
    let site = Site::start().await;
    let stranger = site.stranger();
    let mut api = Described::new(&stranger).await;

    // The service and the catalogue, as anybody.
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/cars",
    ] {
        api.get(&stranger, path, path, 200).await;
    }
    for path in ["/openapi.json", "/cars"] {
        api.get_again(&stranger, path, path).await;
    }
    api.get(
        &stranger,
        "/cars",
        "/cars?fuels=hybrid&budget_max=35000&limit=3",
        200,
    )
    .await;
    api.get(&stranger, "/cars", "/cars?bodies=truck", 422).await;
    for path in ["/cars/{id}", "/cars/{id}/cost"] {
        api.get_again(&stranger, path, &path.replace("{id}", CAR))
            .await;
        api.get(&stranger, path, &path.replace("{id}", "no-car"), 404)
            .await;
    }
    api.get(
        &stranger,
        "/cars/{id}/cost",
        &format!("/cars/{CAR}/cost?years=0"),
        422,
    )
    .await;
    let both = format!("/cars/compare?ids={CAR},{OTHER_CAR}&price_usd=30000");
    api.get_again(&stranger, "/cars/compare", &both).await;
    api.get(&stranger, "/cars/compare", "/cars/compare", 422)
        .await;

    // Coming in.
    let email = "ann@example.com";
    let ann = json!({ "email": email, "password": PASSWORD });
    let signup = "/auth/signup";
    api.post(&stranger, signup, signup, &ann, 201).await;
    api.post(&stranger, signup, signup, &ann, 409).await;
    api.post(
        &stranger,
        signup,
        signup,
        &json!({ "email": "x", "password": "y" }),
        422,
    )
    .await;
    let wrong = json!({ "email": email, "password": "wrong" });
    api.post(&stranger, "/auth/login", "/auth/login", &wrong, 401)
        .await;
    let entered = api
        .post(&stranger, "/auth/login", "/auth/login", &ann, 200)
        .await;
    for (password, status) in [(PASSWORD, 200), ("wrong", 400)] {
        let form = [
            ("grant_type", "password"),
            ("username", email),
            ("password", password),
        ];
        let grant = stranger.post("/auth/login").form(&form);
        api.check("post", "/auth/login", grant, status).await;
    }
    let person = site.program(entered["access_token"].as_str().unwrap());
    for body in ["{", "[]"] {
        let broken = stranger
            .post(signup)
            .header("content-type", "application/json")
            .body(body);
        api.check("post", signup, broken, 400).await;
    }
    let long = json!({ "email": "x".repeat(5_000), "password": PASSWORD });
    api.post(&stranger, signup, signup, &long, 413).await;
    api.check("post", signup, stranger.post(signup).body("x"), 415)
        .await;
    // Whoever isn't in hears the same everywhere.
    for (method, path) in operations(&api.api) {
        if api.api["paths"][&path][&method].get("security").is_none() {
            let nobody = "01900000-0000-7000-8000-000000000000";
            let address = path.replace("{id}", nobody).replace("{car}", CAR);
            let method_name = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = stranger
                .http
                .request(method_name, format!("{}{address}", site.base));
            let response = request.send().await.unwrap();
            assert_eq!(
                header(&response, "www-authenticate"),
                "Bearer realm=\"autio\""
            );
            api.take(&method, &path, response, 401).await;
        }
    }

    // What one sets, sessions and tokens.
    api.get(&person, "/auth/me", "/auth/me", 200).await;
    let settings =
        json!({ "knowledge": "enthusiast", "miles_per_year": 9000, "regular_usd": null });
    let patch = |path: &str, body: &Value| person.patch(path).json(body);
    api.check("patch", "/auth/me", patch("/auth/me", &settings), 200)
        .await;
    api.check(
        "patch",
        "/auth/me",
        patch("/auth/me", &json!({ "theme": "pink" })),
        422,
    )
    .await;
    let tokens = "/auth/tokens";
    let made = api
        .post(&person, tokens, tokens, &json!({ "name": "job" }), 201)
        .await;
    let job = site.program(made["token"].as_str().unwrap());
    api.post(&job, tokens, tokens, &json!({ "name": "another" }), 403)
        .await;
    api.get(&person, tokens, tokens, 200).await;
    let token = made["id"].as_str().unwrap();
    for status in [204, 404] {
        let revoke = person.delete(&format!("{tokens}/{token}"));
        api.check("delete", "/auth/tokens/{id}", revoke, status)
            .await;
    }
    let sessions = "/auth/sessions";
    let logins = api
        .get(&person, sessions, &format!("{sessions}?limit=1"), 200)
        .await;
    assert!(logins["next"].is_string());
    let logins = api.get(&person, sessions, sessions, 200).await;
    let mut logins = logins["sessions"].as_array().unwrap().iter();
    let other = logins.rfind(|one| one["current"] == false).unwrap();
    for status in [204, 404] {
        let end = person.delete(&format!("{sessions}/{}", other["id"].as_str().unwrap()));
        api.check("delete", "/auth/sessions/{id}", end, status)
            .await;
    }
    api.check("delete", sessions, person.delete(sessions), 204)
        .await;
    let events = "/auth/events";
    let happened = api.get(&person, events, events, 200).await;
    assert!(happened["events"].as_array().unwrap().len() > 3);
    let new = json!({ "email": "anna@example.com", "password": PASSWORD });
    api.post(&person, "/auth/email", "/auth/email", &new, 200)
        .await;
    let password =
        json!({ "current_password": "wrong", "new_password": "a lamp of violet wool 12" });
    api.post(&person, "/auth/password", "/auth/password", &password, 422)
        .await;
    let password =
        json!({ "current_password": PASSWORD, "new_password": "a lamp of violet wool 12" });
    api.post(&person, "/auth/password", "/auth/password", &password, 204)
        .await;

    talk(&mut api, &person).await;

    // The shortlist.
    let kept = format!("/shortlist/{CAR}");
    for status in [201, 200] {
        api.check("put", "/shortlist/{car}", person.put(&kept), status)
            .await;
    }
    api.check(
        "put",
        "/shortlist/{car}",
        person.put("/shortlist/no-car"),
        404,
    )
    .await;
    api.get(&person, "/shortlist", "/shortlist", 200).await;
    api.get(&person, "/auth/export", "/auth/export", 200).await;
    api.get(&person, "/auth/usage", "/auth/usage", 200).await;
    api.check("delete", "/shortlist/{car}", person.delete(&kept), 204)
        .await;

    // Going.
    let bob = site.new_program().await;
    api.check("post", "/auth/logout", bob.post("/auth/logout"), 204)
        .await;
    let goodbye = person
        .delete("/auth/me")
        .json(&json!({ "password": "a lamp of violet wool 12" }));
    api.check("delete", "/auth/me", goodbye, 204).await;

    // Nothing that is promised for when all goes well was left out.
    let mut unseen = BTreeSet::new();
    for (method, path) in operations(&api.api) {
        let responses = api.api["paths"][&path][&method]["responses"]
            .as_object()
            .unwrap();
        for status in responses.keys().filter(|status| status.as_str() < "400") {
            let one = (method.clone(), path.clone(), status.parse().unwrap());
            if !api.seen.contains(&one) {
                unseen.insert(one);
            }
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
    match std::env::var_os("AUTIO_TEST_EXAMPLES") {
        None => api.check_examples(),
        Some(_) => {
            let examples = serde_json::to_string_pretty(&api.examples).unwrap();
            std::fs::write(EXAMPLES, examples + "\n").unwrap();
        }
    }
}

/// Everything that can be done in the chat.
async fn talk(api: &mut Described, person: &Caller) {
    let say = |message: &str| person.post("/chat/").json(&json!({ "message": message }));
    let first = say("A hybrid SUV under $40,000").header("idempotency-key", "one");
    let reply = api.check("post", "/chat", first, 200).await;
    let other = say("A van").header("idempotency-key", "one");
    api.check("post", "/chat", other, 422).await;
    let conversation = reply["conversation_id"].as_str().unwrap();
    let message = reply["message_id"].as_str().unwrap();
    let streamed = say("A pickup").header("accept", "text/event-stream");
    let events = api.check("post", "/chat", streamed, 200).await;
    check_events(api, events.as_str().unwrap());
    let later = api
        .check(
            "post",
            "/chat",
            say("A wagon").header("prefer", "respond-async"),
            202,
        )
        .await;
    let later = later["message_id"].as_str().unwrap();
    let stream = format!("/chat/messages/{later}/events");
    let events = api
        .get(person, "/chat/messages/{id}/events", &stream, 200)
        .await;
    check_events(api, events.as_str().unwrap());
    // Whoever has read to the end and comes again is told to stop.
    let again = person.get(&stream).header("last-event-id", "end");
    api.check("get", "/chat/messages/{id}/events", again, 204)
        .await;
    let nowhere =
        json!({ "message": "x", "conversation_id": "01900000-0000-7000-8000-000000000000" });
    api.post(person, "/chat", "/chat", &nowhere, 404).await;

    let list = api.get(person, "/chat", "/chat?limit=1", 200).await;
    let next = list["next"].as_str().unwrap();
    api.get(person, "/chat", &format!("/chat?cursor={next}"), 200)
        .await;
    api.get(person, "/chat", "/chat?limit=0", 422).await;
    api.get(person, "/chat/search", "/chat/search?q=hybrid", 200)
        .await;
    api.get(person, "/chat/search", "/chat/search", 422).await;
    let one = format!("/chat/messages/{message}");
    api.get_again(person, "/chat/messages/{id}", &one).await;
    let stop = person.post(&format!("{one}/stop"));
    api.check("post", "/chat/messages/{id}/stop", stop, 200)
        .await;
    let retry = || person.post(&format!("{one}/retry"));
    let retried = "/chat/messages/{id}/retry";
    api.check("post", retried, retry(), 200).await;
    let events = api
        .check(
            "post",
            retried,
            retry().header("accept", "text/event-stream"),
            200,
        )
        .await;
    check_events(api, events.as_str().unwrap());
    let later = api
        .check(
            "post",
            retried,
            retry().header("prefer", "respond-async"),
            202,
        )
        .await;
    let later = later["message_id"].as_str().unwrap();
    let stream = format!("/chat/messages/{later}/events");
    api.get(person, "/chat/messages/{id}/events", &stream, 200)
        .await;

    send_batch(api, person).await;

    let open = format!("/chat/{conversation}");
    let whole = api.get_again(person, "/chat/{id}", &open).await;
    let said = whole["messages"][0]["id"].as_str().unwrap();
    let stop = person.post(&format!("/chat/messages/{said}/stop"));
    api.check("post", "/chat/messages/{id}/stop", stop, 409)
        .await;
    let needs = person
        .patch(&format!("{open}/needs"))
        .json(&json!({ "field": "seats_min", "value": 5 }));
    api.check("patch", "/chat/{id}/needs", needs, 200).await;
    let title = person
        .patch(&open)
        .json(&json!({ "title": "The family car" }));
    api.check("patch", "/chat/{id}", title, 200).await;
    for (format, status) in [("md", 200), ("json", 200), ("pdf", 422)] {
        let file = format!("{open}/export?format={format}");
        api.get(person, "/chat/{id}/export", &file, status).await;
    }
    api.check("delete", "/chat/{id}", person.delete(&open), 204)
        .await;
    api.get(person, "/chat/{id}", &open, 404).await;
    let back = person.post(&format!("{open}/restore"));
    api.check("post", "/chat/{id}/restore", back, 200).await;
}

/// Everything that can be done with a batch.
async fn send_batch(api: &mut Described, person: &Caller) {
    let route = "/chat/batches";
    let requests = json!([{ "id": "a", "message": "A hybrid" }, { "message": "A van" }]);
    let sent = json!({ "requests": requests });
    let batch = api.post(person, route, route, &sent, 201).await;
    let none = json!({ "requests": [] });
    api.post(person, route, route, &none, 422).await;
    api.get(person, route, route, 200).await;
    api.get(person, route, "/chat/batches?cursor=x", 422).await;
    let one = format!("{route}/{}", batch["id"].as_str().unwrap());
    let (route, results) = ("/chat/batches/{id}", "/chat/batches/{id}/results");
    let stop = person.post(&format!("{one}/stop"));
    api.check("post", "/chat/batches/{id}/stop", stop, 200)
        .await;
    api.get(person, route, &one, 200).await;
    let path = format!("{one}/results");
    api.get(person, results, &path, 200).await;
    api.get(person, results, &format!("{path}?limit=x"), 422)
        .await;
    let lines = person.get(&path).header("accept", "application/x-ndjson");
    let lines = api.check("get", results, lines, 200).await;
    assert_eq!(lines.as_str().unwrap().lines().count(), 2);
    for line in lines.as_str().unwrap().lines() {
        let schema = json!({ "$ref": "#/components/schemas/BatchResult" });
        api.hold(&schema, &serde_json::from_str(line).unwrap(), "a line");
    }
    api.check("delete", route, person.delete(&one), 204).await;
    api.get(person, route, &one, 404).await;
}

/// Holds the events of a stream against the schemas that their table names.
fn check_events(api: &Described, events: &str) {
    let mut last = "";
    for event in events.trim_end().split("\n\n") {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let data: Value = serde_json::from_str(field("data: ").unwrap()).unwrap();
        last = field("event: ").unwrap();
        let schema = match last {
            "delta" => "Delta",
            "cars" => "Shown",
            "done" => "Reply",
            other => panic!("{other} in {events}"),
        };
        api.hold(
            &json!({ "$ref": format!("#/components/schemas/{schema}") }),
            &data,
            last,
        );
    }
    assert_eq!(last, "done");
}

/// The description, and which of its answers were seen.
struct Described {
    api: Value,
    /// With nothing in an object that isn't described.
    components: Value,
    seen: BTreeSet<(String, String, u16)>,
    /// The first answer of each kind, cut short.
    examples: BTreeMap<String, Value>,
}

impl Described {
    async fn new(caller: &Caller) -> Self {
        let api = caller.read("/openapi.json").await;
        let mut components = json!({ "schemas": api["components"]["schemas"] });
        let mut parts = BTreeSet::new();
        find_parts(&components, false, &mut parts);
        for (name, schema) in components["schemas"].as_object_mut().unwrap() {
            if !parts.contains(name) {
                close(schema);
            }
        }
        Self {
            api,
            components,
            seen: BTreeSet::new(),
            examples: BTreeMap::new(),
        }
    }

    async fn get(&mut self, caller: &Caller, route: &str, path: &str, status: u16) -> Value {
        self.check("get", route, caller.get(path), status).await
    }

    /// Twice, the second time with the tag of the first.
    async fn get_again(&mut self, caller: &Caller, route: &str, path: &str) -> Value {
        let response = caller.get(path).send().await.unwrap();
        let tag = header(&response, "etag").to_owned();
        let answer = self.take("get", route, response, 200).await;
        let again = caller
            .get(path)
            .header("if-none-match", format!("\"x\", {tag}"));
        let response = again.send().await.unwrap();
        assert_eq!(header(&response, "etag"), tag);
        assert!(self.take("get", route, response, 304).await.is_null());
        answer
    }

    async fn post(
        &mut self,
        caller: &Caller,
        route: &str,
        path: &str,
        body: &Value,
        status: u16,
    ) -> Value {
        self.check("post", route, caller.post(path).json(body), status)
            .await
    }

    async fn check(
        &mut self,
        method: &str,
        route: &str,
        request: RequestBuilder,
        status: u16,
    ) -> Value {
        let response = request.send().await.unwrap();
        self.take(method, route, response, status).await
    }

    /// Holds an answer against what is said of it: its status, headers, content type and body.
    async fn take(&mut self, method: &str, route: &str, response: Response, status: u16) -> Value {
        let what = format!("{method} {route} {status}");
        let found = response.status();
        let headers = response.headers().clone();
        let kind = header(&response, "content-type").to_owned();
        let body = response.text().await.unwrap();
        assert_eq!(found, status, "{what}: {body}");
        self.seen
            .insert((method.to_owned(), route.to_owned(), status));
        let described = &self.api["paths"][route][method]["responses"][status.to_string()];
        assert!(described.is_object(), "{what} is not described");
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            // Limits are off here, and some come with some answers only.
            let is_optional = name.starts_with("RateLimit") || header["schema"]["type"].is_array();
            assert!(
                is_optional || headers.contains_key(name),
                "{what} has no {name}"
            );
        }
        let Some(contents) = described["content"].as_object() else {
            assert!(body.is_empty(), "{what}: {body}");
            return Value::Null;
        };
        let essence = kind.split(';').next().unwrap();
        let content = contents.get(essence);
        let content = content.unwrap_or_else(|| panic!("{what}: {essence} is not described"));
        if essence.ends_with("ndjson") || !essence.ends_with("json") {
            return body.into();
        }
        let answer: Value = serde_json::from_str(&body).unwrap();
        self.hold(&content["schema"], &answer, &what);
        if found.is_success() && route != "/openapi.json" {
            self.examples
                .entry(what)
                .or_insert_with(|| shorten(&answer));
        }
        answer
    }

    /// Every answer that goes well has an example, which is as the schema says.
    fn check_examples(&self) {
        for (method, path) in operations(&self.api) {
            let responses = &self.api["paths"][&path][&method]["responses"];
            for (status, response) in responses.as_object().unwrap() {
                let content = &response["content"]["application/json"];
                if !status.starts_with('2') || content.is_null() || path == "/openapi.json" {
                    continue;
                }
                let what = format!("{method} {path} {status}");
                let example = &content["example"];
                assert!(
                    !example.is_null(),
                    "{what} has no example: AUTIO_TEST_EXAMPLES=1 cargo test --test it api::answers"
                );
                self.hold(&content["schema"], example, &what);
            }
        }
    }

    fn hold(&self, schema: &Value, answer: &Value, what: &str) {
        let whole = json!({ "components": self.components, "allOf": [schema] });
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = options.build(&whole).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(answer)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{answer:#}");
    }
}

/// An answer as an example: of each list its first, and no token that works.
fn shorten(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().take(1).map(shorten).collect(),
        Value::Object(members) => {
            let short = members
                .iter()
                .map(|(name, value)| (name.clone(), shorten(value)));
            Value::Object(short.collect())
        }
        Value::String(text) if text.starts_with("eyJ") => {
            json!("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIi…")
        }
        Value::String(text) if text.chars().count() > 300 => {
            Value::String(text.chars().take(299).chain(['…']).collect())
        }
        other => other.clone(),
    }
}

/// The names of schemas that are parts of others, which have more fields.
fn find_parts(schema: &Value, is_part: bool, parts: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.get("$ref").filter(|_| is_part) {
                parts.insert(name.rsplit('/').next().unwrap().to_owned());
            }
            for (name, member) in members {
                find_parts(member, name == "allOf", parts);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| find_parts(item, is_part, parts)),
        _ => {}
    }
}

/// Takes nothing that isn't described.
fn close(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    if members.contains_key("allOf") {
        members.insert("unevaluatedProperties".to_owned(), json!(false));
        return;
    }
    if members.contains_key("properties") && !members.contains_key("additionalProperties") {
        members.insert("additionalProperties".to_owned(), json!(false));
    }
    for member in members.values_mut() {
        close(member);
    }
}

/// Method and path of every operation.
fn operations(api: &Value) -> Vec<(String, String)> {
    let paths = api["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.clone(), path.clone()))
    });
    operations.collect()
}

/// The routes as the code adds them: `web::resource("…")` with its methods, and `.route("…", web::get()…)`.
fn find_routes(dir: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_routes(&path, found);
            continue;
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for start in ["web::resource(\"", ".route(\""] {
            for part in text.split(start).skip(1) {
                let (route, rest) = part.split_once('"').unwrap();
                // Up to the next one, or to the end of the function.
                let ends = ["web::resource(", ".route(\"", "\n}\n", ".service("];
                let end = ends.iter().filter_map(|end| rest.find(end)).min();
                let rest = &rest[..end.unwrap_or(rest.len())];
                for method in ["get", "post", "put", "patch", "delete"] {
                    if rest.contains(&format!("web::{method}()")) {
                        found.insert((method.to_owned(), route.to_owned()));
                    }
                }
            }
        }
    }
}
