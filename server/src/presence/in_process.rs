//! Who is online, where there is one node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::stream::{Presence as Shown, PresenceState};
use protocol::{Millis, UserId};
use tokio::time::{Duration, Instant};

use super::{GRACE, Streaming, message};
use crate::bus::Bus;
use crate::clock::Clock;

/// Who is online, as this node's streams tell. Clones share it.
#[derive(Clone)]
pub(super) struct InProcess {
    users: Arc<Mutex<HashMap<UserId, Standing>>>,
    bus: Arc<dyn Bus>,
    clock: Clock,
    started: Instant,
}

/// After a start, browsers that were online take some seconds to come back.
const COMING_BACK: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, Copy)]
struct Standing {
    streams: usize,
    invisible: bool,
    online: bool,
    since: Millis,
    /// When the last stream ended, if there is none.
    gone_at: Millis,
}

impl InProcess {
    pub(super) fn new(bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self {
            users: Arc::default(),
            bus,
            clock,
            started: Instant::now(),
        }
    }

    pub(super) fn arrived(&self, user: UserId) {
        self.change(user, |standing, _| standing.streams += 1);
    }

    pub(super) fn gone(&self, user: UserId) {
        self.change(user, |standing, now| {
            standing.streams = standing.streams.saturating_sub(1);
            standing.gone_at = now;
        });
    }

    pub(super) fn set_invisible(&self, user: UserId, invisible: bool) {
        self.change(user, |standing, _| standing.invisible = invisible);
    }

    /// How a user is, for those who may know.
    pub(super) fn of(&self, user: UserId) -> Shown {
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.get(&user).map_or(
            Shown {
                user,
                state: PresenceState::Offline,
                since: 0,
            },
            |standing| standing.shown(user),
        )
    }

    pub(super) fn streaming(&self, users: &[UserId]) -> Vec<Streaming> {
        let come_back = self.started.elapsed() >= COMING_BACK;
        let known = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |user| match known.get(user) {
            Some(standing) if standing.streams > 0 => Streaming::There,
            _ if come_back => Streaming::Away,
            _ => Streaming::Unknown,
        };
        users.iter().map(of).collect()
    }

    pub(super) fn tick(&self) {
        let now = self.clock.now();
        let mut changed = Vec::new();
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        for (user, standing) in users.iter_mut() {
            if standing.online && standing.update(now) {
                changed.push(standing.shown(*user));
            }
        }
        drop(users);
        changed.sort_by_key(|shown| shown.user);
        self.publish(changed);
    }

    fn change(&self, user: UserId, change: impl FnOnce(&mut Standing, Millis)) {
        let now = self.clock.now();
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = users.entry(user).or_insert(Standing {
            streams: 0,
            invisible: true,
            online: false,
            since: 0,
            gone_at: now - GRACE,
        });
        change(standing, now);
        let changed = standing.update(now).then(|| standing.shown(user));
        drop(users);
        self.publish(changed.into_iter().collect());
    }

    fn publish(&self, changed: Vec<Shown>) {
        if !changed.is_empty() {
            self.bus.publish(changed.into_iter().map(message).collect());
        }
    }
}

impl Standing {
    /// Works out whether the user counts as online; tells whether that changed.
    fn update(&mut self, now: Millis) -> bool {
        let there = self.streams > 0 || (self.online && now - self.gone_at < GRACE);
        let online = there && !self.invisible;
        let changed = online != self.online;
        if changed {
            self.online = online;
            self.since = now;
        }
        changed
    }

    fn shown(&self, user: UserId) -> Shown {
        Shown {
            user,
            state: if self.online {
                PresenceState::Online
            } else {
                PresenceState::Offline
            },
            since: self.since,
        }
    }
}
