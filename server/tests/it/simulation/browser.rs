//! A browser: a disk that survives, and a tab with the real engine that may die at any effect.

use std::collections::{BTreeMap, VecDeque};

use protocol::api::events::{Calibrate, Pull, RangeDigest};
use protocol::command::CommandKind;
use protocol::sync::{
    Disk, Effect, Engine, Entry, EntryState, Input, Meta, Posted, Record, Ticket, Timer,
};
use protocol::{ClientId, ConversationId, Digest, Event, Kind, Millis, Seq, UserId};

use super::dice::Dice;

/// What IndexedDB would hold.
#[derive(Debug, Default)]
pub struct Storage {
    pub meta: Meta,
    pub records: BTreeMap<ConversationId, Record>,
    pub events: BTreeMap<(ConversationId, Seq), Event>,
    pub outbox: BTreeMap<u64, Entry>,
    next_position: u64,
}

/// A question of a tab to the server, on the network.
#[derive(Debug, Clone)]
pub enum Question {
    Connect {
        since: Option<Millis>,
    },
    List,
    Pull(Ticket, Pull),
    Newest(ConversationId),
    Post {
        position: u64,
        conversation: ConversationId,
        bytes: String,
        after: Option<ClientId>,
    },
    PutRead(ConversationId, Seq),
    Calibrate(Ticket, Calibrate),
}

/// What a reader once wrote, for the checks.
#[derive(Debug, Clone)]
pub struct Written {
    pub position: u64,
    pub conversation: ConversationId,
    pub text: String,
}

#[derive(Debug)]
pub struct Browser {
    pub user: UserId,
    pub storage: Storage,
    pub engine: Option<Engine>,
    /// Counts tabs: an answer to a tab that died reaches nobody.
    pub tab: u64,
    /// Counts the streams of this tab: only the last one is listened to.
    pub stream: u64,
    /// The browser's clock less the server's.
    pub skew: Millis,
    pub timers: BTreeMap<Timer, Millis>,
    /// Everything sent from here, in order.
    pub written: Vec<Written>,
    /// How often its history was checked.
    pub checked: u64,
}

impl Browser {
    pub fn new(user: UserId, skew: Millis) -> Self {
        Self {
            user,
            storage: Storage::default(),
            engine: None,
            tab: 0,
            stream: 0,
            skew,
            timers: BTreeMap::new(),
            written: Vec::new(),
            checked: 0,
        }
    }

    /// Opens a tab, from what the disk holds.
    pub fn open(&mut self, now: Millis, dice: &mut Dice) -> Vec<Question> {
        self.tab += 1;
        self.timers.clear();
        self.engine = Some(Engine::default());
        let disk = Box::new(Disk {
            user: self.user,
            meta: self.storage.meta.clone(),
            records: self.storage.records.values().cloned().collect(),
            outbox: self.storage.outbox.values().cloned().collect(),
        });
        self.input(
            now,
            Input::Opened {
                disk,
                seed: dice.roll(),
            },
            None,
        )
    }

    /// The tab dies: what is not on the disk is gone.
    pub fn kill(&mut self) {
        self.engine = None;
        self.timers.clear();
    }

    /// Writes a command to the disk's outbox, and tells the tab if there is one.
    pub fn write(
        &mut self,
        now: Millis,
        conversation: ConversationId,
        command: CommandKind,
        dice: &mut Dice,
        dies_after: Option<usize>,
    ) -> Vec<Question> {
        self.storage.next_position += 1;
        let position = self.storage.next_position;
        if let CommandKind::Send {
            content: protocol::Content::Text { text },
            ..
        } = &command
        {
            self.written.push(Written {
                position,
                conversation,
                text: text.clone(),
            });
        }
        let entry = Entry {
            position,
            conversation,
            command,
            at: now + self.skew,
            random: dice.bytes(),
            client_id: None,
            bytes: None,
            state: EntryState::Waiting,
        };
        self.storage.outbox.insert(position, entry.clone());
        self.input(now, Input::Queued(Box::new(entry)), dies_after)
    }

    /// Gives the engine an input and carries out what it says; dies after so many effects, if given.
    pub fn input(
        &mut self,
        now: Millis,
        input: Input,
        mut dies_after: Option<usize>,
    ) -> Vec<Question> {
        let mut questions = Vec::new();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(engine) = &mut self.engine else {
                break;
            };
            for effect in engine.step(now + self.skew, input) {
                if let Some(left) = &mut dies_after {
                    if *left == 0 {
                        self.kill();
                        return questions;
                    }
                    *left -= 1;
                }
                self.carry_out(now, effect, &mut questions, &mut inputs);
            }
        }
        questions
    }

    #[expect(clippy::too_many_lines, reason = "an arm an effect")]
    fn carry_out(
        &mut self,
        now: Millis,
        effect: Effect,
        questions: &mut Vec<Question>,
        inputs: &mut VecDeque<Input>,
    ) {
        let storage = &mut self.storage;
        match effect {
            Effect::Store { events, record } => {
                storage.put(events);
                storage.save(*record);
            }
            Effect::Replace {
                from,
                to,
                events,
                record,
            } => {
                let id = record.conversation.id;
                let old: BTreeMap<_, _> = storage.take(id, from, to);
                let new: BTreeMap<_, _> = events
                    .iter()
                    .map(|event| (event.seq, event.clone()))
                    .collect();
                let changed = (from..=to)
                    .filter(|seq| old.get(seq) != new.get(seq))
                    .count();
                storage.put(events);
                storage.save(*record);
                inputs.push_back(Input::Replaced(id, changed as u64));
            }
            Effect::Erase {
                conversation,
                target,
            } => {
                if let Some(event) = storage.events.get_mut(&(conversation, target))
                    && event.kind == Kind::Message
                {
                    *event = event.clone().recalled();
                }
            }
            Effect::Prune { from, keep, record } => {
                let id = record.conversation.id;
                let before = storage.events.len();
                storage.events.retain(|(conversation, seq), _| {
                    *conversation != id || *seq < from || keep.contains(*seq)
                });
                let gone = before - storage.events.len();
                storage.save(*record);
                inputs.push_back(Input::Replaced(id, gone as u64));
            }
            Effect::Clear { to, record } => {
                storage.take(record.conversation.id, 0, to);
                storage.save(*record);
            }
            Effect::SaveRecord(record) => storage.save(*record),
            Effect::SaveEntry(entry) => {
                if let Some(held) = storage.outbox.get_mut(&entry.position) {
                    *held = *entry;
                }
            }
            Effect::RemoveEntry(position) => {
                storage.outbox.remove(&position);
            }
            Effect::SaveMeta(meta) => storage.meta = meta,
            Effect::Post {
                position,
                conversation,
                client_id,
                bytes,
                after,
            } => {
                let Some(entry) = storage.outbox.get_mut(&position) else {
                    return inputs.push_back(Input::Posted {
                        position,
                        answer: Posted::Gone,
                    });
                };
                let bytes = entry.bytes.get_or_insert(bytes).clone();
                entry.client_id.get_or_insert(client_id);
                questions.push(Question::Post {
                    position,
                    conversation,
                    bytes,
                    after,
                });
            }
            Effect::Digest {
                conversation,
                from,
                to,
            } => {
                let digest = storage
                    .events
                    .range((conversation, from)..=(conversation, to))
                    .fold(Digest::default(), |sum, (_, event)| {
                        sum ^ event.computed_digest()
                    });
                inputs.push_back(Input::Digested(RangeDigest {
                    conversation,
                    from,
                    to,
                    digest,
                }));
            }
            Effect::Connect { since } => {
                self.stream += 1;
                questions.push(Question::Connect { since });
            }
            Effect::FetchList => questions.push(Question::List),
            Effect::Pull(ticket, pull) => questions.push(Question::Pull(ticket, pull)),
            Effect::FetchNewest(conversation) => questions.push(Question::Newest(conversation)),
            Effect::PutRead(conversation, seq) => {
                questions.push(Question::PutRead(conversation, seq));
            }
            Effect::Calibrate(ticket, ask) => questions.push(Question::Calibrate(ticket, ask)),
            Effect::SetTimer(timer, after) => {
                let after = Millis::try_from(after).unwrap();
                self.timers.insert(timer, now + after);
            }
            Effect::Show(show) => {
                if let protocol::sync::Show::Checked { .. } = *show {
                    self.checked += 1;
                }
            }
        }
    }

    /// Rings the timer that is due first, if one is due.
    pub fn ring(&mut self, now: Millis) -> Vec<Question> {
        let due = self
            .timers
            .iter()
            .filter(|(_, at)| **at <= now)
            .min_by_key(|(_, at)| **at);
        let Some(timer) = due.map(|(timer, _)| *timer) else {
            return Vec::new();
        };
        self.timers.remove(&timer);
        self.input(now, Input::Timer(timer), None)
    }
}

impl Storage {
    fn put(&mut self, events: Vec<Event>) {
        for event in events {
            self.events.insert((event.conversation, event.seq), event);
        }
    }

    fn take(&mut self, id: ConversationId, from: Seq, to: Seq) -> BTreeMap<Seq, Event> {
        let keys: Vec<_> = self
            .events
            .range((id, from)..=(id, to))
            .map(|(key, _)| *key)
            .collect();
        keys.into_iter()
            .filter_map(|key| Some((key.1, self.events.remove(&key)?)))
            .collect()
    }

    fn save(&mut self, record: Record) {
        self.records.insert(record.conversation.id, record);
    }
}
