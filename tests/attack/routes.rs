//! Every route that there is, read from the source: one that is added is attacked from then on.

use std::path::Path;
use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

/// What needs no account; everything else is personal.
const PUBLIC: [&str; 12] = [
    "/",
    "/login",
    "/signup",
    "/auth/signup",
    "/auth/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/favicon.ico",
    "/manifest.webmanifest",
    "/cars",
];

/// A method and the pattern of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    pub pattern: String,
}

/// What stands where a pattern has a parameter.
#[derive(Clone, Debug)]
pub struct Ids {
    pub conversation: String,
    pub message: String,
    pub batch: String,
    pub session: String,
    pub token: String,
}

impl Ids {
    /// Of nothing that ever was.
    pub fn of_nothing() -> Self {
        let id = autio::db::new_id;
        Self {
            conversation: id(),
            message: id(),
            batch: id(),
            session: id(),
            token: id(),
        }
    }
}

/// Every route of the source.
pub fn all() -> &'static [Route] {
    static ALL: LazyLock<Vec<Route>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Route> {
    let mut routes = Vec::new();
    read_folder(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut routes,
    );
    // Fewer would mean that they are written in a way that isn't understood here.
    assert!(routes.len() > 50, "only {} routes were found", routes.len());
    routes
}

fn read_folder(folder: &Path, routes: &mut Vec<Route>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, routes);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            read_file(&std::fs::read_to_string(&path).unwrap(), routes);
        }
    }
}

/// Reads `web::resource("…").route(web::get()…)` and `.route("…", web::get()…)`.
fn read_file(text: &str, routes: &mut Vec<Route>) {
    for other in ["web::scope(", "#[get(\"", "#[post(\"", "web::method("] {
        assert!(!text.contains(other), "{other} is not understood here");
    }
    let mut pattern = None;
    let mut rest = text;
    while let Some(at) = rest.find(['w', '.', 'S']) {
        rest = &rest[at..];
        let address = ["web::resource(\"", ".route(\"", "SwaggerUi::new(\""]
            .iter()
            .find_map(|begin| rest.strip_prefix(begin));
        if let Some(after) = address {
            let address = after.split('"').next().unwrap().to_owned();
            if rest.starts_with('S') {
                add(routes, Method::GET, &address);
            }
            pattern = Some(address);
        }
        for method in ["get", "post", "put", "patch", "delete"] {
            if rest.starts_with(&format!("web::{method}()")) {
                let pattern = pattern.as_ref().expect("a route without an address");
                add(routes, method.to_uppercase().parse().unwrap(), pattern);
            }
        }
        rest = &rest[1..];
    }
}

fn add(routes: &mut Vec<Route>, method: Method, pattern: &str) {
    routes.push(Route {
        method,
        pattern: pattern.to_owned(),
    });
}

impl Route {
    pub fn is_personal(&self) -> bool {
        let starts = |part| self.pattern.starts_with(part);
        !PUBLIC.contains(&self.pattern.as_str())
            && !starts("/cars/")
            && !starts("/static/")
            && !starts("/docs")
    }

    /// Whether its address names something that is somebody's.
    pub fn has_id(&self) -> bool {
        self.is_personal() && self.pattern.contains("{id}")
    }

    pub fn is_unsafe(&self) -> bool {
        !self.method.is_safe()
    }

    /// Whether the session that asks may be over afterwards.
    pub fn ends_sessions(&self) -> bool {
        let pattern = self.pattern.as_str();
        pattern == "/auth/logout" || (self.is_unsafe() && pattern.starts_with("/auth/sessions"))
    }

    /// Its address with these ids.
    pub fn path(&self, ids: &Ids) -> String {
        let starts = |part| self.pattern.starts_with(part);
        let of = |name: &str| match name {
            "id" if starts("/chat/messages/") => ids.message.as_str(),
            "id" if starts("/chat/batches/") => &ids.batch,
            "id" if starts("/chat/") => &ids.conversation,
            "id" if starts("/auth/sessions/") => &ids.session,
            "id" if starts("/auth/tokens/") => &ids.token,
            "id" if starts("/cars/") => CAR,
            "car" => CAR,
            "file" => "swagger-ui.css",
            "file:.*" => "app.css",
            "_:.*" | "tail:.*" => "index.html",
            _ => panic!("what is {{{name}}} of {}?", self.pattern),
        };
        let mut path = String::new();
        for part in self.pattern.split('{') {
            match part.split_once('}') {
                Some((name, rest)) => path = path + of(name) + rest,
                None => path += part,
            }
        }
        if path.ends_with("/export") && path.starts_with("/chat/") {
            path += "?format=json";
        }
        path
    }

    /// A body that it takes, and that does no harm to whoever sends it.
    pub fn body(&self) -> Value {
        let wrong = "not the password 99";
        match (self.method.as_str(), self.pattern.as_str()) {
            ("POST", "/auth/password") => {
                json!({ "current_password": wrong, "new_password": "green kettle marmalade 12" })
            }
            ("POST", "/auth/email") => json!({ "email": "thief@example.com", "password": wrong }),
            ("DELETE", "/auth/me") | (_, "/auth/me/delete") => json!({ "password": wrong }),
            (_, "/auth/me") => json!({ "theme": "dark" }),
            (_, "/auth/tokens") => json!({ "name": "thief" }),
            (_, "/auth/login" | "/auth/signup") => json!({ "email": "", "password": "" }),
            (_, "/chat") => json!({ "message": "a van" }),
            (_, "/chat/{id}/needs") => json!({ "field": "seats_min", "value": "7" }),
            (_, "/chat/{id}") => json!({ "title": "stolen" }),
            _ => json!({}),
        }
    }
}

pub const CAR: &str = "2022-toyota-rav4-hybrid-awd-45009";
