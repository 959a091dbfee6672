//! What is not accepted.

use std::time::Duration;

use server::queue::rabbitmq::{Consumers, NotAccepted, Publisher, RabbitMqConfig, State};
use tokio::time::Instant;

use super::broker::{accepted, config, is_missing, own, publisher, shared, until};
use super::recorder::{Log, Recorder, firsts, given};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_takes_again_once_it_is_drained() {
    if is_missing() {
        return;
    }
    let config = RabbitMqConfig {
        max_bytes: 20_000,
        ..config(shared(), "full", 1)
    };
    let publisher = publisher(&config).await;
    let mut taken = Vec::new();
    let refusal = loop {
        let number = taken.len() as u64;
        assert!(number < 1_000, "it is never full");
        // A thousand bytes each.
        let body = format!("{number:x>1000}");
        match publisher.publish(0, body.into()).await {
            Ok(()) => taken.push(number),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, NotAccepted::Full);
    assert_eq!(publisher.state(), State::Up);
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    until("it is drained", || given(&log, 0).len() >= taken.len()).await;
    accepted(&publisher, 0, 5_000).await;
    taken.push(5_000);
    until("all is there", || given(&log, 0).len() >= taken.len()).await;
    assert_eq!(given(&log, 0), taken);
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_with_an_alarm_takes_nothing_until_it_is_over() {
    if is_missing() {
        return;
    }
    let broker = own();
    let config = config(&broker, "alarm", 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    accepted(&publisher, 0, 0).await;
    broker
        .ctl(&["set_vm_memory_high_watermark", "0.0000001"])
        .unwrap();
    // The broker tells with the first publish that it does not take.
    let start = Instant::now();
    let refusal = loop {
        if let Err(refusal) = publisher.publish(0, "1".into()).await {
            break refusal;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "there is no alarm"
        );
    };
    assert_eq!(refusal, NotAccepted::Blocked);
    assert_eq!(publisher.state(), State::Blocked);
    // With the five seconds for each, that an answer may take, it would be too long.
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(
            publisher.publish(0, "1".into()).await,
            Err(NotAccepted::Blocked)
        );
    }
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "it is known at once"
    );
    assert_eq!(consumers.state(), State::Up, "consuming goes on");
    broker
        .ctl(&["set_vm_memory_high_watermark", "0.4"])
        .unwrap();
    for number in 1..=50 {
        accepted(&publisher, 0, number).await;
    }
    until("all is there", || given(&log, 0).last() == Some(&50)).await;
    assert_eq!(firsts(&log, 0), (0..=50).collect::<Vec<_>>());
    consumers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_arguments_is_not_used() {
    if is_missing() {
        return;
    }
    let right = config(shared(), "arguments", 1);
    let publisher = publisher(&right).await;
    let wrong = Publisher::start(RabbitMqConfig {
        max_bytes: 1_000,
        ..right
    });
    // Long enough for several attempts: the right one needed one.
    for number in 0..200 {
        accepted(&publisher, 0, number).await;
        assert_eq!(wrong.publish(0, "1".into()).await, Err(NotAccepted::Away));
    }
    assert_eq!(wrong.state(), State::Away);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_nothing_is_accepted_and_nobody_waits() {
    if is_missing() {
        return;
    }
    let mut config = config(shared(), "nobody", 1);
    // Port 9 of this machine: nobody is there.
    config.url = "amqp://guest:guest@127.0.0.1:9/%2f".to_owned();
    let publisher = Publisher::start(config.clone());
    assert_eq!(
        publisher.publish(0, "1".into()).await,
        Err(NotAccepted::Away)
    );
    let consumers = Consumers::start(config, Recorder::new("a", &Log::default()));
    assert_eq!(consumers.state(), State::Away);
    consumers.stop().await;
    publisher.close().await;
}
