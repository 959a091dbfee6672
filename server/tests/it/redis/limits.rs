//! Limits that nodes share.

use futures::StreamExt as _;
use server::accounts::{Throttle, Throttled};
use server::redis::{Away, RateLimits, Taken};
use services::{RedisOptions, Service as _};

use super::{Node, start, until, within};
use crate::waiting::moment;

fn counted(taken: Result<Taken, Away>) -> bool {
    matches!(taken, Ok(Taken::Counted { .. }))
}

fn too_much(taken: Result<Taken, Away>) -> bool {
    matches!(taken, Ok(Taken::TooMuch { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_count_together() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let (one, other) = (
        RateLimits::new(one.redis.clone()),
        RateLimits::new(other.redis.clone()),
    );
    let window = 60_000;
    assert!(counted(one.take("a", "ann", 2..=2, 3, window).await));
    let refused = other.take("a", "ann", 2..=2, 3, window).await;
    assert!(
        matches!(refused, Ok(Taken::TooMuch { left }) if (window - 20_000..=window).contains(&left)),
        "{refused:?}"
    );
    assert!(counted(other.take("a", "ann", 1..=1, 3, window).await));
    assert!(too_much(one.take("a", "ann", 1..=1, 3, window).await));
    // Another key, and another limit.
    assert!(counted(one.take("a", "bob", 3..=3, 3, window).await));
    assert!(counted(one.take("b", "ann", 3..=3, 3, window).await));
    // More than there ever is.
    assert_eq!(
        one.take("b", "eve", 4..=4, 3, window).await,
        Ok(Taken::TooMuch { left: window })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_begins_with_the_first_use_and_ends() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let node = Node::start(&server).await;
    let limits = RateLimits::new(node.redis.clone());
    assert!(counted(limits.take("a", "ann", 1..=1, 1, 400).await));
    within(async {
        while let Ok(Taken::TooMuch { left }) = limits.take("a", "ann", 1..=1, 1, 400).await {
            assert!((1..=400).contains(&left));
            moment().await;
        }
    })
    .await;
    // That one counted, in a window of its own.
    assert!(too_much(limits.take("a", "ann", 1..=1, 1, 400).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_use_does_not_lengthen_the_window() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let node = Node::start(&server).await;
    let limits = RateLimits::new(node.redis.clone());
    let window = 60_000;
    let left = async |count| match limits.take("a", "ann", count..=count, 3, window).await {
        Ok(Taken::TooMuch { left }) => left,
        other => panic!("{other:?}"),
    };
    assert!(counted(limits.take("a", "ann", 1..=1, 3, window).await));
    within(async { while left(3).await > window - 200 {} }).await;
    for _ in 0..2 {
        assert!(counted(limits.take("a", "ann", 1..=1, 3, window).await));
        assert!(left(3).await <= window - 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_more_than_there_is_gets_what_there_is() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let node = Node::start(&server).await;
    let limits = RateLimits::new(node.redis.clone());
    let take = async |wanted| match limits.take("a", "ann", wanted, 10, 60_000).await {
        Ok(Taken::Counted { count, .. }) => count,
        Ok(Taken::TooMuch { .. }) => 0,
        Err(Away) => panic!("it is there"),
    };
    assert_eq!(take(1..=4).await, 4);
    assert_eq!(take(7..=8).await, 0);
    assert_eq!(take(1..=8).await, 6);
    assert_eq!(take(1..=8).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_does_not_count() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let node = Node::start(&server).await;
    let limits = RateLimits::new(node.redis.clone());
    limits.give_back("a", "ann").await.unwrap();
    for _ in 0..5 {
        assert!(counted(limits.take("a", "ann", 1..=1, 1, 60_000).await));
        limits.give_back("a", "ann").await.unwrap();
    }
    // Given back to nothing, it opens no second place.
    limits.give_back("a", "ann").await.unwrap();
    assert!(counted(limits.take("a", "ann", 1..=1, 1, 60_000).await));
    assert!(too_much(limits.take("a", "ann", 1..=1, 1, 60_000).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_counts_by_itself_while_redis_is_away() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let throttle = |node: &Node| {
        Throttle::new(2, 60_000).shared(Some(RateLimits::new(node.redis.clone())), "commands")
    };
    let (here, there) = (throttle(&one), throttle(&other));
    assert_eq!(here.take(&"ann", 1, 0).await, Ok(()));
    assert_eq!(there.take(&"ann", 1, 0).await, Ok(()));
    assert!(here.take(&"ann", 1, 0).await.is_err());
    server.kill().unwrap();
    until(|| one.redis.is_away() && other.redis.is_away()).await;
    let direct = RateLimits::new(one.redis.clone());
    assert_eq!(
        direct.take("commands", "ann", 1..=1, 2, 60_000).await,
        Err(Away)
    );
    // Each goes on from what it knows of: what was used there itself.
    for throttle in [&here, &there] {
        assert_eq!(throttle.take(&"ann", 1, 0).await, Ok(()));
        assert_eq!(
            throttle.take(&"ann", 1, 0).await,
            Err(Throttled { seconds: 60 })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_a_part_at_a_time_and_no_more_than_there_is() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let throttle = |node: &Node| {
        Throttle::new(100, 60_000).shared(Some(RateLimits::new(node.redis.clone())), "commands")
    };
    let (here, there) = (throttle(&one), throttle(&other));
    assert_eq!(there.take(&"ann", 1, 0).await, Ok(()));
    // The other has taken a sixteenth.
    let mut used = 0;
    while here.take(&"ann", 1, 0).await.is_ok() {
        used += 1;
    }
    assert_eq!(used, 100 - 100 / 16);
    let direct = RateLimits::new(one.redis.clone());
    assert!(!counted(
        direct.take("commands", "ann", 1..=1, 100, 60_000).await
    ));
    // It still has the rest of that, until the window is over.
    assert_eq!(there.take(&"ann", 5, 0).await, Ok(()));
    assert!(there.take(&"ann", 1, 0).await.is_err());
    // Of another key all is there, also for somebody who wants much at once.
    assert_eq!(here.take(&"bob", 99, 0).await, Ok(()));
    assert_eq!(here.take(&"bob", 1, 0).await, Ok(()));
    assert!(here.take(&"bob", 1, 0).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_has_taken_ends_with_the_window() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let node = Node::start(&server).await;
    let limits = RateLimits::new(node.redis.clone());
    let throttle = Throttle::new(32, 60_000).shared(Some(limits.clone()), "commands");
    assert_eq!(throttle.take(&"ann", 1, 0).await, Ok(()));
    assert!(counted(
        limits.take("commands", "ann", 30..=30, 32, 60_000).await
    ));
    assert!(throttle.take(&"ann", 1, 60_001).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_part_and_of_what_nodes_share_go_together() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let throttle = |node: &Node| {
        Throttle::new(64, 60_000).shared(Some(RateLimits::new(node.redis.clone())), "commands")
    };
    let (here, there) = (throttle(&one), throttle(&other));
    // A part is 4.
    assert_eq!(there.take(&"ann", 4, 0).await, Ok(()));
    // Of the last one, 3 are left here.
    for count in [16, 16, 12, 1] {
        assert_eq!(here.take(&"ann", count, 0).await, Ok(()));
    }
    assert!(here.take(&"ann", 16, 0).await.is_err());
    // Who was refused has used nothing up.
    assert_eq!(here.take(&"ann", 15, 0).await, Ok(()));
    assert!(here.take(&"ann", 1, 0).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_taken_at_once_nothing_is_lost() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (one, other) = (Node::start(&server).await, Node::start(&server).await);
    let throttle = |node: &Node| {
        Throttle::new(100, 60_000).shared(Some(RateLimits::new(node.redis.clone())), "commands")
    };
    let (here, there) = (throttle(&one), throttle(&other));
    let takes = (0..400).map(|n| [&here, &there][n % 2].take(&"ann", 1, 0));
    let taken: Vec<_> = futures::stream::iter(takes)
        .buffer_unordered(32)
        .collect()
        .await;
    assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 100);
}
