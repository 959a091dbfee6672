//! P4, P5, P6: what each reader has.

use std::collections::BTreeMap;

use protocol::{Body, Content, ConversationId, Event, Kind, Seq, UserId};

use super::database::Database;
use crate::browsers::Dump;
use crate::client::{Client, Received};
use crate::violation::{Breach, Violation};

/// One browser's history.
#[derive(Debug)]
pub struct History {
    /// Whose, for people.
    pub name: String,
    pub user: UserId,
    /// Every event that ever came, kept or not.
    pub received: Received,
    pub conversations: BTreeMap<ConversationId, Held>,
}

/// What it holds of one conversation.
#[derive(Debug, Default)]
pub struct Held {
    pub events: BTreeMap<Seq, Event>,
    /// Stretches that are taken to be here whole.
    pub whole: Vec<(Seq, Seq)>,
    /// How far the reader has read, if that is known here.
    pub read: Option<Seq>,
}

impl History {
    pub fn of(client: &Client) -> Self {
        let disk = client.disk();
        let mut conversations: BTreeMap<ConversationId, Held> = BTreeMap::new();
        for (id, record) in &disk.records {
            let held = conversations.entry(*id).or_default();
            held.whole = record.ranges.iter().collect();
            held.read = Some(record.conversation.mine.read_seq);
        }
        for ((id, seq), event) in &disk.events {
            let held = conversations.entry(*id).or_default();
            held.events.insert(*seq, event.clone());
        }
        Self {
            name: client.name.clone(),
            user: client.user,
            received: disk.received.clone(),
            conversations,
        }
    }

    /// A real browser's; what came and was not kept is not known.
    pub fn dumped(dump: &Dump) -> Self {
        let mut conversations: BTreeMap<ConversationId, Held> = BTreeMap::new();
        for record in &dump.records {
            let held = conversations.entry(record.conversation.id).or_default();
            held.whole = record.ranges.iter().collect();
            held.read = Some(record.conversation.mine.read_seq);
        }
        for event in &dump.events {
            let held = conversations.entry(event.conversation).or_default();
            held.events.insert(event.seq, event.clone());
        }
        Self {
            name: dump.name.clone(),
            user: dump.user,
            received: Received::new(),
            conversations,
        }
    }
}

/// What a history is not, against the server's.
pub fn check(database: &Database, history: &History, violations: &mut Vec<Violation>) {
    let mut found = |breach, what: String| {
        let what = format!("{}: {what}", history.name);
        violations.push(Violation::new(breach, what));
    };
    for ((id, seq), way) in &history.received {
        if !database.may_have(history.user, *id, *seq) {
            let spans = database.all_spans(history.user, *id);
            let what = format!("{seq} of {id} came by {way}; they may have {spans:?}");
            found(Breach::Leaked, what);
        }
    }
    for (id, held) in &history.conversations {
        for event in held.events.values() {
            if !database.may_have(history.user, *id, event.seq) {
                found(Breach::Leaked, format!("they hold {event:?}"));
            } else if let Some((breach, what)) = compare(database, held, event) {
                found(breach, what);
            }
        }
        let whole = held.whole.iter().flat_map(|(from, to)| *from..=*to);
        for seq in whole.filter(|seq| !held.events.contains_key(seq)) {
            found(
                Breach::Missing,
                format!("{seq} of {id} is taken to be here, and is not"),
            );
        }
        for (text, seqs) in texts(held) {
            if seqs.len() > 1 {
                found(
                    Breach::Duplicated,
                    format!("{text:?} of {id} is shown at {seqs:?}"),
                );
            }
        }
        let read = database.positions.get(&(*id, history.user)).copied();
        if let Some(held) = held.read
            && read != Some(held)
        {
            found(
                Breach::Differing,
                format!("they read {id} to {held}, the server has {read:?}"),
            );
        }
    }
    for (id, from, to) in database.spans(history.user) {
        let held = history.conversations.get(&id);
        let here = |seq: &Seq| held.is_some_and(|held| held.events.contains_key(seq));
        let missing: Vec<Seq> = (from..=to).filter(|seq| !here(seq)).collect();
        if let [first, ..] = missing.as_slice() {
            let what = format!(
                "{} events of {id} are missing, from {first} on, of {from} to {to}",
                missing.len()
            );
            found(Breach::Missing, what);
        }
    }
}

/// What is wrong with an event that a user holds and may have.
fn compare(database: &Database, held: &Held, event: &Event) -> Option<(Breach, String)> {
    let Some(stored) = database.event(event.conversation, event.seq) else {
        let what = format!("they hold what the server never had: {event:?}");
        return Some((Breach::Differing, what));
    };
    if event == stored {
        return None;
    }
    if (event.sender, event.client_id) != (stored.sender, stored.client_id) {
        let what = format!("in place of {stored:?} they hold {event:?}");
        return Some((Breach::Reordered, what));
    }
    // Recalled while they were no member, or before they were removed and could hear of it: what
    // came before their last return is no longer told. What they do have of it is checked elsewhere.
    let told = |recall: Seq| held.events.contains_key(&recall);
    if event.kind == Kind::Message
        && database
            .recall_of(event)
            .is_some_and(|recall| !told(recall))
    {
        return None;
    }
    Some((
        Breach::Differing,
        format!("the server has {stored:?}, they have {event:?}"),
    ))
}

fn texts(held: &Held) -> BTreeMap<String, Vec<Seq>> {
    let mut texts: BTreeMap<String, Vec<Seq>> = BTreeMap::new();
    for event in held.events.values() {
        if let Body::Message(message) = event.body()
            && let Content::Text { text } = message.content
        {
            texts.entry(text).or_default().push(event.seq);
        }
    }
    texts
}
