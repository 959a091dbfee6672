//! A message's way through three nodes, from Kafka alone.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Event;
use serde_json::Value;

use super::tail::tail;
use super::{options, start};
use crate::http::app::{Stream, say};
use crate::process::child::{Server, in_time};
use crate::process::sharing::{Shared, at, until};
use crate::queue::broker::is_missing;
use crate::waiting::moment;

const TEXT: &str = "what nobody else is to read";

/// How often each step was taken.
fn counted(steps: &[Value]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for step in steps {
        *counts.entry(step["message"].as_str().unwrap()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_finds_it_by_the_request_s_id() {
    if is_missing() {
        return;
    }
    let Some(broker) = start(&options()) else {
        return;
    };
    let (brokers, shared) = (broker.address().to_string(), Shared::new());
    let mut nodes: Vec<Server> = Vec::new();
    for role in ["web", "web", "writer"] {
        let variables = [("ZSPCHAT_KAFKA_BROKERS", &*brokers), ("ZSPCHAT_ROLE", role)];
        nodes.push(shared.node_with(&variables).await);
    }
    for node in &nodes {
        until(node, "ready").await;
    }
    let ann = nodes[0].anybody().register("ann").await;
    let bob = nodes[0].anybody().register("bob").await;
    ann.befriend(&bob).await;
    let _streams: [Stream; 3] = [
        ann.stream().await,
        bob.stream().await,
        at(&bob, &nodes[1]).stream().await,
    ];
    let sent = ann.command(ann.with(&bob), say(TEXT)).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let (event, request): (Event, _) = (sent.read(), sent.header("x-request-id").to_owned());

    let expected = [
        ("request", 1),
        ("queue", 1),
        ("write", 1),
        ("publish", 1),
        ("deliver", 2),
        ("stream", 3),
    ];
    let found = in_time("its way is known", async {
        loop {
            let lines = tail(shared.folder.path(), &brokers, &["--request", &request]).await;
            let is_step = |line: &Value| line["target"] == "trace";
            let steps: Vec<Value> = lines.into_iter().filter(is_step).collect();
            if counted(&steps) == BTreeMap::from(expected) {
                return steps;
            }
            moment().await;
        }
    });
    let steps = found.await;
    let of = |name: &'static str| steps.iter().filter(move |step| step["message"] == name);
    let node = |name| of(name).map(|step| step["node"].to_string());
    assert_eq!(
        steps
            .iter()
            .map(|it| it["node"].to_string())
            .collect::<BTreeSet<_>>()
            .len(),
        3
    );
    assert_eq!(node("request").next(), node("queue").next());
    assert_eq!(node("write").next(), node("publish").next());
    assert_ne!(node("request").next(), node("write").next());
    assert_eq!(
        node("stream").collect::<BTreeSet<_>>(),
        node("deliver").collect()
    );
    for name in ["write", "publish", "deliver"] {
        for step in of(name) {
            assert_eq!(step["conversation"], event.conversation.to_string());
            assert_eq!(step["fields"]["seq"], event.seq);
        }
    }
    // Each belongs to one that was told too, but for the first.
    let spans: BTreeSet<&str> = steps
        .iter()
        .filter_map(|it| it["fields"]["span"].as_str())
        .collect();
    for step in steps.iter().filter(|it| it["message"] != "request") {
        let parent = step["fields"]["parent"].as_str().unwrap();
        assert!(spans.contains(parent), "{step}");
    }
    let everything = tail(shared.folder.path(), &brokers, &[]).await;
    assert!(
        everything
            .iter()
            .all(|line| !line.to_string().contains(TEXT))
    );
}
