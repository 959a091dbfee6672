use serde_json::json;

use super::app::{PASSWORD, TestApp};

#[tokio::test]
async fn one_registers_logs_out_and_logs_in_again() {
    let app = TestApp::start().await;
    let mut ann = app.register("ann").await;
    let me = ann.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["handle"], "ann");
    assert_eq!(me["user"]["name"], "ann");
    assert_eq!(me["user"]["number"], 10_000);
    assert_eq!(me["administrator"], false);

    assert_eq!(ann.delete("/api/v1/session").await.status, 204);
    ann.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    ann.get("/api/v1/session")
        .await
        .is_problem(401, "unauthenticated");

    let body = json!({"handle": "ann", "password": PASSWORD});
    let answer = app.anybody().post("/api/v1/session", body).await;
    assert_eq!(answer.status, 200);
    let cookie = answer.header("set-cookie");
    for part in ["session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    ann.browser.keep(&answer);
    assert_eq!(ann.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn accounts_are_numbered() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let bob = app.register("bob").await;
    let me = bob.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["number"], 10_001);
}

#[tokio::test]
async fn everybody_has_a_conversation_with_themselves() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let own = ann.with(&ann);
    ann.say(own, "buy milk").await;
    assert_eq!(ann.texts(own).await, ["buy milk"]);
    let list = ann.get("/api/v1/conversations").await.json();
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_handle_is_taken_once_and_has_a_shape() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let nobody = app.anybody();
    let register = async |handle: &str, password: &str| {
        let body = json!({"handle": handle, "password": password});
        nobody.post("/api/v1/accounts", body).await
    };
    register("ann", PASSWORD)
        .await
        .is_problem(409, "handle_taken");
    for handle in ["", "an", "Ann", "1ann", "ann!", &"a".repeat(33)] {
        register(handle, PASSWORD).await.is_problem(422, "invalid");
    }
    let short = register("bob", "short").await;
    short.is_problem(422, "invalid");
    let fault = &short.json()["fields"][0];
    assert_eq!(fault["field"], "password");
    assert_eq!(fault["fault"], json!({"kind": "too_short", "min": 8}));
}

#[tokio::test]
async fn wrong_handle_and_wrong_password_look_the_same() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let nobody = app.anybody();
    let mut answers = Vec::new();
    for handle in ["ann", "nobody"] {
        let body = json!({"handle": handle, "password": "a wrong password"});
        let answer = nobody.post("/api/v1/session", body).await;
        answer.is_problem(401, "wrong_credentials");
        let mut problem = answer.json();
        problem["request_id"].take();
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_session_outlives_a_restart_but_not_its_end() {
    let mut app = TestApp::start().await;
    let mut ann = app.register("ann").await;
    let mut elsewhere = ann.clone();
    let body = json!({"handle": "ann", "password": PASSWORD});
    let answer = ann.post("/api/v1/session", body).await;
    elsewhere.browser.keep(&answer);
    assert_eq!(elsewhere.delete("/api/v1/session").await.status, 204);
    app.restart().await;
    for person in [&mut ann, &mut elsewhere] {
        person.browser.base = app.base.clone();
        person.browser.origin = Some(app.base.clone());
    }
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
    elsewhere
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_new_password_ends_all_sessions() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
    let password = server::admin::reset_password(app.config(), "ann")
        .await
        .unwrap();
    app.running().app().accounts.sessions.tidy().await;
    ann.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    let log_in = async |password: &str| {
        let body = json!({"handle": "ann", "password": password});
        app.anybody().post("/api/v1/session", body).await.status
    };
    assert_eq!(log_in(PASSWORD).await, 401);
    assert_eq!(log_in(&password).await, 200);
    let nobody = server::admin::reset_password(app.config(), "nobody").await;
    assert!(nobody.unwrap_err().to_string().contains("nobody"));
}

#[tokio::test]
async fn a_profile_is_changed_and_contacts_are_told() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let mut stream = bob.stream().await;
    let change = json!({"name": "Ann <script>", "signature": "here"});
    let me = ann.patch("/api/v1/me", change).await.json();
    assert_eq!(me["user"]["name"], "Ann <script>");
    stream
        .until(|event| match event {
            protocol::stream::StreamEvent::Account(account) if account.contacts => Some(()),
            _ => None,
        })
        .await;
    let contacts = bob.get("/api/v1/contacts").await.json();
    assert_eq!(contacts["contacts"][0]["user"]["name"], "Ann <script>");
    let known = json!({"users": [{"id": ann.id, "version": 0}]});
    let found = bob.post("/api/v1/users/lookup", known).await.json();
    assert_eq!(found["users"][0]["signature"], "here");
    let known = json!({"users": [{"id": ann.id, "version": found["users"][0]["version"]}]});
    let found = bob.post("/api/v1/users/lookup", known).await.json();
    assert_eq!(found["users"], json!([]));
    let empty = ann.patch("/api/v1/me", json!({"name": " "})).await;
    empty.is_problem(422, "invalid");
}
