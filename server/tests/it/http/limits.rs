use reqwest::Method;
use serde_json::json;
use server::clock::Clock;
use server::config::Config;

use super::app::{Answer, PASSWORD, TestApp, say};

/// A server whose clock stands still, so that no window ends while a test fills it.
async fn in_one_window(change: impl FnOnce(&mut Config)) -> TestApp {
    let clock = Clock::manual(Clock::system().now());
    TestApp::start_as(Some(clock), change).await
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&ann));
    let body = vec![b' '; 10 * 1024 * 1024];
    let request = ann
        .request(Method::POST, &path)
        .header("content-type", "application/json")
        .body(body.clone());
    ann.send(request).await.is_problem(413, "too_large");
    let form = ann
        .request(Method::POST, "/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(ann.send(form).await.status, 413);
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn text_that_is_too_long_is_refused_with_the_limit() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let own = ann.with(&ann);
    assert_eq!(ann.command(own, say(&"汉".repeat(5_000))).await.status, 201);
    let refused = ann.command(own, say(&"a".repeat(5_001))).await;
    refused.is_problem(422, "invalid");
    assert_eq!(refused.json()["fields"][0]["fault"]["max"], 5_000);
    let limits = app.anybody().get("/api/v1/limits").await.json();
    assert_eq!(limits["text_chars"], 5_000);
}

#[tokio::test]
async fn more_than_64_commands_in_10_seconds_are_too_many() {
    let app = in_one_window(|_| ()).await;
    let ann = app.register("ann").await;
    let own = ann.with(&ann);
    for _ in 0..4 {
        let sixteen: Vec<_> = (0..16).map(|n| say(&n.to_string())).collect();
        assert_eq!(ann.command(own, json!(sixteen)).await.status, 200);
    }
    let refused = ann.command(own, say("one more")).await;
    refused.is_problem(429, "too_many_requests");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&seconds));
    // Others are not held up, and reading goes on.
    let bob = app.register("bob").await;
    bob.say(bob.with(&bob), "hello").await;
    assert_eq!(ann.texts(own).await.len(), 64);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_by_account() {
    let app = TestApp::start_with(|config| config.throttle.log_ins_per_account = 3).await;
    app.register("ann").await;
    app.register("bob").await;
    let nobody = app.anybody();
    let log_in = async |handle: &str, password: &str| {
        let body = json!({"handle": handle, "password": password});
        nobody.post("/api/v1/session", body).await
    };
    // Success does not count.
    for _ in 0..5 {
        assert_eq!(log_in("ann", PASSWORD).await.status, 200);
    }
    for _ in 0..3 {
        log_in("ann", "a wrong one")
            .await
            .is_problem(401, "wrong_credentials");
    }
    let refused = log_in("ann", PASSWORD).await;
    refused.is_problem(429, "too_many_requests");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(log_in("bob", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guessing_and_registering_are_slowed_down_by_address() {
    let app = TestApp::start_with(|config| {
        config.throttle.log_ins_per_address = 2;
        config.throttle.registrations_per_address = 1;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let nobody = app.anybody();
    let post = async |path: &str, handle: &str, from: &str| {
        let body = json!({"handle": handle, "password": PASSWORD});
        let request = nobody.request(Method::POST, path).json(&body);
        nobody.send(request.header("x-forwarded-for", from)).await
    };
    let guess = async |handle: &str, from: &str| post("/api/v1/session", handle, from).await;
    for handle in ["one", "two"] {
        guess(handle, "10.0.0.1")
            .await
            .is_problem(401, "wrong_credentials");
    }
    // What stands before the last proxy's word is not believed.
    let refused = guess("three", "10.9.9.9, 10.0.0.1").await;
    refused.is_problem(429, "too_many_requests");
    guess("three", "10.0.0.2")
        .await
        .is_problem(401, "wrong_credentials");

    let register = async |handle: &str, from: &str| post("/api/v1/accounts", handle, from).await;
    assert_eq!(register("ann", "2001:db8::1").await.status, 201);
    // The same /64 is the same place.
    let refused = register("bob", "2001:db8::2").await;
    refused.is_problem(429, "too_many_requests");
    assert_eq!(register("bob", "2001:db8:0:1::1").await.status, 201);
}

#[tokio::test]
async fn nobody_reads_or_changes_without_end() {
    let app = in_one_window(|config| {
        config.throttle.reads_per_user = 3;
        config.throttle.changes_per_user = 2;
    })
    .await;
    let ann = app.register("ann").await;
    let too_many = |refused: Answer| {
        refused.is_problem(429, "too_many_requests");
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=10).contains(&seconds));
    };
    for _ in 0..3 {
        assert_eq!(ann.get("/api/v1/me").await.status, 200);
    }
    too_many(ann.get("/api/v1/contacts").await);
    let page = ann.get("/chats").await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty());
    for _ in 0..2 {
        let changed = ann.patch("/api/v1/me", json!({"signature": "x"})).await;
        assert_eq!(changed.status, 200);
    }
    too_many(ann.patch("/api/v1/me", json!({"signature": "x"})).await);
    // What is sent is counted by itself, and others are not held up.
    ann.say(ann.with(&ann), "hello").await;
    let bob = app.register("bob").await;
    assert_eq!(bob.get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn nobody_asks_without_end_who_is_not_logged_in() {
    let app = in_one_window(|config| config.throttle.visits_per_address = 3).await;
    let ann = app.register("ann").await;
    let nobody = app.anybody();
    assert_eq!(nobody.get("/register").await.status, 200);
    let guess = "0".repeat(64);
    let guess = nobody.program(&format!("zsp_{guess}"));
    guess
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    nobody
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    for path in ["/api/v1/me", "/login", "/register"] {
        assert_eq!(nobody.get(path).await.status, 429, "{path}");
    }
    // Whoever is logged in at the same address goes on.
    assert_eq!(ann.get("/chats").await.status, 200);
}
