//! A server with keys, a push service, and people whose browsers have subscribed.

use std::path::Path;

use protocol::{ConversationId, UserId};
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::presence::Streaming;
use server::push::Keys;
use server::random::Random;
use services::{PushService, PushSubscription, Pushed};
use tokio::time::{Duration, Instant};

use crate::http::app::{Person, TestApp};
use crate::waiting::moment;

/// What lets a server send to push services.
pub fn configure(config: &mut Config, services: &[&PushService]) {
    let file = config.data.join("push.pem");
    std::fs::create_dir_all(&config.data).unwrap();
    Keys::make(&file, &Random::system()).unwrap();
    config.push.key_file = Some(file);
    config.push.contact = Some("mailto:admin@example.org".to_owned());
    config.push.services = services.iter().map(|service| service.origin()).collect();
}

pub fn public_key(file: &Path) -> String {
    let keys = Keys::load(file, "mailto:admin@example.org").unwrap();
    keys.public().to_owned()
}

pub struct Scene {
    pub app: TestApp,
    pub service: PushService,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(None, |_| ()).await
    }

    pub async fn with(clock: Option<Clock>, change: impl FnOnce(&mut Config)) -> Self {
        let service = PushService::start().unwrap();
        let app = TestApp::start_as(clock, |config| {
            configure(config, &[&service]);
            change(config);
        })
        .await;
        Self { app, service }
    }

    /// Says something, and waits until the first of these who are away is told: from then on, whoever
    /// is away is told within two seconds.
    pub async fn warm_up(&self, from: &Person, chat: ConversationId, to: &PushSubscription) {
        from.say(chat, "to warm up").await;
        until("the first is told", || {
            texts(&self.service, to) == ["to warm up"]
        })
        .await;
    }

    /// Waits until somebody's streams are known to have ended.
    pub async fn until_away(&self, user: UserId) {
        let began = Instant::now();
        let presence = &self.app.running().app().chat.presence;
        while presence.streaming(&[user]).await != [Streaming::Away] {
            assert!(began.elapsed() < LONGEST, "never away");
            moment().await;
        }
    }

    /// The server's public key.
    pub fn key(&self) -> String {
        public_key(self.app.config().push.key_file.as_deref().unwrap())
    }

    /// Has a person's browser subscribe.
    pub async fn subscribe(&self, person: &Person) -> PushSubscription {
        self.subscribe_at(person, &self.service).await
    }

    pub async fn subscribe_at(&self, person: &Person, service: &PushService) -> PushSubscription {
        let subscription = service.subscribe(&self.key()).unwrap();
        let answer = person.post(SUBSCRIPTIONS, body(&subscription)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        subscription
    }
}

pub const SUBSCRIPTIONS: &str = "/api/v1/me/push/subscriptions";

/// What a page posts.
pub fn body(subscription: &PushSubscription) -> Value {
    json!({
        "endpoint": subscription.endpoint,
        "expirationTime": null,
        "keys": {"p256dh": subscription.keys.p256dh, "auth": subscription.keys.auth},
    })
}

/// How long a test waits for what must come: with several nodes, it takes ten seconds from a start until
/// anybody knows who is away.
pub const LONGEST: Duration = Duration::from_secs(90);

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONGEST, "waited in vain: {what}");
        moment().await;
    }
}

/// What has come for a browser, in the order of arrival.
pub fn pushed(service: &PushService, to: &PushSubscription) -> Vec<Pushed> {
    let all = service.pushed().into_iter();
    all.filter(|it| it.subscription == to.id).collect()
}

/// What was said in direct conversations, as it came for a browser; of groups with names before it.
pub fn texts(service: &PushService, to: &PushSubscription) -> Vec<String> {
    let bodies = pushed(service, to)
        .into_iter()
        .map(|it| it.payload["body"].clone());
    bodies
        .map(|body| body.as_str().unwrap_or("nothing").to_owned())
        .collect()
}
