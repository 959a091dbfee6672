//! Where one is logged in, and the password.

use serde_json::{Value, json};

use super::app::{PASSWORD, PATIENCE, Person, TestApp};

/// The same account in another browser.
async fn elsewhere(app: &TestApp, person: &Person) -> Person {
    let mut browser = app.anybody();
    let body = json!({"handle": "ann", "password": PASSWORD});
    let answer = browser.post("/api/v1/session", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser.keep(&answer);
    Person {
        browser,
        id: person.id,
    }
}

async fn sessions(person: &Person) -> Vec<Value> {
    let answer = person.get("/api/v1/me/sessions").await.json();
    answer["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_device_is_logged_out_from_another_one() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let phone = elsewhere(&app, &ann).await;
    let listed = sessions(&phone).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["current"], true);
    assert_eq!(listed[1]["current"], false);
    assert_eq!(listed[0]["address"], "127.0.0.1");

    let mut stream = ann.stream().await;
    stream.next().await;
    let path = format!("/api/v1/me/sessions/{}", listed[1]["id"].as_str().unwrap());
    let began = tokio::time::Instant::now();
    assert_eq!(phone.delete(&path).await.status, 204);
    while stream.next().await.is_some() {}
    assert!(began.elapsed() < PATIENCE);
    // It is told why, so that it removes what it has kept, and at the door as well.
    for _ in 0..2 {
        let answer = ann.get("/api/v1/me").await;
        answer.is_problem(401, "session_ended");
    }
    assert_eq!(ann.get("/chats").await.status, 303);
    let door = ann.get("/login").await;
    assert!(
        door.text.contains(&format!(r#"\"gone\":\"{}\""#, ann.id)),
        "{}",
        door.text
    );
    assert!(!phone.get("/chats").await.text.contains(r#"\"gone\":\""#));
    assert_eq!(sessions(&phone).await.len(), 1);
    assert_eq!(phone.delete(&path).await.status, 404);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_there() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let id = sessions(&ann).await[0]["id"].clone();
    let path = format!("/api/v1/me/sessions/{}", id.as_str().unwrap());
    bob.delete(&path).await.is_problem(404, "not_found");
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn all_other_devices_are_logged_out_at_once() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let [phone, tablet] = [elsewhere(&app, &ann).await, elsewhere(&app, &ann).await];
    let all = phone.delete("/api/v1/me/sessions").await;
    assert_eq!(all.status, 204);
    for other in [&ann, &tablet] {
        let answer = other.get("/api/v1/me").await;
        answer.is_problem(401, "session_ended");
    }
    assert_eq!(sessions(&phone).await.len(), 1);
}

#[tokio::test]
async fn a_new_password_logs_all_other_devices_out() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let phone = elsewhere(&app, &ann).await;
    let change = |current: &str, password: &str| {
        let body = json!({"current": current, "password": password});
        phone.put("/api/v1/me/password", body)
    };
    let wrong = change("not this one", "another password").await;
    wrong.is_problem(422, "invalid");
    assert_eq!(wrong.json()["fields"][0]["field"], "current");
    assert_eq!(wrong.json()["fields"][0]["fault"]["kind"], "wrong");
    change(PASSWORD, "short").await.is_problem(422, "invalid");
    assert_eq!(ann.get("/api/v1/me").await.status, 200);

    assert_eq!(change(PASSWORD, "another password").await.status, 204);
    assert_eq!(phone.get("/api/v1/me").await.status, 200);
    let ended = ann.get("/api/v1/me").await;
    ended.is_problem(401, "session_ended");
    let log_in = async |password: &str| {
        let body = json!({"handle": "ann", "password": password});
        app.anybody().post("/api/v1/session", body).await.status
    };
    assert_eq!(log_in(PASSWORD).await, 401);
    assert_eq!(log_in("another password").await, 200);
}

#[tokio::test]
async fn a_session_that_was_left_open_is_no_way_to_try_passwords() {
    let app = TestApp::start_with(|config| config.throttle.log_ins_per_account = 3).await;
    let ann = app.register("ann").await;
    let body = json!({"current": "a guess", "password": "another password"});
    for _ in 0..3 {
        let answer = ann.put("/api/v1/me/password", body.clone()).await;
        answer.is_problem(422, "invalid");
    }
    let answer = ann.put("/api/v1/me/password", body).await;
    answer.is_problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_shared_computer_forgets_its_session_when_the_browser_is_closed() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let body = json!({"handle": "ann", "password": PASSWORD, "shared": true});
    let answer = app.anybody().post("/api/v1/session", body).await;
    let cookies: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("session="), "{cookies:?}");
    assert!(cookies[1].starts_with("shared=yes"), "{cookies:?}");
    assert!(cookies.iter().all(|cookie| !cookie.contains("Max-Age")));
    let listed = sessions(&ann).await;
    let shared = listed.iter().find(|session| session["shared"] == true);
    let shared = shared.unwrap();
    let hours = |session: &Value| {
        let expires = session["expires_at"].as_i64().unwrap();
        (expires - session["since"].as_i64().unwrap()) / 3_600_000
    };
    assert_eq!(hours(shared), 12);
    assert_eq!(hours(&listed[0]), 30 * 24);
}
