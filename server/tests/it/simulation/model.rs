//! What the simulation knows for certain: everything the server ever committed.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Body, ClientId, ConversationId, Event, Kind, Seq, UserId};

/// Every event as it was committed, and what follows from it.
#[derive(Debug, Default)]
pub struct Model {
    logs: BTreeMap<ConversationId, BTreeMap<Seq, Event>>,
    recalled: BTreeSet<(ConversationId, Seq)>,
    /// Which stretches of a log a user may have; an open one ends with `Seq::MAX`.
    spans: BTreeMap<(ConversationId, UserId), Vec<(Seq, Seq)>>,
    keys: BTreeMap<(UserId, ClientId), (ConversationId, Seq)>,
    /// `201` was answered for these.
    pub acknowledged: BTreeSet<(ConversationId, Seq)>,
}

impl Model {
    /// Takes in an event that the server committed. P2 and P3 are checked here.
    pub fn commit(&mut self, event: &Event) {
        let id = event.conversation;
        let place = (id, event.seq);
        let log = self.logs.entry(id).or_default();
        if let Some(known) = log.get(&event.seq) {
            let same = known.client_id == event.client_id && known.sender == event.sender;
            assert!(
                same,
                "P3: two events under {place:?}: {known:?} and {event:?}"
            );
            return;
        }
        let head = log.last_key_value().map_or(0, |(seq, _)| *seq);
        assert_eq!(
            event.seq,
            head + 1,
            "P3: a log has a gap or goes back: {event:?}"
        );
        if let Some(last) = log.get(&head) {
            assert!(
                event.at >= last.at,
                "P3: time goes back: {event:?} after {last:?}"
            );
        }
        if let Some(before) = self.keys.insert((event.sender, event.client_id), place) {
            panic!(
                "P2: {:?} took effect at {before:?} and again at {place:?}",
                event.client_id
            );
        }
        match event.body() {
            Body::Created(created) => self.admit(id, created.members, event.seq),
            Body::Invited(invited) => self.admit(id, invited.users, event.seq),
            Body::Removed(gone) | Body::Left(gone) => {
                for user in gone.users {
                    let span = self
                        .spans
                        .get_mut(&(id, user))
                        .and_then(|all| all.last_mut());
                    if let Some(span) = span {
                        span.1 = event.seq;
                    }
                }
            }
            Body::Recall(recall) => {
                self.recalled.insert((id, recall.target));
            }
            _ => {}
        }
        self.logs
            .entry(id)
            .or_default()
            .insert(event.seq, event.clone());
    }

    fn admit(&mut self, id: ConversationId, users: Vec<UserId>, seq: Seq) {
        for user in users {
            self.spans
                .entry((id, user))
                .or_default()
                .push((seq, Seq::MAX));
        }
    }

    /// P6: whether a user may have an event.
    pub fn may_have(&self, user: UserId, conversation: ConversationId, seq: Seq) -> bool {
        self.spans
            .get(&(conversation, user))
            .is_some_and(|spans| spans.iter().any(|(from, to)| (*from..=*to).contains(&seq)))
    }

    /// The event as the server has it now: recalled, if it was.
    pub fn event(&self, conversation: ConversationId, seq: Seq) -> Option<Event> {
        let event = self.logs.get(&conversation)?.get(&seq)?.clone();
        let recalled = self.recalled.contains(&(conversation, seq)) && event.kind == Kind::Message;
        Some(if recalled { event.recalled() } else { event })
    }

    /// The event as it was committed.
    pub fn as_committed(&self, conversation: ConversationId, seq: Seq) -> Option<&Event> {
        self.logs.get(&conversation)?.get(&seq)
    }

    /// All events of a log, as committed.
    pub fn log(&self, conversation: ConversationId) -> impl Iterator<Item = &Event> {
        self.logs
            .get(&conversation)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    pub fn head(&self, conversation: ConversationId) -> Seq {
        self.log(conversation).last().map_or(0, |event| event.seq)
    }

    /// The newest stretch of a log that a user may have, up to now.
    pub fn span(&self, user: UserId, conversation: ConversationId) -> Option<(Seq, Seq)> {
        let (from, to) = *self.spans.get(&(conversation, user))?.last()?;
        Some((from, to.min(self.head(conversation))))
    }

    /// Events that carry exactly this text.
    pub fn with_text<'a>(
        &'a self,
        conversation: ConversationId,
        text: &'a str,
    ) -> impl Iterator<Item = &'a Event> {
        self.log(conversation).filter(move |event| {
            matches!(event.body(), Body::Message(message)
                if message.content == protocol::Content::Text { text: text.to_owned() })
        })
    }
}
