//! Finding, losing and finding again a Redis.

use std::sync::Arc;
use std::time::Duration;

use server::random::Random;
use server::redis::CachedSession;
use server::redis::{ConfigError, Redis, RedisConfig, SessionCache};
use services::{RedisOptions, Service as _};

use super::{config, start, until, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_tls_by_an_authority_of_ones_own() {
    let options = RedisOptions {
        password: Some("secret".to_owned()),
        tls: true,
        ..RedisOptions::default()
    };
    let Some(server) = start(&options) else {
        return;
    };
    let (redis, _arrivals) = Redis::start(&config(&server), Random::system()).unwrap();
    within(redis.connected()).await;
    assert!(redis.subscribe(vec!["test:a".to_owned()]).await.is_ok());

    // By the system's authorities, nobody must be fooled.
    let mut untrusted = config(&server);
    untrusted.ca = None;
    let (redis, _arrivals) = Redis::start(&untrusted, Random::system()).unwrap();
    let connected = tokio::time::timeout(Duration::from_secs(1), redis.connected()).await;
    assert!(connected.is_err());
}

#[test]
fn what_cannot_be_an_address_is_an_error_at_once() {
    let config = |url: &str, ca: Option<&str>| RedisConfig {
        url: url.to_owned(),
        ca: ca.map(Into::into),
        prefix: "test".to_owned(),
    };
    let start = |config| Redis::start(&config, Random::seeded(1)).map(|_| ());
    assert!(matches!(
        start(config("nonsense", None)),
        Err(ConfigError::Url(_))
    ));
    let missing = config("rediss://127.0.0.1:1", Some("/nowhere/ca.pem"));
    assert!(matches!(start(missing), Err(ConfigError::Ca(_))));
    let text = format!("{:?}", config("redis://:secret@127.0.0.1:1", None));
    assert!(!text.contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_is_noticed_and_then_nobody_waits_for_it() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (redis, _arrivals) = Redis::start(&config(&server), Random::system()).unwrap();
    within(redis.connected()).await;
    let cache = SessionCache::new(redis.clone());
    server.pause().unwrap();
    until(|| redis.is_away()).await;
    // With a second for each, that they may take, it would be too long.
    within(async {
        for _ in 0..100 {
            assert_eq!(cache.get(&[1; 32]).await, None);
        }
    })
    .await;
    server.resume();
    within(redis.connected()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_the_connection() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (redis, _arrivals) = Redis::start(&config(&server), Random::system()).unwrap();
    within(redis.connected()).await;
    let cache = Arc::new(SessionCache::new(redis.clone()));
    let asked = (0..500_u32).map(|number| {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_le_bytes());
            let session = CachedSession {
                user: protocol::UserId::new(i64::from(number), [1; 10]),
                expires_at: 60_000,
                scope: None,
            };
            cache.put(&key, session, 0).await;
            assert_eq!(cache.get(&key).await, Some(session));
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    let clients = server.run(&["CLIENT", "LIST"]).unwrap();
    // These two, and that of the command itself.
    assert_eq!(clients.lines().filter(|line| !line.is_empty()).count(), 3);
    drop((cache, redis));
    until(|| {
        let clients = server.run(&["CLIENT", "LIST"]).unwrap();
        clients.lines().filter(|line| !line.is_empty()).count() == 1
    })
    .await;
}
