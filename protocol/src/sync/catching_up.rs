//! Catching up: the list of conversations, and pages of what is missing.

use super::engine::{Engine, List};
use super::log::Log;
use super::port::{Effect, Failure, Purpose, Show, Ticket, Timer};
use super::record::Record;
use crate::api::conversations::{Conversation, Conversations};
use crate::api::events::{Page, Pull, PullOne, Pulled};
use crate::event::Event;
use crate::ids::{ConversationId, Seq};

/// How many conversations one pull asks for.
const CONVERSATIONS: usize = 50;

/// How many events of one conversation one pull asks for.
const EVENTS: u64 = 500;

/// How many of a conversation's newest events are fetched ahead of the rest when it is opened.
const NEWEST: u64 = 100;

impl Engine {
    pub(super) fn fetch_list(&mut self) {
        match self.list {
            List::Missing | List::Here if self.live() => {
                self.list = List::Asked;
                self.out.push(Effect::FetchList);
            }
            List::Asked => self.list = List::AskedStale,
            _ => {}
        }
    }

    pub(super) fn listed(&mut self, answer: Result<Option<Conversations>, Failure>) {
        let stale = self.list == List::AskedStale;
        match answer {
            Ok(list) => {
                self.list = List::Here;
                match list {
                    Some(list) => {
                        for conversation in list.conversations {
                            self.summary(conversation);
                        }
                    }
                    // Not modified: what is here is what the server says.
                    None => self.logs.iter_mut().for_each(|(_, log)| log.rebase = None),
                }
                if stale {
                    self.fetch_list();
                }
                if let Some(open) = self.focus {
                    self.focus(open);
                }
                self.pull();
                self.post();
                self.put_reads();
                self.check();
            }
            Err(failure) => {
                self.list = List::Missing;
                self.later(failure);
            }
        }
    }

    pub(super) fn known(&mut self, conversation: Conversation) {
        let id = conversation.id;
        self.summary(conversation);
        if self.focus == Some(id) {
            self.focus(id);
        }
        self.pull();
    }

    fn summary(&mut self, conversation: Conversation) {
        let id = conversation.id;
        let Some(log) = self.logs.get_mut(&id) else {
            self.logs.insert(id, Log::of(conversation));
            return self.save(id);
        };
        let before = log.record.clone();
        let (cleared, cut) = log.take_summary(conversation);
        let record = Box::new(log.record.clone());
        if let Some(to) = cleared {
            self.out.push(Effect::Clear {
                to,
                record: record.clone(),
            });
            self.show(Show::Reload(id));
        }
        if let Some(from) = cut {
            self.prune(from, record.clone());
        }
        if *record != before {
            self.save(id);
        }
    }

    /// Asks for what is missing, of many conversations at once, the last active first.
    pub(super) fn pull(&mut self) {
        if !self.live() || self.pulling.is_some() {
            return;
        }
        let mut gaps: Vec<_> = self
            .logs
            .iter()
            .filter(|(_, log)| !log.stuck && log.rebase.is_none())
            .filter_map(|(id, log)| Some((*id, log.record.conversation.last_at, log.wanted()?)))
            .collect();
        if gaps.is_empty() {
            return;
        }
        gaps.sort_by_key(|(id, last_at, _)| (Some(*id) != self.focus, -last_at, *id));
        gaps.truncate(CONVERSATIONS);
        self.pulling = Some(gaps.iter().map(|(id, _, gap)| (*id, gap.0)).collect());
        let conversations = gaps
            .into_iter()
            .map(|(id, _, (from, to))| PullOne {
                id,
                after: from - 1,
                limit: size(from, to),
            })
            .collect();
        self.round += 1;
        let ticket = Ticket {
            purpose: Purpose::Gaps,
            round: self.round,
        };
        self.pull_round = self.round;
        self.out.push(Effect::Pull(ticket, Pull { conversations }));
    }

    pub(super) fn pulled(&mut self, ticket: Ticket, answer: Result<Pulled, Failure>) {
        if ticket.purpose == Purpose::Repair {
            return self.repaired(ticket, answer);
        }
        // The pages of an earlier round are as good as any, but say nothing of what is asked now.
        let current = ticket.round == self.pull_round;
        let asked = current
            .then(|| self.pulling.take())
            .flatten()
            .unwrap_or_default();
        match answer {
            Ok(pulled) => {
                let left = pulled.left;
                for page in pulled.pages {
                    self.take_page(page);
                }
                for (id, from) in asked {
                    if let Some(log) = self.logs.get_mut(&id) {
                        // Nothing came: asking again at once would bring nothing again.
                        log.stuck =
                            !left.contains(&id) && log.wanted().is_some_and(|it| it.0 == from);
                    }
                }
                self.pull();
                self.post();
            }
            Err(failure) => self.later(failure),
        }
    }

    pub(super) fn focus(&mut self, conversation: ConversationId) {
        self.focus = Some(conversation);
        let live = self.live();
        let Some(log) = self.logs.get_mut(&conversation) else {
            return;
        };
        let summary = &log.record.conversation;
        let newest = summary
            .floor
            .max(summary.head.saturating_sub(NEWEST - 1))
            .max(1);
        if live && !log.asking_newest && !log.record.ranges.covers(newest, summary.head) {
            log.asking_newest = true;
            self.out.push(Effect::FetchNewest(conversation));
        }
    }

    pub(super) fn page(
        &mut self,
        conversation: ConversationId,
        answer: Result<Box<Page>, Failure>,
    ) {
        if let Some(log) = self.logs.get_mut(&conversation) {
            log.asking_newest = false;
        }
        match answer {
            Ok(page) => {
                self.take_page(*page);
                self.pull();
            }
            Err(failure @ (Failure::SignedOut | Failure::WrongAccount)) => self.give_up(failure),
            // The pull brings it all the same.
            Err(Failure::Later(_) | Failure::Refused(_)) => {}
        }
    }

    fn take_page(&mut self, page: Page) {
        let Some(log) = self.logs.get_mut(&page.conversation) else {
            return;
        };
        let before = log.record.clone();
        log.take_bounds(&page);
        for event in &page.events {
            self.settle(event);
        }
        let cover = (page.from, page.to);
        self.store_since(&before, page.conversation, page.events, cover);
    }

    /// Takes events into a log, and has them written and shown.
    pub(super) fn store(&mut self, id: ConversationId, events: Vec<Event>, cover: (Seq, Seq)) {
        if let Some(log) = self.logs.get(&id) {
            self.store_since(&log.record.clone(), id, events, cover);
        }
    }

    /// As [`Engine::store`]; the record on the disk is still as `before`.
    fn store_since(
        &mut self,
        before: &Record,
        id: ConversationId,
        events: Vec<Event>,
        cover: (Seq, Seq),
    ) {
        let (Some(me), Some(log)) = (self.me, self.logs.get_mut(&id)) else {
            return;
        };
        let taken = log.take(me, events, cover);
        let record = Box::new(log.record.clone());
        if taken.differs {
            self.calibration.want(id);
            self.out.push(Effect::SetTimer(Timer::Calibrate, 0));
        }
        if taken.events.is_empty() && *record == *before {
            return;
        }
        for target in taken.erased {
            // Before the recall is written: if the tab dies in between, the recall comes again.
            self.out.push(Effect::Erase {
                conversation: id,
                target,
            });
            self.show(Show::Erased(id, target));
        }
        self.out.push(Effect::Store {
            events: taken.events.clone(),
            record: record.clone(),
        });
        if !taken.events.is_empty() {
            self.show(Show::Events(id, taken.events));
        }
        self.show(Show::Conversation(record));
        if taken.refresh {
            self.fetch_list();
        }
    }

    pub(super) fn save(&mut self, id: ConversationId) {
        let Some(log) = self.logs.get(&id) else {
            return;
        };
        let record = Box::new(log.record.clone());
        self.out.push(Effect::SaveRecord(record.clone()));
        self.show(Show::Conversation(record));
    }

    pub(super) fn read(&mut self, conversation: ConversationId, seq: Seq, msg_no: u64) {
        let Some(log) = self.logs.get_mut(&conversation) else {
            return;
        };
        // A row that no server wrote may have been on the screen.
        let seq = seq.min(log.record.conversation.head);
        let msg_no = msg_no.min(log.record.conversation.head_msg_no);
        if log.read_to(seq, msg_no) {
            log.record.conversation.mine.marked_unread = false;
            log.read_unsent = true;
            self.save(conversation);
            self.put_reads();
        }
    }

    /// Tells the server the read positions it has not confirmed.
    pub(super) fn put_reads(&mut self) {
        if !self.live() {
            return;
        }
        for (id, log) in &mut self.logs {
            if std::mem::take(&mut log.read_unsent) {
                self.out
                    .push(Effect::PutRead(*id, log.record.conversation.mine.read_seq));
            }
        }
    }

    pub(super) fn read_put(&mut self, conversation: ConversationId, answer: Result<(), Failure>) {
        if let Err(failure) = answer {
            if let Some(log) = self.logs.get_mut(&conversation) {
                log.read_unsent = !matches!(failure, Failure::Refused(_));
            }
            self.later(failure);
        }
    }

    /// Something asked for did not come: again after a while, or never.
    pub(super) fn later(&mut self, failure: Failure) {
        match failure {
            Failure::SignedOut | Failure::WrongAccount => self.give_up(failure),
            Failure::Later(wait) => {
                let grown = self.back_off(2);
                self.out
                    .push(Effect::SetTimer(Timer::Fetch, wait.unwrap_or(grown)));
            }
            Failure::Refused(_) => self.out.push(Effect::SetTimer(Timer::Fetch, 30_000)),
        }
    }
}

/// How many events a stretch holds, at most a page.
pub(super) fn size(from: Seq, to: Seq) -> usize {
    usize::try_from((to - from + 1).min(EVENTS)).unwrap_or(usize::MAX)
}
