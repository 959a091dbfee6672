//! How the client is told what is configured.

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

use super::KafkaError;
use crate::config::{self, Sasl};
use crate::telemetry::lines::Stream;

/// How long the client gathers lines that it sends together, in milliseconds.
const LINGER: &str = "50";

/// Most milliseconds between two attempts to reach a broker.
const RECONNECT: &str = "2000";

/// What a line takes in the buffer at least: as many are allowed as the buffer has room for, so that
/// what the client keeps about each is bounded too.
const LEAST_LINE: u64 = 256;

/// The topic of a stream.
pub(super) fn topic(config: &config::Kafka, stream: Stream) -> String {
    let name = match stream {
        Stream::Logs => "logs",
        Stream::Audit => "audit",
    };
    format!("{}.{name}", config.prefix)
}

/// As one who writes each line once.
pub(super) fn producing(config: &config::Kafka) -> Result<ClientConfig, KafkaError> {
    let mut settings = connecting(config)?;
    settings
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", LINGER)
        // As long as there is room: the oldest lines are those that say how it began.
        .set("message.timeout.ms", "0")
        .set(
            "queue.buffering.max.kbytes",
            (config.buffer_bytes / 1024).to_string(),
        )
        .set(
            "queue.buffering.max.messages",
            (config.buffer_bytes / LEAST_LINE).to_string(),
        );
    Ok(settings)
}

/// How brokers are reached.
pub(super) fn connecting(config: &config::Kafka) -> Result<ClientConfig, KafkaError> {
    let mut settings = ClientConfig::new();
    settings.set_log_level(RDKafkaLogLevel::Warning);
    settings
        .set("client.id", "zspchat")
        .set("bootstrap.servers", config.brokers.join(","))
        .set("reconnect.backoff.max.ms", RECONNECT)
        .set("log.connection.close", "false");
    let protocol = match (config.tls, config.sasl.is_some()) {
        (false, false) => "plaintext",
        (false, true) => "sasl_plaintext",
        (true, false) => "ssl",
        (true, true) => "sasl_ssl",
    };
    settings.set("security.protocol", protocol);
    if config.tls {
        // Where systems keep the authorities that they trust.
        let mut ca = "probe".to_owned();
        if let Some(file) = &config.ca {
            ca = file.display().to_string();
            std::fs::read(file)
                .map_err(|error| KafkaError(format!("the file {ca} cannot be read: {error}")))?;
        }
        settings.set("ssl.ca.location", ca);
    }
    if let Some(mechanism) = config.sasl {
        let password = config.secret().map_err(KafkaError)?;
        settings
            .set("sasl.mechanism", name(mechanism))
            .set("sasl.username", config.user.as_deref().unwrap_or_default())
            .set("sasl.password", password.reveal());
    }
    Ok(settings)
}

fn name(mechanism: Sasl) -> &'static str {
    match mechanism {
        Sasl::Plain => "PLAIN",
        Sasl::ScramSha256 => "SCRAM-SHA-256",
        Sasl::ScramSha512 => "SCRAM-SHA-512",
    }
}
