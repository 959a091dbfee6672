//! A server that is killed.

use std::collections::BTreeSet;

use server::push::Keys;
use server::random::Random;
use services::PushService;

use super::scene::{SUBSCRIPTIONS, body, public_key, texts, until};
use crate::process::child::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_just_before_the_server_was_killed_is_told_when_it_is_back() {
    let service = PushService::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("push.pem");
    Keys::make(&file, &Random::system()).unwrap();
    let origin = service.origin();
    let variables = [
        ("ZSPCHAT_PUSH_KEY_FILE", file.to_str().unwrap()),
        ("ZSPCHAT_PUSH_CONTACT", "mailto:admin@example.org"),
        ("ZSPCHAT_PUSH_SERVICES", &origin),
    ];
    let mut server = Server::start_with(folder.path(), &variables).await;
    let mut ann = server.anybody().register("ann").await;
    let bob = server.anybody().register("bob").await;
    ann.befriend(&bob).await;
    let chat = ann.with(&bob);
    let browser = service.subscribe(&public_key(&file)).unwrap();
    let answer = bob.post(SUBSCRIPTIONS, body(&browser)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let mut said = BTreeSet::new();
    for number in 0..3 {
        let text = number.to_string();
        ann.say(chat, &text).await;
        said.insert(text);
        server.signal("KILL").await;
        server.ended().await;
        server = Server::start_with(folder.path(), &variables).await;
        ann.go_to(&server.base);
    }
    until("all are told", || texts(&service, &browser).len() == 3).await;
    ann.say(chat, "the last").await;
    until("the last is told", || texts(&service, &browser).len() == 4).await;
    let told = texts(&service, &browser);
    assert_eq!(told.last().unwrap(), "the last");
    assert_eq!(told[..3].iter().cloned().collect::<BTreeSet<_>>(), said);
}
