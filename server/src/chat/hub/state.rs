//! Which streams there are, and what each is to get. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use protocol::stream::{Bye, ByeReason, StreamEvent};
use protocol::{ConversationId, Millis, Seq, StreamId, UserId};

use super::frames::{Frame, frame};
use super::outlet::Outlet;
use super::{SessionKey, TooSlowStreams};

/// All streams of the node, by whom and by what they are to get.
#[derive(Debug, Default)]
pub(super) struct State {
    pub stopping: bool,
    pub streams: BTreeMap<StreamId, Stream>,
    pub users: HashMap<UserId, LocalUser>,
    pub logs: HashMap<ConversationId, Log>,
    /// Which streams want to know of a user's presence.
    pub watchers: HashMap<UserId, BTreeSet<StreamId>>,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub user: UserId,
    pub session: SessionKey,
    pub outlet: Arc<Outlet>,
    pub next_heartbeat: Millis,
    /// Of whom it asked to know the presence.
    pub wants: Vec<UserId>,
    /// Whose presence it is told: those of `wants` who may be known.
    pub watches: Vec<UserId>,
}

#[derive(Debug, Default)]
pub(super) struct LocalUser {
    /// The oldest first.
    pub streams: Vec<StreamId>,
    /// Where they are a member.
    pub conversations: BTreeSet<ConversationId>,
}

/// In place of the first seq of a member of whom it is not known yet.
pub(super) const UNSETTLED: Seq = Seq::MAX;

/// One conversation's log, as far as this node has forwarded it.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The last seq forwarded; `None` until the heads are read.
    pub last: Option<Seq>,
    /// The largest seq that came before the heads were read.
    pub early: Seq,
    /// Members with streams here, and the first seq that each may have.
    pub members: BTreeMap<UserId, Seq>,
}

impl State {
    /// Sends a frame to all streams of a user.
    pub(super) fn to_user(
        &self,
        user: UserId,
        frame: &Frame,
        now: Millis,
        slow: &mut TooSlowStreams,
    ) {
        let Some(local) = self.users.get(&user) else {
            return;
        };
        for id in &local.streams {
            self.to_stream(*id, frame, now, slow);
        }
    }

    /// Sends a frame to one stream.
    pub(super) fn to_stream(
        &self,
        id: StreamId,
        frame: &Frame,
        now: Millis,
        slow: &mut TooSlowStreams,
    ) {
        if let Some(stream) = self.streams.get(&id)
            && stream.outlet.push(frame.clone(), now).is_err()
        {
            slow.push(id);
        }
    }

    /// A user with streams here takes part in a log from a seq on. Tells whether the log is new to
    /// this node.
    pub(super) fn join(&mut self, user: UserId, id: ConversationId, from: Seq) -> bool {
        let Some(local) = self.users.get_mut(&user) else {
            return false;
        };
        local.conversations.insert(id);
        let new = !self.logs.contains_key(&id);
        let since = self
            .logs
            .entry(id)
            .or_default()
            .members
            .entry(user)
            .or_insert(from);
        *since = (*since).max(from);
        new
    }

    /// A user with streams here may take part in a log, which is not settled yet. Tells whether the log
    /// is new to this node.
    pub(super) fn expect(&mut self, user: UserId, id: ConversationId) -> bool {
        let known = self.logs.get(&id);
        if known.is_some_and(|log| log.members.contains_key(&user)) {
            return false;
        }
        self.join(user, id, UNSETTLED)
    }

    /// A user with streams here takes part in a log from a seq on, as the store says.
    pub(super) fn settle(&mut self, user: UserId, id: ConversationId, from: Seq) {
        let log = self.logs.get_mut(&id);
        if let Some(since) = log.and_then(|log| log.members.get_mut(&user))
            && *since == UNSETTLED
        {
            *since = from;
        } else {
            self.join(user, id, from);
        }
    }

    /// A user's part in a log ends. Tells whether nobody here takes part any more.
    pub(super) fn leave(&mut self, user: UserId, id: ConversationId) -> bool {
        if let Some(local) = self.users.get_mut(&user) {
            local.conversations.remove(&id);
        }
        let Some(log) = self.logs.get_mut(&id) else {
            return false;
        };
        log.members.remove(&user);
        let empty = log.members.is_empty();
        if empty {
            self.logs.remove(&id);
        }
        empty
    }

    /// How far a log was forwarded, now that an event of it came; `None` where nobody here wants it,
    /// or where the heads, still to be read, will tell.
    pub(super) fn forwarded_before(&mut self, id: ConversationId, seq: Seq) -> Option<Seq> {
        let log = self.logs.get_mut(&id)?;
        if log.last.is_none() {
            log.early = log.early.max(seq);
        }
        log.last
    }

    /// Takes a stream out, saying why. Gives back its user, and the logs that nobody here takes part
    /// in any more.
    pub(super) fn end(
        &mut self,
        id: StreamId,
        bye: Option<Bye>,
        now: Millis,
    ) -> Option<(UserId, Vec<ConversationId>)> {
        let stream = self.streams.remove(&id)?;
        let last = bye.map(|bye| frame(&StreamEvent::Bye(bye), None));
        stream.outlet.close(last, now);
        for watched in &stream.watches {
            self.unwatch(id, *watched);
        }
        let mut dropped = Vec::new();
        if let Some(local) = self.users.get_mut(&stream.user) {
            local.streams.retain(|other| *other != id);
            if local.streams.is_empty() {
                let gone = self.users.remove(&stream.user).unwrap_or_default();
                for conversation in gone.conversations {
                    if self.leave(stream.user, conversation) {
                        dropped.push(conversation);
                    }
                }
            }
        }
        Some((stream.user, dropped))
    }

    /// Sets whose presence a stream is told, and gives back whose it was; `None` without such a
    /// stream.
    pub(super) fn set_watches(
        &mut self,
        id: StreamId,
        watches: Vec<UserId>,
    ) -> Option<Vec<UserId>> {
        let stream = self.streams.get_mut(&id)?;
        let before = std::mem::replace(&mut stream.watches, watches.clone());
        for watched in &before {
            self.unwatch(id, *watched);
        }
        for watched in watches {
            self.watchers.entry(watched).or_default().insert(id);
        }
        Some(before)
    }

    fn unwatch(&mut self, id: StreamId, watched: UserId) {
        if let Some(streams) = self.watchers.get_mut(&watched) {
            streams.remove(&id);
            if streams.is_empty() {
                self.watchers.remove(&watched);
            }
        }
    }
}

/// A `bye` with a time to come back that spreads the load.
pub(super) fn bye(reason: ByeReason, jitter: u64) -> Bye {
    let retry = match reason {
        ByeReason::Stopping => 500 + jitter % 2_500,
        _ => 1_000 + jitter % 1_000,
    };
    Bye { retry, reason }
}
