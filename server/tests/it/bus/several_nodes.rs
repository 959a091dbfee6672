//! The bus between nodes, and what becomes of it when Redis fails.

use std::time::Duration;

use server::bus::{Arrived, Payload, Topic};
use services::{RedisOptions, Service as _};
use tokio::time::Instant;

use super::{conversation, joined, last, seq, seqs, until_last, user};
use crate::redis::{Node, PATIENCE, start, until, within};
use crate::waiting::moment;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_gets_what_it_subscribed_and_nothing_else() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (mut one, mut other) = (Node::start(&server).await, Node::start(&server).await);
    let (wanted, unwanted) = (
        Topic::Conversation(conversation(1)),
        Topic::Conversation(conversation(2)),
    );
    one.bus.subscribe(vec![wanted]).await.unwrap();
    other.bus.subscribe(vec![unwanted, wanted]).await.unwrap();
    other.bus.unsubscribe(vec![unwanted]);
    // Once this is confirmed, so is what was asked before it.
    other
        .bus
        .subscribe(vec![Topic::User(user(1))])
        .await
        .unwrap();
    for seq in 1..=100 {
        one.bus
            .publish(vec![joined(unwanted, 1_000 + seq), joined(wanted, seq)]);
    }
    one.bus.publish(vec![
        joined(Topic::Node(one.id), 5_000),
        joined(Topic::Node(other.id), 6_000),
    ]);
    one.bus.publish(vec![last()]);
    let expected = |own: u64| (1..=100).chain([own]).collect::<Vec<u64>>();
    // What it says to itself comes in no order with the rest.
    let arrived = until_last(&mut one.from_bus).await;
    let mut arrived: Vec<u64> = arrived.iter().map(seq).collect();
    arrived.sort_unstable();
    assert_eq!(arrived, expected(5_000));
    let arrived = until_last(&mut other.from_bus).await;
    assert_eq!(arrived.iter().map(seq).collect::<Vec<_>>(), expected(6_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_says_to_itself_does_not_go_by_redis() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let mut node = Node::start(&server).await;
    server.pause().unwrap();
    assert!(!node.bus.is_away());
    node.bus.publish(vec![joined(Topic::Node(node.id), 1)]);
    let Some(Arrived::Messages(arrived)) = within(node.from_bus.next()).await else {
        panic!("something else arrived");
    };
    assert_eq!(arrived.iter().map(seq).collect::<Vec<_>>(), [1]);
    assert!(!node.bus.is_away());
    server.resume();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_redis_was_killed_all_topics_work_again() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (mut one, mut other) = (Node::start(&server).await, Node::start(&server).await);
    let before = Topic::Conversation(conversation(1));
    let unwanted = Topic::Conversation(conversation(2));
    let meanwhile = Topic::Conversation(conversation(3));
    for node in [&one, &other] {
        node.bus.subscribe(vec![before, unwanted]).await.unwrap();
        assert!(!node.bus.is_away());
    }
    server.kill().unwrap();
    until(|| one.bus.is_away() && other.bus.is_away()).await;
    for node in [&one, &other] {
        assert!(node.bus.subscribe(vec![meanwhile]).await.is_err());
        node.bus.unsubscribe(vec![unwanted]);
    }
    // Those who are here go on talking; the other node hears nothing, and nothing comes twice.
    one.bus.publish(vec![
        joined(unwanted, 1),
        joined(before, 2),
        joined(meanwhile, 3),
    ]);
    one.bus
        .publish(vec![joined(Topic::Node(other.id), 4), last()]);
    let arrived = until_last(&mut one.from_bus).await;
    assert_eq!(arrived.iter().map(seq).collect::<Vec<_>>(), [2, 3]);

    server.start_again().unwrap();
    for node in [&mut one, &mut other] {
        assert_eq!(
            node.back().await.len(),
            0,
            "nothing arrived while Redis was away"
        );
    }
    until(|| !one.bus.is_away() && !other.bus.is_away()).await;
    one.bus.publish(vec![
        joined(unwanted, 5),
        joined(before, 6),
        joined(meanwhile, 7),
        last(),
    ]);
    for node in [&mut one, &mut other] {
        let arrived = until_last(&mut node.from_bus).await;
        assert_eq!(arrived.iter().map(seq).collect::<Vec<_>>(), [6, 7]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_holds_nobody_up_and_breaks_no_order() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let (mut one, mut other) = (Node::start(&server).await, Node::start(&server).await);
    let topic = Topic::Conversation(conversation(1));
    for node in [&one, &other] {
        node.bus.subscribe(vec![topic]).await.unwrap();
    }
    server.pause().unwrap();
    let began = Instant::now();
    let mut published = 0;
    let mut longest = Duration::ZERO;
    while !(one.bus.is_away() && other.bus.is_away()) {
        published += 1;
        let before = Instant::now();
        one.bus.publish(vec![joined(topic, published)]);
        longest = longest.max(before.elapsed());
        assert!(began.elapsed() < PATIENCE, "it is not noticed");
        moment().await;
    }
    // Who waits for an answer waits until it is given up, for two seconds.
    assert!(
        longest < Duration::from_secs(2),
        "publishing took {longest:?}"
    );
    for _ in 0..1_000 {
        published += 1;
        one.bus.publish(vec![joined(topic, published)]);
    }
    let until_here = seqs(&mut one.from_bus, topic, published).await;
    assert!(
        until_here.is_sorted_by(|before, after| before < after),
        "{until_here:?}"
    );

    server.resume();
    for node in [&mut one, &mut other] {
        node.back().await;
    }
    until(|| !one.bus.is_away() && !other.bus.is_away()).await;
    published += 1;
    one.bus.publish(vec![joined(topic, published)]);
    // What was on its way when Redis stopped may come, but not here, where later ones were delivered,
    // and nowhere behind later ones.
    assert_eq!(seqs(&mut one.from_bus, topic, published).await, [published]);
    let there = seqs(&mut other.from_bus, topic, published).await;
    assert!(
        there.is_sorted_by(|before, after| before < after),
        "{there:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_only_the_subscriptions_is_noticed_at_once() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let mut node = Node::start(&server).await;
    let topic = Topic::Conversation(conversation(1));
    node.bus.subscribe(vec![topic]).await.unwrap();
    for seq in 1..=3 {
        server.run(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
        node.back().await;
        until(|| !node.bus.is_away()).await;
        node.bus.publish(vec![joined(topic, seq)]);
        assert_eq!(seqs(&mut node.from_bus, topic, seq).await, [seq]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_topics_come_back() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let mut node = Node::start(&server).await;
    let topics: Vec<Topic> = (0..5_000)
        .map(|n| Topic::Conversation(conversation(n)))
        .collect();
    for topics in topics.chunks(100) {
        node.bus.subscribe(topics.to_vec()).await.unwrap();
    }
    server.kill().unwrap();
    server.start_again().unwrap();
    node.back().await;
    until(|| !node.bus.is_away()).await;
    for (topic, seq) in topics.iter().zip(1..) {
        node.bus.publish(vec![joined(*topic, seq)]);
    }
    node.bus.publish(vec![last()]);
    assert_eq!(until_last(&mut node.from_bus).await.len(), 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_of_ours_does_no_harm() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let mut node = Node::start(&server).await;
    for text in [
        "",
        "{}",
        "nonsense",
        "[1]",
        r#"{"node":"x","count":1,"payload":{}}"#,
    ] {
        server.run(&["PUBLISH", "test:nodes", text]).unwrap();
    }
    let later = r#"{"node":"00000000-0000-0000-0000-000000000001","count":1,"payload":{"of_a_later_version":{}}}"#;
    server.run(&["PUBLISH", "test:nodes", later]).unwrap();
    let ours = r#"{"node":"00000000-0000-0000-0000-000000000001","count":2,"more":1,"payload":{"sessions_ended":[]}}"#;
    server.run(&["PUBLISH", "test:nodes", ours]).unwrap();
    let Some(Arrived::Messages(messages)) = within(node.from_bus.next()).await else {
        panic!("nothing arrived");
    };
    assert_eq!(messages.len(), 1);
    assert!(matches!(messages[0].payload, Payload::SessionsEnded(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_or_twice_is_dropped() {
    let Some(server) = start(&RedisOptions::default()) else {
        return;
    };
    let mut node = Node::start(&server).await;
    let topic = Topic::Nodes;
    // As it may be when a node published over a connection that it lost, and then over another.
    for (from, count) in [
        (1, 5),
        (1, 4),
        (2, 1),
        (1, 5),
        (2, 2),
        (1, 6),
        (2, 1),
        (1, 9),
    ] {
        let text = format!(
            r#"{{"node":"{}","count":{count},"payload":{{"joined":["{}",{}]}}}}"#,
            uuid::Uuid::from_u128(from),
            conversation(1),
            from * 100 + count,
        );
        server.run(&["PUBLISH", "test:nodes", &text]).unwrap();
    }
    let arrived = seqs(&mut node.from_bus, topic, 109).await;
    assert_eq!(arrived, [105, 201, 202, 106, 109]);
}
