//! The queues: their names and their arguments.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Error, ErrorKind, ExchangeKind, Queue};

use super::config::RabbitMqConfig;
use super::limit::{Failure, answer};

/// A queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Where the commands of a shard wait.
    Shard(u32),
    /// Where copies of commands lie that could not be stored.
    Dead,
    /// Where jobs wait for a subscriber of that name.
    Offline(&'static str),
}

impl Target {
    /// Its name.
    pub(super) fn name(self, config: &RabbitMqConfig) -> ShortString {
        match self {
            Self::Shard(shard) => format!("{}.commands.{shard}", config.prefix).into(),
            Self::Dead => format!("{}.dead", config.prefix).into(),
            Self::Offline(name) => format!("{}.offline.{name}", config.prefix).into(),
        }
    }

    /// Makes it, unless it is there; tells how many messages and consumers it has.
    pub(super) async fn declare(
        self,
        channel: &Channel,
        config: &RabbitMqConfig,
    ) -> Result<Queue, Failure> {
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let declared = channel.queue_declare(self.name(config), options, self.arguments(config));
        answer(declared).await.map_err(|failure| match failure {
            Failure::Amqp(error) if is_precondition_failed(&error) => {
                Failure::OtherArguments(error)
            }
            other => other,
        })
    }

    fn arguments(self, config: &RabbitMqConfig) -> FieldTable {
        let mut arguments = FieldTable::default();
        let mut set = |name: &str, value: AMQPValue| {
            arguments.insert(name.into(), value);
        };
        let text = |text: &str| AMQPValue::LongString(text.into());
        set("x-queue-type", text(config.queue_type.name()));
        if let Self::Shard(_) = self {
            // One consumer at a time, or there would be no order.
            set("x-single-active-consumer", AMQPValue::Boolean(true));
        }
        let overflow = match self {
            // Refuse what comes, rather than drop what was accepted.
            Self::Shard(_) => Some("reject-publish"),
            // Drop the oldest, rather than hold up who publishes.
            Self::Offline(_) => Some("drop-head"),
            Self::Dead => None,
        };
        if let Some(overflow) = overflow {
            set("x-overflow", text(overflow));
            let most = i64::try_from(config.max_bytes).unwrap_or(i64::MAX);
            set("x-max-length-bytes", AMQPValue::LongLongInt(most));
        }
        arguments
    }
}

/// Makes all queues that are missing.
pub(super) async fn declare_all(channel: &Channel, config: &RabbitMqConfig) -> Result<(), Failure> {
    for shard in 0..config.shards {
        Target::Shard(shard).declare(channel, config).await?;
    }
    Target::Dead.declare(channel, config).await?;
    declare_exchange(channel, config).await
}

/// The name of the exchange of jobs.
pub(super) fn exchange(config: &RabbitMqConfig) -> ShortString {
    format!("{}.offline", config.prefix).into()
}

/// Makes the exchange of jobs, unless it is there.
pub(super) async fn declare_exchange(
    channel: &Channel,
    config: &RabbitMqConfig,
) -> Result<(), Failure> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let declared = channel.exchange_declare(
        exchange(config),
        ExchangeKind::Topic,
        options,
        FieldTable::default(),
    );
    answer(declared).await
}

/// Has a queue get the jobs of a kind, unless it does.
pub(super) async fn bind(
    channel: &Channel,
    config: &RabbitMqConfig,
    queue: Target,
    kind: &str,
) -> Result<(), Failure> {
    let bound = channel.queue_bind(
        queue.name(config),
        exchange(config),
        kind.into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    answer(bound).await
}

fn is_precondition_failed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error)
        if matches!(error.kind(), AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED)))
}
