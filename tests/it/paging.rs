//! Long lists come in parts that make up the whole, in the same order, by `cursor`, `limit` and `next`.

use serde_json::{Value, json};

use crate::site::{Caller, PASSWORD, Site};

#[tokio::test]
async fn parts_of_every_list_make_up_the_whole() {
    let site = Site::start().await;
    site.sign_up("ann@example.com").await;
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    let mut token = String::new();
    for _ in 0..4 {
        let entered = site.stranger().post("/auth/login").json(&login);
        let entered: Value = entered.send().await.unwrap().json().await.unwrap();
        token = entered["access_token"].as_str().unwrap().to_owned();
    }
    let ann = site.program(&token);
    for number in 0..5 {
        let token = ann
            .post("/auth/tokens")
            .json(&json!({ "name": format!("job {number}") }));
        assert_eq!(token.send().await.unwrap().status(), 201);
    }
    let cars = ann.read("/cars?limit=5").await;
    for car in cars["cars"].as_array().unwrap() {
        let id = car["id"].as_str().unwrap();
        let kept = ann.put(&format!("/shortlist/{id}")).send().await.unwrap();
        assert_eq!(kept.status(), 201);
    }
    let first = ann.say("a hybrid wagon", None).await;
    let conversation = first["conversation_id"].as_str().unwrap();
    for words in ["a hybrid van", "a hybrid sedan"] {
        ann.say(words, Some(conversation)).await;
    }
    for words in ["a hybrid coupe", "a hybrid pickup"] {
        ann.say(words, None).await;
    }
    let open = format!("/chat/{conversation}");
    let api = ann.read("/openapi.json").await;
    for (path, field, least) in [
        ("/auth/sessions", "sessions", 5),
        ("/auth/tokens", "tokens", 5),
        ("/shortlist", "cars", 5),
        ("/chat", "conversations", 3),
        ("/chat/search?q=hybrid", "results", 5),
        (open.as_str(), "messages", 6),
    ] {
        let route = path.replace(conversation, "{id}").replace("?q=hybrid", "");
        let described = api["paths"][&route]["get"]["parameters"]
            .as_array()
            .unwrap();
        for name in ["cursor", "limit"] {
            let is_described = described
                .iter()
                .any(|one| one["name"] == name && one["in"] == "query");
            assert!(is_described, "{route} {name}");
        }
        let whole = ann.read(path).await;
        assert_eq!(whole["next"], Value::Null, "{path}");
        let whole = whole[field].as_array().unwrap();
        assert!(whole.len() >= least, "{path} has {}", whole.len());
        let parts = read_parts(&ann, path, field).await;
        assert_eq!(parts, *whole, "{path}");
        for wrong in ["limit=0", "limit=101", "limit=many"] {
            let refused = ann.get(&with(path, wrong)).send().await.unwrap();
            assert_eq!(refused.status(), 422, "{path} {wrong}");
            let problem: Value = refused.json().await.unwrap();
            assert_eq!(problem["errors"][0]["field"], "limit");
        }
    }
    // What a cursor names may be gone: the rest is found all the same.
    let tokens = ann.read("/auth/tokens?limit=2").await;
    let next = tokens["next"].as_str().unwrap();
    let revoked = ann
        .delete(&format!("/auth/tokens/{next}"))
        .send()
        .await
        .unwrap();
    assert_eq!(revoked.status(), 204);
    let rest = ann.read(&format!("/auth/tokens?cursor={next}")).await;
    assert_eq!(rest["tokens"].as_array().unwrap().len(), 3);
    // A message that isn't on the path can't be gone on from.
    let nowhere = format!("{open}?cursor=01900000-0000-7000-8000-000000000000");
    assert_eq!(ann.get(&nowhere).send().await.unwrap().status(), 422);
}

async fn read_parts(caller: &Caller, path: &str, field: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut part = caller.read(&with(path, "limit=2")).await;
    loop {
        let items = part[field].as_array().unwrap();
        assert!((1..=2).contains(&items.len()), "{path}: {part}");
        all.extend(items.iter().cloned());
        let Some(next) = part["next"].as_str() else {
            return all;
        };
        part = caller
            .read(&with(path, &format!("limit=2&cursor={next}")))
            .await;
    }
}

fn with(path: &str, query: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}{query}")
}
