//! Streams: which want what, and what they get.
//!
//! Of each conversation the hub forwards an event only when it has forwarded the one before, so
//! that everyone sees one order, and a removal is always seen before what follows it (P3, P6). What
//! the bus lost it reads from the store, once for all streams.
//!
//! Nothing here has a timer: [`Hub::deliver`], [`Hub::tick`] and [`Hub::sweep`] are called by tasks,
//! or step by step by the simulation.

mod deliver;
mod frames;
mod open;
mod outlet;
mod presence;
mod state;
mod subscription;
mod sweep;
mod tick;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use protocol::stream::ByeReason;
use protocol::{ConversationId, Millis, StreamId, UserId};

use crate::bus::{Bus, Topic};
use crate::chat::Settings;
use crate::clock::Clock;
use crate::presence::Presence;
use crate::random::Random;
use crate::store::Store;
use crate::telemetry::metrics::{STREAMS, STREAMS_ENDED};
use state::{State, bye};

pub use subscription::Subscription;

/// Identifies a session: the hash of its token.
pub type SessionKey = [u8; 32];

/// Tells which of these sessions are over. Where that cannot be said, none is.
pub type SessionCheck =
    Arc<dyn Fn(Vec<SessionKey>) -> BoxFuture<'static, Vec<SessionKey>> + Send + Sync>;

/// Streams found not to keep up, to be ended.
type TooSlowStreams = Vec<StreamId>;

/// All streams of this node. Clones share them.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    store: Store,
    bus: Arc<dyn Bus>,
    clock: Clock,
    random: Random,
    presence: Presence,
    settings: Settings,
    sessions: SessionCheck,
    state: Mutex<State>,
    /// Held to write while logs are forwarded, so that they are by one at a time; to read while it is
    /// read who is a member, so that nothing is forwarded beyond what that says.
    forwarding: tokio::sync::RwLock<()>,
    /// Up to when the sweep has looked.
    swept: Mutex<Millis>,
    /// When sessions were checked last.
    checked: Mutex<Millis>,
}

impl Hub {
    /// A hub without streams.
    pub fn new(
        store: Store,
        bus: Arc<dyn Bus>,
        presence: Presence,
        clock: Clock,
        random: Random,
        settings: Settings,
        sessions: SessionCheck,
    ) -> Self {
        let started = clock.now();
        Self(Arc::new(Inner {
            store,
            bus,
            clock,
            random,
            presence,
            settings,
            sessions,
            state: Mutex::default(),
            forwarding: tokio::sync::RwLock::default(),
            swept: Mutex::new(started),
            checked: Mutex::new(started),
        }))
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.state().streams.len()
    }

    /// Ends the streams of a session that is over.
    pub fn end_session(&self, session: SessionKey) {
        let ended = self
            .state()
            .streams
            .iter()
            .filter(|(_, stream)| stream.session == session)
            .map(|(id, _)| *id)
            .collect();
        self.end_all(ended, ByeReason::SessionEnded);
    }

    /// Says `bye` to all streams and opens no more.
    pub fn stop(&self) {
        self.state().stopping = true;
        self.end_streams();
    }

    /// Says `bye` to all streams there are.
    pub fn end_streams(&self) {
        let ended = self.state().streams.keys().copied().collect();
        self.end_all(ended, ByeReason::Stopping);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Millis {
        self.0.clock.now()
    }

    fn end_all(&self, streams: Vec<StreamId>, reason: ByeReason) {
        for id in streams {
            let jitter = self.0.random.within(0..u64::from(u32::MAX));
            metrics::counter!(STREAMS_ENDED, "reason" => reason_name(reason)).increment(1);
            let ended = self.state().end(id, Some(bye(reason, jitter)), self.now());
            self.ended(ended);
        }
    }

    /// A stream was taken out of the state: tells presence and bus.
    fn ended(&self, ended: Option<(UserId, Vec<ConversationId>)>) {
        let Some((user, dropped)) = ended else {
            return;
        };
        self.0.presence.gone(user);
        // With the state held: who wants a topic from here on subscribes after this.
        let state = self.state();
        let mut topics: Vec<Topic> = dropped
            .into_iter()
            .filter(|id| !state.logs.contains_key(id))
            .map(Topic::Conversation)
            .collect();
        if !state.users.contains_key(&user) {
            topics.push(Topic::User(user));
        }
        if !topics.is_empty() {
            self.0.bus.unsubscribe(topics);
        }
        drop(state);
        metrics::gauge!(STREAMS).decrement(1.0);
    }
}

fn reason_name(reason: ByeReason) -> &'static str {
    match reason {
        ByeReason::Stopping => "stopping",
        ByeReason::TooSlow => "too_slow",
        ByeReason::SessionEnded => "session_ended",
        ByeReason::TooManyStreams => "too_many_streams",
        ByeReason::Unknown => "unknown",
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("streams", &self.streams())
            .finish_non_exhaustive()
    }
}
