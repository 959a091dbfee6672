//! What goes wrong on the way loses nothing, repeats nothing, and holds nobody else up.

use protocol::{ConversationId, Millis};
use serde_json::Value;
use server::clock::Clock;
use server::config::SecretUrl;
use services::{PushAnswer, PushService, RabbitMq, RabbitMqOptions, Service as _};

use super::scene::{LONGEST, Scene, pushed, texts, until};
use crate::http::app::{Person, say};
use crate::raw::Raw;
use crate::waiting::moment;

/// Says something; on several nodes that are busy it may be queued.
async fn accepted(person: &Person, chat: ConversationId, text: &str) {
    let answer = person.command(chat, say(text)).await;
    assert!(matches!(answer.status, 201 | 202), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_of_the_server_and_of_the_push_service_lose_and_repeat_nothing() {
    let mut scene = Scene::new().await;
    let [mut ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let browser = scene.subscribe(&bob).await;
    scene.warm_up(&ann, chat, &browser).await;
    scene.service.stop();
    ann.say(chat, "one").await;
    ann.say(chat, "two").await;
    scene.app.restart().await;
    ann.go_to(&scene.app.base);
    ann.say(chat, "three").await;
    scene.service.start_again();
    until("all is told", || texts(&scene.service, &browser).len() == 4).await;
    // Stopped as soon as it is answered.
    ann.say(chat, "four").await;
    scene.app.restart().await;
    until("it is told", || texts(&scene.service, &browser).len() == 5).await;
    ann.go_to(&scene.app.base);
    ann.say(chat, "the last").await;
    until("the last is told", || {
        texts(&scene.service, &browser).len() == 6
    })
    .await;
    let mut told = texts(&scene.service, &browser);
    // What was tried before may come in any order.
    told[1..4].sort_unstable();
    assert_eq!(
        told,
        ["to warm up", "one", "three", "two", "four", "the last"]
    );
    assert_eq!(scene.service.refused(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_service_that_hangs_holds_up_no_other_and_gets_all_later() {
    let other = PushService::start().unwrap();
    let origin = other.origin();
    let scene = Scene::with(None, |config| config.push.services.push(origin)).await;
    let [ann, bob] = scene.app.friends().await;
    let carol = scene.app.register("carol").await;
    ann.befriend(&carol).await;
    let (with_bob, with_carol) = (ann.with(&bob), ann.with(&carol));
    let bobs = scene.subscribe_at(&bob, &other).await;
    let carols = scene.subscribe(&carol).await;
    scene.warm_up(&ann, with_carol, &carols).await;
    other.answer(PushAnswer::Hang);
    for number in 0..40 {
        accepted(&ann, with_bob, &number.to_string()).await;
    }
    until("it hangs", || other.hanging() > 0).await;
    for number in 0..15 {
        accepted(&ann, with_carol, &number.to_string()).await;
    }
    until("the others are told", || {
        texts(&scene.service, &carols).len() == 16
    })
    .await;
    assert!(other.hanging() > 0);
    assert!(pushed(&other, &bobs).is_empty());
    other.answer(PushAnswer::Created);
    until("he is told", || texts(&other, &bobs).len() == 40).await;
    ann.say(with_bob, "the last").await;
    until("the last is told", || {
        texts(&other, &bobs).contains(&"the last".to_owned())
    })
    .await;
    let mut told = texts(&other, &bobs);
    told.sort_unstable();
    let mut all: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    all.push("the last".to_owned());
    all.sort_unstable();
    assert_eq!(told, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_unsubscribed_at_the_service_is_removed_and_what_is_refused_for_now_comes_later() {
    let scene = Scene::new().await;
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let gone = scene.subscribe(&bob).await;
    let browser = scene.subscribe(&bob).await;
    scene.service.answer_for(&gone.id, PushAnswer::Gone);
    scene.warm_up(&ann, chat, &browser).await;
    let began = tokio::time::Instant::now();
    loop {
        let shown = bob.get("/api/v1/me/push").await.json();
        if shown["subscriptions"].as_array().unwrap().len() == 1 {
            break;
        }
        assert!(began.elapsed() < LONGEST, "{shown}");
        moment().await;
    }
    scene.service.answer(PushAnswer::TooMany(2));
    let asked = scene.service.requests();
    ann.say(chat, "later").await;
    until("it is refused", || scene.service.requests() > asked).await;
    let refused = tokio::time::Instant::now();
    scene.service.answer(PushAnswer::Created);
    until("it comes", || texts(&scene.service, &browser).len() == 2).await;
    assert!(
        refused.elapsed().as_millis() > 1_900,
        "{:?}",
        refused.elapsed()
    );
    scene.service.answer(PushAnswer::Broken);
    let asked = scene.service.requests();
    ann.say(chat, "the last").await;
    until("it is tried again", || scene.service.requests() > asked + 1).await;
    scene.service.answer(PushAnswer::Created);
    until("it comes", || texts(&scene.service, &browser).len() == 3).await;
    assert_eq!(
        texts(&scene.service, &browser),
        ["to warm up", "later", "the last"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_three_days_nothing_is_left_to_tell() {
    const DAYS: Millis = 3 * 24 * 60 * 60 * 1_000;
    let clock = Clock::manual(Clock::system().now());
    let scene = Scene::with(Some(clock.clone()), |_| ()).await;
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    scene.subscribe(&bob).await;
    scene.service.answer(PushAnswer::Broken);
    ann.say(chat, "too late").await;
    until("it was tried", || scene.service.requests() > 0).await;
    let app = scene.app.running().app();
    let raw = Raw::open(&server::app_state::database(scene.app.config())).await;
    assert!(raw.pushes().await > 0);
    clock.advance(DAYS + 1);
    scene.service.answer(PushAnswer::Created);
    let settings = server::chat::Settings::default();
    server::chat::retain(&app.store, &clock, &settings)
        .await
        .unwrap();
    assert_eq!(raw.pushes().await, 0);
    raw.close().await;
    assert_eq!(scene.service.pushed(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_broker_loses_and_repeats_nothing() {
    if !crate::database::is_networked() {
        return;
    }
    let broker = RabbitMq::start(&RabbitMqOptions::default()).unwrap();
    let url = broker.url();
    let scene = Scene::with(None, |config| config.amqp.url = Some(SecretUrl::from(url))).await;
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let browser = scene.subscribe(&bob).await;
    scene.warm_up(&ann, chat, &browser).await;
    for number in 0..20 {
        ann.say(chat, &number.to_string()).await;
    }
    broker.kill().unwrap();
    broker.start_again().unwrap();
    let mut last = say("the last");
    last["client_id"] = Value::String(crate::http::app::fresh_id().to_string());
    let began = tokio::time::Instant::now();
    while !matches!(ann.command(chat, last.clone()).await.status, 201 | 202) {
        assert!(began.elapsed().as_secs() < 120, "it is not accepted");
        moment().await;
    }
    until("the last is told", || {
        texts(&scene.service, &browser).contains(&"the last".to_owned())
    })
    .await;
    until("all are told", || {
        texts(&scene.service, &browser).len() >= 22
    })
    .await;
    let mut told = texts(&scene.service, &browser);
    told.sort_unstable();
    let mut all: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    all.extend(["the last".to_owned(), "to warm up".to_owned()]);
    all.sort_unstable();
    assert_eq!(told, all);
}
