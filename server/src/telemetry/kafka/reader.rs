//! Reading back what was sent.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};

use super::KafkaError;
use super::settings::{connecting, topic};
use crate::config;
use crate::telemetry::lines::Stream;

/// How long brokers may take to answer, and to send what they said that they have.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how many turns the client may take to say why brokers do not answer.
const TELLING: u32 = 10;

/// How long is waited for the next line before it is asked whether there is one elsewhere.
const TURN: Duration = Duration::from_millis(100);

/// What a look at a topic gives.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// A line, as it was sent.
    Line(Vec<u8>),
    /// All that was there has been read.
    End,
    /// Nothing came meanwhile.
    Nothing,
}

/// Reads one topic, all of its partitions, from some time on. It is in no group and commits nothing, so
/// that any number of them read everything.
pub struct Reader {
    consumer: BaseConsumer<Complaints>,
    /// Of these partitions the end has not been seen yet.
    unread: BTreeSet<i32>,
}

impl Reader {
    /// Opens the topic of a stream, at the first line that came after a time in Unix milliseconds.
    /// Blocks.
    ///
    /// # Errors
    /// Kafka cannot be used as configured; no broker answers; there is no such topic.
    pub fn open(config: &config::Kafka, stream: Stream, since: i64) -> Result<Self, KafkaError> {
        let topic = topic(config, stream);
        let complaints = Complaints::default();
        let consumer: BaseConsumer<Complaints> = connecting(config)?
            // Of a group that nobody joins.
            .set("group.id", "zspchat-logs-tail")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .create_with_context(complaints.clone())
            .map_err(KafkaError::new)?;
        let away = |error: ClientError| {
            // It tells why only who asks.
            for _ in 0..TELLING {
                if !complaints.is_any() {
                    consumer.poll(TURN);
                }
            }
            complaints.explain(&error)
        };
        let metadata = consumer
            .fetch_metadata(Some(&topic), PATIENCE)
            .map_err(away)?;
        let from = if since > 0 {
            Offset::Offset(since)
        } else {
            Offset::Beginning
        };
        let mut times = TopicPartitionList::new();
        for found in metadata.topics() {
            if found.name() != topic || found.error().is_some() {
                continue;
            }
            for partition in found.partitions() {
                times
                    .add_partition_offset(&topic, partition.id(), from)
                    .map_err(KafkaError::new)?;
            }
        }
        if times.count() == 0 {
            return Err(KafkaError(format!("there is no topic {topic}")));
        }
        let starts = if since > 0 {
            consumer.offsets_for_times(times, PATIENCE).map_err(away)?
        } else {
            times
        };
        consumer.assign(&starts).map_err(KafkaError::new)?;
        let elements = starts.elements();
        let unread = elements
            .iter()
            .map(TopicPartitionListElem::partition)
            .collect();
        Ok(Self { consumer, unread })
    }

    /// The next line, or that there is none for now.
    ///
    /// # Errors
    /// The brokers refuse to give what they have.
    pub fn read(&mut self) -> Result<Read, KafkaError> {
        if self.unread.is_empty() {
            // Follows on; the end is told once.
            self.unread.insert(-1);
            return Ok(Read::End);
        }
        match self.consumer.poll(TURN) {
            None => Ok(Read::Nothing),
            Some(Ok(message)) => Ok(Read::Line(message.payload().unwrap_or_default().to_vec())),
            Some(Err(ClientError::PartitionEOF(partition))) => {
                self.unread.remove(&partition);
                Ok(Read::Nothing)
            }
            // It connects again by itself.
            Some(Err(error)) if is_passing(&error) => Ok(Read::Nothing),
            Some(Err(error)) => Err(self.consumer.context().explain(&error)),
        }
    }

    /// Everything that is there, a line at a time.
    ///
    /// # Errors
    /// As [`Reader::read`]; or it does not come in time.
    pub fn read_all(&mut self, mut each: impl FnMut(Vec<u8>)) -> Result<(), KafkaError> {
        let mut silent = Duration::ZERO;
        loop {
            match self.read()? {
                Read::Line(line) => {
                    silent = Duration::ZERO;
                    each(line);
                }
                Read::End => return Ok(()),
                Read::Nothing => silent += TURN,
            }
            if silent > PATIENCE {
                let error = ClientError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                return Err(self.consumer.context().explain(&error));
            }
        }
    }
}

fn is_passing(error: &ClientError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::Resolve
        )
    )
}

/// What the client said last: why brokers cannot be reached is not in its errors.
#[derive(Clone, Default)]
struct Complaints(Arc<Mutex<Option<String>>>);

impl Complaints {
    fn is_any(&self) -> bool {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.is_some()
    }

    /// Keeps it, unless something better is kept: that all brokers are down is said last.
    fn keep(&self, error: Option<RDKafkaErrorCode>, said: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() || error != Some(RDKafkaErrorCode::AllBrokersDown) {
            *kept = Some(said.to_owned());
        }
    }

    fn explain(&self, error: &ClientError) -> KafkaError {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match said.as_deref() {
            Some(said) => KafkaError::said(&format!("{said} ({error})")),
            None => KafkaError::said(&format!("no broker answers as it should ({error})")),
        }
    }
}

impl ClientContext for Complaints {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        super::log(level, fac, message);
        // `[thrd:…]: host:port/bootstrap: why`
        let why = message.split_once("]: ").map_or(message, |(_, why)| why);
        self.keep(None, why);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka's client");
        self.keep(error.rdkafka_error_code(), reason);
    }
}

impl ConsumerContext for Complaints {}
