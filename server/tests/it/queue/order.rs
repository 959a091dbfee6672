//! Everything arrives, in order.

use futures::future::join_all;
use server::queue::rabbitmq::{Consumers, QueueType};
use services::RabbitMqOptions;

use super::broker::{accepted, config, is_missing, publisher, shared, until, until_in_line, with};
use super::recorder::{Log, Recorder, firsts, given};

fn numbers(count: u64) -> Vec<u64> {
    (0..count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_order_of_each_shard() {
    if is_missing() {
        return;
    }
    for queue_type in [QueueType::Quorum, QueueType::Classic] {
        let mut config = config(shared(), &format!("order-{queue_type:?}"), 4);
        config.queue_type = queue_type;
        let publisher = publisher(&config).await;
        let log = Log::default();
        let consumers = Consumers::start(config, Recorder::new("a", &log));
        join_all((0..4).map(|shard| {
            let publisher = publisher.clone();
            async move {
                for number in 0..300 {
                    accepted(&publisher, shard, number).await;
                }
            }
        }))
        .await;
        for shard in 0..4 {
            until("all is there", || given(&log, shard).len() >= 300).await;
            assert_eq!(given(&log, shard), numbers(300));
        }
        assert_eq!(consumers.active(), 4);
        consumers.stop().await;
        assert!(
            publisher
                .depths()
                .await
                .unwrap()
                .iter()
                .all(|(_, depth)| *depth == 0)
        );
        publisher.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publishes_at_the_same_time_keep_the_order_of_their_calls() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "together", 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    // `join_all` polls them in order the first time.
    let all = (0..900_u64).map(|number| publisher.publish(0, number.to_string().into()));
    assert!(join_all(all).await.into_iter().all(|result| result.is_ok()));
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    until("all is there", || given(&log, 0).len() >= 900).await;
    assert_eq!(given(&log, 0), numbers(900));
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_over_in_order_what_a_consumer_that_dies_has_not_acknowledged() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "dies", 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    for round in 0..5 {
        let dies = Recorder::new("dies", &log);
        dies.set_open(false);
        let first = Consumers::start(config.clone(), dies.clone());
        until_in_line(&config, 0, 1).await;
        let all = (0..1_000_u64)
            .map(|number| publisher.publish(0, (round * 1_000 + number).to_string().into()));
        assert!(join_all(all).await.into_iter().all(|result| result.is_ok()));
        until("it holds some", || dies.given() > 0).await;
        let second = Consumers::start(config.clone(), Recorder::new("next", &log));
        until_in_line(&config, 0, 2).await;
        drop(first);
        let count = (round + 1) * 1_000;
        until("all is there", || {
            given(&log, 0).last() == Some(&(count - 1))
        })
        .await;
        assert_eq!(given(&log, 0), numbers(count));
        second.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn finishes_its_batch_when_it_is_stopped_and_leaves_the_rest() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "stops", 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let stops = Recorder::new("stops", &log);
    stops.set_open(false);
    let first = Consumers::start(config.clone(), stops.clone());
    // One after the other, each in a message of its own.
    for number in 0..400 {
        accepted(&publisher, 0, number).await;
    }
    until("it holds some", || stops.given() > 0).await;
    let second = Consumers::start(config.clone(), Recorder::new("next", &log));
    until_in_line(&config, 0, 2).await;
    let mut stopping = std::pin::pin!(first.stop());
    // It waits for the batch.
    assert!(futures::poll!(&mut stopping).is_pending());
    stops.set_open(true);
    stopping.await;
    let finished = stops.given();
    until("all is there", || given(&log, 0).len() >= 400).await;
    // Nothing twice: the batch was acknowledged.
    assert_eq!(given(&log, 0), numbers(400));
    assert!(finished < 400, "the rest was left");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_deleted_is_made_again() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "deleted", 2);
    let publisher = publisher(&config).await;
    accepted(&publisher, 0, 0).await;
    shared()
        .ctl(&["delete_queue", "deleted.commands.0"])
        .unwrap();
    // The other shard is not touched, and of those under way at once none is mistaken for another.
    let all = (1..100_u64)
        .map(|number| publisher.publish(u32::from(number % 3 == 0), number.to_string().into()));
    assert!(join_all(all).await.into_iter().all(|result| result.is_ok()));
    let log = Log::default();
    let consumers = Consumers::start(config.clone(), Recorder::new("a", &log));
    until("all is there", || {
        given(&log, 0).len() >= 66 && given(&log, 1).len() >= 33
    })
    .await;
    assert_eq!(firsts(&log, 0).len(), 66);

    // And now under a consumer, which is not told by anything but its end.
    shared()
        .ctl(&["delete_queue", "deleted.commands.0"])
        .unwrap();
    accepted(&publisher, 0, 1_000).await;
    until("the consumer is back", || {
        given(&log, 0).last() == Some(&1_000)
    })
    .await;
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_tls() {
    if is_missing() {
        return;
    }
    let broker = with(&RabbitMqOptions {
        tls: true,
        ..RabbitMqOptions::default()
    });
    let config = config(&broker, "tls", 1);
    assert!(config.url.starts_with("amqps:") && config.ca.is_some());
    let publisher = publisher(&config).await;
    accepted(&publisher, 0, 7).await;
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    until("it is there", || given(&log, 0) == [7]).await;
    consumers.stop().await;
    publisher.close().await;
}
