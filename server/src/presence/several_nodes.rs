//! Who is online, where there are several nodes: each writes into Redis who has streams here, and
//! reads from there how those are who are watched here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::stream::{Presence as Shown, PresenceState};
use protocol::{Millis, UserId};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::standings::Standings;
use super::told::{Mark, Told, unknown};
use super::{GRACE, Streaming, Watched, message};
use crate::bus::{Bus, NodeId};
use crate::clock::Clock;
use crate::redis::{Entries, Found, Redis};

/// How many users are written or read in one go.
const TOGETHER: usize = 500;

/// Before any time that is compared with it.
pub(super) const LONG_AGO: Millis = Millis::MIN / 2;

/// How long what takes, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How long somebody without a stream still counts as online.
    pub grace: Millis,
    /// How long a node's entry lasts: so long at most the people of a node that died stay online.
    pub lasts: Millis,
    /// After how long a node renews its entries; less than half of `lasts`, so that one attempt may
    /// fail.
    pub renewed: Millis,
    /// After how long those who are watched are looked at again.
    pub looked: Millis,
    /// How long after Redis is connected, for the first time or again, an absence proves nothing: the
    /// other nodes may have to notice that it is there, and to write what it has forgotten.
    pub settled: Millis,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            grace: GRACE,
            lasts: 60_000,
            renewed: 20_000,
            looked: 10_000,
            settled: 10_000,
        }
    }
}

/// Clones share it.
#[derive(Clone)]
pub(super) struct SeveralNodes(Arc<Running>);

struct Running {
    inner: Arc<Inner>,
    task: AbortHandle,
}

struct Inner {
    entries: Entries,
    bus: Arc<dyn Bus>,
    clock: Clock,
    times: Times,
    standings: Mutex<Standings>,
    told: Mutex<Told>,
    /// For which connection of Redis this node's entries were written.
    written_for: AtomicU64,
    looks: Mutex<Looks>,
    /// Held while entries are written, so that of a user the last that is written is the last that
    /// happened.
    writing: tokio::sync::Mutex<()>,
    to_write: Notify,
}

/// When this node looked, and at which Redis.
#[derive(Debug)]
struct Looks {
    /// When those who are watched were looked at last.
    last: Millis,
    /// How often Redis had been connected then. Where it is more now, it may have been emptied.
    connections: u64,
    /// Since when it is that Redis.
    since: Millis,
    /// Where the watchers were not told yet that nothing of before is known: the end of before.
    other: Option<Mark>,
}

impl SeveralNodes {
    pub(super) fn start(
        redis: Redis,
        node: NodeId,
        bus: Arc<dyn Bus>,
        clock: Clock,
        times: Times,
    ) -> Self {
        let inner = Arc::new(Inner {
            entries: Entries::new(redis, node.to_string()),
            bus,
            clock,
            times,
            standings: Mutex::default(),
            told: Mutex::default(),
            written_for: AtomicU64::new(0),
            looks: Mutex::new(Looks {
                last: LONG_AGO,
                connections: 0,
                since: LONG_AGO,
                other: None,
            }),
            writing: tokio::sync::Mutex::default(),
            to_write: Notify::new(),
        });
        let writer = Arc::clone(&inner);
        let task = tokio::spawn(async move {
            loop {
                writer.to_write.notified().await;
                writer.write().await;
            }
        });
        let task = task.abort_handle();
        Self(Arc::new(Running { inner, task }))
    }

    pub(super) fn arrived(&self, user: UserId) {
        let inner = &self.0.inner;
        inner.standings().arrived(user);
        inner.to_write.notify_one();
    }

    pub(super) fn gone(&self, user: UserId) {
        let inner = &self.0.inner;
        inner.standings().gone(user, inner.clock.now());
        inner.to_write.notify_one();
    }

    pub(super) fn set_invisible(&self, user: UserId, invisible: bool) {
        let inner = &self.0.inner;
        inner.standings().set_invisible(user, invisible);
        inner.to_write.notify_one();
    }

    pub(super) fn tick(&self) {
        let inner = &self.0.inner;
        let now = inner.clock.now();
        let connections = inner.entries.redis().connections();
        let mut standings = inner.standings();
        if inner.written_for.swap(connections, Ordering::SeqCst) != connections {
            standings.write_all_again();
        }
        standings.tick(now, &inner.times);
        drop(standings);
        inner.to_write.notify_one();
    }

    pub(super) async fn settle(&self) {
        self.0.inner.write().await;
    }

    pub(super) async fn watch(&self, users: &[UserId]) -> Watched {
        let inner = &self.0.inner;
        let (looked, mark) = inner.look(users).await;
        let mut told = inner.told();
        let mut watched = Watched::default();
        for (user, looked) in looked {
            let (shown, is_news) = told.looked(user, looked, mark);
            watched.shown.push(shown);
            if is_news {
                watched.news.push(shown);
            }
        }
        watched
    }

    pub(super) async fn streaming(&self, users: &[UserId]) -> Vec<Streaming> {
        let inner = &self.0.inner;
        let now = inner.clock.now();
        inner.notice(now);
        let settles = inner.settles(now);
        let mut all = Vec::with_capacity(users.len());
        for users in users.chunks(TOGETHER) {
            if let Ok(found) = inner.entries.read(users).await {
                all.extend(found.into_iter().map(|found| match found.streams {
                    true => Streaming::There,
                    false if settles => Streaming::Unknown,
                    false => Streaming::Away,
                }));
            } else {
                all.extend(users.iter().map(|_| Streaming::Unknown));
            }
        }
        all
    }

    pub(super) fn heard(&self, shown: Shown) -> bool {
        let inner = &self.0.inner;
        inner.notice(inner.clock.now());
        inner.told().heard(shown)
    }

    pub(super) async fn look_again(&self, watched: &[UserId]) -> Vec<Shown> {
        let inner = &self.0.inner;
        let now = inner.clock.now();
        inner.told().keep(watched);
        if inner.entries.redis().is_away() {
            let mut told = inner.told();
            let mark = told.mark();
            return told.nothing_known(mark);
        }
        if !inner.is_look_due(now) {
            return Vec::new();
        }
        let mut news = Vec::new();
        let other = inner.looks().other.take();
        if let Some(mark) = other {
            news = inner.told().nothing_known(mark);
        }
        let (looked, mark) = inner.look(watched).await;
        let mut told = inner.told();
        for (user, looked) in looked {
            let (shown, is_news) = told.looked(user, looked, mark);
            if is_news {
                news.push(shown);
            }
        }
        drop(told);
        news
    }
}

impl Inner {
    /// Writes all that differs. Where Redis is away, the next tick tries again.
    async fn write(&self) {
        let _writing = self.writing.lock().await;
        while !self.entries.redis().is_away() {
            let now = self.clock.now();
            let writes = self.standings().take(now, &self.times, TOGETHER);
            if writes.is_empty() {
                return;
            }
            let Ok(written) = self.entries.write(&writes).await else {
                let mut standings = self.standings();
                for write in &writes {
                    standings.not_written(write);
                }
                return;
            };
            let mut changed = Vec::new();
            let mut standings = self.standings();
            for (write, written) in writes.iter().zip(written) {
                standings.written(write, &written);
                if written.changed {
                    changed.push(message(shown(write.user, written.found)));
                }
            }
            drop(standings);
            if !changed.is_empty() {
                self.bus.publish(changed);
            }
        }
    }

    /// How users are now, `None` where that cannot be told yet, and a mark from before it was looked.
    async fn look(&self, users: &[UserId]) -> (Vec<(UserId, Option<Shown>)>, Mark) {
        let mark = self.told().mark();
        let now = self.clock.now();
        self.notice(now);
        let settles = self.settles(now);
        let mut all = Vec::with_capacity(users.len());
        for users in users.chunks(TOGETHER) {
            if let Ok(found) = self.entries.read(users).await {
                all.extend(users.iter().zip(found).map(|(user, found)| {
                    let proves = found.online || !settles;
                    (*user, proves.then(|| shown(*user, found)))
                }));
            } else {
                all.extend(users.iter().map(|user| (*user, Some(unknown(*user)))));
                // Soon again.
                self.looks().last = LONG_AGO;
            }
        }
        (all, mark)
    }

    /// Whether those who are watched are to be looked at now; it counts as done then.
    fn is_look_due(&self, now: Millis) -> bool {
        self.notice(now);
        let settles = self.settles(now);
        let mut looks = self.looks();
        let due = settles || now - looks.last >= self.times.looked;
        if due {
            looks.last = now;
        }
        due
    }

    /// Notices that Redis was lost and is back.
    fn notice(&self, now: Millis) {
        let connections = self.entries.redis().connections();
        let mark = self.told().mark();
        let mut looks = self.looks();
        if looks.connections != connections {
            looks.connections = connections;
            looks.since = now;
            looks.other = Some(mark);
        }
    }

    /// Whether Redis may not hold yet what the other nodes know.
    fn settles(&self, now: Millis) -> bool {
        now - self.looks().since < self.times.settled
    }

    fn standings(&self) -> MutexGuard<'_, Standings> {
        self.standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn shown(user: UserId, found: Found) -> Shown {
    Shown {
        user,
        state: if found.online {
            PresenceState::Online
        } else {
            PresenceState::Offline
        },
        since: found.since,
    }
}
