//! What waits to be sent, one signal an entry.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::command::CommandKind;
use protocol::event::Content;
use protocol::sync::{Entry, EntryState};
use protocol::{ClientId, ConversationId};

/// The entries, by their position.
#[derive(Clone, Copy)]
pub struct Outbox(RwSignal<LiteMap<u64, ArcRwSignal<Entry>>>);

impl Outbox {
    pub(super) fn new() -> Self {
        Self(RwSignal::default())
    }

    pub(super) fn set_all(self, entries: Vec<Entry>) {
        self.0.set(
            entries
                .into_iter()
                .map(|entry| (entry.position, ArcRwSignal::new(entry)))
                .collect(),
        );
    }

    /// An entry is new or changed.
    pub(super) fn set(self, entry: Entry) {
        match self.get(entry.position) {
            Some(signal) => {
                if signal.with_untracked(|old| *old != entry) {
                    signal.set(entry);
                }
            }
            None => self.0.update(|all| {
                all.insert(entry.position, ArcRwSignal::new(entry));
            }),
        }
    }

    pub(super) fn remove(self, position: u64) {
        self.0.maybe_update(|all| all.remove(&position).is_some());
    }

    /// An entry.
    pub fn get(self, position: u64) -> Option<ArcRwSignal<Entry>> {
        self.0.with_untracked(|all| all.get(&position).cloned())
    }

    /// Those that have a line in a conversation, but for those that are stored there already.
    pub(super) fn lines(
        self,
        conversation: ConversationId,
        is_stored: impl Fn(ClientId) -> bool,
    ) -> Vec<u64> {
        self.0.with(|all| {
            let lines = all.iter().filter_map(|(position, entry)| {
                entry.with(|entry| {
                    let here = entry.conversation == conversation && has_line(entry);
                    (here && !entry.client_id.is_some_and(&is_stored)).then_some(*position)
                })
            });
            lines.collect()
        })
    }
}

/// Messages always have a line; other commands when they were refused.
fn has_line(entry: &Entry) -> bool {
    text_of(&entry.command).is_some() || matches!(entry.state, EntryState::Refused(_))
}

/// The text of a message that is to be sent.
pub fn text_of(command: &CommandKind) -> Option<&str> {
    match command {
        CommandKind::Send {
            content: Content::Text { text },
            ..
        } => Some(text),
        _ => None,
    }
}
