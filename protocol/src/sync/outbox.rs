//! What waits to be stored or refused: first in, first out, one request in flight a conversation.

use litemap::LiteMap;

use super::record::{Entry, EntryState};
use crate::command::Command;
use crate::ids::{ClientId, ConversationId, Millis};
use crate::json;
use crate::mistakes::{Mistake, made};

/// The outbox, as on the disk.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: LiteMap<u64, Entry>,
    by_client_id: LiteMap<ClientId, u64>,
    lanes: LiteMap<ConversationId, Lane>,
}

/// How one conversation's sending stands.
#[derive(Debug, Default)]
struct Lane {
    /// The entry whose answer is awaited.
    in_flight: Option<u64>,
    /// Wait for the timer.
    waiting: bool,
    /// Failures in a row.
    failures: u32,
    /// How often in a row it was asked what became of what is queued.
    asked: u32,
}

/// A request to be made.
#[derive(Debug)]
pub(super) struct Request {
    pub position: u64,
    pub conversation: ConversationId,
    pub client_id: ClientId,
    pub bytes: String,
    pub after: Option<ClientId>,
}

impl Outbox {
    /// Takes in an entry; one that is known stays as it is.
    pub fn insert(&mut self, entry: Entry) -> bool {
        if self.entries.contains_key(&entry.position) {
            return false;
        }
        if let Some(client_id) = entry.client_id {
            self.by_client_id.insert(client_id, entry.position);
        }
        self.entries.insert(entry.position, entry);
        true
    }

    pub fn get(&self, position: u64) -> Option<&Entry> {
        self.entries.get(&position)
    }

    pub fn position_of(&self, client_id: ClientId) -> Option<u64> {
        self.by_client_id.get(&client_id).copied()
    }

    pub fn remove(&mut self, position: u64) -> Option<Entry> {
        let entry = self.entries.remove(&position)?;
        if let Some(client_id) = entry.client_id {
            self.by_client_id.remove(&client_id);
        }
        if let Some(lane) = self.lanes.get_mut(&entry.conversation) {
            // What follows may go: this one's place in the log is fixed, or it has none.
            lane.in_flight.take_if(|in_flight| *in_flight == position);
            lane.asked = 0;
        }
        Some(entry)
    }

    pub fn set_state(&mut self, position: u64, state: EntryState) -> Option<Entry> {
        let entry = self.entries.get_mut(&position)?;
        entry.state = state;
        Some(entry.clone())
    }

    /// Forgets the `client_id` that was made for an entry, so that the next attempt makes a new one.
    /// Only where the server has said that it accepted nothing.
    pub fn renew(&mut self, position: u64) -> Option<Entry> {
        let entry = self.entries.get_mut(&position)?;
        if let Some(client_id) = entry.client_id.take() {
            self.by_client_id.remove(&client_id);
        }
        entry.bytes = None;
        Some(entry.clone())
    }

    /// An answer came for this entry, whatever it was.
    pub fn answered(&mut self, position: u64, conversation: Option<ConversationId>) {
        let lane = conversation
            .or_else(|| self.entries.get(&position).map(|entry| entry.conversation))
            .and_then(|conversation| self.lanes.get_mut(&conversation));
        if let Some(lane) = lane {
            lane.in_flight.take_if(|in_flight| *in_flight == position);
        }
    }

    /// The entry's conversation has to wait; says after how many failures in a row.
    pub fn failed(&mut self, position: u64) -> Option<(ConversationId, u32)> {
        let conversation = self.entries.get(&position)?.conversation;
        let lane = self.lanes.entry(conversation).or_default();
        lane.waiting = true;
        lane.failures += 1;
        Some((conversation, lane.failures))
    }

    /// The server did what was asked. Says how often in a row it was asked what became of what is
    /// queued there.
    pub fn succeeded(&mut self, conversation: ConversationId) -> u32 {
        let Some(lane) = self.lanes.get_mut(&conversation) else {
            return 0;
        };
        lane.failures = 0;
        lane.asked
    }

    /// The wait is over.
    pub fn rested(&mut self, conversation: ConversationId) {
        if let Some(lane) = self.lanes.get_mut(&conversation) {
            lane.waiting = false;
        }
    }

    /// What was queued is posted again, to learn what became of it.
    pub fn ask_again(&mut self, conversation: ConversationId) {
        if let Some(lane) = self.lanes.get_mut(&conversation) {
            lane.asked += 1;
        }
        for (_, entry) in self.entries.iter_mut() {
            if entry.conversation == conversation && entry.state == EntryState::Queued {
                entry.state = EntryState::Waiting;
            }
        }
    }

    /// After a reconnect: nothing waits any longer, and what was queued is posted again to learn
    /// what became of it.
    pub fn resume(&mut self) {
        for (_, lane) in self.lanes.iter_mut() {
            lane.waiting = false;
            lane.failures = 0;
        }
        for (_, entry) in self.entries.iter_mut() {
            if entry.state == EntryState::Queued {
                entry.state = EntryState::Waiting;
            }
        }
    }

    /// The requests that can be made now, at the server's time. What follows something queued says so:
    /// should the queue have lost that, this does not overtake it.
    pub fn requests(&mut self, server_now: Millis) -> Vec<Request> {
        let mut requests = Vec::new();
        let mut queued: LiteMap<ConversationId, ClientId> = LiteMap::new();
        for (_, entry) in self.entries.iter_mut() {
            match (&entry.state, entry.client_id) {
                (EntryState::Waiting, _) => {}
                (EntryState::Queued, Some(client_id)) => {
                    queued.insert(entry.conversation, client_id);
                    continue;
                }
                _ => continue,
            }
            let lane = self.lanes.entry(entry.conversation).or_default();
            let wait = lane.waiting || lane.in_flight.is_some();
            let sent = made(Mistake::SendTogether) && entry.client_id.is_none();
            if wait && !sent {
                continue;
            }
            lane.in_flight = Some(entry.position);
            let client_id = *entry
                .client_id
                .get_or_insert_with(|| ClientId::new(server_now, entry.random));
            let bytes = entry.bytes.get_or_insert_with(|| {
                json::to_string(&Command {
                    client_id,
                    kind: entry.command.clone(),
                })
            });
            self.by_client_id.insert(client_id, entry.position);
            let queued = queued.get(&entry.conversation).copied();
            requests.push(Request {
                position: entry.position,
                conversation: entry.conversation,
                client_id,
                bytes: bytes.clone(),
                after: queued.filter(|_| !made(Mistake::FollowNothing)),
            });
        }
        requests
    }
}
