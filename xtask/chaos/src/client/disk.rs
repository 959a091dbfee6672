//! What a browser's disk would hold. It outlives the tab.

use std::collections::BTreeMap;

use protocol::command::CommandKind;
use protocol::sync::{Effect, Entry, EntryState, Input, Meta, Posted, Record};
use protocol::{ClientId, ConversationId, Digest, Event, Kind, Millis, Seq};

use crate::dice::Dice;

/// How many events are spoiled at a time.
const SPOILED: usize = 5;

#[derive(Debug, Default)]
pub struct Disk {
    pub meta: Meta,
    pub records: BTreeMap<ConversationId, Record>,
    pub events: BTreeMap<(ConversationId, Seq), Event>,
    pub outbox: BTreeMap<u64, Entry>,
    last_position: u64,
    /// Everything written here, in order; a browser would not keep it, the checker needs it.
    pub written: Vec<Written>,
    /// Every event that ever came from the server, and how it came first: for the checker too.
    pub received: Received,
    /// How often the history was compared with the server's to its end, since it was spoiled.
    pub checks: u64,
    /// Whether some of it was changed behind the engine's back, for the next tab to find out.
    pub spoiled: bool,
}

/// By which way each event came first: `stream`, `page` or `list`.
pub type Received = BTreeMap<(ConversationId, Seq), &'static str>;

/// A command that was written here.
#[derive(Debug, Clone)]
pub struct Written {
    pub position: u64,
    pub conversation: ConversationId,
    /// Under which ids it was posted: more than one only where the server said that it accepted none.
    pub client_ids: Vec<ClientId>,
}

impl Disk {
    /// Puts a command into the outbox.
    pub fn write(
        &mut self,
        conversation: ConversationId,
        command: CommandKind,
        at: Millis,
        random: [u8; 10],
    ) -> Entry {
        self.last_position += 1;
        let entry = Entry {
            position: self.last_position,
            conversation,
            command,
            at,
            random,
            client_id: None,
            bytes: None,
            state: EntryState::Waiting,
        };
        self.written.push(Written {
            position: entry.position,
            conversation,
            client_ids: Vec::new(),
        });
        self.outbox.insert(entry.position, entry.clone());
        entry
    }

    /// Notes a command that is sent without an outbox.
    pub fn note_written(&mut self, position: u64, id: ConversationId, client_id: ClientId) {
        self.written.push(Written {
            position,
            conversation: id,
            client_ids: vec![client_id],
        });
    }

    /// Fixes an entry's bytes, unless they are: those that a request must have. Otherwise, what to
    /// tell the engine.
    pub fn fix(
        &mut self,
        position: u64,
        client_id: ClientId,
        bytes: String,
    ) -> Result<(ClientId, String), Input> {
        let Some(entry) = self.outbox.get_mut(&position) else {
            let answer = Posted::Gone;
            return Err(Input::Posted { position, answer });
        };
        let client_id = *entry.client_id.get_or_insert(client_id);
        let bytes = entry.bytes.get_or_insert(bytes).clone();
        let written = self
            .written
            .iter_mut()
            .rfind(|one| one.position == position);
        if let Some(written) = written
            && !written.client_ids.contains(&client_id)
        {
            written.client_ids.push(client_id);
        }
        Ok((client_id, bytes))
    }

    /// Carries out an effect that writes, with what to tell the engine then. Gives others back.
    pub fn carry_out(&mut self, effect: Effect) -> Result<Option<Input>, Effect> {
        match effect {
            Effect::Store { events, record } => {
                self.put(events);
                self.save(*record);
            }
            Effect::Replace {
                from,
                to,
                events,
                record,
            } => {
                let id = record.conversation.id;
                let old = self.take(id, from, to);
                let new: BTreeMap<_, _> = events.iter().map(|event| (event.seq, event)).collect();
                let changed = (from..=to).filter(|seq| old.get(seq) != new.get(seq).copied());
                let changed = u64::try_from(changed.count()).unwrap_or(u64::MAX);
                self.put(events);
                self.save(*record);
                return Ok(Some(Input::Replaced(id, changed)));
            }
            Effect::Erase {
                conversation,
                target,
            } => {
                if let Some(event) = self.events.get_mut(&(conversation, target))
                    && event.kind == Kind::Message
                {
                    *event = event.clone().recalled();
                }
            }
            Effect::Prune { from, keep, record } => {
                let id = record.conversation.id;
                let before = self.events.len();
                self.events.retain(|(conversation, seq), _| {
                    *conversation != id || *seq < from || keep.contains(*seq)
                });
                let gone = u64::try_from(before - self.events.len()).unwrap_or(u64::MAX);
                self.save(*record);
                return Ok(Some(Input::Replaced(id, gone)));
            }
            Effect::Clear { to, record } => {
                self.take(record.conversation.id, 0, to);
                self.save(*record);
            }
            Effect::SaveRecord(record) => self.save(*record),
            Effect::SaveEntry(entry) => {
                if let Some(held) = self.outbox.get_mut(&entry.position) {
                    *held = *entry;
                }
            }
            Effect::RemoveEntry(position) => {
                self.outbox.remove(&position);
            }
            Effect::SaveMeta(meta) => self.meta = meta,
            other => return Err(other),
        }
        Ok(None)
    }

    /// The XOR of the digests of what is held, computed anew.
    pub fn digest(&self, id: ConversationId, from: Seq, to: Seq) -> Digest {
        let events = self.events.range((id, from)..=(id, to));
        events.fold(Digest::default(), |sum, (_, event)| {
            sum ^ event.computed_digest()
        })
    }

    /// Notes that an event came.
    pub fn receive(&mut self, event: &Event, way: &'static str) {
        let place = (event.conversation, event.seq);
        self.received.entry(place).or_insert(way);
    }

    /// What is held of a conversation, by seq.
    pub fn log(&self, id: ConversationId) -> impl DoubleEndedIterator<Item = &Event> {
        let events = self.events.range((id, 0)..=(id, Seq::MAX));
        events.map(|(_, event)| event)
    }

    /// Changes some of what the server still keeps for the reader, or takes it out, as a failing disk
    /// would.
    pub fn spoil(&mut self, dice: &mut Dice) {
        let kept = |(id, seq): &&(ConversationId, Seq)| {
            let record = self.records.get(id);
            record.is_some_and(|record| {
                let conversation = &record.conversation;
                *seq >= conversation.floor.max(conversation.mine.joined_seq)
            })
        };
        let places: Vec<_> = self.events.keys().filter(kept).copied().collect();
        for _ in 0..SPOILED {
            let Some(place) = dice.pick(&places) else {
                return;
            };
            if dice.percent(50) {
                self.events.remove(place);
            } else if let Some(event) = self.events.get_mut(place) {
                event.sent_at += 1;
            }
        }
        (self.spoiled, self.checks) = (true, 0);
    }

    /// Whether nothing waits to be sent, or to be known of.
    pub fn has_sent_all(&self) -> bool {
        let done = |entry: &Entry| matches!(entry.state, EntryState::Refused(_));
        self.outbox.values().all(done)
    }

    fn put(&mut self, events: Vec<Event>) {
        for event in events {
            self.events.insert((event.conversation, event.seq), event);
        }
    }

    fn take(&mut self, id: ConversationId, from: Seq, to: Seq) -> BTreeMap<Seq, Event> {
        let range = self.events.range((id, from)..=(id, to));
        let keys: Vec<_> = range.map(|(key, _)| *key).collect();
        let taken = keys.into_iter();
        taken
            .filter_map(|key| Some((key.1, self.events.remove(&key)?)))
            .collect()
    }

    fn save(&mut self, record: Record) {
        self.records.insert(record.conversation.id, record);
    }
}
