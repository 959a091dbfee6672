//! Decides and commits.

use std::sync::Arc;

use protocol::{Code, Limits};

use super::fold::{fold, wanted};
use super::{Accepted, Outcome, Unavailable};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::store::append::{Changes, KeyRow};
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::{
    BATCH_COMMANDS, COMMANDS_REJECTED, COMMANDS_UNAVAILABLE, EVENTS_STORED,
};

/// Stores batches of commands: the only one that writes events.
///
/// It keeps nothing between batches. One batch at a time may be under way.
#[derive(Clone)]
pub struct Writer {
    store: Store,
    bus: Arc<dyn Bus>,
    clock: Clock,
    limits: Limits,
}

impl Writer {
    /// A writer to this store, that tells this bus.
    pub fn new(store: Store, bus: Arc<dyn Bus>, clock: Clock, limits: Limits) -> Self {
        Self {
            store,
            bus,
            clock,
            limits,
        }
    }

    /// Stores a batch in one transaction, then publishes what was committed.
    ///
    /// The answer holds one outcome a command, in order, and nothing in it is `Ok` that is not
    /// committed. Where the database refuses the batch, its commands are stored one by one, and the
    /// one that it refuses is recorded as `rejected`. Where it cannot serve, nothing from that
    /// command on is stored.
    pub async fn batch(&self, commands: &[Accepted]) -> Vec<Result<Outcome, Unavailable>> {
        match self.store_all(commands).await {
            Ok(outcomes) => {
                self.store.note_written(true, self.clock.now());
                outcomes.into_iter().map(Ok).collect()
            }
            Err(error) if error.is_transient() => {
                self.store.note_written(false, self.clock.now());
                unavailable(&error, commands.len());
                vec![Err(Unavailable); commands.len()]
            }
            Err(error) => {
                tracing::warn!(%error, commands = commands.len(), "a batch was refused; storing its commands one by one");
                self.one_by_one(commands).await
            }
        }
    }

    async fn one_by_one(&self, commands: &[Accepted]) -> Vec<Result<Outcome, Unavailable>> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let stored = match self.store_all(std::slice::from_ref(command)).await {
                Err(error) if !error.is_transient() => self.reject(command, &error).await,
                other => other,
            };
            match stored {
                Ok(outcome) => outcomes.extend(outcome.into_iter().map(Ok)),
                Err(error) => {
                    // What follows would otherwise overtake this one.
                    unavailable(&error, commands.len() - index);
                    outcomes.resize(commands.len(), Err(Unavailable));
                    break;
                }
            }
        }
        outcomes
    }

    async fn store_all(&self, commands: &[Accepted]) -> Result<Vec<Outcome>, StoreError> {
        let mut append = self.store.begin_append().await?;
        let loaded = append.load(&wanted(commands)).await?;
        let folded = fold(commands, loaded, self.clock.now(), &self.limits);
        append.save(&folded.changes).await?;
        append.commit().await?;
        metrics::histogram!(BATCH_COMMANDS).record(size(commands.len()));
        metrics::counter!(EVENTS_STORED)
            .increment(u64::try_from(folded.changes.events.len()).unwrap_or(0));
        self.bus.publish(folded.messages);
        Ok(folded.outcomes)
    }

    /// Records that the database refuses this command, so that a repeat gets the same answer.
    async fn reject(
        &self,
        command: &Accepted,
        cause: &StoreError,
    ) -> Result<Vec<Outcome>, StoreError> {
        tracing::error!(
            %cause,
            client_id = %command.submitted.command.client_id,
            conversation = %command.conversation,
            sender = %command.sender,
            "a command cannot be stored and is refused"
        );
        metrics::counter!(COMMANDS_REJECTED).increment(1);
        let key = KeyRow {
            client_id: command.submitted.command.client_id,
            sender: command.sender,
            payload_hash: command.submitted.payload_hash,
            conversation: command.conversation,
            result: Err(Code::Rejected),
            at: self.clock.now(),
        };
        let changes = Changes {
            now: key.at,
            keys: vec![key],
            ..Changes::default()
        };
        let mut append = self.store.begin_append().await?;
        append.save(&changes).await?;
        append.commit().await?;
        Ok(vec![Outcome::Refused(Code::Rejected)])
    }
}

fn unavailable(error: &StoreError, commands: usize) {
    tracing::error!(%error, commands, "commands were not accepted");
    metrics::counter!(COMMANDS_UNAVAILABLE).increment(u64::try_from(commands).unwrap_or(0));
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
fn size(commands: usize) -> f64 {
    commands as f64
}
