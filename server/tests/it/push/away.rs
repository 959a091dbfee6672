//! Who is away is told, once; who is there, or reads, is not.

use serde_json::json;
use tokio::time::Instant;

use super::scene::{Scene, pushed, texts, until};
use crate::http::app::{PATIENCE, Person};

async fn read(person: &Person, chat: protocol::ConversationId, seq: u64) {
    let path = format!("/api/v1/conversations/{chat}/read");
    let answer = person.put(&path, json!({"seq": seq})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_away_is_told_of_each_message_once_and_soon() {
    let scene = Scene::new().await;
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let browser = scene.subscribe(&bob).await;
    // Of what one says oneself, nothing.
    let own = scene.subscribe(&ann).await;
    scene.warm_up(&ann, chat, &browser).await;

    let said = Instant::now();
    let event = ann.say(chat, "你好 👋\n second line").await;
    until("it is told", || pushed(&scene.service, &browser).len() == 2).await;
    assert!(said.elapsed() < PATIENCE, "{:?}", said.elapsed());
    let told = pushed(&scene.service, &browser).pop().unwrap();
    let expected = json!({
        "user": bob.id,
        "conversation": chat,
        "seq": event.seq,
        "at": event.at,
        "title": "ann",
        "body": "你好 👋 second line",
        "lang": "zh-CN",
        "unread": 2,
        "mention": false,
    });
    assert_eq!(told.payload, expected);
    let three_days = 3 * 24 * 60 * 60;
    assert!(
        (three_days - 60..=three_days).contains(&told.ttl),
        "{}",
        told.ttl
    );
    assert_eq!(told.urgency.as_deref(), Some("high"));
    assert_eq!(told.topic.as_ref().unwrap().len(), 32);

    ann.say(chat, "the last").await;
    let all = ["to warm up", "你好 👋 second line", "the last"];
    until("the last is told", || {
        texts(&scene.service, &browser).len() == 3
    })
    .await;
    assert_eq!(texts(&scene.service, &browser), all);
    assert!(pushed(&scene.service, &own).is_empty());
    assert_eq!(scene.service.refused(), [""; 0]);
    assert_eq!(scene.service.requests(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_online_or_has_read_it_elsewhere_is_not_told() {
    let scene = Scene::new().await;
    let [ann, bob] = scene.app.friends().await;
    let carol = scene.app.register("carol").await;
    let dave = scene.app.register("dave").await;
    for other in [&carol, &dave] {
        ann.befriend(other).await;
    }
    let group = ann.group(&[&bob, &carol, &dave]).await;
    let bobs = scene.subscribe(&bob).await;
    let carols = scene.subscribe(&carol).await;
    let daves = scene.subscribe(&dave).await;
    // Who is told that there is a group depends on when they have subscribed.
    let of_group = |to| {
        let all = texts(&scene.service, to);
        let said = |text: &String| text.starts_with("ann：");
        all.into_iter().filter(said).collect::<Vec<_>>()
    };
    ann.say(group, "to warm up").await;
    until("the first is told", || {
        [&bobs, &carols, &daves]
            .iter()
            .all(|to| of_group(to).len() == 1)
    })
    .await;

    let mut stream = bob.stream().await;
    stream.sync().await;
    let event = ann.say(group, "one").await;
    // On another device.
    read(&carol, group, event.seq).await;
    until("who is away is told", || of_group(&daves).len() == 2).await;
    assert_eq!(stream.event().await.seq, event.seq);

    drop(stream);
    scene.until_away(bob.id).await;
    ann.say(group, "two").await;
    until("all are told", || {
        [&bobs, &carols].iter().all(|to| of_group(to).len() == 2) && of_group(&daves).len() == 3
    })
    .await;
    assert_eq!(of_group(&bobs), ["ann：to warm up", "ann：two"]);
    assert_eq!(of_group(&carols), ["ann：to warm up", "ann：two"]);
    assert_eq!(
        of_group(&daves),
        ["ann：to warm up", "ann：one", "ann：two"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_or_recalled_while_the_push_service_was_away_is_not_told_later() {
    let scene = Scene::new().await;
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let browser = scene.subscribe(&bob).await;
    scene.warm_up(&ann, chat, &browser).await;
    scene.service.stop();
    let first = ann.say(chat, "read elsewhere").await;
    read(&bob, chat, first.seq).await;
    let second = ann.say(chat, "recalled").await;
    let recall = json!({
        "client_id": crate::http::app::fresh_id(), "kind": "recall", "target": second.seq,
    });
    assert_eq!(ann.command(chat, recall).await.status, 201);
    ann.say(chat, "waits").await;
    scene.service.start_again();
    until("what waits is told", || {
        texts(&scene.service, &browser).len() == 2
    })
    .await;
    ann.say(chat, "the last").await;
    until("the last is told", || {
        texts(&scene.service, &browser).len() == 3
    })
    .await;
    let told = texts(&scene.service, &browser);
    assert_eq!(told, ["to warm up", "waits", "the last"]);
}
