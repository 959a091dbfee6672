//! People who send, and what they were answered.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use protocol::{ClientId, ConversationId};
use tokio::task::JoinSet;

use crate::figures::Times;
use crate::people::Pair;
use crate::sends::{Acknowledged, Sender, client_id};
use crate::timetable::{Timetable, Turns};

/// The senders, and all that was ever accepted of them.
pub struct Load {
    pairs: Vec<Pair>,
    accepted: Arc<AtomicU64>,
    ids: Mutex<Vec<Accepted>>,
}

/// What was accepted in one conversation, in the order in which it was sent.
#[derive(Clone)]
pub struct Accepted {
    pub conversation: ConversationId,
    pub ids: Vec<ClientId>,
}

/// What was answered while people sent at one rate.
pub struct Answered {
    /// Sends a second, as the timetable had them.
    pub per_second: f64,
    pub acknowledged: Acknowledged,
    /// Neither 201 nor 202.
    pub refused: u64,
    /// From the first send to the last answer.
    pub took: Duration,
    /// From each send's time in the timetable to its answer.
    pub times: Times,
}

impl Load {
    /// These are the ones who will send.
    pub fn new(pairs: Vec<Pair>) -> Self {
        let none = |pair: &Pair| Accepted {
            conversation: pair.conversation,
            ids: Vec::new(),
        };
        Self {
            ids: Mutex::new(pairs.iter().map(none).collect()),
            pairs,
            accepted: Arc::default(),
        }
    }

    /// How many commands were accepted so far, as it counts up.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.accepted)
    }

    /// All that was accepted so far, by conversation.
    pub fn accepted(&self) -> Vec<Accepted> {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.clone()
    }

    /// Lets people send by a timetable, each one message after the other.
    ///
    /// # Errors
    /// When a node does not answer.
    pub async fn run(&self, timetable: Timetable) -> Result<Answered> {
        let mut ready = Vec::with_capacity(self.pairs.len());
        for pair in &self.pairs {
            ready.push(Sender::connect(&pair.sender, pair.conversation).await?);
        }
        let start = Instant::now();
        let mut senders = JoinSet::new();
        let turns = timetable.begin(ready.len());
        for (number, (sender, turns)) in ready.into_iter().zip(turns).enumerate() {
            senders.spawn(send(number, sender, turns, self.counter()));
        }
        let mut acknowledged = Acknowledged::default();
        let mut refused = 0;
        let mut times = Vec::new();
        while let Some(sent) = senders.join_next().await {
            let sent = sent??;
            acknowledged.add(sent.acknowledged);
            refused += sent.refused;
            times.extend(sent.times);
            let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            ids[sent.number].ids.extend(sent.ids);
        }
        Ok(Answered {
            per_second: timetable.per_second,
            acknowledged,
            refused,
            took: start.elapsed(),
            times: times.into_iter().collect(),
        })
    }
}

/// What one person sent.
#[derive(Default)]
struct Sent {
    number: usize,
    ids: Vec<ClientId>,
    times: Vec<Duration>,
    acknowledged: Acknowledged,
    refused: u64,
}

async fn send(
    number: usize,
    mut sender: Sender,
    mut turns: Turns,
    accepted: Arc<AtomicU64>,
) -> Result<Sent> {
    let mut sent = Sent {
        number,
        ..Sent::default()
    };
    while let Some(time) = turns.recv().await {
        let id = client_id();
        let acknowledged = sender.try_to_send(&[id]).await?;
        sent.times.push(time.elapsed());
        if acknowledged.all() == 0 {
            sent.refused += 1;
            continue;
        }
        sent.ids.push(id);
        sent.acknowledged.add(acknowledged);
        accepted.fetch_add(1, Ordering::Relaxed);
    }
    Ok(sent)
}
