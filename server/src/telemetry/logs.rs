//! Log lines, on stderr and, where it is configured, to Kafka. They never hold message text, tokens or
//! passwords: nothing that does is ever a field of a span or an event.

use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Directive, FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::kafka::{Kafka, KafkaError};
use super::lines::Lines;
use crate::clock::Clock;
use crate::config::{Config, Log, LogFormat};
use crate::random::Random;

/// The broker's client logs messages with what is in them.
const NO_BODIES: &str = "lapin=off";

/// Spans of requests, of which there are too many to read.
const NO_TRACES: &str = "trace=off";

/// The span of a request.
const REQUEST: &str = "request";

/// What goes to Kafka however little stderr is to show; and what must not: what is said about Kafka
/// would be said again about the line that says it.
const TO_KAFKA: [&str; 6] = [
    NO_BODIES,
    "trace=info",
    "audit=info",
    "server::telemetry::kafka=off",
    "rdkafka=off",
    "librdkafka=off",
];

/// Where log lines go, until the program ends.
#[must_use = "what is buffered would be lost"]
pub struct Logs {
    kafka: Option<Arc<Kafka>>,
    limit: Duration,
}

/// Sends log lines to where they are configured to go, from here on. Where somebody else has begun to
/// take them, as in tests, that goes on instead.
///
/// # Errors
/// Kafka cannot be used as configured. That no broker answers is no error.
pub fn start(config: &Config) -> Result<Logs, KafkaError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let stderr = lines.with_filter(filter(&config.log, &[NO_BODIES, NO_TRACES]));
    let kafka = Kafka::start(&config.kafka)?;
    let started = match &kafka {
        None => tracing_subscriber::registry().with(stderr).try_init(),
        Some(kafka) => {
            let node = format!("{:016x}", u64::from_le_bytes(Random::system().bytes()));
            let to = Arc::clone(kafka);
            let lines = Lines::new(node.clone(), Clock::system(), move |line| to.send(&line));
            // However little is logged, it says which request it is about.
            let requests = filter_fn(|it| it.is_span() && it.name() == REQUEST);
            let requests = requests.with_max_level_hint(LevelFilter::INFO);
            let started = tracing_subscriber::registry()
                .with(stderr)
                .with(lines.with_filter(filter(&config.log, &TO_KAFKA).or(requests)))
                .try_init();
            kafka.greet(&node);
            started
        }
    };
    drop(started);
    Ok(Logs {
        kafka,
        limit: Duration::from_secs(config.kafka.flush_seconds.into()),
    })
}

impl Logs {
    /// Sends what is buffered, for as long as is configured; what could not be sent is counted, and
    /// told on stderr.
    pub async fn flush(self) {
        if let Some(kafka) = self.kafka {
            // It waits for a thread of Kafka's client.
            let flushed = tokio::task::spawn_blocking(move || kafka.stop(self.limit)).await;
            drop(flushed);
        }
    }
}

fn filter(log: &Log, more: &[&str]) -> EnvFilter {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    more.iter().fold(filter, |filter, directive| {
        let directive: Directive = directive.parse().expect("a directive");
        filter.add_directive(directive)
    })
}
