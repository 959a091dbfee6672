//! What is not one's own is as if it did not exist (P6).

use protocol::stream::StreamEvent;
use serde_json::json;

use super::app::{TestApp, fresh_id, say};

#[tokio::test]
async fn a_foreign_conversation_does_not_exist() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let eve = app.register("eve").await;
    let group = ann.group(&[&bob]).await;
    ann.say(group, "between us").await;
    for conversation in [
        group,
        ann.with(&bob),
        protocol::ConversationId(fresh_id().0),
    ] {
        let path = format!("/api/v1/conversations/{conversation}");
        for route in ["", "/members", "/events", "/events?before=5&limit=3"] {
            eve.get(&format!("{path}{route}"))
                .await
                .is_problem(404, "not_found");
        }
        let read = json!({"seq": 1});
        eve.put(&format!("{path}/read"), read)
            .await
            .is_problem(404, "not_found");
        let preferences = json!({"pinned": true});
        let changed = eve.put(&format!("{path}/preferences"), preferences).await;
        changed.is_problem(404, "not_found");
        let typing = eve.post(&format!("{path}/typing"), json!({})).await;
        typing.is_problem(404, "not_found");
        eve.command(conversation, say("let me in"))
            .await
            .is_problem(404, "not_found");
        let array = eve.command(conversation, json!([say("me too")])).await;
        assert_eq!(array.json()[0]["status"], 404);
        let pull = json!({"conversations": [{"id": conversation, "after": 0, "limit": 10}]});
        let pulled = eve.post("/api/v1/pull", pull).await.json();
        assert_eq!(pulled["pages"], json!([]));
        let ranges = json!({"ranges": [
            {"conversation": conversation, "from": 1, "to": 9, "digest": "0000000000000000"}]});
        let calibrated = eve.post("/api/v1/calibrate", ranges).await.json();
        assert_eq!(calibrated["ranges"], json!([]));
        let page = eve.get(&format!("/chats/{conversation}")).await;
        assert_eq!(page.status, 404);
        assert!(!page.text.contains("between us"));
    }
    let known = json!({"users": [{"id": ann.id}]});
    let users = eve.post("/api/v1/users/lookup", known).await.json();
    assert_eq!(users["users"], json!([]));
    let list = eve.get("/api/v1/conversations").await.text;
    assert!(!list.contains("between us"));
}

#[tokio::test]
async fn nobody_logged_in_sees_nothing() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let nobody = app.anybody();
    let id = fresh_id();
    for path in [
        "session".to_owned(),
        "me".to_owned(),
        "users?handle=ann".to_owned(),
        format!("users/{id}"),
        "contacts".to_owned(),
        "contact_requests".to_owned(),
        "conversations".to_owned(),
        format!("conversations/{id}"),
        format!("conversations/{id}/members"),
        format!("conversations/{id}/events"),
        "stream".to_owned(),
    ] {
        let answer = nobody.get(&format!("/api/v1/{path}")).await;
        answer.is_problem(401, "unauthenticated");
    }
    for path in ["pull", "calibrate", "users/lookup", "contact_requests"] {
        let answer = nobody.post(&format!("/api/v1/{path}"), json!({})).await;
        answer.is_problem(401, "unauthenticated");
    }
    for path in ["/chats", "/contacts", "/settings", "/"] {
        let answer = nobody.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
    }
}

#[tokio::test]
async fn a_removed_member_gets_nothing_more() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let group = ann.group(&[&bob]).await;
    let mut stream = bob.stream().await;
    ann.say(group, "before").await;
    let remove = json!({"client_id": fresh_id(), "kind": "remove", "users": [bob.id]});
    assert_eq!(ann.command(group, remove).await.status, 201);
    ann.say(group, "after").await;
    ann.say(ann.with(&bob), "elsewhere").await;
    let mut kinds = Vec::new();
    loop {
        let event = stream.event().await;
        if event.conversation == ann.with(&bob) {
            break;
        }
        kinds.push(event.kind.as_str().to_owned());
    }
    assert_eq!(kinds, ["message", "removed"]);
    assert_eq!(bob.texts(group).await, ["before"]);
    bob.command(group, say("wait"))
        .await
        .is_problem(422, "not_a_member");
    let members = format!("/api/v1/conversations/{group}/members");
    bob.get(&members).await.is_problem(404, "not_found");
    let list = bob.get("/api/v1/conversations").await;
    assert!(!list.text.contains("after"));
}

#[tokio::test]
async fn only_mutual_contacts_know_who_is_online() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let eve = app.register("eve").await;
    let _bobs = bob.stream().await;
    for (person, expected) in [(&ann, "online"), (&eve, "nothing")] {
        let mut stream = person.stream().await;
        let id = stream
            .until(|event| match event {
                StreamEvent::Sync(sync) => Some(sync.stream),
                _ => None,
            })
            .await;
        let watch = format!("/api/v1/stream/{id}/watch");
        let watched = json!({"users": [bob.id]});
        assert_eq!(person.put(&watch, watched.clone()).await.status, 204);
        eve_cannot_use(&eve, person.id == eve.id, &watch, watched).await;
        person.say(person.with(person), "a mark").await;
        let mut told = "nothing";
        loop {
            match stream.next().await.unwrap() {
                StreamEvent::Presence(presence)
                    if presence.state == protocol::stream::PresenceState::Online =>
                {
                    told = "online";
                }
                StreamEvent::Event(_) => break,
                _ => {}
            }
        }
        assert_eq!(told, expected);
    }
}

async fn eve_cannot_use(
    eve: &super::app::Person,
    own: bool,
    watch: &str,
    users: serde_json::Value,
) {
    if !own {
        eve.put(watch, users).await.is_problem(404, "not_found");
    }
}
