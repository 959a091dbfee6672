//! Bodies that are too large, too deep, or larger than they look.

use reqwest::Method;
use serde_json::Value;

use super::super::app::{Person, TestApp, fresh_id, say};

const MEGABYTE: usize = 1024 * 1024;

/// As deep as nobody means it.
const LEVELS: usize = 100_000;

/// `{"handle": "inflated", …}`, with ten million spaces between the fields, by gzip.
const BOMB: &[u8] = include_bytes!("bomb.json.gz");

/// A route that something can be posted to.
#[derive(Debug)]
struct Route {
    method: Method,
    path: String,
    /// Whether it reads JSON.
    takes_json: bool,
    /// Whether it reads a form.
    takes_form: bool,
}

/// All of them, with what is there in the place of what they name.
async fn routes(app: &TestApp, person: &Person) -> Vec<Route> {
    let document = app.anybody().get("/api/openapi.json").await.json();
    let own = person.with(person).to_string();
    let nobody = fresh_id().to_string();
    let mut routes = Vec::new();
    for (method, template) in server::http::all_routes() {
        if matches!(method, Method::GET | Method::DELETE) {
            continue;
        }
        let operation = &document["paths"][template][method.as_str().to_lowercase()];
        let path = template
            .replace("{conversation}", &own)
            .replace("{user}", &person.id.to_string())
            .replace("{request}", &nobody)
            .replace("{stream}", &nobody)
            .replace("{session}", "none")
            .replace("{provider}", "nobody");
        routes.push(Route {
            method,
            path,
            takes_json: operation["requestBody"].is_object(),
            takes_form: !template.starts_with("/api/"),
        });
    }
    assert!(routes.iter().any(|route| route.takes_json));
    routes
}

impl Route {
    fn takes_body(&self) -> bool {
        self.takes_json || self.takes_form
    }

    async fn post(&self, person: &Person, body: Vec<u8>, encoding: Option<&str>) -> u16 {
        let media_type = if self.takes_form {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        let mut request = person
            .request(self.method.clone(), &self.path)
            .header("content-type", media_type)
            .body(body);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        person.send(request).await.status
    }
}

#[tokio::test]
async fn ten_megabytes_are_taken_nowhere() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut body = br#"{"handle": ""#.to_vec();
    body.resize(10 * MEGABYTE, b'a');
    let routes = routes(&app, &ann).await;
    for route in routes.iter().filter(|route| route.takes_body()) {
        let status = route.post(&ann, body.clone(), None).await;
        assert_eq!(status, 413, "{route:?}");
    }
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn json_of_a_hundred_thousand_levels_is_no_way_to_the_stack() {
    let app = TestApp::start_with(|config| config.limits.body_bytes = MEGABYTE).await;
    let ann = app.register("ann").await;
    let deep = |open: &str, close: &str| {
        let body = [open.repeat(LEVELS), "1".to_owned(), close.repeat(LEVELS)].concat();
        body.into_bytes()
    };
    let bodies = [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        // Not even closed.
        "[".repeat(LEVELS).into_bytes(),
        deep("[{\"users\":", "}]"),
    ];
    for route in routes(&app, &ann).await {
        for body in &bodies {
            let status = route.post(&ann, body.clone(), None).await;
            assert!(status < 500, "{route:?}: {status}");
            // An object may have fields that are not known; a list is none.
            if route.takes_json && body[0] == b'[' {
                assert!(status >= 400, "{route:?}: {status}");
            }
        }
    }
    // In fields that are not known it is read over, and not kept.
    let own = ann.with(&ann);
    let mut command = say("hello").to_string();
    let unknown = format!(
        r#","unknown":{}{}}}"#,
        "[".repeat(LEVELS),
        "]".repeat(LEVELS)
    );
    command.replace_range(command.len() - 1.., &unknown);
    let path = format!("/api/v1/conversations/{own}/commands");
    let request = ann
        .request(Method::POST, &path)
        .header("content-type", "application/json")
        .body(command);
    let answer = ann.send(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let event: Value = answer.json();
    assert_eq!(event["body"].as_object().unwrap().len(), 1, "{event}");
    assert_eq!(ann.texts(own).await, ["hello"]);
}

#[tokio::test]
async fn a_compressed_body_is_never_inflated() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    assert!(BOMB.len() < app.config().limits.body_bytes);
    for route in routes(&app, &ann).await {
        for encoding in [
            "gzip",
            "br",
            "deflate",
            "GZIP",
            "identity, gzip",
            "nonsense",
        ] {
            let status = route.post(&ann, BOMB.to_vec(), Some(encoding)).await;
            if route.takes_body() {
                assert_eq!(status, 415, "{route:?}, {encoding}");
            } else {
                assert!(status < 500, "{route:?}, {encoding}: {status}");
            }
        }
    }
    let found = ann.get("/api/v1/users?handle=inflated").await;
    found.is_problem(404, "not_found");
    // What is not compressed may say so.
    let request = ann
        .request(Method::PATCH, "/api/v1/me")
        .header("content-type", "application/json")
        .header("content-encoding", "identity")
        .body(r#"{"name": "Ann"}"#);
    assert_eq!(ann.send(request).await.status, 200);
}
