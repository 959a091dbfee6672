//! Log lines on their way to Kafka: to librdkafka's own cluster, which fails as it is told to, and to a
//! real broker.

mod audit;
mod broker;
mod faults;
mod secured;
mod shutdown;
mod tail;
mod way;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use server::clock::Clock;
use server::config;
use server::telemetry::kafka::{Counted, Kafka, Reader};
use server::telemetry::lines::{Line, Lines, Stream};
use services::KafkaOptions;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::waiting::moment;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// The topics of servers whose prefix is the default.
const TOPICS: [&str; 2] = ["zspchat.logs", "zspchat.audit"];

/// A broker of the test's own. Without one built the test passes, unless `REQUIRE_SERVICES` is set.
fn start(options: &KafkaOptions) -> Option<services::Kafka> {
    if services::Kafka::program().is_none() {
        assert!(
            std::env::var_os("REQUIRE_SERVICES").is_none(),
            "the Kafka broker is not built: `cargo xtask test server` does it"
        );
        return None;
    }
    Some(services::Kafka::start(options).unwrap())
}

/// With both topics.
fn options() -> KafkaOptions {
    KafkaOptions {
        topics: TOPICS.map(str::to_owned).into(),
        ..KafkaOptions::default()
    }
}

fn config_for(brokers: &str) -> config::Kafka {
    config::Kafka {
        brokers: brokers.split(',').map(str::to_owned).collect(),
        ..config::Kafka::default()
    }
}

/// Makes log lines, numbered from 0 on, as fast as they go.
fn log(kafka: &Arc<Kafka>, count: u64) {
    let to = Arc::clone(kafka);
    let lines = Lines::new(
        "0123456789abcdef".to_owned(),
        Clock::system(),
        move |line: Line<'_>| to.send(&line),
    );
    let subscriber = tracing_subscriber::registry().with(lines);
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..count {
            tracing::info!(number, "a line");
        }
    });
}

/// How often each numbered line is there.
fn numbers(config: &config::Kafka) -> BTreeMap<u64, u32> {
    let mut found = BTreeMap::new();
    for line in all(config, Stream::Logs) {
        let number = line["fields"]["number"].as_u64().unwrap();
        *found.entry(number).or_default() += 1;
    }
    found
}

/// Every line of a topic.
fn all(config: &config::Kafka, stream: Stream) -> Vec<Value> {
    let mut found = Vec::new();
    let mut reader = Reader::open(config, stream, 0).unwrap();
    reader
        .read_all(|line| found.push(serde_json::from_slice(&line).unwrap()))
        .unwrap();
    found
}

/// Waits until what became of lines is so.
async fn until(kafka: &Kafka, what: &str, is_so: impl Fn(&Counted) -> bool) -> Counted {
    let began = tokio::time::Instant::now();
    loop {
        let counted = kafka.counted();
        if is_so(&counted) {
            return counted;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: {counted:?}");
        moment().await;
    }
}

/// Whether a line is what the documents say that lines are.
fn is_valid(line: &Value) -> Result<(), String> {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let text = include_str!("../../../src/telemetry/lines.schema.json");
        let schema = serde_json::from_str(text).unwrap();
        let options = jsonschema::options().should_validate_formats(true);
        options.build(&schema).unwrap()
    });
    schema
        .validate(line)
        .map_err(|error| format!("{error} in {line}"))
}
