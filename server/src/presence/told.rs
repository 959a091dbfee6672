//! What the watchers here were told, so that they are told only what is new.

use std::collections::HashMap;

use protocol::UserId;
use protocol::stream::{Presence as Shown, PresenceState};

/// By user who is watched here.
#[derive(Debug, Default)]
pub(super) struct Told {
    users: HashMap<UserId, Entry>,
    /// How many messages were taken note of.
    heard: u64,
}

#[derive(Debug)]
struct Entry {
    shown: Shown,
    /// Which message it was last changed by; 0 if by none.
    heard: u64,
}

/// A time in the order of messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(u64);

impl Told {
    /// To be taken before users are looked at: a message that comes meanwhile knows better.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.heard)
    }

    /// Takes note of a message. Tells whether it is news.
    pub(super) fn heard(&mut self, shown: Shown) -> bool {
        let Some(entry) = self.users.get_mut(&shown.user) else {
            return true;
        };
        let is_known = entry.shown.state != PresenceState::Unknown;
        if is_known && shown.since < entry.shown.since {
            return false;
        }
        self.heard += 1;
        entry.heard = self.heard;
        let is_news = entry.shown.state != shown.state;
        entry.shown = shown;
        is_news
    }

    /// Takes note of how a user was found to be after the mark; `None` proves nothing. Gives what they
    /// are to be shown as, and whether those who watched them before are to be told.
    pub(super) fn looked(
        &mut self,
        user: UserId,
        looked: Option<Shown>,
        mark: Mark,
    ) -> (Shown, bool) {
        let Some(entry) = self.users.get_mut(&user) else {
            let shown = looked.unwrap_or_else(|| unknown(user));
            self.users.insert(user, Entry { shown, heard: 0 });
            return (shown, true);
        };
        match looked {
            Some(shown) if entry.heard <= mark.0 => {
                let is_news = entry.shown.state != shown.state;
                entry.shown = shown;
                (shown, is_news)
            }
            _ => (entry.shown, false),
        }
    }

    /// Forgets those who are not watched any more.
    pub(super) fn keep(&mut self, watched: &[UserId]) {
        if self.users.len() > watched.len() {
            let watched: std::collections::HashSet<&UserId> = watched.iter().collect();
            self.users.retain(|user, _| watched.contains(user));
        }
    }

    /// Nothing of before a mark can be said any more. Gives what is to be told.
    pub(super) fn nothing_known(&mut self, mark: Mark) -> Vec<Shown> {
        let known = self
            .users
            .values_mut()
            .filter(|entry| entry.heard <= mark.0 && entry.shown.state != PresenceState::Unknown);
        known
            .map(|entry| {
                entry.shown = unknown(entry.shown.user);
                entry.shown
            })
            .collect()
    }
}

/// Of whom nothing can be said.
pub(super) fn unknown(user: UserId) -> Shown {
    Shown {
        user,
        state: PresenceState::Unknown,
        since: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceState::{Offline, Online};

    fn shown(state: PresenceState, since: i64) -> Shown {
        let user = UserId::new(1, [1; 10]);
        Shown { user, state, since }
    }

    fn look(told: &mut Told, found: Shown, mark: Mark) -> (Shown, bool) {
        told.looked(found.user, Some(found), mark)
    }

    #[test]
    fn what_is_known_is_told_once_and_what_is_older_is_not() {
        let mut told = Told::default();
        let mark = told.mark();
        let offline = shown(Offline, 5);
        assert_eq!(look(&mut told, offline, mark), (offline, true));
        assert!(told.heard(shown(Online, 10)));
        assert!(!told.heard(shown(Online, 10)));
        assert!(!told.heard(shown(Offline, 9)));
        assert!(told.heard(shown(Offline, 11)));
    }

    #[test]
    fn a_message_knows_better_than_a_look_that_began_before_it() {
        let mut told = Told::default();
        let mark = told.mark();
        look(&mut told, shown(Offline, 5), mark);
        let before = told.mark();
        let online = shown(Online, 10);
        assert!(told.heard(online));
        assert_eq!(look(&mut told, shown(Offline, 5), before), (online, false));
        let after = told.mark();
        let offline = shown(Offline, 0);
        assert_eq!(look(&mut told, offline, after), (offline, true));
    }

    #[test]
    fn what_becomes_unknown_is_told_once_and_anything_is_news_then() {
        let mut told = Told::default();
        let mark = told.mark();
        look(&mut told, shown(Online, 5), mark);
        assert_eq!(told.nothing_known(mark).len(), 1);
        assert_eq!(told.nothing_known(mark).len(), 0);
        // What comes now is of after, and a look that proves nothing leaves it.
        assert!(told.heard(shown(Offline, 1)));
        assert_eq!(told.nothing_known(mark).len(), 0);
        let now = told.mark();
        let offline = shown(Offline, 1);
        assert_eq!(told.looked(offline.user, None, now), (offline, false));
    }
}
