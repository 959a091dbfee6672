//! Log-ins that come to nothing, and what is said about it.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::super::app::{PATIENCE, TestApp};
use super::{Issuer, field, is_refused, oidc, providers, with_issuer};
use crate::raw::Raw;

#[tokio::test]
async fn a_state_counts_in_the_browser_that_began_and_once() {
    let (app, issuer) = with_issuer().await;
    issuer.set().forgets = true;
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    let [state, code, iss] = issuer.agree(&there);
    let pairs = |state: &'static str| {
        let state = if state.is_empty() { "0" } else { state };
        [
            ("state", state.to_owned()),
            ("code", code.1.clone()),
            ("iss", iss.1.clone()),
        ]
    };
    for tampered in [
        "",
        "x",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ] {
        let pairs = pairs(tampered);
        let pairs = pairs
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        is_refused(&browser.come_back("sso", &pairs).await, "log_in_expired");
    }
    let right = [("state", &*state.1), ("code", &*code.1), ("iss", &*iss.1)];
    is_refused(
        &app.anybody().come_back("sso", &right).await,
        "log_in_expired",
    );
    let mut other = app.anybody();
    other.set_out("/login/sso").await;
    is_refused(&other.come_back("sso", &right).await, "log_in_expired");

    let answer = browser.clone().come_back("sso", &right).await;
    assert_eq!(answer.header("location"), "/register/identity");
    is_refused(&browser.come_back("sso", &right).await, "log_in_expired");
}

#[tokio::test]
async fn a_log_in_is_over_after_ten_minutes_and_forgotten() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    let pairs = issuer.agree(&there);
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let raw = Raw::open(&server::app_state::database(app.config())).await;
    raw.age_log_ins(9 * 60 * 1_000).await;
    assert_eq!(raw.log_ins().await, 1);
    raw.age_log_ins(60 * 1_000).await;
    is_refused(&browser.come_back("sso", &pairs).await, "log_in_expired");

    browser.log_in_at(&issuer).await;
    raw.age_log_ins(10 * 60 * 1_000).await;
    is_refused(&browser.get("/register/identity").await, "log_in_expired");
    let running = app.running().app();
    let settings = server::chat::Settings {
        limits: running.limits().clone(),
        ..server::chat::Settings::default()
    };
    server::chat::retain(&running.store, &running.clock, &settings)
        .await
        .unwrap();
    assert_eq!(raw.log_ins().await, 0);
    raw.close().await;
}

#[tokio::test]
async fn a_log_in_is_finished_at_the_provider_where_it_was_begun() {
    let [one, other] = [Issuer::start().await, Issuer::start().await];
    let login = providers(&format!("{}{}", oidc("sso", &one), oidc("other", &other)));
    let app = TestApp::start_with(|config| config.login = login).await;
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    let [state, code, _] = one.agree(&there);
    let pairs = [
        ("state", &*state.1),
        ("code", &*code.1),
        ("iss", &*other.base),
    ];
    is_refused(&browser.come_back("other", &pairs).await, "log_in_expired");
}

#[tokio::test]
async fn who_declines_and_what_goes_wrong_there_are_told_apart() {
    let (app, issuer) = with_issuer().await;
    for (error, code) in [
        ("access_denied", "provider_refused"),
        ("server_error", "provider_unavailable"),
        ("<script>", "provider_unavailable"),
    ] {
        let mut browser = app.anybody();
        let there = browser.set_out("/login/sso").await;
        let [state, _, iss] = issuer.agree(&there);
        let pairs = [("error", error), ("state", &*state.1), ("iss", &*iss.1)];
        let answer = browser.come_back("sso", &pairs).await;
        is_refused(&answer, code);
        // It is over, also for who changes their mind.
        let again = [("code", "code-0"), ("state", &*state.1), ("iss", &*iss.1)];
        is_refused(&browser.come_back("sso", &again).await, "log_in_expired");
    }
}

#[tokio::test]
async fn the_page_says_what_happened_in_the_readers_language() {
    let (app, _issuer) = with_issuer().await;
    let browser = app.anybody();
    for (language, says) in [("zh-CN", "没有同意"), ("en", "did not agree")] {
        let request = browser
            .request(reqwest::Method::GET, "/login?refused=provider_refused")
            .header("accept-language", language);
        let page = browser.send(request).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("role=\"alert\""));
        assert!(page.text.contains(says), "{}", page.text);
        assert!(page.text.contains("formaction=\"/login/sso\""));
    }
    for nonsense in ["unknown", "", "%3Cscript%3E"] {
        let page = browser.get(&format!("/login?refused={nonsense}")).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn an_unknown_provider_is_no_page() {
    let (app, _issuer) = with_issuer().await;
    let browser = app.anybody();
    for path in [
        "/login/nobody",
        "/login/nobody/callback?state=x&code=y",
        "/login/..%2f",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("<h1"), "{path}: a page says so");
    }
}

#[tokio::test]
async fn one_that_is_away_keeps_nobody_from_the_door() {
    let issuer = Issuer::start().await;
    let login = providers(&oidc("sso", &issuer));
    drop(issuer);
    let app = TestApp::start_with(|config| config.login = login).await;
    let browser = app.anybody();
    let door = browser.get("/login").await;
    assert_eq!(door.status, 200);
    assert!(!field(&door.text, "token").is_empty());
    is_refused(&browser.get("/login/sso").await, "provider_unavailable");
}

#[tokio::test]
async fn one_that_goes_away_meanwhile_is_asked_anew_when_it_is_back() {
    let (app, issuer) = with_issuer().await;
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    let pairs = issuer.agree(&there);
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    drop(issuer);
    is_refused(
        &browser.come_back("sso", &pairs).await,
        "provider_unavailable",
    );
    is_refused(&browser.get("/login/sso").await, "provider_unavailable");
}

#[tokio::test]
async fn one_that_does_not_answer_is_given_up_after_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 1]).await;
            held.push(connection);
        }
    });
    let mut issuer = Issuer::start().await;
    issuer.base = format!("http://{silent}");
    let login = providers(&oidc("sso", &issuer));
    let app = TestApp::start_with(|config| config.login = login).await;
    let browser = app.anybody();
    let began = tokio::time::Instant::now();
    is_refused(&browser.get("/login/sso").await, "provider_unavailable");
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4) && took < PATIENCE, "{took:?}");
}

#[tokio::test]
async fn an_address_begins_so_many_and_no_more() {
    let issuer = Issuer::start().await;
    let login = providers(&oidc("sso", &issuer));
    let app = TestApp::start_with(|config| {
        config.login = login;
        config.throttle.log_ins_per_address = 2;
    })
    .await;
    for _ in 0..3 {
        // Who gets in does not count.
        let answer = app.anybody().log_in_at(&issuer).await;
        assert_eq!(answer.header("location"), "/register/identity");
    }
    for _ in 0..2 {
        app.anybody().set_out("/login/sso").await;
    }
    is_refused(&app.anybody().get("/login/sso").await, "too_many_requests");
}
