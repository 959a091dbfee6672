use protocol::stream::StreamEvent;
use serde_json::{Value, json};

use super::app::{Person, TestApp, say};
use crate::raw::Raw;
use crate::waiting::moment;

async fn ask(person: &Person, other: &Person) -> Value {
    let body = json!({"user": other.id, "note": "it is me"});
    let answer = person.post("/api/v1/contact_requests", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn requests(person: &Person) -> Vec<Value> {
    let answer = person.get("/api/v1/contact_requests").await.json();
    answer["requests"].as_array().unwrap().clone()
}

async fn contacts(person: &Person) -> Vec<Value> {
    let answer = person.get("/api/v1/contacts").await.json();
    answer["contacts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn one_is_found_asked_and_accepted() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let bob = app.register("bob").await;
    let mut bobs = bob.stream().await;
    let found = ann.get("/api/v1/users?handle=bob").await.json();
    assert_eq!(found["id"], json!(bob.id));
    let by_number = ann.get("/api/v1/users?number=10001").await.json();
    assert_eq!(by_number, found);
    ann.get("/api/v1/users?handle=bo")
        .await
        .is_problem(404, "not_found");
    ann.get("/api/v1/users").await.is_problem(400, "malformed");

    let request = ask(&ann, &bob).await;
    bobs.until(|event| match event {
        StreamEvent::Account(account) if account.requests => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(requests(&bob).await[0]["note"], "it is me");
    let path = format!(
        "/api/v1/contact_requests/{}",
        request["id"].as_str().unwrap()
    );
    // Not one's own to answer.
    let own = ann.post(&format!("{path}/accept"), json!({})).await;
    own.is_problem(404, "not_found");
    for _ in 0..2 {
        let accepted = bob.post(&format!("{path}/accept"), json!({})).await;
        assert_eq!(accepted.json()["state"], "accepted");
    }
    assert_eq!(contacts(&ann).await[0]["mutual"], true);
    assert_eq!(contacts(&bob).await[0]["user"]["handle"], "ann");
    bobs.until(|event| match event {
        StreamEvent::Event(event) => (event.conversation == ann.with(&bob)).then_some(()),
        _ => None,
    })
    .await;
    ann.say(ann.with(&bob), "hello").await;
    assert_eq!(bob.texts(ann.with(&bob)).await, ["hello"]);
    let again = json!({"user": bob.id});
    ann.post("/api/v1/contact_requests", again)
        .await
        .is_problem(409, "conflict");
}

#[tokio::test]
async fn what_waits_for_the_database_is_no_failure() {
    if !crate::database::is_networked() {
        // Without a broker, what the database does not take is refused.
        return;
    }
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let cyd = app.register("cyd").await;
    let request = ask(&ann, &cyd).await;
    let path = format!(
        "/api/v1/contact_requests/{}/accept",
        request["id"].as_str().unwrap()
    );
    let url = app.config().database.url.as_ref().unwrap();
    let lock = Raw::server(url.reveal()).await.lock().await;
    // There is no answer without the group, so that this waits.
    let group = tokio::spawn({
        let ann = ann.clone();
        async move { ann.group(&[&bob]).await }
    });
    // Here there is one.
    let accepted = cyd.post(&path, json!({})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(accepted.json()["state"], "accepted");
    assert!(!group.is_finished());
    lock.release().await;
    let group = group.await.unwrap();
    ann.say(group, "made").await;
    let conversation = format!("/api/v1/conversations/{}", ann.with(&cyd));
    while cyd.get(&conversation).await.status != 200 {
        moment().await;
    }
}

#[tokio::test]
async fn whoever_is_declined_does_not_notice_and_may_ask_again() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let bob = app.register("bob").await;
    let request = ask(&ann, &bob).await;
    let path = format!(
        "/api/v1/contact_requests/{}/decline",
        request["id"].as_str().unwrap()
    );
    assert_eq!(bob.post(&path, json!({})).await.status, 204);
    assert!(requests(&bob).await.is_empty());
    assert_eq!(requests(&ann).await[0]["state"], "open");
    let repeated = ask(&ann, &bob).await;
    assert_eq!(repeated["id"], request["id"]);
    assert_eq!(requests(&bob).await.len(), 1);
    assert!(contacts(&ann).await.is_empty());
}

#[tokio::test]
async fn who_both_ask_are_contacts() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let bob = app.register("bob").await;
    ask(&ann, &bob).await;
    assert_eq!(ask(&bob, &ann).await["state"], "accepted");
    assert_eq!(contacts(&ann).await.len(), 1);
    assert_eq!(requests(&ann).await[0]["state"], "accepted");
}

#[tokio::test]
async fn who_removes_somebody_can_have_them_back() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let path = format!("/api/v1/contacts/{}", bob.id);
    for _ in 0..2 {
        assert_eq!(ann.delete(&path).await.status, 204);
    }
    assert!(contacts(&ann).await.is_empty());
    assert_eq!(contacts(&bob).await[0]["mutual"], false);
    let refused = bob.command(ann.with(&bob), say("still there?")).await;
    refused.is_problem(422, "not_a_contact");
    // Bob has her in his list still: nobody needs to be asked.
    assert_eq!(ask(&ann, &bob).await["state"], "accepted");
    bob.say(ann.with(&bob), "welcome back").await;
}

#[tokio::test]
async fn who_is_blocked_is_not_heard_and_not_told() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let path = format!("/api/v1/contacts/{}", bob.id);
    let blocked = ann
        .patch(&path, json!({"blocked": true, "remark": "B."}))
        .await;
    assert_eq!(blocked.json()["blocked"], true);
    assert_eq!(blocked.json()["remark"], "B.");
    let seen = contacts(&bob).await;
    assert_eq!(seen[0]["mutual"], false);
    assert_eq!(seen[0]["blocked"], false);
    let refused = bob.command(ann.with(&bob), say("hello?")).await;
    refused.is_problem(422, "not_a_contact");
    assert!(ann.texts(ann.with(&bob)).await.is_empty());

    bob.delete(&format!("/api/v1/contacts/{}", ann.id)).await;
    assert_eq!(ask(&bob, &ann).await["state"], "open");
    assert!(
        requests(&ann)
            .await
            .iter()
            .all(|request| request["state"] == "accepted")
    );
    assert!(contacts(&bob).await.is_empty());

    ann.patch(&path, json!({"blocked": false})).await;
    assert_eq!(ask(&bob, &ann).await["state"], "accepted");
    bob.say(ann.with(&bob), "hello!").await;
}

#[tokio::test]
async fn nobody_asks_themselves_or_nobody() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let own = json!({"user": ann.id});
    ann.post("/api/v1/contact_requests", own)
        .await
        .is_problem(422, "invalid");
    let nobody = json!({"user": super::app::fresh_id()});
    ann.post("/api/v1/contact_requests", nobody)
        .await
        .is_problem(404, "not_found");
    let stranger = app.register("bob").await;
    let path = format!("/api/v1/contacts/{}", stranger.id);
    ann.patch(&path, json!({"starred": true}))
        .await
        .is_problem(404, "not_found");
    let open = format!("/api/v1/conversations/direct/{}", stranger.id);
    ann.put(&open, json!({}))
        .await
        .is_problem(422, "not_a_contact");
}
