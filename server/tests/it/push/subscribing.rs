//! Who is told, and how: what the routes keep.

use serde_json::{Value, json};

use super::scene::{SUBSCRIPTIONS, Scene, body};
use crate::http::app::{PASSWORD, Person, TestApp};

async fn shown(person: &Person) -> Value {
    let answer = person.get("/api/v1/me/push").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Somebody's other browser.
async fn again(scene: &Scene, handle: &str, person: &Person) -> Person {
    let mut browser = scene.app.anybody();
    let log_in = json!({"handle": handle, "password": PASSWORD});
    let answer = browser.post("/api/v1/session", log_in).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser.keep(&answer);
    Person {
        browser,
        id: person.id,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_subscribes_once_and_is_listed_until_it_is_removed() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    let before = shown(&ann).await;
    assert_eq!(before["key"], scene.key());
    let defaults = json!({"text": true, "mentions_only": false, "quiet": null});
    assert_eq!(before["settings"], defaults);
    assert_eq!(before["subscriptions"], json!([]));

    let subscription = scene.subscribe(&ann).await;
    let listed = shown(&ann).await["subscriptions"][0].clone();
    assert_eq!(listed["current"], true);
    let repeated = ann.post(SUBSCRIPTIONS, body(&subscription)).await;
    assert_eq!(repeated.status, 200);
    assert_eq!(repeated.json()["id"], listed["id"]);

    let other = again(&scene, "ann", &ann).await;
    assert_eq!(shown(&other).await["subscriptions"][0]["current"], false);
    // It is the other session's now.
    let moved = other.post(SUBSCRIPTIONS, body(&subscription)).await;
    assert_eq!(moved.status, 200);
    assert_eq!(shown(&other).await["subscriptions"][0]["current"], true);

    let path = format!("{SUBSCRIPTIONS}/{}", listed["id"].as_str().unwrap());
    let bob = scene.app.register("bob").await;
    bob.delete(&path).await.is_problem(404, "not_found");
    assert_eq!(ann.delete(&path).await.status, 204);
    ann.delete(&path).await.is_problem(404, "not_found");
    assert_eq!(shown(&ann).await["subscriptions"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_goes_with_its_session_and_to_who_uses_the_browser_next() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    let other = again(&scene, "ann", &ann).await;
    scene.subscribe(&other).await;
    assert_eq!(
        shown(&ann).await["subscriptions"].as_array().unwrap().len(),
        1
    );
    // Logged out from another device, then by itself.
    assert_eq!(ann.delete("/api/v1/me/sessions").await.status, 204);
    assert_eq!(shown(&ann).await["subscriptions"], json!([]));
    let other = again(&scene, "ann", &ann).await;
    let subscription = scene.subscribe(&other).await;
    assert_eq!(other.delete("/api/v1/session").await.status, 204);
    assert_eq!(shown(&ann).await["subscriptions"], json!([]));

    let other = again(&scene, "ann", &ann).await;
    assert_eq!(
        other.post(SUBSCRIPTIONS, body(&subscription)).await.status,
        201
    );
    let bob = scene.app.register("bob").await;
    let taken = bob.post(SUBSCRIPTIONS, body(&subscription)).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
    assert_eq!(shown(&ann).await["subscriptions"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_addresses_of_push_services_and_whole_keys_are_taken() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    let good = body(&scene.service.subscribe(&scene.key()).unwrap());
    for (field, value) in [
        ("endpoint", "https://example.org/push/1"),
        ("endpoint", "http://127.0.0.1:1/push/1"),
        ("endpoint", "http://169.254.169.254/latest/meta-data"),
        ("endpoint", "/push/1"),
        ("endpoint", ""),
    ] {
        let mut wrong = good.clone();
        wrong[field] = json!(value);
        let answer = ann.post(SUBSCRIPTIONS, wrong).await;
        answer.is_problem(422, "invalid");
        assert_eq!(answer.json()["fields"][0]["field"], field, "{value}");
    }
    for (key, value) in [
        ("p256dh", ""),
        // On no curve.
        ("p256dh", &format!("BA{}", "A".repeat(85))),
        ("auth", "AAAA"),
        ("auth", "*"),
    ] {
        let mut wrong = good.clone();
        wrong["keys"][key] = json!(value);
        let answer = ann.post(SUBSCRIPTIONS, wrong).await;
        answer.is_problem(422, "invalid");
        let field = format!("keys.{key}");
        assert_eq!(answer.json()["fields"][0]["field"], field, "{value}");
    }
    assert_eq!(shown(&ann).await["subscriptions"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_more_than_twenty_subscriptions() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    for _ in 0..20 {
        scene.subscribe(&ann).await;
    }
    let more = scene.service.subscribe(&scene.key()).unwrap();
    let answer = ann.post(SUBSCRIPTIONS, body(&more)).await;
    answer.is_problem(422, "invalid");
    assert_eq!(answer.json()["fields"][0]["fault"]["max"], 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_kept_and_what_does_not_exist_is_refused() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    let night = json!({"from": 1_380, "to": 420, "time_zone": "Asia/Shanghai"});
    let settings = json!({"text": false, "mentions_only": true, "quiet": night});
    let path = "/api/v1/me/push/settings";
    assert_eq!(ann.put(path, settings.clone()).await.status, 204);
    assert_eq!(shown(&ann).await["settings"], settings);
    for (field, value) in [
        ("from", json!(1_440)),
        ("to", json!(1_380)),
        ("time_zone", json!("Asia/Nowhere")),
        ("time_zone", json!("../../etc/passwd")),
    ] {
        let mut wrong = settings.clone();
        wrong["quiet"][field] = value;
        let answer = ann.put(path, wrong).await;
        answer.is_problem(422, "invalid");
        let named = format!("quiet.{field}");
        assert_eq!(answer.json()["fields"][0]["field"], named);
    }
    assert_eq!(shown(&ann).await["settings"], settings);
    let defaults = json!({"text": true, "mentions_only": false});
    assert_eq!(ann.put(path, defaults).await.status, 204);
    assert_eq!(shown(&ann).await["settings"]["quiet"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_there_is_nothing_to_subscribe_to() {
    let scene = Scene::new().await;
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    assert_eq!(shown(&ann).await["key"], Value::Null);
    let subscription = scene.service.subscribe(&scene.key()).unwrap();
    let answer = ann.post(SUBSCRIPTIONS, body(&subscription)).await;
    answer.is_problem(404, "not_found");
}
