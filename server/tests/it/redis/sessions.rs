//! The cache of sessions.

use protocol::UserId;
use protocol::api::access_tokens::Scope;
use server::redis::CachedSession;
use server::redis::SessionCache;
use services::{RedisOptions, Service as _};

use super::{Node, start, until, within};

const NOW: i64 = 1_800_000_000_000;
const KEY: [u8; 32] = [7; 32];

fn session() -> CachedSession {
    CachedSession {
        user: UserId::new(NOW, [1; 10]),
        expires_at: NOW + 3_600_000,
        scope: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_puts_another_finds() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let (one, other) = (
        SessionCache::new(one.redis.clone()),
        SessionCache::new(other.redis.clone()),
    );
    assert_eq!(other.get(&KEY).await, None);
    one.put(&KEY, session(), NOW).await;
    assert_eq!(other.get(&KEY).await, Some(session()));
    let left: i64 = server
        .run(&["PTTL", &format!("test:session:{}", "07".repeat(32))])
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!((500_000..=600_000).contains(&left), "{left}");
    for scope in [Scope::Read, Scope::Write] {
        let program = CachedSession {
            scope: Some(scope),
            ..session()
        };
        let key = [scope as u8; 32];
        one.put(&key, program, NOW).await;
        assert_eq!(other.get(&key).await, Some(program));
    }
    // Over already, or over soon.
    one.put(&[8; 32], session(), session().expires_at).await;
    assert_eq!(other.get(&[8; 32]).await, None);
    one.put(&[9; 32], session(), session().expires_at - 50)
        .await;
    within(async { while one.get(&[9; 32]).await.is_some() {} }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_is_not_brought_back() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let (one, other) = (
        SessionCache::new(one.redis.clone()),
        SessionCache::new(other.redis.clone()),
    );
    one.put(&KEY, session(), NOW).await;
    one.end(&[KEY, [8; 32]]).await;
    assert_eq!(other.get(&KEY).await, None);
    // Read from the database before it ended, and put after it.
    for key in [KEY, [8; 32]] {
        other.put(&key, session(), NOW).await;
        assert_eq!(one.get(&key).await, None);
        assert_eq!(other.get(&key).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_while_redis_is_frozen_is_over_when_it_goes_on() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let cache = SessionCache::new(one.redis.clone());
    cache.put(&KEY, session(), NOW).await;
    assert_eq!(cache.get(&KEY).await, Some(session()));
    server.pause().unwrap();
    until(|| one.redis.is_away()).await;
    // It was never sent, so it must be tried again.
    cache.end(&[KEY]).await;
    assert_eq!(cache.get(&KEY).await, None);
    server.resume();
    within(other.redis.connected()).await;
    let cache = SessionCache::new(other.redis.clone());
    within(async { while cache.get(&KEY).await.is_some() || other.redis.is_away() {} }).await;
    cache.put(&KEY, session(), NOW).await;
    assert_eq!(cache.get(&KEY).await, None);
}
