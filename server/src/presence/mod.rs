//! Who is online.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::stream::{Presence as Shown, PresenceState};
use protocol::{Millis, UserId};

use crate::bus::{Bus, Message, Payload, Topic};
use crate::clock::Clock;

/// How long somebody without a stream still counts as online: a reload is no coming and going.
const GRACE: Millis = 30_000;

/// Who is online, as far as this node's streams tell. Clones share it.
///
/// Each change is published once, to the user's presence topic. Who may know is not decided here.
#[derive(Clone)]
pub struct Presence {
    users: Arc<Mutex<HashMap<UserId, Standing>>>,
    bus: Arc<dyn Bus>,
    clock: Clock,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    streams: usize,
    invisible: bool,
    online: bool,
    since: Millis,
    /// When the last stream ended, if there is none.
    gone_at: Millis,
}

impl Presence {
    /// Nobody is online.
    pub fn new(bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self {
            users: Arc::default(),
            bus,
            clock,
        }
    }

    /// A stream of the user opened. Who was not known to be online counts as hidden until
    /// [`Presence::set_invisible`] says otherwise.
    pub fn arrived(&self, user: UserId) {
        self.change(user, |standing, _| standing.streams += 1);
    }

    /// A stream of the user ended.
    pub fn gone(&self, user: UserId) {
        self.change(user, |standing, now| {
            standing.streams = standing.streams.saturating_sub(1);
            standing.gone_at = now;
        });
    }

    /// The user hides that they are online, or shows it again. Call it once that is stored.
    pub fn set_invisible(&self, user: UserId, invisible: bool) {
        self.change(user, |standing, _| standing.invisible = invisible);
    }

    /// How a user is, for those who may know.
    pub fn of(&self, user: UserId) -> Shown {
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

    /// Lets those go offline whose grace is over. Call it every second or so.
    pub fn tick(&self) {
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
            let message = |shown: Shown| Message {
                topic: Topic::Presence(shown.user),
                payload: Payload::Presence(shown),
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{InProcess, Receiver};

    fn presence() -> (Presence, Receiver, Clock, UserId) {
        let (bus, receiver) = InProcess::new();
        let clock = Clock::manual(1_000_000);
        let user = UserId::new(1, [1; 10]);
        (
            Presence::new(Arc::new(bus), clock.clone()),
            receiver,
            clock,
            user,
        )
    }

    fn told(receiver: &mut Receiver) -> Vec<PresenceState> {
        std::iter::from_fn(|| receiver.take())
            .flatten()
            .filter_map(|message| match message.payload {
                Payload::Presence(shown) => Some(shown.state),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_reload_is_no_coming_and_going() {
        let (presence, mut receiver, clock, user) = presence();
        presence.arrived(user);
        presence.set_invisible(user, false);
        presence.gone(user);
        clock.advance(GRACE - 1);
        presence.tick();
        presence.arrived(user);
        presence.set_invisible(user, false);
        clock.advance(GRACE);
        presence.tick();
        assert_eq!(told(&mut receiver), [PresenceState::Online]);
    }

    #[test]
    fn going_is_told_after_a_while() {
        let (presence, mut receiver, clock, user) = presence();
        presence.arrived(user);
        presence.set_invisible(user, false);
        presence.arrived(user);
        presence.set_invisible(user, false);
        presence.gone(user);
        clock.advance(2 * GRACE);
        presence.tick();
        presence.gone(user);
        clock.advance(GRACE);
        presence.tick();
        assert_eq!(
            told(&mut receiver),
            [PresenceState::Online, PresenceState::Offline]
        );
        assert_eq!(presence.of(user).since, clock.now());
    }

    #[test]
    fn who_hides_looks_offline_at_once() {
        let (presence, mut receiver, _, user) = presence();
        presence.arrived(user);
        assert_eq!(told(&mut receiver), []);
        presence.set_invisible(user, false);
        presence.set_invisible(user, true);
        assert_eq!(
            told(&mut receiver),
            [PresenceState::Online, PresenceState::Offline]
        );
        assert_eq!(presence.of(user).state, PresenceState::Offline);
    }
}
