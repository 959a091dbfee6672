//! A message every half second between two people at the balancer: how long one has to wait while
//! something fails.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::ConversationId;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use crate::client::Client;

/// Between looks.
const LOOK: Duration = Duration::from_millis(50);
/// How many looks there are from one message to the next.
const LOOKS: usize = 10;

/// Goes on until it is dropped.
pub struct Pulse {
    state: Arc<Mutex<State>>,
    beat: AbortHandle,
}

#[derive(Default)]
struct State {
    under_way: VecDeque<(String, Instant)>,
    longest: Duration,
}

impl Pulse {
    /// Begins to write from one to the other.
    pub fn begin(from: Arc<Client>, to: Arc<Client>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let beat = tokio::spawn(beat(from, to, Arc::clone(&state))).abort_handle();
        Self { state, beat }
    }

    /// The longest that any message took since this was asked last; one that is still under way
    /// counts too.
    pub fn longest(&self) -> Duration {
        let mut state = lock(&self.state);
        let waits = state.under_way.front().map(|(_, since)| since.elapsed());
        std::mem::take(&mut state.longest).max(waits.unwrap_or_default())
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

async fn beat(from: Arc<Client>, to: Arc<Client>, state: Arc<Mutex<State>>) {
    let id = ConversationId::direct(from.user, to.user);
    for look in 0_usize.. {
        if look.is_multiple_of(LOOKS) {
            let text = from.say(id, None);
            lock(&state).under_way.push_back((text, Instant::now()));
        }
        sleep(LOOK).await;
        let mut state = lock(&state);
        // They arrive in order.
        while let Some((text, since)) = state.under_way.front()
            && to.has(id, text)
        {
            state.longest = state.longest.max(since.elapsed());
            state.under_way.pop_front();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
