//! Log lines to Kafka: the one place that knows its client.
//!
//! Whoever logs never waits. A line goes into the client's own buffer, which is bounded; where that is
//! full the line is dropped. In the background the client sends what is buffered, in order, compressed,
//! and again until the brokers have it, once each (an idempotent producer). Each line is counted once:
//! as sent when the brokers have said that they have it, or as dropped.

mod counts;
mod reader;
mod settings;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard, Weak};
use std::thread;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext, PurgeConfig};

use counts::Counts;
pub use counts::{Cause, Counted};
pub use reader::{Read, Reader};
use settings::{producing, topic};

use super::lines::{Line, Stream};
use crate::config;

/// How often the client is asked what became of lines.
const POLL: Duration = Duration::from_millis(100);

/// After how many polls the metrics are set.
const POLLS_A_COUNT: u32 = 10;

/// For how many polls the client may be in use by others once nobody sends any more.
const ENDING: u32 = 10;

/// How long the client may take to say of lines that were given up that they were.
const GIVING_UP: Duration = Duration::from_secs(2);

/// Why Kafka cannot be used as configured, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("kafka: {0}")]
pub struct KafkaError(String);

impl KafkaError {
    /// In one line, whatever the client says.
    fn new(cause: impl Into<Box<dyn std::error::Error>>) -> Self {
        Self::said(&cause.into().to_string())
    }

    fn said(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Self(lines.join(", "))
    }
}

type Client = BaseProducer<Outcomes>;

/// Where log lines go, besides stderr.
pub struct Kafka {
    settings: ClientConfig,
    logs: String,
    audit: String,
    /// None once it is stopped.
    client: RwLock<Option<Arc<Client>>>,
    counts: Arc<Counts>,
}

impl Kafka {
    /// Begins to connect, if brokers are configured.
    ///
    /// # Errors
    /// What is configured cannot be used, such as a file that does not exist. That no broker answers is
    /// no error: lines are buffered until one does.
    pub fn start(config: &config::Kafka) -> Result<Option<Arc<Self>>, KafkaError> {
        if config.brokers.is_empty() {
            return Ok(None);
        }
        let settings = producing(config)?;
        let counts = Arc::new(Counts::default());
        let kafka = Arc::new(Self {
            client: RwLock::new(Some(Arc::new(client(&settings, &counts)?))),
            settings,
            logs: topic(config, Stream::Logs),
            audit: topic(config, Stream::Audit),
            counts,
        });
        let weak = Arc::downgrade(&kafka);
        thread::Builder::new()
            .name("kafka".to_owned())
            .spawn(move || serve(&weak))
            .map_err(KafkaError::new)?;
        Ok(Some(kafka))
    }

    /// Says where lines go, to those who read stderr.
    pub(super) fn greet(&self, node: &str) {
        tracing::info!(
            node,
            logs = self.logs,
            audit = self.audit,
            "log lines go to Kafka"
        );
    }

    /// Puts a line into the buffer, or drops it. Never waits.
    pub fn send(&self, line: &Line<'_>) {
        self.counts.made();
        let Some(client) = self.client() else {
            return self.counts.dropped(Cause::Stopped);
        };
        let topic = match line.stream {
            Stream::Logs => &self.logs,
            Stream::Audit => &self.audit,
        };
        let record = BaseRecord::to(topic)
            .key(line.key)
            .payload(line.json)
            .timestamp(line.at);
        if let Err((error, _)) = client.send(record) {
            self.counts.dropped(cause(&error));
        }
    }

    /// What became of the lines so far.
    pub fn counted(&self) -> Counted {
        self.counts.counted()
    }

    /// Sends what is buffered, for so long at most, and counts what could not be sent. Lines that come
    /// later are dropped. Blocks.
    pub fn stop(&self, limit: Duration) -> Counted {
        if let Some(client) = self.client() {
            // What is still there afterwards is told below.
            let _ = client.flush(limit);
            self.counts.giving_up();
            *self.place() = None;
            client.purge(PurgeConfig::default().queue().inflight());
            let _ = client.flush(GIVING_UP);
            end(client);
        }
        let counted = self.counted();
        if counted.dropped() > 0 {
            tracing::warn!(
                sent = counted.sent,
                full = counted.full,
                refused = counted.refused,
                unsent = counted.stopped,
                "not all log lines were sent to Kafka"
            );
        }
        counted
    }

    fn client(&self) -> Option<Arc<Client>> {
        // Written only to put another in its place.
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner);
        client.clone()
    }

    fn place(&self) -> RwLockWriteGuard<'_, Option<Arc<Client>>> {
        self.client.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client that can no longer send each line once gives up for good. Another takes its place; what
    /// the old one had is lost.
    fn renew_if_broken(&self, present: &Client) {
        let Some((_, reason)) = present.client().fatal_error() else {
            return;
        };
        tracing::warn!(reason, "Kafka's client gave up and is made anew");
        match client(&self.settings, &self.counts) {
            Ok(new) => {
                let mut place = self.place();
                // Unless it was stopped meanwhile.
                if place.is_some() {
                    *place = Some(Arc::new(new));
                }
            }
            Err(error) => tracing::warn!(%error, "Kafka's client cannot be made anew"),
        }
    }
}

/// Ends a client's threads before the program ends, under which they would lose what they use.
fn end(mut client: Arc<Client>) {
    for _ in 0..ENDING {
        match Arc::try_unwrap(client) {
            Ok(last) => return drop(last),
            // It is being asked what became of lines.
            Err(shared) => client = shared,
        }
        thread::sleep(POLL);
    }
}

/// Asks the client what became of lines, and counts, until nobody sends any more.
fn serve(kafka: &Weak<Kafka>) {
    let mut told = Counted::default();
    for round in 1_u32.. {
        let Some(kafka) = kafka.upgrade() else {
            return;
        };
        let Some(client) = kafka.client() else {
            return;
        };
        client.poll(POLL);
        kafka.renew_if_broken(&client);
        if round.is_multiple_of(POLLS_A_COUNT) {
            let counted = kafka.counted();
            counted.show();
            let dropped = counted.dropped() - told.dropped();
            if dropped > 0 {
                tracing::warn!(dropped, "log lines are not sent to Kafka");
            }
            told = counted;
        }
    }
}

/// What the client says about its lines, and about itself.
struct Outcomes {
    counts: Arc<Counts>,
    /// What is wrong, as far as it was told since a line was sent.
    told: Mutex<Vec<RDKafkaErrorCode>>,
}

impl Outcomes {
    fn told(&self) -> MutexGuard<'_, Vec<RDKafkaErrorCode>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Outcomes {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        log(level, fac, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        let code = error.rdkafka_error_code();
        let mut told = self.told();
        // It is said at each attempt to reach them again.
        let is_new = code.is_some_and(|code| !told.contains(&code));
        told.extend(code.filter(|_| is_new));
        drop(told);
        if is_new {
            tracing::warn!(%error, reason, "log lines do not reach Kafka");
        } else {
            tracing::debug!(%error, reason, "log lines do not reach Kafka");
        }
    }
}

impl ProducerContext for Outcomes {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.counts.sent();
                self.told().clear();
            }
            Err((error, _)) => self.counts.dropped(cause(error)),
        }
    }
}

fn log(level: RDKafkaLogLevel, fac: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => tracing::warn!(fac, "Kafka's client: {message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(fac, "Kafka's client: {message}");
        }
    }
}

fn cause(error: &ClientError) -> Cause {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::QueueFull) => Cause::Full,
        Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) => Cause::Stopped,
        _ => Cause::Refused,
    }
}

fn client(settings: &ClientConfig, counts: &Arc<Counts>) -> Result<Client, KafkaError> {
    settings
        .create_with_context(Outcomes {
            counts: Arc::clone(counts),
            told: Mutex::default(),
        })
        .map_err(KafkaError::new)
}
