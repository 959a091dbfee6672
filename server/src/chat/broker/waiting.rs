//! Requests of this node whose outcome is not known yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::Millis;
use tokio::sync::oneshot;

use crate::chat::Outcome;

/// How long an outcome may still come: beyond it, it is taken for lost, and tells no more how far
/// behind its shard is.
const LOST: Millis = 60_000;

/// Requests by this node's count, and by shard.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    count: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: HashMap<u64, Request>,
    /// Since when each request waits, the oldest first.
    shards: HashMap<u32, BTreeMap<u64, Millis>>,
}

#[derive(Debug)]
struct Request {
    shard: u32,
    outcomes: oneshot::Sender<Vec<Outcome>>,
}

impl Waiting {
    /// Begins to wait.
    pub fn add(&self, shard: u32, now: Millis) -> (u64, oneshot::Receiver<Vec<Outcome>>) {
        let request = self.count.fetch_add(1, Ordering::Relaxed);
        let (outcomes, received) = oneshot::channel();
        let mut state = self.state();
        state.requests.insert(request, Request { shard, outcomes });
        state.shards.entry(shard).or_default().insert(request, now);
        (request, received)
    }

    /// It never went on its way.
    pub fn remove(&self, request: u64) {
        self.state().take(request);
    }

    /// The outcomes of a request came. Those of requests before it in its shard did too, or were lost
    /// on the way.
    pub fn answered(&self, request: u64, outcomes: Vec<Outcome>) {
        let mut state = self.state();
        let Some(answered) = state.take(request) else {
            return;
        };
        while let Some((before, _)) = state.first(answered.shard)
            && before < request
        {
            state.take(before);
        }
        drop(state);
        // Whoever waited may have been told that it is queued.
        let _ = answered.outcomes.send(outcomes);
    }

    /// How long the oldest request of a shard has waited.
    pub fn oldest(&self, shard: u32, now: Millis) -> Millis {
        let mut state = self.state();
        while let Some((request, since)) = state.first(shard) {
            if now - since < LOST {
                return now - since;
            }
            state.take(request);
        }
        0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn first(&self, shard: u32) -> Option<(u64, Millis)> {
        let (request, since) = self.shards.get(&shard)?.first_key_value()?;
        Some((*request, *since))
    }

    fn take(&mut self, request: u64) -> Option<Request> {
        let taken = self.requests.remove(&request)?;
        if let Some(shard) = self.shards.get_mut(&taken.shard) {
            shard.remove(&request);
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_tells_how_far_behind_a_shard_is() {
        let waiting = Waiting::default();
        let (first, _first) = waiting.add(3, 100);
        let (second, _second) = waiting.add(3, 200);
        assert_eq!(waiting.oldest(3, 300), 200);
        assert_eq!(waiting.oldest(4, 300), 0);
        waiting.answered(first, Vec::new());
        assert_eq!(waiting.oldest(3, 300), 100);
        waiting.remove(second);
        assert_eq!(waiting.oldest(3, 300), 0);
    }

    #[test]
    fn what_was_lost_before_an_answer_is_not_waited_for() {
        let waiting = Waiting::default();
        let (_, mut lost) = waiting.add(3, 0);
        let (answered, mut outcomes) = waiting.add(3, 1);
        waiting.answered(answered, Vec::new());
        assert!(outcomes.try_recv().is_ok());
        assert!(lost.try_recv().is_err());
        assert_eq!(waiting.oldest(3, 10), 0);
    }

    #[test]
    fn what_never_comes_is_taken_for_lost() {
        let waiting = Waiting::default();
        let (_, mut outcomes) = waiting.add(3, 0);
        assert_eq!(waiting.oldest(3, LOST - 1), LOST - 1);
        assert_eq!(waiting.oldest(3, LOST), 0);
        assert!(outcomes.try_recv().is_err());
    }
}
