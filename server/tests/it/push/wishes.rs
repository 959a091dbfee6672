//! What people want to be told of, and how.

use protocol::ConversationId;
use serde_json::{Value, json};

use super::scene::{LONGEST, Scene, pushed, until};
use crate::http::app::{Person, say};
use crate::waiting::moment;
use tokio::time::Instant;

async fn set(person: &Person, settings: Value) {
    let answer = person.put("/api/v1/me/push/settings", settings).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

async fn silence(person: &Person, chat: ConversationId) {
    let path = format!("/api/v1/conversations/{chat}/preferences");
    let answer = person.put(&path, json!({"silenced": true})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_what_they_want_to_be() {
    let scene = Scene::new().await;
    let ann = scene.app.register("ann").await;
    let mut others = Vec::new();
    for handle in ["all", "mentions", "silent", "quiet", "blocker", "wordless"] {
        let other = scene.app.register(handle).await;
        ann.befriend(&other).await;
        let browser = scene.subscribe(&other).await;
        others.push((other, browser));
    }
    let [all, mentions, silent, quiet, blocker, wordless] = others.try_into().ok().unwrap();
    set(&mentions.0, json!({"text": true, "mentions_only": true})).await;
    // All day but for a minute that began half a day ago.
    let now = scene.app.running().app().clock.now() / 60_000 % 1_440;
    let (from, to) = ((now + 721) % 1_440, (now + 720) % 1_440);
    let hours = json!({"from": from, "to": to, "time_zone": "UTC"});
    set(
        &quiet.0,
        json!({"text": true, "mentions_only": false, "quiet": hours}),
    )
    .await;
    set(&wordless.0, json!({"text": false, "mentions_only": false})).await;
    let members = [&all, &mentions, &silent, &quiet, &blocker, &wordless].map(|it| &it.0);
    let group = ann.group(&members).await;
    let path = format!("/api/v1/contacts/{}", ann.id);
    let blocked = blocker.0.patch(&path, json!({"blocked": true})).await;
    assert_eq!(blocked.status, 200, "{}", blocked.text);
    silence(&silent.0, group).await;
    ann.say(group, "to nobody").await;
    let mut called = say("to somebody");
    called["mentions"] = json!([mentions.0.id]);
    assert_eq!(ann.command(group, called).await.status, 201);
    let mut to_all = say("to all");
    to_all["mention_all"] = json!(true);
    assert_eq!(ann.command(group, to_all).await.status, 201);
    let last = ann.say(group, "the last").await;

    let of = |browser| {
        let all = pushed(&scene.service, browser).into_iter();
        // Being brought in is told as well, to those who were not faster.
        let messages = all.filter(|it| it.payload["seq"] != 1);
        messages.map(|it| it.payload).collect::<Vec<_>>()
    };
    until("the last is told", || {
        [&all, &wordless]
            .iter()
            .all(|it| of(&it.1).last().is_some_and(|told| told["seq"] == last.seq))
            && of(&mentions.1).len() == 2
    })
    .await;
    let bodies = |browser| {
        let told = of(browser).into_iter();
        told.map(|it| it["body"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        bodies(&all.1),
        [
            "ann：to nobody",
            "ann：to somebody",
            "ann：to all",
            "ann：the last"
        ]
    );
    assert_eq!(bodies(&mentions.1), ["ann：to somebody", "ann：to all"]);
    assert_eq!(
        bodies(&wordless.1),
        [Value::Null, Value::Null, Value::Null, Value::Null]
    );
    for none in [&silent, &quiet, &blocker] {
        assert_eq!(bodies(&none.1), [Value::Null; 0]);
    }
    let mentioned = of(&mentions.1);
    assert_eq!(mentioned[0]["mention"], true);
    assert_eq!(mentioned[0]["title"], "group");
    let seen = of(&all.1).into_iter().map(|it| it["mention"].clone());
    assert_eq!(seen.collect::<Vec<_>>(), [false, false, true, false]);
    // A quiet time is no delay: nothing waits for it.
    let store = &scene.app.running().app().store;
    let began = Instant::now();
    while store.notifications_waiting().await.unwrap() > 0 {
        assert!(began.elapsed() < LONGEST, "something waits");
        moment().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_brought_into_a_group_is_told_by_a_name_they_know() {
    let scene = Scene::new().await;
    let [ann, bob] = scene.app.friends().await;
    let carol = scene.app.register("carol").await;
    ann.befriend(&carol).await;
    let path = format!("/api/v1/contacts/{}", ann.id);
    let named = bob.patch(&path, json!({"remark": "老安"})).await;
    assert_eq!(named.status, 200, "{}", named.text);
    let browser = scene.subscribe(&bob).await;
    ann.group(&[&bob, &carol]).await;
    until("it is told", || {
        !pushed(&scene.service, &browser).is_empty()
    })
    .await;
    let told = pushed(&scene.service, &browser).remove(0).payload;
    assert_eq!(told["title"], "group");
    assert_eq!(told["body"], "老安 邀请 你 加入了群聊");
    let unnamed = ConversationId(crate::http::app::fresh_id().0);
    let members = json!({"members": [bob.id, carol.id]});
    let path = format!("/api/v1/conversations/{unnamed}");
    let made = ann.put(&path, members).await;
    assert_eq!(made.status, 201, "{}", made.text);
    ann.say(unnamed, "hello").await;
    until("it is told", || pushed(&scene.service, &browser).len() == 3).await;
    let told = pushed(&scene.service, &browser).remove(2).payload;
    assert_eq!(told["body"], "老安：hello");
    assert_eq!(told["title"], "ann、carol");
}
