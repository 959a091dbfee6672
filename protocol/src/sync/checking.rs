//! Checking the history: calibration, carried out step by step.

use super::calibration::{Next, Stretch, Wanted};
use super::catching_up::size;
use super::engine::{Engine, List};
use super::port::{Effect, Failure, Purpose, Show, Ticket, Timer};
use super::record::Record;
use crate::api::events::{Calibrate, Calibrated, Pull, PullOne, Pulled, RangeDigest};
use crate::ids::{ConversationId, Seq};

impl Engine {
    /// Begins a check if one is wanted and the server's side is known, and goes on with one.
    pub(super) fn check(&mut self) {
        if !self.live() {
            return;
        }
        if !self.calibration.running {
            if self.list != List::Here {
                return;
            }
            let wanted = std::mem::replace(&mut self.calibration.wanted, Wanted::Nothing);
            if wanted == Wanted::Nothing {
                return;
            }
            let mut stretches = Vec::new();
            let mut prunes = Vec::new();
            for (id, log) in &self.logs {
                if matches!(&wanted, Wanted::Some(set) if !set.contains(id)) {
                    continue;
                }
                let from = log.record.conversation.floor.max(1);
                prunes.push((from, Box::new(log.record.clone())));
                let held = log.record.ranges.clip(from, Seq::MAX);
                stretches.extend(held.map(|(from, to)| Stretch {
                    conversation: *id,
                    from,
                    to,
                }));
            }
            self.calibration.begin(stretches.into_iter());
            for (from, record) in prunes {
                // Rows that nothing vouches for would never be looked at again.
                self.prune(from, record);
            }
        }
        match self.calibration.next() {
            Next::Digest(Stretch {
                conversation,
                from,
                to,
            }) => {
                self.out.push(Effect::Digest {
                    conversation,
                    from,
                    to,
                });
            }
            Next::Ask(ranges) => {
                let ticket = self.check_ticket(Purpose::Compare);
                self.out
                    .push(Effect::Calibrate(ticket, Calibrate { ranges }));
            }
            Next::Repair(Stretch {
                conversation,
                from,
                to,
            }) => {
                let one = PullOne {
                    id: conversation,
                    after: from - 1,
                    limit: size(from, to),
                };
                let ticket = self.check_ticket(Purpose::Repair);
                self.out.push(Effect::Pull(
                    ticket,
                    Pull {
                        conversations: vec![one],
                    },
                ));
            }
            Next::Wait => {}
            Next::Done { compared, repaired } => {
                self.show(Show::Checked { compared, repaired });
                self.pull();
                if self.calibration.wanted != Wanted::Nothing {
                    self.check();
                }
            }
        }
    }

    pub(super) fn digested(&mut self, digest: RangeDigest) {
        self.calibration.digested(digest);
        self.check();
    }

    fn check_ticket(&mut self, purpose: Purpose) -> Ticket {
        self.round += 1;
        self.calibration.round = self.round;
        Ticket {
            purpose,
            round: self.round,
        }
    }

    pub(super) fn calibrated(&mut self, ticket: Ticket, answer: Result<Calibrated, Failure>) {
        if ticket.round != self.calibration.round {
            return;
        }
        match answer {
            Ok(answer) if Some(answer.history_id) == self.meta.history_id => {
                for Stretch {
                    conversation,
                    from,
                    to,
                } in self.calibration.answered(&answer)
                {
                    self.cut(conversation, from, to);
                }
                self.check();
            }
            Ok(_) => self.check_later(None),
            Err(failure) => self.check_failed(failure),
        }
    }

    /// Takes out what stands above the server's head.
    fn cut(&mut self, id: ConversationId, from: Seq, to: Seq) {
        let Some(log) = self.logs.get_mut(&id) else {
            return;
        };
        log.record.ranges.remove(from, to);
        let summary = &mut log.record.conversation;
        if summary.head <= to {
            summary.head = from - 1;
            summary.last.take_if(|last| last.seq >= from);
        }
        let record = Box::new(log.record.clone());
        self.prune(from, record.clone());
        self.show(Show::Conversation(record));
        self.fetch_list();
    }

    /// Takes out all rows from `from` on that the record does not vouch for.
    pub(super) fn prune(&mut self, from: Seq, record: Box<Record>) {
        self.calibration.replacing += 1;
        self.out.push(Effect::Prune {
            from,
            keep: record.ranges.clone(),
            record,
        });
    }

    pub(super) fn repaired(&mut self, ticket: Ticket, answer: Result<Pulled, Failure>) {
        if ticket.round != self.calibration.round {
            return;
        }
        let Some(stretch) = self.calibration.repairing.take() else {
            return;
        };
        let page = match answer {
            Ok(pulled) => pulled.pages.into_iter().next(),
            Err(failure) => return self.check_failed(failure),
        };
        let Stretch {
            conversation: id,
            from,
            to,
        } = stretch;
        if let Some(page) = page
            && let Some(log) = self.logs.get_mut(&id)
        {
            log.take_bounds(&page);
            let (from, end) = (from.max(page.from), to.min(page.to));
            if from <= end {
                let events: Vec<_> = page
                    .events
                    .into_iter()
                    .filter(|event| (from..=end).contains(&event.seq))
                    .map(|event| log.current(event))
                    .collect();
                log.record.ranges.insert(from, end);
                let last = &mut log.record.conversation.last;
                if let Some(last) = last
                    && let Some(event) = events.iter().find(|event| event.seq == last.seq)
                {
                    *last = event.clone();
                }
                let record = Box::new(log.record.clone());
                self.calibration.replacing += 1;
                self.out.push(Effect::Replace {
                    from,
                    to: end,
                    events,
                    record: record.clone(),
                });
                self.show(Show::Conversation(record));
                if end < to {
                    self.calibration.repair_rest(Stretch {
                        from: end + 1,
                        ..stretch
                    });
                }
            }
        }
        self.check();
    }

    pub(super) fn replaced(&mut self, conversation: ConversationId, changed: u64) {
        self.calibration.replacing = self.calibration.replacing.saturating_sub(1);
        self.calibration.repaired += changed;
        if changed > 0 {
            self.show(Show::Reload(conversation));
        }
        if self.calibration.running {
            self.check();
        }
    }

    fn check_failed(&mut self, failure: Failure) {
        match failure {
            Failure::SignedOut | Failure::WrongAccount => self.give_up(failure),
            Failure::Later(wait) => self.check_later(wait),
            Failure::Refused(_) => self.check_later(Some(60_000)),
        }
    }

    fn check_later(&mut self, wait: Option<u64>) {
        self.calibration.abort();
        let grown = self.back_off(3);
        self.out
            .push(Effect::SetTimer(Timer::Calibrate, wait.unwrap_or(grown)));
    }
}
