//! What holds for every operation alike, so that no handler has to say it: errors, headers, forms, and how to log in.

use serde_json::{Map, Value, json};

use crate::error::Error;

/// An answer of each kind, as the program gave it once, by method, path and status; lists are cut to one.
///
/// The test of the description (tests/it/api.rs) takes them down, and holds them to it ever after.
const EXAMPLES: &str = include_str!("examples.json");

/// Completes a description in which each operation has what is its own.
///
/// # Errors
/// When the examples can't be read.
pub fn complete(api: &mut Value) -> serde_json::Result<()> {
    let examples: Map<String, Value> = serde_json::from_str(EXAMPLES)?;
    api["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token from signing up, logging in, or `POST /auth/tokens`.",
        },
        "login": {
            "type": "oauth2",
            "description": "Logs in with an email (as the username) and a password; no client id is needed.",
            "flows": { "password": { "tokenUrl": "/auth/login", "scopes": {} } },
        },
    });
    if let Some(paths) = api["paths"].as_object_mut() {
        for (path, item) in paths {
            let operations = item.as_object_mut().into_iter().flatten();
            for (method, operation) in operations {
                complete_operation(path, method, operation);
                add_examples(path, method, operation, &examples);
            }
        }
    }
    if let Some(schemas) = api["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(unlink);
    }
    Ok(())
}

/// Examples of answers: our own of what goes well, and of errors the usual sentence.
fn add_examples(path: &str, method: &str, operation: &mut Value, examples: &Map<String, Value>) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses {
        let example = match examples.get(&format!("{method} {path} {status}")) {
            Some(example) => Some(("application/json", example.clone())),
            None => problem(status).map(|problem| ("application/problem+json", problem)),
        };
        let Some((kind, example)) = example else {
            continue;
        };
        let content = &mut response["content"];
        if content
            .get(kind)
            .is_some_and(|content| content.get("example").is_none())
        {
            content[kind]["example"] = example;
        }
    }
}

/// What a program gets with that status.
fn problem(status: &str) -> Option<Value> {
    let unable = || {
        Error::Malformed("The body is not JSON: expected `,` or `}` at line 1 column 22.".into())
    };
    let wrong = || Error::field("message", "Say what you need in 1 to 8000 characters.");
    let (title, error) = match status {
        "400" => ("Bad Request", unable()),
        "401" => ("Unauthorized", Error::Unauthenticated),
        "403" => ("Forbidden", Error::CrossSite),
        "404" => ("Not Found", Error::NotFound),
        "409" => ("Conflict", Error::State("The answer is finished already.")),
        "413" => ("Payload Too Large", Error::TooLarge(64 * 1024)),
        "415" => ("Unsupported Media Type", Error::UnsupportedMediaType),
        "422" => ("Unprocessable Entity", wrong()),
        "429" => ("Too Many Requests", Error::Malformed("That was too much at once, so it was not sent. Wait 3 seconds, then send it again.".into())),
        "500" => ("Internal Server Error", Error::internal("")),
        "502" => ("Bad Gateway", Error::Malformed("The model's server failed three times: it answered 500.".into())),
        "503" => ("Service Unavailable", Error::Unavailable),
        _ => return None,
    };
    let mut problem = json!({
        "type": "about:blank", "title": title, "status": status.parse::<u16>().ok()?,
        "detail": error.to_string(), "request_id": "0197f0a2c4d87b3e9a11c0ffee000000",
    });
    if !error.fields().is_empty() {
        problem["errors"] = json!(error.fields());
    }
    Some(problem)
}

fn complete_operation(path: &str, method: &str, operation: &mut Value) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["in"] == "path" {
            explain_path(path, parameter);
        }
    }
    if operation["parameters"].is_null() {
        operation
            .as_object_mut()
            .map(|operation| operation.remove("parameters"));
    }
    let needs_login = operation.get("security").is_none();
    let has_body = operation.get("requestBody").is_some();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let is_given = |parameter: &&Value| parameter["in"] != "path";
    let takes_parameters = parameters.is_some_and(|all| all.iter().any(|one| is_given(&one)));
    if let Some(contents) = operation["requestBody"]["content"].as_object_mut()
        && contents.len() == 1
        // A form has no lists of things.
        && path != "/chat/batches"
        && let Some(json) = contents.get("application/json").cloned()
    {
        contents.insert("application/x-www-form-urlencoded".to_owned(), json);
    }
    if !has_body {
        operation
            .as_object_mut()
            .map(|operation| operation.remove("requestBody"));
    }
    let is_tagged = operation["responses"].get("304").is_some();
    if is_tagged {
        let parameter = json!({
            "name": "If-None-Match", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "The `ETag` of what you have: if it is still that, the answer is 304 without a body",
        });
        match operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
        {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    let mut usual = vec!["500"];
    usual.extend(needs_login.then_some("401"));
    usual.extend((method != "get").then_some("403"));
    usual.extend(
        has_body
            .then_some(["400", "413", "415", "422"])
            .into_iter()
            .flatten(),
    );
    usual.extend(
        takes_parameters
            .then_some(["400", "422"])
            .into_iter()
            .flatten(),
    );
    let never_busy = ["/", "/healthz", "/metrics", "/openapi.json"];
    usual.extend((!never_busy.contains(&path)).then_some("503"));
    for status in usual {
        responses
            .entry(status)
            .or_insert_with(|| json!({ "description": "" }));
    }
    let is_limited = responses.contains_key("429");
    for (status, response) in responses {
        complete_response(status, response, is_limited, is_tagged);
    }
}

/// Which thing it is that an address names.
fn explain_path(path: &str, parameter: &mut Value) {
    if path.starts_with("/cars/") || path.starts_with("/shortlist/") {
        parameter["description"] = json!("The id of a car");
        parameter["example"] = json!("2022-toyota-rav4-hybrid-awd-45009");
        return;
    }
    let what = match path {
        path if path.starts_with("/auth/sessions") => "The id of a session",
        path if path.starts_with("/auth/tokens") => {
            "The id of a token, which isn't the token itself"
        }
        path if path.starts_with("/chat/batches") => "The id of a batch",
        path if path.starts_with("/chat/messages") => "The id of a message",
        _ => "The id of a conversation",
    };
    parameter["description"] = json!(what);
    parameter["schema"]["format"] = json!("uuid");
}

fn complete_response(status: &str, response: &mut Value, is_limited: bool, is_tagged: bool) {
    let Some(said) = usual_words(status) else {
        return add_headers(status, response, is_limited, is_tagged);
    };
    if response["description"].as_str().is_none_or(str::is_empty) {
        response["description"] = json!(said);
    }
    if status != "304" && response["content"].is_null() {
        response["content"] = json!({
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        });
    }
    add_headers(status, response, is_limited, is_tagged);
}

/// What a status says where an operation has nothing of its own to say.
fn usual_words(status: &str) -> Option<&'static str> {
    Some(match status {
        "304" => "It is still what you have",
        "400" => "The request can't be read",
        "401" => "There is no token with the request, or one that is forged, expired or revoked",
        "403" => "The request carries a cookie and doesn't come from one of our own pages",
        "404" => "There is no such thing, or it is somebody else's",
        "409" => "It is not in a state in which this can be done",
        "413" => "The body is too long",
        "415" => "The body is neither JSON nor a form",
        "422" => "Fields are wrong: `errors` says which, and why",
        "429" => "Over a limit, or a budget is used up",
        "500" => "Something went wrong on our side; it is logged",
        "502" => "The model's server failed",
        "503" => {
            "Busy, or being restarted; the detail says so where something may have been stored all the same"
        }
        _ => return None,
    })
}

fn add_headers(status: &str, response: &mut Value, is_limited: bool, is_tagged: bool) {
    let mut headers = Map::new();
    let mut add = |name: &str, kind: &str, description: &str| {
        let header = json!({ "schema": { "type": kind }, "description": description });
        headers.insert(name.to_owned(), header);
    };
    if status == "401" {
        add("WWW-Authenticate", "string", "`Bearer realm=\"autio\"`");
    }
    if matches!(status, "429" | "503") {
        add(
            "Retry-After",
            "integer",
            "Seconds after which another try makes sense",
        );
    }
    if is_tagged && matches!(status, "200" | "304") {
        add(
            "ETag",
            "string",
            "Of what the answer is, for `If-None-Match`",
        );
    }
    if is_limited && (status.starts_with('2') || status == "429") {
        add(
            "RateLimit-Policy",
            "string",
            "What the limit is: `\"chat\";q=20;w=60` is 20 at once, and as many again in 60 seconds; none where it is turned off",
        );
        add(
            "RateLimit",
            "string",
            "What is left of it: `\"chat\";r=19;t=3` is 19 now, and one more in 3 seconds",
        );
    }
    if headers.is_empty() {
        return;
    }
    match response["headers"].as_object_mut() {
        Some(own) => own.extend(headers),
        None => response["headers"] = Value::Object(headers),
    }
}

/// Links in the code's own comments lead nowhere here.
fn unlink(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
            }
            members.values_mut().for_each(unlink);
        }
        Value::Array(items) => items.iter_mut().for_each(unlink),
        _ => {}
    }
}
