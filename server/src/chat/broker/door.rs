//! The side of the node that was asked.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ConversationId, Millis, UserId};

use super::answers;
use super::envelope::Envelope;
use super::waiting::Waiting;
use crate::bus::NodeId;
use crate::chat::{Outcome, Submitted, Unavailable, Wait};
use crate::clock::Clock;
use crate::queue::rabbitmq::{NotAccepted, Publisher, State};
use crate::telemetry::metrics::COMMANDS_UNAVAILABLE;
use crate::telemetry::traces::{About, names};

/// How long a request waits for what becomes of its commands once the broker has them; and how old
/// the oldest of its shard may be for it to wait at all, so that a backlog costs nobody a wait.
const ACCEPT_WAIT: Duration = Duration::from_millis(250);

/// How long a request waits that has no answer before its outcome is known.
const OUTCOME_WAIT: Duration = Duration::from_secs(10);

/// Puts commands into the broker's queues. Clones share it.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    publisher: Publisher,
    shards: u32,
    node: NodeId,
    clock: Clock,
    waiting: Waiting,
}

impl Door {
    /// Over a publisher to so many shards.
    pub fn new(publisher: Publisher, shards: u32, node: NodeId, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            publisher,
            shards,
            node,
            clock,
            waiting: Waiting::default(),
        }))
    }

    /// Hands commands to the broker, all or none, and waits for their outcomes.
    pub async fn submit(
        &self,
        sender: UserId,
        conversation: ConversationId,
        commands: Vec<Submitted>,
        wait: Wait,
    ) -> Vec<Result<Outcome, Unavailable>> {
        let Inner {
            publisher, waiting, ..
        } = &*self.0;
        let count = commands.len();
        let shard = conversation.shard(self.0.shards);
        let now = self.0.clock.now();
        let wait = match wait {
            Wait::Outcome => OUTCOME_WAIT,
            Wait::Moment if waiting.oldest(shard, now) > millis(ACCEPT_WAIT) => Duration::ZERO,
            Wait::Moment => ACCEPT_WAIT,
        };
        let (request, outcomes) = waiting.add(shard, now);
        // They came with one request.
        let trace = commands.first().and_then(|command| command.trace);
        let step = trace.map(|trace| trace.step(names::QUEUE));
        let trace = step.map(|step| step.trace());
        let body = Envelope::write(sender, conversation, commands, self.0.node, request, trace);
        let published = publisher.publish(shard, body).await;
        if let Some(step) = step {
            step.end(&About {
                user: Some(sender),
                conversation: Some(conversation),
                count: Some(count),
                failed: published.is_err(),
                ..About::default()
            });
        }
        if let Err(error) = published {
            waiting.remove(request);
            return not_accepted(error, count);
        }
        match tokio::time::timeout(wait, outcomes).await {
            Ok(Ok(outcomes)) if outcomes.len() == count => outcomes.into_iter().map(Ok).collect(),
            _ => vec![Ok(Outcome::Queued); count],
        }
    }

    /// Takes in what the bus says of requests of this node.
    pub fn answered(&self, request: u64, written: &[u8]) {
        if let Some(outcomes) = answers::read(written) {
            self.0.waiting.answered(request, outcomes);
        }
    }

    /// How the broker is.
    pub fn state(&self) -> State {
        self.0.publisher.state()
    }

    /// How many messages wait in all queues.
    pub async fn depth(&self) -> Result<u64, NotAccepted> {
        let depths = self.0.publisher.depths().await?;
        Ok(depths.into_iter().map(|(_, depth)| depth).sum())
    }

    /// Takes no more.
    pub async fn close(&self) {
        self.0.publisher.close().await;
    }
}

fn millis(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX)
}

fn not_accepted(error: NotAccepted, count: usize) -> Vec<Result<Outcome, Unavailable>> {
    tracing::warn!(%error, commands = count, "commands were not accepted");
    metrics::counter!(COMMANDS_UNAVAILABLE).increment(u64::try_from(count).unwrap_or(0));
    vec![Err(Unavailable); count]
}
