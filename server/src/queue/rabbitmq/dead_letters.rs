//! What could not be stored, for an operator to look at.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use lapin::types::{AMQPValue, FieldTable};
use protocol::Millis;
use uuid::{Builder, Uuid};

use super::config::RabbitMqConfig;
use super::limit::{Failure, answer};
use super::publisher::{NotAccepted, Publisher};
use super::topology::Target;
use crate::random::Random;

const ID: &str = "id";
const SHARD: &str = "shard";
const REASON: &str = "reason";
const TIME: &str = "time";

/// How often the queue is looked into before it is taken to be empty, and how long after each.
const LOOKS: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A body that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name in this queue.
    pub id: Uuid,
    /// The shard it came from.
    pub shard: u32,
    /// Why it could not be stored.
    pub reason: String,
    /// When it was given up.
    pub at: Millis,
    /// The body.
    pub body: Bytes,
}

/// Why an operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// There is no such letter, or somebody else holds it at the moment.
    #[error("there is no such dead letter")]
    Unknown,
    /// It could not be published again, and is still among the dead letters.
    #[error("it was not published again: {0}")]
    NotAccepted(#[from] NotAccepted),
    /// The broker did not do what it was asked to.
    #[error("RabbitMQ: {0}")]
    Broker(String),
}

impl From<Failure> for DeadLetterError {
    fn from(failure: Failure) -> Self {
        Self::Broker(failure.to_string())
    }
}

/// The dead letters, oldest first. An operator's command opens them, does one thing and closes them.
pub struct DeadLetters {
    config: Arc<RabbitMqConfig>,
    publisher: Publisher,
}

impl DeadLetters {
    /// Connects.
    ///
    /// # Errors
    /// The broker cannot be reached within five seconds.
    pub async fn open(config: RabbitMqConfig) -> Result<Self, DeadLetterError> {
        let publisher = Publisher::start(config.clone());
        if publisher.connected().await {
            let config = Arc::new(config);
            return Ok(Self { config, publisher });
        }
        publisher.close().await;
        Err(DeadLetterError::Broker("it cannot be reached".to_owned()))
    }

    /// The first `most`.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn list(&self, most: usize) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let channel = self.channel().await?;
        let mut letters = Vec::new();
        while letters.len() < most
            && let Some(message) = self.next(&channel).await?
        {
            letters.push(letter(message));
        }
        put_back(&channel).await?;
        Ok(letters)
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of this name, or the broker does not answer.
    pub async fn show(&self, id: Uuid) -> Result<DeadLetter, DeadLetterError> {
        let channel = self.channel().await?;
        let (_, found) = self.find(&channel, id).await?;
        put_back(&channel).await?;
        Ok(found)
    }

    /// Publishes it to its shard again, and then removes it. Where only the second fails, it is done
    /// twice by a repeat, which the handler has to bear anyway.
    ///
    /// # Errors
    /// There is none of this name, its shard does not take it, or the broker does not answer.
    pub async fn replay(&self, id: Uuid) -> Result<(), DeadLetterError> {
        let channel = self.channel().await?;
        let (tag, found) = self.find(&channel, id).await?;
        if found.shard >= self.config.shards {
            return Err(DeadLetterError::Broker(format!(
                "there is no shard {}",
                found.shard
            )));
        }
        self.publisher.publish(found.shard, found.body).await?;
        take_out(&channel, tag).await
    }

    /// Removes it for good.
    ///
    /// # Errors
    /// There is none of this name, or the broker does not answer.
    pub async fn remove(&self, id: Uuid) -> Result<(), DeadLetterError> {
        let channel = self.channel().await?;
        let (tag, _) = self.find(&channel, id).await?;
        take_out(&channel, tag).await
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.publisher.close().await;
    }

    async fn channel(&self) -> Result<Channel, DeadLetterError> {
        let Some(link) = self.publisher.link() else {
            return Err(NotAccepted::Away.into());
        };
        Ok(link.channel().await?)
    }

    /// The next one that this channel has not got yet. It is kept from others until the channel
    /// closes. What another one had may be on its way back for a moment.
    async fn next(&self, channel: &Channel) -> Result<Option<BasicGetMessage>, Failure> {
        for _ in 0..LOOKS {
            let queue = Target::Dead.name(&self.config);
            let got = answer(channel.basic_get(queue, BasicGetOptions::default())).await?;
            if got.is_some() {
                return Ok(got);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(None)
    }

    async fn find(
        &self,
        channel: &Channel,
        id: Uuid,
    ) -> Result<(u64, DeadLetter), DeadLetterError> {
        while let Some(message) = self.next(channel).await? {
            let tag = message.delivery_tag;
            let letter = letter(message);
            if letter.id == id {
                return Ok((tag, letter));
            }
        }
        Err(DeadLetterError::Unknown)
    }
}

/// Closes the channel, so that what it got lies in the queue again, at its place.
async fn put_back(channel: &Channel) -> Result<(), DeadLetterError> {
    Ok(answer(channel.close(200, "".into())).await?)
}

/// Takes one out of the queue for good, and puts the others back.
async fn take_out(channel: &Channel, tag: u64) -> Result<(), DeadLetterError> {
    answer(channel.basic_ack(tag, BasicAckOptions::default()))
        .await
        .map_err(DeadLetterError::from)?;
    put_back(channel).await
}

/// What is written on a dead letter.
pub(super) fn headers(shard: u32, reason: &str, at: Millis, random: &Random) -> FieldTable {
    let id = Builder::from_random_bytes(random.bytes()).into_uuid();
    let mut headers = FieldTable::default();
    let mut set = |name: &str, value: AMQPValue| {
        headers.insert(name.into(), value);
    };
    set(ID, AMQPValue::LongString(id.to_string().into()));
    set(SHARD, AMQPValue::LongLongInt(i64::from(shard)));
    set(REASON, AMQPValue::LongString(reason.into()));
    set(TIME, AMQPValue::LongLongInt(at));
    headers
}

/// What is written on it; nothing for what somebody else put there without it.
fn letter(message: BasicGetMessage) -> DeadLetter {
    let delivery = message.delivery;
    let headers = delivery.properties.headers().clone().unwrap_or_default();
    let number = |name: &str| match headers.inner().get(name) {
        Some(AMQPValue::LongLongInt(number)) => *number,
        _ => 0,
    };
    let text = |name: &str| match headers.inner().get(name) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        _ => String::new(),
    };
    DeadLetter {
        id: text(ID).parse().unwrap_or_default(),
        shard: u32::try_from(number(SHARD)).unwrap_or(u32::MAX),
        reason: text(REASON),
        at: number(TIME),
        body: delivery.data.into(),
    }
}
