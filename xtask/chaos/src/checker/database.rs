//! All that the database holds at the end.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use protocol::{Body, ClientId, Code, ConversationId, Event, Seq, UserId};
use serde::Deserialize;

use crate::field::Field;
use crate::violation::{Breach, Violation};

/// One row a line, as JSON, in the form in which events are sent.
const EVENTS: &str = "SELECT json_build_object('conversation', conversation, 'seq', seq, 'at', at, \
    'sent_at', sent_at, 'sender', sender, 'kind', kind, 'msg_no', msg_no, 'client_id', client_id, \
    'body', body::json, 'digest', lpad(to_hex(digest), 16, '0')) FROM events \
    ORDER BY conversation, seq, at;";
const REFUSALS: &str = "SELECT json_build_object('sender', sender, 'client_id', client_id, \
    'code', refusal) FROM send_keys WHERE refusal IS NOT NULL;";
const HEADS: &str =
    "SELECT json_build_object('conversation', id, 'head', head_seq) FROM conversations;";
const POSITIONS: &str = "SELECT json_build_object('conversation', conversation, 'user', user_id, \
    'read', read_seq) FROM members;";

/// Where each member of each conversation has read to.
pub type Positions = BTreeMap<(ConversationId, UserId), Seq>;

#[derive(Debug, Default)]
pub struct Database {
    pub logs: BTreeMap<ConversationId, BTreeMap<Seq, Event>>,
    pub heads: BTreeMap<ConversationId, Seq>,
    pub positions: Positions,
    /// Where each command was stored.
    pub stored: HashMap<(UserId, ClientId), Vec<(ConversationId, Seq)>>,
    pub refused: HashMap<(UserId, ClientId), Code>,
    /// Which stretches of a log a user may have; an open one ends with `Seq::MAX`.
    spans: BTreeMap<(ConversationId, UserId), Vec<(Seq, Seq)>>,
    /// Under which seq a message was recalled.
    recalls: BTreeMap<(ConversationId, Seq), Seq>,
}

#[derive(Deserialize)]
struct Refusal {
    sender: UserId,
    client_id: ClientId,
    code: String,
}

#[derive(Deserialize)]
struct Head {
    conversation: ConversationId,
    head: Seq,
}

#[derive(Deserialize)]
struct Position {
    conversation: ConversationId,
    user: UserId,
    read: Seq,
}

impl Database {
    /// Reads everything, and says where two events stand under one seq.
    ///
    /// # Errors
    /// When the database does not answer, or holds something that cannot be read.
    pub fn read(field: &Field) -> Result<(Self, Vec<Violation>)> {
        let mut database = Self {
            heads: heads(field)?,
            positions: positions(field)?,
            ..Self::default()
        };
        for refusal in rows::<Refusal>(field, REFUSALS)? {
            let key = (refusal.sender, refusal.client_id);
            database.refused.insert(key, Code::from_name(&refusal.code));
        }
        let violations = database.fill(rows::<Event>(field, EVENTS)?);
        Ok((database, violations))
    }

    /// Takes in all events, in the order of their logs.
    pub fn fill(&mut self, events: Vec<Event>) -> Vec<Violation> {
        let mut violations = Vec::new();
        for event in events {
            let place = (event.conversation, event.seq);
            let key = (event.sender, event.client_id);
            self.stored.entry(key).or_default().push(place);
            self.follow(&event);
            let log = self.logs.entry(event.conversation).or_default();
            if let Some(other) = log.insert(event.seq, event) {
                let what = format!("two events stand at {place:?} in the database: {other:?}");
                violations.push(Violation::new(Breach::Reordered, what));
            }
        }
        violations
    }

    fn follow(&mut self, event: &Event) {
        let id = event.conversation;
        match event.body() {
            Body::Created(created) => self.admit(id, created.members, event.seq),
            Body::Invited(invited) => self.admit(id, invited.users, event.seq),
            Body::Removed(gone) | Body::Left(gone) => {
                for user in gone.users {
                    let spans = self.spans.get_mut(&(id, user));
                    if let Some(span) = spans.and_then(|all| all.last_mut()) {
                        span.1 = event.seq;
                    }
                }
            }
            Body::Recall(recall) => {
                self.recalls.insert((id, recall.target), event.seq);
            }
            _ => {}
        }
    }

    fn admit(&mut self, id: ConversationId, users: Vec<UserId>, seq: Seq) {
        for user in users {
            let spans = self.spans.entry((id, user)).or_default();
            spans.push((seq, Seq::MAX));
        }
    }

    /// P6: whether a user may have an event.
    pub fn may_have(&self, user: UserId, id: ConversationId, seq: Seq) -> bool {
        let mut spans = self.all_spans(user, id).iter();
        spans.any(|(from, to)| (*from..=*to).contains(&seq))
    }

    /// Which stretches of a log a user may have, first and last seq; an open one ends with
    /// `Seq::MAX`.
    pub fn all_spans(&self, user: UserId, id: ConversationId) -> &[(Seq, Seq)] {
        self.spans.get(&(id, user)).map_or(&[], Vec::as_slice)
    }

    /// Under which seq a message was recalled.
    pub fn recall_of(&self, message: &Event) -> Option<Seq> {
        self.recalls
            .get(&(message.conversation, message.seq))
            .copied()
    }

    /// The newest stretch of each log that a user may have, up to now.
    pub fn spans(&self, user: UserId) -> impl Iterator<Item = (ConversationId, Seq, Seq)> {
        self.spans.iter().filter_map(move |((id, who), spans)| {
            let (from, to) = *spans.last().filter(|_| *who == user)?;
            Some((*id, from, to.min(self.heads.get(id).copied()?)))
        })
    }

    pub fn event(&self, id: ConversationId, seq: Seq) -> Option<&Event> {
        self.logs.get(&id)?.get(&seq)
    }
}

/// How far each log is.
///
/// # Errors
/// When the database does not answer.
pub fn heads(field: &Field) -> Result<BTreeMap<ConversationId, Seq>> {
    let heads = rows::<Head>(field, HEADS)?.into_iter();
    Ok(heads.map(|head| (head.conversation, head.head)).collect())
}

/// How far everybody has read.
///
/// # Errors
/// When the database does not answer.
pub fn positions(field: &Field) -> Result<Positions> {
    let positions = rows::<Position>(field, POSITIONS)?.into_iter();
    Ok(positions
        .map(|one| ((one.conversation, one.user), one.read))
        .collect())
}

fn rows<T: for<'de> Deserialize<'de>>(field: &Field, sql: &str) -> Result<Vec<T>> {
    let text = field.sql(sql)?;
    let rows = text.lines().map(|line| {
        serde_json::from_str(line).with_context(|| format!("the database holds {line}"))
    });
    rows.collect()
}
