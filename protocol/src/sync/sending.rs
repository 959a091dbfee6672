//! Sending: from the outbox to the server, and what became of it.

use super::engine::Engine;
use super::port::{Effect, Failure, Posted, Show, Timer};
use super::record::{Entry, EntryState};
use crate::event::Event;
use crate::mistakes::{Mistake, made};
use crate::problem::Code;
use crate::stream::Outcome;

/// After how long, about, it is asked what became of what was queued, in milliseconds.
const QUEUED: u64 = 20_000;
/// How often that time doubles while it stays queued, up to about five minutes: every question lies in
/// the queue too.
const DOUBLINGS: u32 = 4;

impl Engine {
    pub(super) fn queued(&mut self, entry: Entry) {
        if self.outbox.insert(entry.clone()) {
            self.show(Show::Entry(Box::new(entry)));
        }
        self.post();
    }

    /// Makes the requests that can be made now.
    pub(super) fn post(&mut self) {
        if !self.live() {
            return;
        }
        let now = self.server_now();
        for request in self.outbox.requests(now) {
            if let Some(entry) = self.outbox.get(request.position).cloned() {
                self.show(Show::Entry(Box::new(entry)));
            }
            self.out.push(Effect::Post {
                position: request.position,
                conversation: request.conversation,
                client_id: request.client_id,
                bytes: request.bytes,
                after: request.after,
            });
        }
    }

    pub(super) fn posted(&mut self, position: u64, answer: Posted) {
        let conversation = self.outbox.get(position).map(|entry| entry.conversation);
        self.outbox.answered(position, conversation);
        match answer {
            Posted::Stored(event) => {
                let (id, seq) = (event.conversation, event.seq);
                self.outbox.succeeded(id);
                if self.logs.contains_key(&id) {
                    self.store(id, vec![*event], (seq, seq));
                } else {
                    self.fetch_list();
                }
                self.remove_entry(position);
                self.pull();
            }
            Posted::Expired(expired) => {
                self.outbox.succeeded(expired.conversation);
                self.remove_entry(position);
            }
            Posted::Queued => {
                if let Some(conversation) = conversation {
                    let asked = self.outbox.succeeded(conversation);
                    let grown = QUEUED << asked.min(DOUBLINGS);
                    let wait = grown / 2 + self.spread(grown);
                    self.out
                        .push(Effect::SetTimer(Timer::Post(conversation), wait));
                }
                self.set_state(position, EntryState::Queued);
            }
            Posted::Gone => {
                self.outbox.remove(position);
                self.show(Show::EntryGone(position));
            }
            Posted::Failed(Failure::Refused(Code::ClockAhead)) => {
                // Nothing was accepted: a new id, once the clocks have been compared again.
                if let Some(entry) = self.outbox.renew(position) {
                    self.out.push(Effect::SaveEntry(Box::new(entry)));
                }
                self.wait(position, None);
            }
            Posted::Failed(Failure::Refused(Code::OutOfOrder)) => self.overtook(position),
            Posted::Failed(Failure::Refused(code)) => {
                self.set_state(position, EntryState::Refused(code));
            }
            Posted::Failed(Failure::Later(wait)) => self.wait(position, wait),
            Posted::Failed(failure) => self.give_up(failure),
        }
        self.post();
    }

    fn wait(&mut self, position: u64, wait: Option<u64>) {
        if made(Mistake::ForgetUnanswered) {
            self.remove_entry(position);
        }
        if made(Mistake::NewIdOnRetry)
            && let Some(entry) = self.outbox.renew(position)
        {
            self.out.push(Effect::SaveEntry(Box::new(entry)));
        }
        if let Some((conversation, failures)) = self.outbox.failed(position) {
            let grown = self.back_off(failures);
            self.out.push(Effect::SetTimer(
                Timer::Post(conversation),
                wait.unwrap_or(grown),
            ));
        }
    }

    /// The queue has lost what was before it: all is posted again, from the first on.
    fn overtook(&mut self, position: u64) {
        if let Some(entry) = self.outbox.set_state(position, EntryState::Waiting) {
            self.outbox.ask_again(entry.conversation);
            self.wait(position, None);
        }
    }

    /// An event of one's own, however it came, is the outcome of its entry.
    pub(super) fn settle(&mut self, event: &Event) {
        if Some(event.sender) == self.me
            && let Some(position) = self.outbox.position_of(event.client_id)
            && self
                .outbox
                .get(position)
                .is_some_and(|entry| entry.conversation == event.conversation)
        {
            self.remove_entry(position);
        }
    }

    pub(super) fn outcome(&mut self, outcome: Outcome) {
        let Some(position) = self.outbox.position_of(outcome.client_id) else {
            return;
        };
        match outcome.refused {
            Some(Code::OutOfOrder) => self.overtook(position),
            Some(code) => self.set_state(position, EntryState::Refused(code)),
            None => self.remove_entry(position),
        }
        self.post();
    }

    fn set_state(&mut self, position: u64, state: EntryState) {
        if let Some(entry) = self.outbox.set_state(position, state) {
            self.out.push(Effect::SaveEntry(Box::new(entry.clone())));
            self.show(Show::Entry(Box::new(entry)));
        }
    }

    fn remove_entry(&mut self, position: u64) {
        if self.outbox.remove(position).is_some() {
            self.out.push(Effect::RemoveEntry(position));
            self.show(Show::EntryGone(position));
        }
    }

    /// Takes out an entry that its writer gave up: a refused one, or one never attempted. What may
    /// have reached the server stays until its outcome is known.
    pub(super) fn drop_entry(&mut self, position: u64) {
        let given_up = self.outbox.get(position).is_some_and(|entry| {
            matches!(entry.state, EntryState::Refused(_)) || entry.client_id.is_none()
        });
        if given_up {
            self.remove_entry(position);
        }
    }
}
