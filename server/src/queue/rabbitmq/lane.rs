//! Publishing to one queue.

use std::iter::repeat_n;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::Channel;
use lapin::options::ConfirmSelectOptions;
use lapin::types::FieldTable;
use protocol::mistakes::{Mistake, made};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::config::RabbitMqConfig;
use super::connection::Link;
use super::keeper::complain;
use super::limit::{ANSWER, Failure, answer};
use super::pack::{pack, together};
use super::publisher::NotAccepted;
use super::round::{Fate, Round};
use super::topology::Target;

/// How long to wait for a consumer to make a deleted queue again, and how often.
const RETRY: Duration = Duration::from_millis(200);
const RETRIES: u32 = 12;

/// A body on its way to the broker.
pub(super) struct Entry {
    pub(super) body: Bytes,
    pub(super) headers: FieldTable,
    pub(super) reply: oneshot::Sender<Result<(), NotAccepted>>,
    /// Its place in the window.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// Publishes to one queue: all that has gathered while the last round was being confirmed is the
/// next round, so that an idle lane adds no delay and a busy one has many confirmed at once.
pub(super) struct Lane {
    config: Arc<RabbitMqConfig>,
    target: Target,
    links: watch::Receiver<Option<Arc<Link>>>,
    open: Option<(Arc<Link>, Channel)>,
}

impl Lane {
    pub(super) fn new(
        config: Arc<RabbitMqConfig>,
        target: Target,
        links: watch::Receiver<Option<Arc<Link>>>,
    ) -> Self {
        Self {
            config,
            target,
            links,
            open: None,
        }
    }

    /// Publishes what comes, until nothing can come any more.
    pub(super) async fn run(mut self, mut entries: mpsc::UnboundedReceiver<Entry>) {
        let mut gathered = Vec::new();
        while entries.recv_many(&mut gathered, self.config.window).await > 0 {
            let left = self.round(std::mem::take(&mut gathered)).await;
            if !left.is_empty() {
                self.again(left).await;
            }
        }
    }

    /// Publishes what no queue took. A consumer makes its queue again once it has been told that it
    /// was deleted; only where none does, it is made here: one that is made too soon takes over
    /// consumers that have not been told, and drops what it delivers to them.
    async fn again(&mut self, mut left: Vec<Entry>) {
        for _ in 0..RETRIES {
            tokio::time::sleep(RETRY).await;
            left = self.round(left).await;
            if left.is_empty() {
                return;
            }
        }
        match self.declare().await {
            Ok(()) => left = self.round(left).await,
            Err(error) => {
                tracing::debug!(target = ?self.target, %error, "a queue cannot be made again");
            }
        }
        answer_all(left, Err(NotAccepted::Away));
    }

    /// Publishes, and answers all but those that no queue took, which are given back.
    async fn round(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        // Nobody waits for these any more, and they may come again.
        entries.retain(|entry| !entry.reply.is_closed());
        if entries.is_empty() {
            return entries;
        }
        let (link, channel) = match self.ready().await {
            Ok(ready) => ready,
            Err(refusal) => {
                answer_all(entries, Err(refusal));
                return Vec::new();
            }
        };
        let queue = self.target.name(&self.config);
        let (messages, sizes) = self.messages(&entries);
        let mut round = Round::publish(&channel, &queue, messages.into_iter());
        let mut waiting = Some(entries);
        if made(Mistake::AcceptBeforeConfirm) {
            answer_all(waiting.take().into_iter().flatten().collect(), Ok(()));
        }
        let mut limit = std::pin::pin!(tokio::time::sleep(ANSWER));
        loop {
            tokio::select! {
                biased;
                () = round.confirmed() => break,
                () = link.blocked(), if waiting.is_some() => {
                    // They may be stored once the alarm is over. No other round begins before this
                    // one is settled, since the next would mistake its confirms for its own.
                    answer_all(waiting.take().into_iter().flatten().collect(), Err(NotAccepted::Blocked));
                }
                () = &mut limit => {
                    limit.as_mut().reset(Instant::now() + ANSWER);
                    if !link.is_blocked() {
                        answer_all(waiting.take().into_iter().flatten().collect(), Err(NotAccepted::TimedOut));
                        self.give_up(round.is_written()).await;
                        return Vec::new();
                    }
                }
            }
        }
        let mut returned = Vec::new();
        let fates = round.fates().into_iter().zip(sizes);
        let fates = fates.flat_map(|(fate, size)| repeat_n(fate, size));
        for (entry, fate) in waiting.into_iter().flatten().zip(fates) {
            let result = match fate {
                Fate::Accepted => Ok(()),
                Fate::Refused => Err(NotAccepted::Full),
                Fate::Unknown => Err(NotAccepted::Away),
                Fate::Returned => {
                    returned.push(entry);
                    continue;
                }
            };
            // Nobody may be waiting any more.
            let _ = entry.reply.send(result);
        }
        returned
    }

    /// The messages that these go in, in order, and how many go in each: together as many as may, but
    /// each dead letter by itself, with what is written on it.
    fn messages(&self, entries: &[Entry]) -> (Vec<(Bytes, FieldTable)>, Vec<usize>) {
        if self.target == Target::Dead {
            let letter = |entry: &Entry| (entry.body.clone(), entry.headers.clone());
            return (entries.iter().map(letter).collect(), vec![1; entries.len()]);
        }
        let (mut messages, mut sizes) = (Vec::new(), Vec::new());
        let mut rest = entries;
        while !rest.is_empty() {
            let size = together(rest.iter().map(|entry| &entry.body));
            let message = pack(rest[..size].iter().map(|entry| &entry.body));
            messages.push((message, FieldTable::default()));
            sizes.push(size);
            rest = &rest[size..];
        }
        (messages, sizes)
    }

    /// The channel to publish on; opened if need be.
    async fn ready(&mut self) -> Result<(Arc<Link>, Channel), NotAccepted> {
        let Some(link) = self.links.borrow().clone() else {
            self.open = None;
            return Err(NotAccepted::Away);
        };
        if link.is_blocked() {
            return Err(NotAccepted::Blocked);
        }
        if let Some((of, channel)) = &self.open
            && Arc::ptr_eq(of, &link)
            && channel.status().connected()
        {
            return Ok((link, channel.clone()));
        }
        match open(&link).await {
            Ok(channel) => {
                self.open = Some((Arc::clone(&link), channel.clone()));
                Ok((link, channel))
            }
            Err(Failure::TimedOut) => Err(NotAccepted::TimedOut),
            Err(error) => {
                tracing::debug!(target = ?self.target, %error, "no channel to publish on");
                Err(NotAccepted::Away)
            }
        }
    }

    /// Makes the queue.
    async fn declare(&mut self) -> Result<(), Failure> {
        let Some((_, channel)) = &self.open else {
            return Err(Failure::TimedOut);
        };
        let declared = self.target.declare(channel, &self.config).await;
        if let Err(failure @ Failure::OtherArguments(_)) = &declared {
            complain(failure);
        }
        declared.map(drop)
    }

    /// Gives up a round without an answer, and with it the channel, so that its confirms are not
    /// taken for those of the next round; or the connection, where the broker does not even take
    /// what is sent, or does not answer at all.
    async fn give_up(&mut self, is_written: bool) {
        let Some((link, channel)) = self.open.take() else {
            return;
        };
        tracing::debug!(target = ?self.target, "no confirm in time");
        if !is_written || answer(channel.close(200, "".into())).await.is_err() {
            link.abort();
        }
    }
}

async fn open(link: &Link) -> Result<Channel, Failure> {
    let channel = link.channel().await?;
    answer(channel.confirm_select(ConfirmSelectOptions::default())).await?;
    Ok(channel)
}

fn answer_all(entries: Vec<Entry>, result: Result<(), NotAccepted>) {
    for entry in entries {
        // Nobody may be waiting any more.
        let _ = entry.reply.send(result);
    }
}
