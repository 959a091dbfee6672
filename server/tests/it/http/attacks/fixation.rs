//! Sessions that somebody else has chosen, or has copied.

use reqwest::Method;
use serde_json::json;

use super::super::app::{PASSWORD, Person, TestApp, say};
use super::super::pages::{field, token};

#[tokio::test]
async fn a_session_that_was_set_beforehand_is_not_the_one_that_begins() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let fixed = "a".repeat(64);
    let log_in = json!({"handle": "ann", "password": PASSWORD});
    let register = json!({"handle": "bob", "password": PASSWORD});
    for (path, body) in [("/api/v1/session", log_in), ("/api/v1/accounts", register)] {
        let mut victim = app.anybody();
        victim.cookies = vec![("session".to_owned(), fixed.clone())];
        let answer = victim.post(path, body).await;
        assert!(answer.status < 300, "{}", answer.text);
        victim.keep(&answer);
        assert_ne!(victim.cookies[0].1, fixed);
        assert_eq!(victim.get("/api/v1/me").await.status, 200);
        let mut attacker = app.anybody();
        attacker.cookies = vec![("session".to_owned(), fixed.clone())];
        attacker
            .get("/api/v1/me")
            .await
            .is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_form_cookie_that_was_set_beforehand_logs_nobody_in() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let mut victim = app.anybody();
    victim.cookies = vec![("form".to_owned(), "b".repeat(64))];
    let page = victim.get("/login").await;
    let token = field(&page.text, "token");
    let form = [
        ("token", &*token),
        ("handle", "ann"),
        ("password", PASSWORD),
    ];
    let done = victim.submit("/login", &form).await;
    assert_eq!(done.status, 303, "{}", done.text);
    victim.keep(&done);
    let session = victim.cookies.iter().find(|(name, _)| name == "session");
    assert_ne!(session.unwrap().1, "b".repeat(64));
    let mut attacker = app.anybody();
    attacker.cookies = vec![("session".to_owned(), "b".repeat(64))];
    assert_eq!(attacker.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn of_two_sessions_in_one_request_only_one_is_asked() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let mut both = ann.clone();
    both.browser.cookies.extend(bob.browser.cookies.clone());
    let me = both.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "ann");
    // And it counts for the whole of the request: no form of one by the session of the other.
    let id = bob.id.to_string();
    let forged = [
        ("token", &*token(&bob)),
        ("user", &*id),
        ("name", "x"),
        ("signature", ""),
    ];
    assert_eq!(both.submit("/settings/profile", &forged).await.status, 409);
}

#[tokio::test]
async fn a_copied_cookie_is_of_no_use_after_a_log_out() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    bob.say(conversation, "a secret").await;
    let stolen = ann.clone();
    let mut stream = stolen.stream().await;
    stream.sync().await;
    assert_eq!(stolen.get("/api/v1/me").await.status, 200);
    assert_eq!(ann.delete("/api/v1/session").await.status, 204);
    is_outside(&stolen, &bob).await;
    while stream.next().await.is_some() {}

    // By the form of the pages as well.
    let ann = again(&app, &ann).await;
    let stolen = ann.clone();
    assert_eq!(stolen.get("/chats").await.status, 200);
    let id = ann.id.to_string();
    let form = [("token", &*token(&ann)), ("user", &*id)];
    assert_eq!(ann.submit("/logout", &form).await.status, 303);
    is_outside(&stolen, &bob).await;
    assert_eq!(bob.texts(conversation).await, ["a secret"]);
}

/// The same person, logged in anew.
async fn again(app: &TestApp, person: &Person) -> Person {
    let mut browser = app.anybody();
    let body = json!({"handle": "ann", "password": PASSWORD});
    let answer = browser.post("/api/v1/session", body).await;
    browser.keep(&answer);
    Person {
        browser,
        id: person.id,
    }
}

/// Nothing is shown to, nor done for, whoever comes with that session.
async fn is_outside(stolen: &Person, friend: &Person) {
    let conversation = stolen.with(friend);
    let log = format!("/api/v1/conversations/{conversation}");
    for path in [
        "/api/v1/me",
        "/api/v1/conversations",
        "/api/v1/stream",
        &log,
    ] {
        let answer = stolen.get(path).await;
        answer.is_problem(401, "unauthenticated");
    }
    let refused = stolen.command(conversation, say("forged")).await;
    refused.is_problem(401, "unauthenticated");
    for path in [
        "/chats",
        "/settings",
        "/security",
        &format!("/chats/{conversation}"),
    ] {
        let page = stolen.get(path).await;
        assert_eq!(
            (page.status, page.header("location")),
            (303, "/login"),
            "{path}"
        );
        assert!(!page.text.contains("a secret"));
    }
    let id = stolen.id.to_string();
    let form = [
        ("token", &*token(stolen)),
        ("user", &*id),
        ("text", "forged"),
    ];
    let path = format!("/chats/{conversation}/send");
    let sent = stolen
        .send(stolen.request(Method::POST, &path).form(&form))
        .await;
    assert_eq!((sent.status, sent.header("location")), (303, "/login"));
}
