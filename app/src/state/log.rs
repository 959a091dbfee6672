//! The log of the open conversation: its events, a signal each, and the stretch that is rendered.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::{ConversationId, Event, Seq};

use super::items::is_shown;
use super::window::Window;

/// The conversation that is open.
#[derive(Clone, Copy)]
pub struct Log {
    /// Which.
    pub conversation: RwSignal<Option<ConversationId>>,
    pub(super) events: RwSignal<LiteMap<Seq, ArcRwSignal<Event>>>,
    /// Which of the events are rendered.
    pub window: RwSignal<Window>,
    /// Whether the disk holds older ones than are here.
    pub older: RwSignal<bool>,
    /// Whether the first answer of the disk is still to come.
    pub opening: RwSignal<bool>,
    /// How it stood when it was opened.
    pub opened: RwSignal<Opened>,
    /// Where to scroll, once it is rendered.
    pub target: RwSignal<Option<Target>>,
    /// The message that is to be answered.
    pub replying: RwSignal<Option<Seq>>,
    /// A text to be put in the composer.
    pub compose: RwSignal<Option<String>>,
    /// Texts of one's own recalled messages.
    pub recalled: RwSignal<LiteMap<Seq, String>>,
    /// The disk was asked for older ones, perhaps to find a message.
    pub(super) asked: StoredValue<Option<Option<(Target, Seq)>>>,
    /// The next answer of the disk replaces all that is here.
    pub(super) renew: StoredValue<bool>,
}

/// Where a log is scrolled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Its end.
    End,
    /// The line above what is new.
    New,
    /// A message.
    Message(Seq),
}

/// How a conversation stood when the reader opened it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opened {
    /// The last event that had been read.
    pub read_seq: Seq,
    /// How many messages had been read.
    pub read_msg_no: u64,
    /// How many had not.
    pub unread: u64,
    /// The first that called the reader by name; 0 for none.
    pub mention_seq: Seq,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            conversation: RwSignal::new(None),
            events: RwSignal::default(),
            window: RwSignal::default(),
            older: RwSignal::new(false),
            opening: RwSignal::new(false),
            opened: RwSignal::default(),
            target: RwSignal::new(None),
            replying: RwSignal::new(None),
            compose: RwSignal::new(None),
            recalled: RwSignal::default(),
            asked: StoredValue::new(None),
            renew: StoredValue::new(false),
        }
    }

    pub(super) fn clear(self, conversation: Option<ConversationId>) {
        self.conversation.set(conversation);
        self.events.update(LiteMap::clear);
        self.window.set(Window::default());
        self.older.set(false);
        self.target.set(None);
        self.replying.set(None);
        self.compose.set(None);
        self.recalled.update(LiteMap::clear);
        self.asked.set_value(None);
    }

    /// Takes in the newest events from the disk. Newer ones may have come before them.
    pub(super) fn fill(self, events: Vec<Event>, older: bool) {
        self.opening.set(false);
        self.older.set(older);
        let renew = self.renew.get_value();
        self.renew.set_value(false);
        self.events.update(|all| {
            let last = events.last().map_or(0, |event| event.seq);
            let mut old = std::mem::take(all);
            for event in events {
                let signal = old.remove(&event.seq);
                all.insert(event.seq, renewed(signal, event));
            }
            if !renew {
                let newer = old.into_iter().filter(|(seq, _)| *seq > last);
                newer.for_each(|(seq, event)| drop(all.insert(seq, event)));
            }
        });
        let seqs = self.seqs();
        self.window
            .update(|window| window.rest_at_end(&seqs, older));
    }

    /// Takes in events, new or changed.
    pub(super) fn take_in(self, events: Vec<Event>) {
        let mut added = false;
        self.events.maybe_update(|all| {
            for event in events {
                if let Some(signal) = all.get(&event.seq) {
                    renewed(Some(signal.clone()), event);
                } else {
                    added = true;
                    all.insert(event.seq, ArcRwSignal::new(event));
                }
            }
            added
        });
    }

    pub(super) fn remove(self, seq: Seq) {
        self.events.maybe_update(|all| all.remove(&seq).is_some());
    }

    pub(super) fn erase(self, seq: Seq) {
        if let Some(event) = self.get(seq) {
            event.update(|event| *event = event.clone().recalled());
        }
    }

    /// An event that is here.
    pub fn get(self, seq: Seq) -> Option<ArcRwSignal<Event>> {
        self.events.with_untracked(|all| all.get(&seq).cloned())
    }

    /// An event that is here; tracks which are.
    pub fn find(self, seq: Seq) -> Option<ArcRwSignal<Event>> {
        self.events.with(|all| all.get(&seq).cloned())
    }

    /// The newest event that is here.
    pub fn newest(self) -> Option<Event> {
        let last = self.events.with(|all| all.values().next_back().cloned());
        last.map(|event| event.get_untracked())
    }

    /// The oldest seq that is here.
    pub fn oldest_seq(self) -> Option<Seq> {
        self.events.with(|all| all.keys().next().copied())
    }

    /// The oldest event that is rendered, unless it is the oldest there is, here and on the disk.
    pub fn continues_above(self) -> Option<Seq> {
        let first = self.oldest_seq()?;
        let from = self.window.get().from;
        (self.older.get() || first < from).then_some(first.max(from))
    }

    /// The seqs that are here and have a line.
    pub(super) fn seqs(self) -> Vec<Seq> {
        self.events.with_untracked(|all| {
            let shown = all.values().filter_map(|event| {
                event.with_untracked(|event| is_shown(event).then_some(event.seq))
            });
            shown.collect()
        })
    }

    /// Whether what is rendered reaches the newest event.
    pub fn at_end(self) -> bool {
        self.window.with(super::window::Window::at_end)
    }
}

fn renewed(signal: Option<ArcRwSignal<Event>>, event: Event) -> ArcRwSignal<Event> {
    match signal {
        Some(signal) => {
            let same = signal.with_untracked(|old| {
                old.digest == event.digest
                    && old.kind == event.kind
                    && old.body.get() == event.body.get()
            });
            if !same {
                signal.set(event);
            }
            signal
        }
        None => ArcRwSignal::new(event),
    }
}
