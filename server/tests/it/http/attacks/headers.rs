//! Line breaks where a header, or a line of the log, could be split.

use reqwest::Method;
use serde_json::json;

use super::super::app::{PASSWORD, TestApp};
use super::super::pages::token;
use super::{raw, status};

/// What would be a header of its own, were it let through.
const SPLIT: &str = "\r\nset-cookie: forged=1\r\n\r\n<script>alert(1)</script>";

#[tokio::test]
async fn a_line_break_in_what_was_typed_begins_no_header() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let encoded = "%0d%0aset-cookie:%20forged=1%0d%0a%0d%0a";
    for path in [
        format!("/{encoded}"),
        format!("/login?refused={encoded}"),
        format!("/login/sso?next=/chats{encoded}"),
        format!("/chats/{encoded}"),
        format!("/contacts/add?find={encoded}"),
        format!("/security?done={encoded}"),
        format!("/chats/{encoded}/send"),
        format!("/api/v1/users/{encoded}"),
        format!("/api/v1/users?handle={encoded}"),
    ] {
        for browser in [&ann.browser, &app.anybody()] {
            let answer = browser.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.status);
            let cookies = answer.headers.get_all("set-cookie");
            for cookie in cookies {
                assert!(!cookie.as_bytes().starts_with(b"forged"), "{path}");
            }
            let location = answer.header("location");
            assert!(location.chars().all(|c| c.is_ascii_graphic()), "{path}");
            assert!(
                ["", "/"].contains(&location.get(..1).unwrap_or("")),
                "{path}"
            );
        }
    }
    // In names it is refused, by the interface and by forms.
    let name = format!("Ann{SPLIT}");
    let refused = ann.patch("/api/v1/me", json!({ "name": name })).await;
    refused.is_problem(422, "invalid");
    let id = ann.id.to_string();
    let form = [
        ("token", &*token(&ann)),
        ("user", &*id),
        ("name", &name),
        ("signature", ""),
    ];
    assert_eq!(ann.submit("/settings/profile", &form).await.status, 422);
    let handle = json!({"handle": format!("ann{SPLIT}"), "password": PASSWORD});
    let refused = app.anybody().post("/api/v1/accounts", handle).await;
    refused.is_problem(422, "invalid");
    // A choice that becomes a cookie is one of those that there are.
    let form = [
        ("token", &*token(&ann)),
        ("language", "en\r\nset-cookie: forged=1"),
        ("theme", "dark; forged=1"),
    ];
    let refused = ann.submit("/settings/display", &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn what_breaks_a_header_breaks_the_request() {
    let app = TestApp::start().await;
    for header in [
        "x-more: a\0b",
        "x-more: a\rb",
        "x more: a",
        "cookie: session=\u{1}",
        ": nameless",
        "content-length: 1\r\ncontent-length: 2",
        "content-length: -1",
        "content-length: 1e3",
        "transfer-encoding: gzip",
    ] {
        let request = format!(
            "POST /api/v1/session HTTP/1.1\r\nhost: {{host}}\r\norigin: http://{{host}}\r\n\
             content-type: application/json\r\nconnection: close\r\n{header}\r\n\r\n{{}}"
        );
        let answer = raw(&app, &request).await;
        assert_eq!(status(&answer), 400, "{header:?}: {answer}");
    }
    // A header as long as a book.
    let long = format!(
        "GET / HTTP/1.1\r\nhost: {{host}}\r\nx-more: {}\r\n\r\n",
        "a".repeat(100_000)
    );
    let answer = raw(&app, &long).await;
    assert!(answer.is_empty() || status(&answer) == 431, "{answer}");
    assert_eq!(app.anybody().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_body_is_no_second_request() {
    let app = TestApp::start().await;
    // By its length, what is behind the empty chunk would belong to the first request.
    let smuggled = "GET /api/v1/limits HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n";
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: {{host}}\r\norigin: http://{{host}}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n{smuggled}",
        smuggled.len() + 5
    );
    let answer = raw(&app, &request).await;
    assert_eq!(status(&answer), 400, "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(!answer.contains("text_chars"), "{answer}");
}

#[tokio::test]
async fn an_id_that_a_request_brings_along_is_not_taken() {
    let app = TestApp::start().await;
    let nobody = app.anybody();
    for id in ["<script>", "0000000000000000", "forged"] {
        let request = nobody
            .request(Method::GET, "/api/v1/me")
            .header("x-request-id", id);
        let answer = nobody.send(request).await;
        answer.is_problem(401, "unauthenticated");
        assert_ne!(answer.header("x-request-id"), id);
        assert!(!answer.text.contains(id), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_a_browser_calls_itself_is_only_text() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let hostile = "</p><img src=x onerror=alert(1)><svg/onload=alert(1)>javascript:alert(1)";
    let log_in = json!({"handle": "ann", "password": PASSWORD});
    let request = app.anybody().request(Method::POST, "/api/v1/session");
    let request = request.header("user-agent", hostile).json(&log_in);
    assert_eq!(ann.send(request).await.status, 200);
    let page = ann.get("/security").await;
    assert!(page.text.contains("&lt;img src=x"), "{}", page.text);
    for part in ["<img", "<svg/onload", "href=\"javascript:"] {
        assert!(!page.text.contains(part), "{part}");
    }
}
