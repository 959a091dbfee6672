use protocol::stream::{ByeReason, StreamEvent};
use serde_json::json;

use super::app::{PATIENCE, TestApp, fresh_id};

#[tokio::test]
async fn a_stream_begins_with_sync_and_carries_events() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    ann.say(ann.with(&bob), "before").await;
    let mut stream = bob.stream().await;
    let Some(StreamEvent::Sync(sync)) = stream.next().await else {
        panic!("sync comes first");
    };
    assert_eq!(sync.user, bob.id);
    assert!(sync.complete);
    let head = sync
        .heads
        .iter()
        .find(|head| head.conversation == ann.with(&bob));
    assert_eq!(head.unwrap().unread, 1);
    let said = ann.say(ann.with(&bob), "now").await;
    assert_eq!(stream.event().await, said);
}

#[tokio::test]
async fn reading_is_told_to_ones_other_browsers() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let said = ann.say(ann.with(&bob), "hello").await;
    let mut stream = bob.stream().await;
    stream.next().await;
    let path = format!("/api/v1/conversations/{}/read", ann.with(&bob));
    bob.put(&path, json!({"seq": said.seq})).await;
    let read = stream
        .until(|event| match event {
            StreamEvent::Read(read) => Some(read),
            _ => None,
        })
        .await;
    assert_eq!((read.user, read.seq), (bob.id, said.seq));
}

#[tokio::test]
async fn typing_is_told_to_the_other() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let mut stream = bob.stream().await;
    stream.next().await;
    let path = format!("/api/v1/conversations/{}/typing", ann.with(&bob));
    assert_eq!(ann.post(&path, json!({})).await.status, 204);
    let typing = stream
        .until(|event| match event {
            StreamEvent::Typing(typing) => Some(typing),
            _ => None,
        })
        .await;
    assert_eq!(typing.user, ann.id);
}

#[tokio::test]
async fn logging_out_ends_the_sessions_streams() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let mut stream = ann.stream().await;
    stream.next().await;
    let mut others = bob.stream().await;
    others.next().await;
    let ended = tokio::time::timeout(PATIENCE, async {
        assert_eq!(ann.delete("/api/v1/session").await.status, 204);
        let reason = stream
            .until(|event| match event {
                StreamEvent::Bye(bye) => Some(bye.reason),
                _ => None,
            })
            .await;
        assert_eq!(reason, ByeReason::SessionEnded);
        assert_eq!(stream.next().await, None);
    });
    ended.await.expect("it ends at once");
    bob.say(bob.with(&bob), "still here").await;
    others.event().await;
}

#[tokio::test]
async fn the_ninth_stream_ends_the_oldest() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let mut oldest = ann.stream().await;
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(ann.stream().await);
    }
    let reason = oldest
        .until(|event| match event {
            StreamEvent::Bye(bye) => Some(bye.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, ByeReason::TooManyStreams);
    ann.say(ann.with(&ann), "to the rest").await;
    for stream in &mut others {
        stream.event().await;
    }
}

#[tokio::test]
async fn stopping_says_bye_and_loses_nothing() {
    let mut app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    let mut stream = bob.stream().await;
    stream.next().await;
    let sender = {
        let ann = ann.clone();
        tokio::spawn(async move {
            let mut stored = Vec::new();
            for n in 0.. {
                let command = super::app::say(&n.to_string());
                let path = format!("/api/v1/conversations/{conversation}/commands");
                let sent = ann
                    .request(reqwest::Method::POST, &path)
                    .json(&command)
                    .send();
                match sent.await {
                    Ok(answer) if answer.status() == 201 => stored.push(n.to_string()),
                    Ok(answer) if answer.status() == 429 => return stored,
                    _ => return stored,
                }
            }
            stored
        })
    };
    // In mid-traffic.
    while stream.event().await.seq < 5 {}
    app.stop().await;
    let reason = stream
        .until(|event| match event {
            StreamEvent::Bye(bye) => Some(bye.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, ByeReason::Stopping);
    let stored = sender.await.unwrap();
    assert!(stored.len() >= 4);
    let mut bob = bob;
    app.start_again().await;
    bob.browser.base = app.base.clone();
    let kept = bob.texts(conversation).await;
    assert!(
        kept.starts_with(&stored),
        "every 201 is there: {kept:?} {stored:?}"
    );
}

#[tokio::test]
async fn a_watch_of_too_many_or_of_no_stream_is_refused() {
    let app = TestApp::start().await;
    let ann = app.register("ann").await;
    let path = format!("/api/v1/stream/{}/watch", fresh_id());
    ann.put(&path, json!({"users": []}))
        .await
        .is_problem(404, "not_found");
    let many: Vec<_> = (0..201).map(|_| fresh_id()).collect();
    ann.put(&path, json!({"users": many}))
        .await
        .is_problem(422, "invalid");
}
