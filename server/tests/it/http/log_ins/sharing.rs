//! On a computer that others use too.

use serde_json::Value;

use super::super::app::{Answer, Browser, TestApp};
use super::{Issuer, field, is_refused, led_on, with_issuer};

/// Sends the form of the log-in page off to the provider.
async fn set_out(browser: &mut Browser, shared: Option<&str>) -> Answer {
    let page = browser.get("/login").await;
    browser.keep(&page);
    let token = field(&page.text, "token");
    // What stands in the fields for a password is no matter.
    let mut form = vec![("token", &*token), ("handle", ""), ("password", "")];
    form.extend(shared.map(|shared| ("shared", shared)));
    let answer = browser.submit("/login/sso", &form).await;
    browser.keep(&answer);
    answer
}

async fn pass(browser: &mut Browser, issuer: &Issuer, shared: Option<&str>) -> Answer {
    let there = led_on(&set_out(browser, shared).await);
    let pairs = issuer.agree(&there);
    let pairs = pairs
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    browser.come_back("sso", &pairs).await
}

/// Whether the browser is to forget the session when it is closed, and the server has it so.
async fn is_shared(browser: &Browser, answer: &Answer) -> bool {
    let all = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<&str> = all.map(|it| it.to_str().unwrap()).collect();
    let session = cookies
        .iter()
        .find(|it| it.starts_with("session="))
        .unwrap();
    let sessions = browser.get("/api/v1/me/sessions").await.json();
    let sessions = sessions["sessions"].as_array().unwrap().clone();
    let own = sessions.iter().find(|it| it["current"] == true).unwrap();
    let shared = own["shared"] == Value::Bool(true);
    assert_eq!(shared, !session.contains("Max-Age"), "{session}");
    assert_eq!(
        shared,
        cookies.iter().any(|it| it.starts_with("shared=yes"))
    );
    shared
}

#[tokio::test]
async fn it_is_a_choice_for_those_who_come_from_a_provider_too() {
    let (app, issuer) = with_issuer().await;
    let mut newcomer = app.anybody();
    pass(&mut newcomer, &issuer, Some("yes")).await;
    let joined = newcomer.join("jane").await;
    assert!(is_shared(&newcomer, &joined).await);

    for (choice, expected) in [(Some("yes"), true), (None, false)] {
        let mut browser = app.anybody();
        let back = pass(&mut browser, &issuer, choice).await;
        assert_eq!(back.header("location"), "/chats");
        assert_eq!(is_shared(&browser, &back).await, expected);
    }
}

#[tokio::test]
async fn nobody_is_sent_to_a_provider_by_another_site_s_form() {
    let app: (TestApp, Issuer) = with_issuer().await;
    let browser = app.0.anybody();
    let form = [("token", "made up"), ("shared", "yes")];
    is_refused(&browser.submit("/login/sso", &form).await, "foreign_origin");
}
