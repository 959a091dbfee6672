//! Decides and commits.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::mistakes::{Mistake, made};
use protocol::{Code, ConversationId, Millis};
use tokio::time::Instant;

use super::audit;
use super::fold::{Folded, fold, wanted};
use super::recent::Recent;
use super::retention::horizons;
use super::{Accepted, Outcome, Settings, Unavailable};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::store::append::{Append, Appender, Changes, CommandRow, Loaded};
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::{
    BATCH_COMMANDS, COMMANDS_REJECTED, COMMANDS_UNAVAILABLE, COMMIT_SECONDS, CONFLICTS,
    EVENTS_STORED, QUEUE_AGE_SECONDS, REFUSED,
};
use crate::telemetry::traces::{About, Step, names};

/// How often a batch is decided anew before it is given up for now.
const ATTEMPTS: u32 = 8;

/// Stores batches of commands: the only one that writes events.
///
/// Nothing rests on what it keeps between batches. Those that are under way at a time, each with a writer
/// of its own, have no conversation in common.
pub struct Writer {
    appender: Appender,
    bus: Arc<dyn Bus>,
    clock: Clock,
    settings: Settings,
    recent: Mutex<Recent>,
}

impl Writer {
    /// A writer to this store, that tells this bus. It is to be made where it runs.
    pub fn new(store: &Store, bus: Arc<dyn Bus>, clock: Clock, settings: Settings) -> Self {
        Self {
            appender: store.appender(),
            bus,
            clock,
            settings,
            recent: Mutex::default(),
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
                self.appender.store().note_written(true, self.clock.now());
                outcomes.into_iter().map(Ok).collect()
            }
            Err(error) if error.is_transient() => {
                self.appender.store().note_written(false, self.clock.now());
                unavailable(&error, commands.len());
                vec![Err(Unavailable); commands.len()]
            }
            Err(error) => {
                tracing::warn!(%error, commands = commands.len(), "a batch was refused; storing its commands one by one");
                self.one_by_one(commands).await
            }
        }
    }

    /// Closes what was opened for this writer alone.
    pub async fn close(&self) {
        self.appender.close().await;
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

    /// Stores a batch, deciding it again where what it was decided by changed meanwhile.
    async fn store_all(&self, commands: &[Accepted]) -> Result<Vec<Outcome>, StoreError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            // What is not so any more is tried once.
            let known = (attempts == 1).then(|| self.recent().take(commands));
            let tried = match known.flatten() {
                Some(known) => self.store_by(commands, known).await,
                None => self.try_to_store(commands).await,
            };
            let error = match tried {
                Err(error) if attempts < ATTEMPTS => error,
                done => return done,
            };
            if error.is_conflict() {
                metrics::counter!(CONFLICTS).increment(1);
                continue;
            }
            if attempts == 1 && error.is_lost_connection() {
                // It was kept from the batch before, and the database may be there; what was committed
                // all the same is found to be.
                tracing::info!(%error, "the connection to the database was lost; trying another");
                continue;
            }
            match error {
                StoreError::NoRoom(_) => {
                    let now = self.clock.now();
                    let (events_from, keys_from) = horizons(now, &self.settings);
                    self.appender.make_room(events_from, keys_from, now).await?;
                }
                error => return Err(error),
            }
        }
    }

    /// Stores a batch by what the batches before it have left.
    async fn store_by(
        &self,
        commands: &[Accepted],
        mut known: Loaded,
    ) -> Result<Vec<Outcome>, StoreError> {
        let began = Instant::now();
        let versions = mem::take(&mut known.versions);
        let mut folded = fold(commands, known, self.clock.now(), &self.settings.limits);
        if folded
            .outcomes
            .iter()
            .all(|it| matches!(it, Outcome::Stored(_)))
        {
            folded.changes.versions.clone_from(&versions);
            let append = self.appender.begin().await?;
            return self
                .commit(append, commands, folded, &versions, began)
                .await;
        }
        // Nobody is refused by what may not be so any more.
        self.try_to_store(commands).await
    }

    async fn try_to_store(&self, commands: &[Accepted]) -> Result<Vec<Outcome>, StoreError> {
        let began = Instant::now();
        let mut append = self.appender.begin().await?;
        let mut loaded = append.load(&wanted(commands)).await?;
        self.recent().complete(&mut loaded);
        let versions = mem::take(&mut loaded.versions);
        let folded = fold(commands, loaded, self.clock.now(), &self.settings.limits);
        self.commit(append, commands, folded, &versions, began)
            .await
    }

    /// Commits, and then publishes.
    async fn commit(
        &self,
        append: Append<'_>,
        commands: &[Accepted],
        mut folded: Folded,
        versions: &HashMap<ConversationId, Millis>,
        began: Instant,
    ) -> Result<Vec<Outcome>, StoreError> {
        let is_kept = append.tells_versions() && folded.changes.are_commands_only();
        if made(Mistake::PublishBeforeCommit) {
            self.bus.publish(folded.messages.clone());
        }
        folded.changes.offline_jobs = self.settings.offline_jobs.is_some();
        append.commit(&folded.changes).await?;
        if let Some(teller) = &self.settings.offline_jobs {
            teller.notify_one();
        }
        if is_kept {
            self.recent().keep(folded.states, versions);
        }
        for code in folded.refused {
            metrics::counter!(REFUSED, "code" => code.as_str()).increment(1);
        }
        metrics::histogram!(COMMIT_SECONDS).record(began.elapsed());
        let oldest = commands.iter().map(|it| it.submitted.accepted_at).min();
        metrics::gauge!(QUEUE_AGE_SECONDS).set(seconds(self.clock.now() - oldest.unwrap_or(0)));
        metrics::histogram!(BATCH_COMMANDS).record(size(commands.len()));
        let stored = folded.changes.commands.iter();
        let events = stored.filter(|command| command.result.is_ok()).count();
        metrics::counter!(EVENTS_STORED).increment(u64::try_from(events).unwrap_or(0));
        trace(commands, &folded.outcomes, began);
        self.bus.publish(folded.messages);
        audit::tell(commands, &folded.outcomes, &folded.changes.commands);
        Ok(folded.outcomes)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
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
        let refused = CommandRow {
            client_id: command.submitted.command.client_id,
            sender: command.sender,
            payload_hash: command.submitted.payload_hash,
            conversation: command.conversation,
            result: Err(Code::Rejected),
            at: self.clock.now(),
        };
        let changes = Changes {
            now: refused.at,
            commands: vec![refused],
            ..Changes::default()
        };
        self.appender.begin().await?.commit(&changes).await?;
        Ok(vec![Outcome::Refused(Code::Rejected)])
    }
}

/// Tells of commands that are traced, and lets their events be traced from here on.
fn trace(commands: &[Accepted], outcomes: &[Outcome], began: Instant) {
    for (command, outcome) in commands.iter().zip(outcomes) {
        let Some(trace) = command.submitted.trace else {
            continue;
        };
        let step = Step::since(trace, names::WRITE, began);
        let mut about = About {
            user: Some(command.sender),
            conversation: Some(command.conversation),
            client_id: Some(command.submitted.command.client_id),
            count: Some(commands.len()),
            ..About::default()
        };
        match outcome {
            Outcome::Stored(encoded) => {
                encoded.belongs_to(step.trace());
                about.seq = Some(encoded.event.seq);
            }
            Outcome::Refused(code) => about.outcome = Some(code.as_str()),
            Outcome::StoredExpired(_) | Outcome::Queued => {}
        }
        step.end(&about);
    }
}

fn unavailable(error: &StoreError, commands: usize) {
    tracing::error!(%error, commands, "commands were not accepted");
    metrics::counter!(COMMANDS_UNAVAILABLE).increment(u64::try_from(commands).unwrap_or(0));
}

#[expect(clippy::cast_precision_loss, reason = "a span of time")]
fn seconds(millis: Millis) -> f64 {
    millis.max(0) as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
fn size(commands: usize) -> f64 {
    commands as f64
}
