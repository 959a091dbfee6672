//! What the broker delivered and could not be stored, as an operator sees it.

use server::queue::rabbitmq::{Publisher, QueueType, RabbitMqConfig};

use super::child::Server;
use super::lively::{Said, run, stop};
use crate::database;
use crate::queue::broker::{config, is_missing, publisher};
use crate::waiting::moment;

const BODY: &str = r#"{"this": "is no envelope"}"#;
const OTHER: &str = "nor \u{1b}[2J this";

/// One installation with its broker.
struct Nodes {
    variables: Vec<(&'static str, String)>,
    broker: RabbitMqConfig,
}

impl Nodes {
    fn new(prefix: &str) -> Self {
        let url = database::server().url(&database::empty());
        let mut broker = config(database::broker(), prefix, 64);
        broker.queue_type = QueueType::Classic;
        // As is configured where nothing is said.
        broker.max_bytes = 256 * 1024 * 1024;
        Self {
            variables: vec![
                ("ZSPCHAT_DATABASE_URL", url),
                ("ZSPCHAT_AMQP_URL", broker.url.clone()),
                ("ZSPCHAT_AMQP_PREFIX", prefix.to_owned()),
                ("ZSPCHAT_AMQP_QUEUE_TYPE", "classic".to_owned()),
                ("ZSPCHAT_REDIS_URL", database::redis().url()),
                ("ZSPCHAT_REDIS_PREFIX", prefix.to_owned()),
            ],
            broker,
        }
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        let pairs = self.variables.iter();
        pairs.map(|(name, value)| (*name, value.as_str())).collect()
    }

    async fn ask(&self, arguments: &[&str]) -> Said {
        let arguments = [&["dead-letters"], arguments].concat();
        run(&arguments, &self.variables()).await
    }

    /// Waits until so many are listed, and gives their lines.
    async fn listed(&self, count: usize) -> Vec<String> {
        let start = tokio::time::Instant::now();
        loop {
            let list = self.ask(&["list"]).await.worked();
            let lines = list.lines().filter(|line| line.contains("shard"));
            let lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
            if lines.len() == count {
                return lines;
            }
            assert!(start.elapsed() < super::child::PATIENCE, "{list}");
            moment().await;
        }
    }

    async fn publish(&self, publisher: &Publisher, body: &'static str) {
        publisher.publish(5, body.into()).await.unwrap();
    }
}

fn id(line: &str) -> &str {
    line.split_whitespace().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_shown_replayed_and_removed() {
    if is_missing() {
        return;
    }
    let nodes = Nodes::new("letters-cli");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &nodes.variables()).await;
    let publisher = publisher(&nodes.broker).await;
    let none = nodes.ask(&["list"]).await.worked();
    assert_eq!(none.trim(), "There are no dead letters");

    nodes.publish(&publisher, BODY).await;
    nodes.publish(&publisher, OTHER).await;
    let lines = nodes.listed(2).await;
    assert!(lines[0].contains("shard 5"), "{lines:?}");
    assert!(
        lines[0].contains(&format!("{} bytes", BODY.len())),
        "{lines:?}"
    );
    assert!(!lines[0].contains("envelope"), "{lines:?}");
    let shown = nodes.ask(&["show", id(&lines[0])]).await.worked();
    assert!(shown.contains(id(&lines[0])), "{shown}");
    assert!(
        shown.ends_with("{\n  \"this\": \"is no envelope\"\n}\n"),
        "{shown}"
    );
    let shown = nodes.ask(&["show", id(&lines[1])]).await.worked();
    assert!(shown.ends_with("not JSON: nor \\x1b[2J this\n"), "{shown}");
    // Shown or listed, they stay.
    assert_eq!(nodes.listed(2).await, lines);

    // Once more, and dead again: under another name, behind the other.
    let replayed = nodes.ask(&["replay", id(&lines[0])]).await.worked();
    assert!(replayed.contains("in its queue again"), "{replayed}");
    let after = nodes.listed(2).await;
    assert_eq!(after[0], lines[1]);
    assert_ne!(id(&after[1]), id(&lines[0]));
    let shown = nodes.ask(&["show", id(&after[1])]).await.worked();
    assert!(shown.contains("is no envelope"), "{shown}");

    for line in &after {
        nodes.ask(&["remove", id(line)]).await.worked();
    }
    assert_eq!(nodes.listed(0).await, Vec::<String>::new());
    for wish in ["show", "replay", "remove"] {
        let refused = nodes.ask(&[wish, id(&lines[0])]).await.refused();
        assert!(refused.contains("no such dead letter"), "{refused}");
    }
    publisher.close().await;
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_there_are_none() {
    if is_missing() {
        return;
    }
    let refused = run(&["dead-letters", "list"], &[]).await.refused();
    assert!(refused.contains("amqp.url is not set"), "{refused}");
    let mut nodes = Nodes::new("letters-away");
    for (name, value) in &mut nodes.variables {
        if *name == "ZSPCHAT_AMQP_URL" {
            "amqp://guest:s3cret@127.0.0.1:1".clone_into(value);
        }
    }
    let refused = nodes.ask(&["list"]).await.refused();
    assert!(
        refused.contains("RabbitMQ: it cannot be reached"),
        "{refused}"
    );
    assert!(!refused.contains("s3cret"), "{refused}");
}
