//! Nodes that share the shards.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use server::queue::rabbitmq::Consumers;

use super::broker::{accepted, config, is_missing, publisher, shared, until, until_in_line};
use super::recorder::{Log, Recorder, by_node, given};

const SHARDS: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn shards_move_to_whose_they_are_without_loss_or_disorder() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "shares", SHARDS);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let a = Consumers::start(config.clone(), Recorder::new("a", &log));
    for shard in 0..SHARDS {
        until_in_line(&config, shard, 1).await;
    }
    let b = Consumers::start(config.clone(), Recorder::new("b", &log));
    for shard in 0..SHARDS {
        until_in_line(&config, shard, 2).await;
    }
    let enough = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn({
        let (publisher, enough) = (publisher.clone(), Arc::clone(&enough));
        async move {
            let streams = (0..SHARDS).map(|shard| {
                let (publisher, enough) = (publisher.clone(), Arc::clone(&enough));
                async move {
                    let mut number = 0;
                    while !enough.load(Ordering::Relaxed) {
                        accepted(&publisher, shard, number).await;
                        number += 1;
                    }
                    number
                }
            });
            join_all(streams).await
        }
    });
    let served_by = |shard: u32| by_node(&log, shard).last().map(|(node, _)| *node);
    until("a serves all", || {
        (0..SHARDS).all(|shard| served_by(shard) == Some("a"))
    })
    .await;
    let half: BTreeSet<u32> = (0..SHARDS / 2).collect();
    let other: BTreeSet<u32> = (SHARDS / 2..SHARDS).collect();
    for _ in 0..3 {
        a.set_primary(half.clone());
        b.set_primary(other.clone());
        until("each serves its half", || {
            half.iter().all(|shard| served_by(*shard) == Some("a"))
                && other.iter().all(|shard| served_by(*shard) == Some("b"))
        })
        .await;
        a.set_primary(other.clone());
        b.set_primary(half.clone());
        until("and now the other one", || {
            half.iter().all(|shard| served_by(*shard) == Some("b"))
                && other.iter().all(|shard| served_by(*shard) == Some("a"))
        })
        .await;
    }
    enough.store(true, Ordering::Relaxed);
    let published = publishing.await.unwrap();
    for (shard, count) in (0..SHARDS).zip(published) {
        until("all is there", || given(&log, shard).len() as u64 >= count).await;
        // Nothing twice either: whoever steps back acknowledges what it has done.
        assert_eq!(given(&log, shard), (0..count).collect::<Vec<_>>());
    }
    a.stop().await;
    b.stop().await;
}
