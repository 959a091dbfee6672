//! A batch of commands, decided one after the other: what is stored, answered and told.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use protocol::api::commands::ExpiredEvent;
use protocol::conversation::{State, decide, targets_named, users_named};
use protocol::event::Body;
use protocol::{Code, CommandKind, ConversationId, Event, Limits, Millis, Seq, UserId};

use super::retention::{keys_before, keys_until};
use super::{Accepted, Outcome};
use crate::bus::{Encoded, Message, Payload, Topic};
use crate::store::append::{Changes, CommandRow, Known, Loaded, MembershipRow, Wanted};
use crate::telemetry::metrics::DUPLICATES;

/// What came of a batch.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// One a command, in order.
    pub outcomes: Vec<Outcome>,
    /// To be stored.
    pub changes: Changes,
    /// To be published once that is committed.
    pub messages: Vec<Message>,
    /// Why commands were refused, each time one was.
    pub refused: Vec<Code>,
    /// The conversations, as they are then.
    pub states: HashMap<ConversationId, State>,
}

/// What the rules will look at.
pub(super) fn wanted(batch: &[Accepted]) -> Wanted {
    let mut wanted = Wanted::default();
    for accepted in batch {
        let (sender, conversation) = (accepted.sender, accepted.conversation);
        let command = &accepted.submitted.command;
        let keys = [Some(command.client_id), accepted.submitted.after];
        wanted
            .keys
            .extend(keys.into_iter().flatten().map(|key| (key, sender)));
        wanted.conversations.insert(conversation);
        wanted
            .targets
            .extend(targets_named(&command.kind).map(|target| (conversation, target)));
        let named = users_named(&command.kind, sender);
        if matches!(
            command.kind,
            CommandKind::Create { .. } | CommandKind::Invite { .. }
        ) {
            for user in named.iter().filter(|user| **user != sender) {
                wanted.contacts.insert((conversation, sender, *user));
                wanted.contacts.insert((conversation, *user, sender));
            }
        }
        wanted
            .members
            .extend(named.into_iter().map(|user| (conversation, user)));
    }
    wanted
}

/// Decides on each command, knowing what those before it did.
pub(super) fn fold(batch: &[Accepted], loaded: Loaded, now: Millis, limits: &Limits) -> Folded {
    let mut fold = Fold {
        loaded,
        now,
        limits,
        encoded: BTreeMap::new(),
        folded: Folded::default(),
    };
    fold.folded.changes.now = now;
    for accepted in batch {
        let outcome = fold.one(accepted);
        fold.folded.outcomes.push(outcome);
    }
    fold.folded.states = fold.loaded.states;
    fold.folded
}

struct Fold<'a> {
    loaded: Loaded,
    now: Millis,
    limits: &'a Limits,
    /// Events of this batch, and of earlier ones whose commands came again.
    encoded: BTreeMap<(ConversationId, Seq), Arc<Encoded>>,
    folded: Folded,
}

impl Fold<'_> {
    fn one(&mut self, accepted: &Accepted) -> Outcome {
        let submitted = &accepted.submitted;
        let client_id = submitted.command.client_id;
        let Some(made_at) = client_id.made_at() else {
            return Outcome::Refused(Code::Malformed);
        };
        // First: whatever the clock says meanwhile, what is stored stays the result.
        if let Some(known) = self.loaded.known.get(&(client_id, accepted.sender)) {
            let known = known.clone();
            return self.repeat(accepted, &known);
        }
        if made_at < submitted.accepted_at - self.limits.retry_window {
            return Outcome::Refused(Code::Expired);
        }
        // It has waited in the queue for longer than a repeat would still be known.
        if made_at < keys_before(self.now, self.limits) {
            return Outcome::Refused(Code::Expired);
        }
        if made_at > submitted.accepted_at + self.limits.clock_ahead {
            // Recorded, so that another copy of it cannot be stored once its sender has been told to
            // make a new id. What is days ahead was made up, and there may be no room for its record.
            if made_at < keys_until(self.now) {
                self.record(accepted, Err(Code::ClockAhead), self.now);
            }
            return Outcome::Refused(Code::ClockAhead);
        }
        if let Some(before) = submitted.after
            && !self.loaded.known.contains_key(&(before, accepted.sender))
            // Of what is older, nothing is known any more.
            && before.made_at() >= Some(keys_before(self.now, self.limits))
        {
            self.folded.refused.push(Code::OutOfOrder);
            return Outcome::Refused(Code::OutOfOrder);
        }
        let Some(state) = self.loaded.states.get_mut(&accepted.conversation) else {
            return Outcome::Refused(Code::Internal);
        };
        let decision = decide(
            state,
            accepted.sender,
            &submitted.command.kind,
            submitted.accepted_at,
            self.limits,
        );
        match decision {
            Ok(body) => {
                let event = state.next_event(
                    &body,
                    accepted.sender,
                    client_id,
                    submitted.accepted_at,
                    self.now,
                );
                state.apply(&event);
                let encoded = self.store(event, &body);
                self.record(accepted, Ok(&encoded), encoded.event.at);
                Outcome::Stored(encoded)
            }
            Err(code) => {
                self.folded.refused.push(code);
                self.record(accepted, Err(code), self.now);
                Outcome::Refused(code)
            }
        }
    }

    /// The first result again, for a command that came before. Its event is published again: the
    /// writer that stored it may have ended before it could.
    fn repeat(&mut self, accepted: &Accepted, known: &Known) -> Outcome {
        metrics::counter!(DUPLICATES).increment(1);
        if known.payload_hash != accepted.submitted.payload_hash {
            return Outcome::Refused(Code::PayloadMismatch);
        }
        let (conversation, seq, at) = match known.result {
            Ok(place) => place,
            Err(code) => return Outcome::Refused(code),
        };
        let place = (conversation, seq);
        if let Some(encoded) = self.encoded.get(&place) {
            return Outcome::Stored(Arc::clone(encoded));
        }
        let Some(event) = self.loaded.events.get(&place) else {
            return Outcome::StoredExpired(ExpiredEvent {
                conversation,
                seq,
                at,
                expired: true,
            });
        };
        let encoded = Arc::new(Encoded::new(event.clone()));
        self.encoded.insert(place, Arc::clone(&encoded));
        self.publish_event(&encoded);
        Outcome::Stored(encoded)
    }

    fn record(&mut self, accepted: &Accepted, result: Result<&Arc<Encoded>, Code>, at: Millis) {
        let (sender, conversation) = (accepted.sender, accepted.conversation);
        let client_id = accepted.submitted.command.client_id;
        let payload_hash = accepted.submitted.payload_hash;
        self.folded.changes.commands.push(CommandRow {
            client_id,
            sender,
            payload_hash,
            conversation,
            result: result.map(Arc::clone),
            at,
        });
        let known = Known {
            payload_hash,
            result: result.map(|encoded| (conversation, encoded.event.seq, at)),
        };
        self.loaded.known.insert((client_id, sender), known);
    }

    /// Takes a new event in: all the rows it changes besides its own.
    fn store(&mut self, event: Event, body: &Body) -> Arc<Encoded> {
        let id = event.conversation;
        let changes = &mut self.folded.changes;
        match body {
            Body::Message(message) => {
                // Who writes has read what stands above.
                changes.called.remove(&(id, event.sender));
                let called = message.mentions.iter();
                for user in called.filter(|user| **user != event.sender) {
                    changes.called.entry((id, *user)).or_insert(event.seq);
                }
                if message.mention_all {
                    changes.mention_all.push((id, event.seq, event.sender));
                }
            }
            Body::Recall(recall) => self.recall(id, recall.target),
            Body::Created(created) => {
                changes.created.push(id);
                self.join(&event, &created.members);
                self.detail(id);
            }
            Body::Invited(invited) => {
                self.join(&event, &invited.users);
                self.detail(id);
            }
            Body::Removed(gone) | Body::Left(gone) => {
                for user in &gone.users {
                    let row = changes.memberships.entry((id, *user)).or_default();
                    row.left = Some((event.seq, event.msg_no));
                    changes.members.remove(&(id, *user));
                    changes.called.remove(&(id, *user));
                }
                self.detail(id);
            }
            Body::RoleSet(set) => self.member(id, set.user),
            Body::Transferred(to) => {
                self.member(id, event.sender);
                self.member(id, to.user);
                self.detail(id);
            }
            Body::MemberMuted(muted) => self.member(id, muted.user),
            Body::NicknameSet(set) => self.member(id, set.user),
            Body::Renamed(_) | Body::Announced(_) | Body::AllMuted(_) => self.detail(id),
            Body::Recalled | Body::Unknown => {}
        }
        let encoded = Arc::new(Encoded::new(event));
        self.encoded
            .insert((id, encoded.event.seq), Arc::clone(&encoded));
        self.publish_event(&encoded);
        encoded
    }

    /// Erases a message; it may be of this very batch.
    fn recall(&mut self, id: ConversationId, target: Seq) {
        let place = (id, target);
        let message = match self.encoded.get(&place) {
            Some(encoded) => Some(encoded.event.clone()),
            None => self.loaded.events.get(&place).cloned(),
        };
        if let Some(message) = message {
            let recalled = message.recalled();
            self.folded.changes.recalled.push(recalled.clone());
            self.loaded.events.insert(place, recalled.clone());
            self.encoded.insert(place, Arc::new(Encoded::new(recalled)));
        }
    }

    fn join(&mut self, event: &Event, users: &[UserId]) {
        for user in users {
            self.folded.changes.memberships.insert(
                (event.conversation, *user),
                MembershipRow {
                    joined: Some((event.seq, event.msg_no)),
                    left: None,
                },
            );
            self.folded.messages.push(Message {
                topic: Topic::User(*user),
                payload: Payload::Joined(event.conversation, event.seq),
            });
            self.member(event.conversation, *user);
        }
    }

    /// The conversation's own row is written as it is now.
    fn detail(&mut self, id: ConversationId) {
        if let Some(state) = self.loaded.states.get(&id) {
            let row = State {
                name: state.name.clone(),
                announcement: state.announcement.clone(),
                mute_all: state.mute_all,
                owner: state.owner,
                member_count: state.member_count,
                ..State::none(id)
            };
            self.folded.changes.details.insert(id, row);
        }
    }

    /// A member's row is written as it is now.
    fn member(&mut self, id: ConversationId, user: UserId) {
        let state = self.loaded.states.get(&id);
        if let Some(member) = state.and_then(|state| state.members.get(&user)) {
            let row = member.clone();
            self.folded.changes.members.insert((id, user), row);
        }
    }

    fn publish_event(&mut self, encoded: &Arc<Encoded>) {
        self.folded.messages.push(Message {
            topic: Topic::Conversation(encoded.event.conversation),
            payload: Payload::Event(Arc::clone(encoded)),
        });
    }
}
