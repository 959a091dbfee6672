//! The page about notifications, its forms, and where they are offered.

use serde_json::{Value, json};
use server::push::Keys;
use server::random::Random;
use tempfile::TempDir;

use super::app::{Person, TestApp};
use super::pages::token;

/// A server that has keys, and the folder where they are.
async fn with_keys() -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("push.key");
    Keys::make(&file, &Random::system()).unwrap();
    let app = TestApp::start_with(|config| {
        config.push.key_file = Some(file);
        config.push.contact = Some("mailto:admin@example.org".to_owned());
    });
    (app.await, folder)
}

async fn settings(person: &Person) -> Value {
    person.get("/api/v1/me/push").await.json()["settings"].clone()
}

/// Whether a page has its script offer them.
fn offers(page: &str) -> bool {
    let offers = page.contains("offers_notifications\\\":true");
    assert_ne!(offers, page.contains("offers_notifications\\\":false"));
    offers
}

#[tokio::test]
async fn they_are_offered_until_the_page_was_seen() {
    let (app, _folder) = with_keys().await;
    let mut nobody = app.anybody();
    let led = nobody.get("/notifications").await;
    assert_eq!((led.status, led.header("location")), (303, "/login"));
    nobody.keep(&led);
    assert!(nobody.cookies.is_empty(), "who has not seen it");
    let mut ann = app.register("ann").await;
    assert!(offers(&ann.get("/chats").await.text));
    let page = ann.get("/notifications").await;
    assert_eq!(page.status, 200);
    ann.browser.keep(&page);
    assert!(!offers(&ann.get("/chats").await.text));
    let without_keys = TestApp::start().await;
    let ben = without_keys.register("ben").await;
    assert!(!offers(&ben.get("/chats").await.text));
}

#[tokio::test]
async fn the_page_runs_one_script_of_the_site_and_carries_the_key() {
    let (app, _folder) = with_keys().await;
    let ann = app.register("ann").await;
    let page = ann.get("/notifications").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.text.matches("<script").count(), 1);
    assert!(page.text.contains("src=\"/later/notifications.js\""));
    let key = ann.get("/api/v1/me/push").await.json()["key"].clone();
    let key = key.as_str().unwrap().to_owned();
    assert!(page.text.contains(&format!("data-key=\"{key}\"")));
    // No other page without the app runs any.
    let policy = ann.get("/security").await;
    let policy = policy.header("content-security-policy");
    assert!(!policy.contains("script-src"), "{policy}");
}

#[tokio::test]
async fn a_form_changes_how_one_is_told() {
    let (app, _folder) = with_keys().await;
    let ann = app.register("ann").await;
    let (token, user) = (token(&ann), ann.id.to_string());
    let submit = async |more: &[(&str, &str)]| {
        let mut fields = vec![("token", &*token), ("user", &*user)];
        fields.extend(more);
        ann.submit("/notifications/settings", &fields).await
    };
    let hours = [
        ("from", "22:30"),
        ("to", "06:15"),
        ("time_zone", "Europe/Berlin"),
    ];
    let done = submit(&[&[("quiet", "on"), ("mentions_only", "on")][..], &hours].concat()).await;
    let led = (done.status, done.header("location"));
    assert_eq!(led, (303, "/notifications?done=saved"));
    let quiet = json!({"from": 1_350, "to": 375, "time_zone": "Europe/Berlin"});
    let expected = json!({"text": false, "mentions_only": true, "quiet": quiet});
    assert_eq!(settings(&ann).await, expected);

    for (field, typed) in [
        ("from", "24:00"),
        ("from", "7"),
        ("from", ""),
        ("to", "12:60"),
        ("to", "22:30"),
        ("time_zone", "Nowhere/At-all"),
        ("time_zone", ""),
    ] {
        let mut fields = vec![("quiet", "on")];
        fields.extend(hours.map(|(name, value)| {
            let value = if name == field { typed } else { value };
            (name, value)
        }));
        let refused = submit(&fields).await;
        assert_eq!(refused.status, 422, "{field} {typed}");
        let fault = format!("id=\"wishes-{field}-fault\"");
        assert!(refused.text.contains(&fault), "{field} {typed}");
        assert_eq!(settings(&ann).await, expected);
    }
    // What stands in hours that are not wanted does not matter.
    assert_eq!(submit(&[("text", "on"), ("from", "x")]).await.status, 303);
    let expected = json!({"text": true, "mentions_only": false, "quiet": null});
    assert_eq!(settings(&ann).await, expected);
}
