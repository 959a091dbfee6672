//! Brokers that fail, are slow, or are away. All of it is librdkafka's own cluster, in this process.

use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use server::telemetry::kafka::Kafka;

use super::{config_for, log, numbers, until};

/// How long a flush may take; none does unless something is broken.
const LIMIT: Duration = Duration::from_mins(1);

/// The smallest buffer there is, and how many lines are in it at most.
const SMALL: (u64, u64) = (64 * 1024, 256);

fn cluster() -> (
    MockCluster<'static, rdkafka::producer::DefaultProducerContext>,
    String,
) {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic("zspchat.logs", 3, 3).unwrap();
    cluster.create_topic("zspchat.audit", 1, 3).unwrap();
    let brokers = cluster.bootstrap_servers();
    (cluster, brokers)
}

#[tokio::test]
async fn every_line_arrives_once_though_brokers_fail_and_are_slow() {
    let (cluster, brokers) = cluster();
    let config = config_for(&brokers);
    let kafka = Kafka::start(&config).unwrap().unwrap();
    log(&kafka, 500);
    until(&kafka, "the first are sent", |it| it.sent >= 500).await;
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        ],
    );
    for broker in 1..=3 {
        let delay = Duration::from_millis(50);
        cluster.broker_round_trip_time(broker, delay).unwrap();
    }
    log(&kafka, 5_000);
    // One broker after the other is away for a while.
    for broker in 1..=3 {
        cluster.broker_down(broker).unwrap();
        log(&kafka, 100);
        cluster.broker_up(broker).unwrap();
    }
    let counted = kafka.stop(LIMIT);
    assert_eq!((counted.made, counted.sent), (5_800, 5_800), "{counted:?}");
    assert_eq!(counted.dropped(), 0, "{counted:?}");
    let times = |number: u64| match number {
        0..100 => 5,
        100..500 => 2,
        _ => 1,
    };
    let found = numbers(&config);
    assert_eq!(found.len(), 5_000);
    for (number, count) in found {
        assert_eq!(count, times(number), "{number}");
    }
}

#[tokio::test]
async fn what_does_not_fit_while_brokers_are_away_is_dropped_and_counted_exactly() {
    let (cluster, brokers) = cluster();
    let config = server::config::Kafka {
        buffer_bytes: SMALL.0,
        ..config_for(&brokers)
    };
    let kafka = Kafka::start(&config).unwrap().unwrap();
    log(&kafka, 10);
    until(&kafka, "the first are sent", |it| it.sent == 10).await;
    for broker in 1..=3 {
        cluster.broker_down(broker).unwrap();
    }
    log(&kafka, 5_000);
    let away = kafka.counted();
    assert_eq!(away.made, 5_010);
    assert!(away.buffered() <= SMALL.1, "{away:?}");
    assert_eq!(away.full, 5_000 - away.buffered(), "{away:?}");
    for broker in 1..=3 {
        cluster.broker_up(broker).unwrap();
    }
    let back = until(&kafka, "what waited is sent", |it| it.buffered() == 0).await;
    assert_eq!(back.made, back.sent + back.full, "{back:?}");
    log(&kafka, 10);
    let counted = kafka.stop(LIMIT);
    assert_eq!(counted.full, away.full, "{counted:?}");
    assert_eq!(counted.made, counted.sent + counted.dropped());
    let arrived: u32 = numbers(&config).values().sum();
    assert_eq!(u64::from(arrived), counted.sent);
}

#[tokio::test]
async fn what_brokers_refuse_for_good_is_counted_and_the_rest_goes_on() {
    let (cluster, brokers) = cluster();
    let config = config_for(&brokers);
    let kafka = Kafka::start(&config).unwrap().unwrap();
    log(&kafka, 10);
    until(&kafka, "the first are sent", |it| it.sent == 10).await;
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED],
    );
    log(&kafka, 20);
    let refused = until(&kafka, "some are refused", |it| it.refused > 0).await;
    assert!(refused.refused <= 20, "{refused:?}");
    until(&kafka, "none waits", |it| it.buffered() == 0).await;
    log(&kafka, 10);
    let counted = kafka.stop(LIMIT);
    assert_eq!(counted.made, 40);
    assert_eq!(counted.made, counted.sent + counted.refused, "{counted:?}");
    let arrived: u32 = numbers(&config).values().sum();
    assert_eq!(u64::from(arrived), counted.sent);
}

#[tokio::test]
async fn a_client_that_gives_up_is_replaced() {
    let (cluster, brokers) = cluster();
    let config = config_for(&brokers);
    let kafka = Kafka::start(&config).unwrap().unwrap();
    log(&kafka, 10);
    until(&kafka, "the first are sent", |it| it.sent == 10).await;
    // It would not know what has been written: fatal for one that promises to write once.
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH; 10],
    );
    log(&kafka, 10);
    let broken = until(&kafka, "it has given up", |it| it.refused > 0).await;
    assert_eq!(broken.made, 20, "{broken:?}");
    cluster.clear_request_errors(RDKafkaApiKey::Produce);
    let began = tokio::time::Instant::now();
    loop {
        let before = kafka.counted().sent;
        log(&kafka, 1);
        let now = until(&kafka, "it is decided", |it| it.buffered() == 0).await;
        if now.sent > before {
            break;
        }
        assert!(began.elapsed() < LIMIT, "{now:?}");
    }
    let counted = kafka.stop(LIMIT);
    assert_eq!(counted.made, counted.sent + counted.refused, "{counted:?}");
}

#[tokio::test]
async fn what_cannot_be_flushed_in_time_is_counted() {
    let (cluster, brokers) = cluster();
    let kafka = Kafka::start(&config_for(&brokers)).unwrap().unwrap();
    log(&kafka, 10);
    until(&kafka, "the first are sent", |it| it.sent == 10).await;
    for broker in 1..=3 {
        cluster.broker_down(broker).unwrap();
    }
    log(&kafka, 500);
    let counted = kafka.stop(Duration::from_millis(300));
    assert_eq!(counted.made, 510);
    assert_eq!((counted.sent, counted.stopped), (10, 500), "{counted:?}");
    log(&kafka, 1);
    let counted = kafka.counted();
    assert_eq!((counted.made, counted.stopped), (511, 501), "{counted:?}");
}
