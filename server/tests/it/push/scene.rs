//! A server with keys, a push service, and people whose browsers have subscribed.

use std::path::Path;

use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::push::Keys;
use server::random::Random;
use services::{PushService, PushSubscription};

use crate::http::app::{Person, TestApp};

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
