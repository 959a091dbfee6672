//! Programs that come with what a provider has issued to them.

use reqwest::Method;
use serde_json::{Value, json};
use server::clock::Clock;

use super::super::app::{Answer, Browser, TestApp};
use super::issuer::{Issuer, message, shift};
use super::{oidc, providers};

/// A server that takes tokens of an issuer's programs, and the browser of somebody known there.
async fn scene() -> (TestApp, Issuer, Browser) {
    let issuer = Issuer::start().await;
    let login = providers(&format!("{}audience = \"chat\"\n", oidc("sso", &issuer)));
    let app = TestApp::start_with(|config| config.login = login).await;
    let mut browser = app.anybody();
    browser.log_in_at(&issuer).await;
    assert_eq!(browser.join("jane").await.status, 303);
    (app, issuer, browser)
}

fn claims(issuer: &Issuer) -> Value {
    let now = Clock::system().now() / 1_000;
    json!({
        "iss": issuer.base,
        "sub": issuer.set().subject,
        "aud": "chat",
        "client_id": "a-bot",
        "iat": now,
        "exp": now + 600,
        "scope": "profile zspchat:write",
    })
}

fn issued(issuer: &Issuer, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(issuer);
    change(&mut claims);
    issuer.set().sign(&claims)
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.anybody().program(token).get("/api/v1/me").await
}

#[tokio::test]
async fn a_token_of_the_issuer_lets_its_program_in_until_it_expires() {
    let (app, issuer, _) = scene().await;
    let asked = issuer.set().keys_asked;
    let token = issued(&issuer, |_| ());
    for _ in 0..2 {
        let answer = me(&app, &token).await;
        assert_eq!(answer.json()["user"]["handle"], "jane", "{}", answer.text);
    }
    let bot = app.anybody().program(&token);
    let changed = bot.patch("/api/v1/me", json!({"signature": "a bot"})).await;
    assert_eq!(changed.status, 200);
    // Audiences and scopes as other issuers write them.
    let token = issued(&issuer, |claims| {
        claims["aud"] = json!(["other", "chat"]);
        claims.as_object_mut().unwrap().remove("scope");
        claims["scp"] = json!(["zspchat:read"]);
    });
    assert_eq!(me(&app, &token).await.status, 200);
    let bot = app.anybody().program(&token);
    let refused = bot.patch("/api/v1/me", json!({"signature": "no"})).await;
    refused.is_problem(403, "forbidden");
    assert_eq!(issuer.set().keys_asked, asked, "its keys are known");
}

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    let (app, issuer, _) = scene().await;
    let wrong: [fn(&mut Value); 8] = [
        |claims| claims["aud"] = json!("me"),
        |claims| claims["aud"] = json!(["other"]),
        |claims| claims["iss"] = json!("https://other.example"),
        |claims| shift(claims, "exp", -61),
        |claims| shift(claims, "exp", -1),
        |claims| shift(claims, "exp", 2 * 24 * 60 * 60),
        |claims| shift(claims, "iat", 90),
        |claims| claims["sub"] = json!("somebody else"),
    ];
    for change in wrong {
        let answer = me(&app, &issued(&issuer, change)).await;
        answer.is_problem(401, "unauthenticated");
        let challenge = "Bearer error=\"invalid_token\"";
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let unsigned = format!("{}.", message(&json!({"alg": "none"}), &claims(&issuer)));
    me(&app, &unsigned).await.is_problem(401, "unauthenticated");
    let claims = claims(&issuer);
    let foreign = issuer.set().sign_with_another(&claims);
    me(&app, &foreign).await.is_problem(401, "unauthenticated");
    for scope in ["", "profile", "read write", "zspchat:reader"] {
        let token = issued(&issuer, |claims| claims["scope"] = json!(scope));
        let answer = me(&app, &token).await;
        answer.is_problem(403, "forbidden");
        let challenge = "Bearer error=\"insufficient_scope\"";
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
}

#[tokio::test]
async fn what_browsers_log_in_by_is_for_no_program() {
    let (app, issuer, _) = scene().await;
    let token = issued(&issuer, |claims| {
        claims["aud"] = json!("me");
        claims["nonce"] = json!("n");
    });
    me(&app, &token).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn keys_that_change_are_asked_for_again_but_not_at_each_token() {
    let (app, issuer, _) = scene().await;
    let asked = issuer.set().keys_asked;
    for _ in 0..3 {
        let claims = claims(&issuer);
        let foreign = issuer.set().sign_with_another(&claims);
        me(&app, &foreign).await.is_problem(401, "unauthenticated");
    }
    assert_eq!(
        issuer.set().keys_asked,
        asked,
        "they are half a minute old at most"
    );
}

#[tokio::test]
async fn whoever_unlinks_the_provider_ends_its_programs() {
    let (app, issuer, browser) = scene().await;
    let password = json!({"password": "a good password"});
    let answer = browser.put("/api/v1/me/password", password).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let token = issued(&issuer, |_| ());
    assert_eq!(me(&app, &token).await.status, 200);
    let unlinked = browser.delete("/api/v1/me/identities/sso").await;
    assert_eq!(unlinked.status, 204, "{}", unlinked.text);
    me(&app, &token).await.is_problem(401, "unauthenticated");
    let fresh = issued(&issuer, |claims| shift(claims, "exp", 300));
    me(&app, &fresh).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn without_an_audience_no_token_of_a_provider_is_taken() {
    let (app, issuer) = super::with_issuer().await;
    let mut browser = app.anybody();
    browser.log_in_at(&issuer).await;
    assert_eq!(browser.join("jane").await.status, 303);
    let answer = me(&app, &issued(&issuer, |_| ())).await;
    answer.is_problem(401, "unauthenticated");
    let request = app.anybody().request(Method::GET, "/api/v1/me");
    let answer = app
        .anybody()
        .send(request.header("authorization", "Basic YTpi"))
        .await;
    answer.is_problem(401, "unauthenticated");
}
