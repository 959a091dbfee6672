//! Calibration: comparing what is stored here with what the server keeps, by digests.

use std::collections::VecDeque;

use crate::api::events::{Calibrated, RangeDigest};
use crate::ids::{ConversationId, Seq};
use crate::mistakes::{Mistake, made};

/// How many events one digest covers: what differs is fetched again in one page.
const STRETCH: Seq = 500;

/// How many stretches one request compares.
const BATCH: usize = 100;

/// A stretch of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub conversation: ConversationId,
    pub from: Seq,
    pub to: Seq,
}

/// What is to be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    Some(Vec<ConversationId>),
    All,
}

/// A check under way.
#[derive(Debug)]
pub(super) struct Calibration {
    /// What the next check is to look at.
    pub wanted: Wanted,
    /// Whether one is under way.
    pub running: bool,
    /// The question whose answer is awaited.
    pub round: u64,
    to_digest: VecDeque<Stretch>,
    digesting: Option<Stretch>,
    digested: Vec<RangeDigest>,
    asked: Vec<RangeDigest>,
    repairs: VecDeque<Stretch>,
    /// The stretch that is being fetched again.
    pub repairing: Option<Stretch>,
    /// Changes to the disk whose count has not come back.
    pub replacing: u32,
    /// Events compared in this check.
    pub compared: u64,
    /// Events put right in this check.
    pub repaired: u64,
}

/// What a check does next.
#[derive(Debug)]
pub(super) enum Next {
    Digest(Stretch),
    Ask(Vec<RangeDigest>),
    Repair(Stretch),
    Wait,
    Done { compared: u64, repaired: u64 },
}

impl Default for Calibration {
    /// A start is always checked.
    fn default() -> Self {
        Self {
            wanted: Wanted::All,
            running: false,
            round: 0,
            to_digest: VecDeque::new(),
            digesting: None,
            digested: Vec::new(),
            asked: Vec::new(),
            repairs: VecDeque::new(),
            repairing: None,
            replacing: 0,
            compared: 0,
            repaired: 0,
        }
    }
}

impl Calibration {
    pub fn want(&mut self, conversation: ConversationId) {
        match &mut self.wanted {
            Wanted::Nothing => self.wanted = Wanted::Some(vec![conversation]),
            Wanted::Some(some) if !some.contains(&conversation) => some.push(conversation),
            Wanted::Some(_) | Wanted::All => {}
        }
    }

    /// Begins a check of these stretches.
    pub fn begin(&mut self, stretches: impl Iterator<Item = Stretch>) {
        *self = Self {
            wanted: Wanted::Nothing,
            running: true,
            replacing: self.replacing,
            ..Self::default()
        };
        for Stretch {
            conversation,
            from,
            to,
        } in stretches
        {
            self.compared += to - from + 1;
            let mut next = from;
            while next <= to {
                let end = to.min(next + STRETCH - 1);
                self.to_digest.push_back(Stretch {
                    conversation,
                    from: next,
                    to: end,
                });
                next = end + 1;
            }
        }
    }

    /// The check could not be finished: it is begun again later.
    pub fn abort(&mut self) {
        if self.running {
            *self = Self {
                replacing: self.replacing,
                ..Self::default()
            };
        }
    }

    pub fn next(&mut self) -> Next {
        if !self.running
            || self.digesting.is_some()
            || !self.asked.is_empty()
            || self.repairing.is_some()
        {
            return Next::Wait;
        }
        if self.digested.len() < BATCH
            && let Some(stretch) = self.to_digest.pop_front()
        {
            self.digesting = Some(stretch);
            return Next::Digest(stretch);
        }
        if !self.digested.is_empty() {
            self.asked = std::mem::take(&mut self.digested);
            return Next::Ask(self.asked.clone());
        }
        if let Some(stretch) = self.repairs.pop_front() {
            self.repairing = Some(stretch);
            return Next::Repair(stretch);
        }
        if self.replacing > 0 {
            return Next::Wait;
        }
        self.running = false;
        Next::Done {
            compared: self.compared,
            repaired: self.repaired,
        }
    }

    pub fn digested(&mut self, digest: RangeDigest) {
        let RangeDigest {
            conversation,
            from,
            to,
            ..
        } = digest;
        // The answer to a question of a check that was given up counts only if it is asked again.
        if self
            .digesting
            .take_if(|asked| {
                *asked
                    == Stretch {
                        conversation,
                        from,
                        to,
                    }
            })
            .is_some()
        {
            self.digested.push(digest);
        }
    }

    /// Takes in the server's side. Returns what stands here above the server's head: conversation,
    /// the first seq too many, and the last that was asked for.
    pub fn answered(&mut self, answer: &Calibrated) -> Vec<Stretch> {
        let mut surplus = Vec::new();
        let mut theirs = answer.ranges.iter().peekable();
        for ours in std::mem::take(&mut self.asked) {
            // A conversation that the server does not know of is left out: nothing to compare.
            let Some(their) = theirs.next_if(|their| their.conversation == ours.conversation)
            else {
                continue;
            };
            let conversation = ours.conversation;
            if their.to < ours.to {
                surplus.push(Stretch {
                    conversation,
                    from: ours.from.max(their.to + 1),
                    to: ours.to,
                });
            }
            if their.from > their.to {
                continue;
            }
            let stretch = Stretch {
                conversation,
                from: their.from,
                to: their.to,
            };
            if (their.from, their.to) != (ours.from, ours.to) {
                self.to_digest.push_back(stretch);
            } else if their.digest != ours.digest && !made(Mistake::OverlookDifferences) {
                self.repairs.push_back(stretch);
            }
        }
        surplus
    }

    /// The rest of a stretch that did not fit on one page.
    pub fn repair_rest(&mut self, stretch: Stretch) {
        self.repairs.push_front(stretch);
    }
}
