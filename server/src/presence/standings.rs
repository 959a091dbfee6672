//! How this node's own users stand, and what of that the others do not know yet.

use std::collections::HashMap;

use protocol::{Millis, UserId};

use super::several_nodes::{LONG_AGO, Times};
use crate::redis::{Write, Written};

/// Users with streams here, or who had some until a moment ago.
#[derive(Debug, Default)]
pub(super) struct Standings {
    users: HashMap<UserId, Standing>,
}

#[derive(Debug)]
struct Standing {
    streams: usize,
    /// When the last stream ended, if there is none.
    gone_at: Millis,
    /// Whether they hide, once that is known.
    hides: Option<bool>,
    /// Whether they hide, where they have said so and it is not written.
    said: Option<bool>,
    /// Since when they are online; 0 where they are not.
    since: Millis,
    /// When it was written last.
    written_at: Millis,
    /// Whether it is otherwise than what was written last.
    differs: bool,
}

impl Standings {
    pub(super) fn arrived(&mut self, user: UserId) {
        let standing = self.of(user);
        standing.streams += 1;
        standing.differs = true;
    }

    pub(super) fn gone(&mut self, user: UserId, now: Millis) {
        let standing = self.of(user);
        standing.streams = standing.streams.saturating_sub(1);
        standing.gone_at = now;
        // They stay online until the grace is over; that they have no stream is told at once.
        standing.differs = true;
    }

    pub(super) fn set_invisible(&mut self, user: UserId, invisible: bool) {
        let standing = self.of(user);
        standing.hides = Some(invisible);
        standing.said = Some(invisible);
        standing.differs = true;
    }

    /// Redis may have forgotten everything.
    pub(super) fn write_all_again(&mut self) {
        for standing in self.users.values_mut() {
            standing.differs = true;
        }
    }

    /// Finds whose grace is over, and whose entry is to be renewed.
    pub(super) fn tick(&mut self, now: Millis, times: &Times) {
        self.users.retain(|_, standing| {
            let is_there = standing.is_there(now, times);
            if !is_there || now - standing.written_at >= times.renewed {
                standing.differs = true;
            }
            // Who is gone before it was known whether they hide was never told of.
            is_there || standing.hides.is_some()
        });
    }

    /// What is to be written, some of it at most. It counts as written until it is said otherwise.
    pub(super) fn take(&mut self, now: Millis, times: &Times, most: usize) -> Vec<Write> {
        let mut writes = Vec::new();
        let differing = self
            .users
            .iter_mut()
            .filter(|(_, standing)| standing.differs && standing.hides.is_some());
        for (user, standing) in differing.take(most) {
            standing.differs = false;
            standing.written_at = now;
            writes.push(Write {
                user: *user,
                lasts: if standing.is_there(now, times) {
                    times.lasts
                } else {
                    0
                },
                streams: standing.streams > 0,
                said: standing.said.take(),
                believed: standing.hides.unwrap_or(true),
                since: standing.since,
            });
        }
        writes
    }

    /// A write was done.
    pub(super) fn written(&mut self, write: &Write, written: &Written) {
        let Some(standing) = self.users.get_mut(&write.user) else {
            return;
        };
        if standing.said.is_none() {
            // On another node they may have said so.
            standing.hides = Some(written.hides);
        }
        standing.since = if written.found.online {
            written.found.since
        } else {
            0
        };
        if write.lasts == 0 && standing.streams == 0 && !standing.differs {
            self.users.remove(&write.user);
        }
    }

    /// A write was not done.
    pub(super) fn not_written(&mut self, write: &Write) {
        if let Some(standing) = self.users.get_mut(&write.user) {
            standing.differs = true;
            standing.said = standing.said.or(write.said);
        }
    }

    fn of(&mut self, user: UserId) -> &mut Standing {
        self.users.entry(user).or_insert(Standing {
            streams: 0,
            gone_at: LONG_AGO,
            hides: None,
            said: None,
            since: 0,
            written_at: LONG_AGO,
            differs: false,
        })
    }
}

impl Standing {
    fn is_there(&self, now: Millis, times: &Times) -> bool {
        self.streams > 0 || now - self.gone_at < times.grace
    }
}
