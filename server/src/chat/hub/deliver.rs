//! What comes from the bus, and the store's part in it.

use std::sync::Arc;

use protocol::event::Body;
use protocol::mistakes::{self, Mistake};
use protocol::stream::{ByeReason, StreamEvent};
use protocol::{ConversationId, Event, Kind, Millis, Seq, UserId};

use super::frames::{Frame, frame};
use super::state::State;
use super::{Hub, TooSlowStreams};
use crate::bus::{Encoded, Message, Payload, Topic};
use crate::store::StoreError;
use crate::telemetry::metrics::{DELIVERY_SECONDS, GAPS_FILLED};
use crate::telemetry::traces::{About, names};

impl Hub {
    /// Passes on what came from the bus, in order.
    pub async fn deliver(&self, messages: Vec<Message>) {
        let forwarding = self.0.forwarding.write().await;
        for message in messages {
            match (message.topic, message.payload) {
                (_, Payload::Event(encoded)) => self.event(&encoded).await,
                (Topic::User(user), Payload::Joined(id, seq)) => self.joined(user, id, seq).await,
                (Topic::User(user), Payload::Account(account)) => {
                    self.to_user(user, &StreamEvent::Account(account));
                    if account.contacts {
                        self.contacts_changed(user).await;
                    }
                }
                (Topic::User(user), Payload::Read(read)) => {
                    self.to_user(user, &StreamEvent::Read(read));
                }
                (Topic::User(user), Payload::Outcome(outcome)) => {
                    self.to_user(user, &StreamEvent::Outcome(outcome));
                }
                (_, Payload::Typing(typing)) => self.typing(typing),
                (_, Payload::Presence(presence)) => self.presence_changed(presence),
                // Published to another kind of topic than it is for.
                _ => {}
            }
        }
        drop(forwarding);
    }

    /// Forwards all that the store has of a log behind what was forwarded.
    pub(super) async fn fill(&self, id: ConversationId) {
        let _forwarding = self.0.forwarding.write().await;
        self.fill_while_forwarding(id).await;
    }

    async fn fill_while_forwarding(&self, id: ConversationId) {
        while let Some(last) = self.forwarded(id) {
            let events = match self.0.store.events_after(id, last).await {
                Ok(events) => events,
                Err(error) => return cannot_fill(id, &error),
            };
            let Some(first) = events.first() else { return };
            if first.seq > last + 1 {
                // What lies between has expired: nobody can have it any more.
                self.set_forwarded(id, first.seq - 1);
            }
            for event in events {
                self.forward(&Encoded::new(event));
            }
        }
    }

    /// An event of a log, in order or not.
    async fn event(&self, encoded: &Arc<Encoded>) {
        let (id, seq) = (encoded.event.conversation, encoded.event.seq);
        let Some(last) = self.state().forwarded_before(id, seq) else {
            return;
        };
        if seq == last + 1 || (seq > last && mistakes::made(Mistake::ForwardOutOfOrder)) {
            self.forward(encoded);
        } else if seq > last {
            metrics::counter!(GAPS_FILLED).increment(1);
            self.fill_while_forwarding(id).await;
        }
    }

    /// Forwards the next event of a log to the members who are here, and goes by what it says of
    /// them.
    fn forward(&self, encoded: &Encoded) {
        let event = &encoded.event;
        let now = self.now();
        let mut slow = TooSlowStreams::new();
        let mut dropped = Vec::new();
        // Encoded before anybody has to wait for the state.
        let bytes = encoded.frame();
        let mut state = self.state();
        if event.kind == Kind::Invited
            && let Body::Invited(invited) = event.body()
        {
            for user in invited.users {
                state.join(user, event.conversation, event.seq);
            }
        }
        let Some(log) = state.logs.get_mut(&event.conversation) else {
            return;
        };
        log.last = Some(event.seq);
        delivered(now - event.sent_at);
        let may_have: Vec<UserId> = if mistakes::made(Mistake::ForwardToAnyone) {
            state.users.keys().copied().collect()
        } else {
            members_at(log.members.iter(), event.seq).collect()
        };
        let step = encoded.trace().map(|trace| trace.step(names::DELIVER));
        let frame = Frame {
            bytes,
            trace: step.map(|step| step.trace()),
        };
        let count = may_have.len();
        for user in may_have {
            state.to_user(user, &frame, now, &mut slow);
        }
        if let Some(step) = step {
            step.end(&About {
                conversation: Some(event.conversation),
                seq: Some(event.seq),
                count: Some(count),
                ..About::default()
            });
        }
        if matches!(event.kind, Kind::Removed | Kind::Left) && leave(&mut state, event) {
            dropped.push(Topic::Conversation(event.conversation));
        }
        if !dropped.is_empty() {
            // With the state held: who wants it from here on subscribes after this.
            self.0.bus.unsubscribe(dropped);
        }
        drop(state);
        self.end_all(slow, ByeReason::TooSlow);
    }

    /// A user became a member: their streams here get the log from there on.
    pub(super) async fn joined(&self, user: UserId, id: ConversationId, seq: Seq) {
        match self.place(user, id, seq) {
            Place::Settled => {}
            Place::New => {
                let _ = self.0.bus.subscribe(vec![Topic::Conversation(id)]).await;
                self.fill_while_forwarding(id).await;
            }
            Place::Behind(last) => self.catch_up(user, id, last).await,
        }
    }

    /// Lets a user take part from a seq on, as far as that can be done without asking the store.
    fn place(&self, user: UserId, id: ConversationId, seq: Seq) -> Place {
        let mut state = self.state();
        if !state.users.contains_key(&user) {
            return Place::Settled;
        }
        let known = state.logs.get(&id);
        let since = known.and_then(|log| log.members.get(&user));
        if since.is_some_and(|since| *since >= seq) {
            return Place::Settled;
        }
        match known.map(|log| log.last) {
            None => {
                state.join(user, id, seq);
                if let Some(log) = state.logs.get_mut(&id) {
                    log.last = Some(seq - 1);
                }
                Place::New
            }
            // The event itself, and what follows it, will be forwarded.
            Some(Some(last)) if last < seq => {
                state.join(user, id, seq);
                Place::Settled
            }
            Some(last) => Place::Behind(last),
        }
    }

    /// Sends a user what was forwarded before they took part, if they still are a member.
    async fn catch_up(&self, user: UserId, id: ConversationId, last: Option<Seq>) {
        let since = match self.0.store.member_since(user, id).await {
            Ok(Some(since)) => since,
            Ok(None) => return,
            Err(error) => return cannot_fill(id, &error),
        };
        self.state().join(user, id, since);
        let mut next = since;
        while last.is_some_and(|last| next <= last) {
            let events = match self.0.store.events_after(id, next - 1).await {
                Ok(events) => events,
                Err(error) => return cannot_fill(id, &error),
            };
            let Some(end) = events.last().map(|event| event.seq) else {
                return;
            };
            let mut slow = TooSlowStreams::new();
            for event in events {
                if last.is_some_and(|last| event.seq <= last) {
                    let frame = Encoded::new(event).frame().into();
                    self.state().to_user(user, &frame, self.now(), &mut slow);
                }
            }
            self.end_all(slow, ByeReason::TooSlow);
            next = end + 1;
        }
    }

    fn typing(&self, typing: protocol::stream::Typing) {
        let frame = frame(&StreamEvent::Typing(typing), None);
        let now = self.now();
        let mut slow = TooSlowStreams::new();
        let state = self.state();
        if let Some(log) = state.logs.get(&typing.conversation) {
            for user in log.members.keys().filter(|user| **user != typing.user) {
                state.to_user(*user, &frame, now, &mut slow);
            }
        }
        drop(state);
        self.end_all(slow, ByeReason::TooSlow);
    }

    fn to_user(&self, user: UserId, event: &StreamEvent) {
        let frame = frame(event, None);
        let now: Millis = self.now();
        let mut slow = TooSlowStreams::new();
        self.state().to_user(user, &frame, now, &mut slow);
        self.end_all(slow, ByeReason::TooSlow);
    }

    fn forwarded(&self, id: ConversationId) -> Option<Seq> {
        self.state().logs.get(&id).and_then(|log| log.last)
    }

    fn set_forwarded(&self, id: ConversationId, seq: Seq) {
        if let Some(log) = self.state().logs.get_mut(&id) {
            log.last = Some(seq);
        }
    }
}

fn cannot_fill(id: ConversationId, error: &StoreError) {
    tracing::warn!(%error, conversation = %id, "a gap could not be filled; the sweep will try again");
}

/// Counts how long an event took from the command's being accepted.
fn delivered(took: Millis) {
    #[expect(clippy::cast_precision_loss, reason = "a span of time")]
    let seconds = took.max(0) as f64 / 1_000.0;
    metrics::histogram!(DELIVERY_SECONDS).record(seconds);
}

/// How a user who joined stands to a log.
enum Place {
    /// There is nothing more to do.
    Settled,
    /// The log is new to this node, and forwarded from their first event on.
    New,
    /// The log was forwarded beyond their first event, to this seq, or it is not known how far.
    Behind(Option<Seq>),
}

/// Members who may have the event of a seq.
fn members_at<'a>(
    members: impl Iterator<Item = (&'a UserId, &'a Seq)>,
    seq: Seq,
) -> impl Iterator<Item = UserId> {
    members
        .filter(move |(_, from)| **from <= seq)
        .map(|(user, _)| *user)
}

/// Takes those who are gone out of a log. Tells whether nobody here takes part any more.
fn leave(state: &mut State, event: &Event) -> bool {
    let (Body::Removed(gone) | Body::Left(gone)) = event.body() else {
        return false;
    };
    let mut empty = false;
    for user in gone.users {
        let from = state
            .logs
            .get(&event.conversation)
            .and_then(|log| log.members.get(&user));
        // Somebody who came back since is a member by that.
        if from.is_some_and(|from| *from <= event.seq) {
            empty |= state.leave(user, event.conversation);
        }
    }
    empty
}
