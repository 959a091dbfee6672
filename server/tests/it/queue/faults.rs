//! A broker that dies or freezes.

use std::time::Duration;

use server::queue::rabbitmq::{Consumers, NotAccepted, State};
use services::Service;
use tokio::time::Instant;

use super::broker::{accepted, config, is_missing, own, publisher, until};
use super::recorder::{Log, Recorder, firsts, given};
use crate::waiting::moment;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broker_accepted_before_it_was_killed_comes_in_order() {
    if is_missing() {
        return;
    }
    let broker = own();
    let config = config(&broker, "killed", 2);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    // A quorum queue that is younger may come back without a leader.
    let made = Instant::now();
    while made.elapsed() < Duration::from_secs(12) {
        moment().await;
    }
    let publishing = tokio::spawn({
        let publisher = publisher.clone();
        async move {
            for number in 0..2_000 {
                accepted(&publisher, 0, number).await;
                accepted(&publisher, 1, number).await;
            }
        }
    });
    until("half of it is there", || given(&log, 0).len() > 500).await;
    broker.kill().unwrap();
    until("it is missed", || publisher.state() == State::Away).await;
    assert_eq!(
        publisher.publish(0, "0".into()).await,
        Err(NotAccepted::Away)
    );
    broker.start_again().unwrap();
    publishing.await.unwrap();
    for shard in 0..2 {
        until("all is there", || given(&log, shard).last() == Some(&1_999)).await;
        assert_eq!(firsts(&log, shard), (0..2_000).collect::<Vec<_>>());
    }
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_broker_holds_nobody_up() {
    if is_missing() {
        return;
    }
    let broker = own();
    let config = config(&broker, "frozen", 2);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    accepted(&publisher, 0, 0).await;
    broker.pause().unwrap();
    for _ in 0..5 {
        let start = Instant::now();
        let large = "x".repeat(1_000_000);
        let (one, other) = tokio::join!(
            publisher.publish(0, format!("{large}1").into()),
            publisher.publish(1, "1".into()),
        );
        assert!(one.is_err() && other.is_err(), "{one:?} {other:?}");
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }
    until("it is missed", || publisher.state() == State::Away).await;
    until("it is missed", || consumers.state() == State::Away).await;
    broker.resume();
    for number in 1..100 {
        accepted(&publisher, 0, number).await;
    }
    until("all is there", || given(&log, 0).last() == Some(&99)).await;
    assert_eq!(firsts(&log, 0), (0..100).collect::<Vec<_>>());
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_batch_of_a_lost_connection_is_finished_and_comes_again() {
    if is_missing() {
        return;
    }
    let broker = own();
    let config = config(&broker, "batch", 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let recorder = Recorder::new("a", &log);
    recorder.set_open(false);
    let consumers = Consumers::start(config, recorder.clone());
    for number in 0..20 {
        accepted(&publisher, 0, number).await;
    }
    until("it holds some", || recorder.given() > 0).await;
    broker.ctl(&["close_all_connections", "a test"]).unwrap();
    until("it is missed or back", || consumers.state() == State::Up).await;
    recorder.set_open(true);
    until("all is there", || given(&log, 0).last() == Some(&19)).await;
    assert_eq!(firsts(&log, 0), (0..20).collect::<Vec<_>>());
    accepted(&publisher, 0, 20).await;
    until("it goes on", || given(&log, 0).last() == Some(&20)).await;
    assert!(given(&log, 0).len() > 21, "the batch came again");
    consumers.stop().await;
}
