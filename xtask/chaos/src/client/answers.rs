//! Every answer that was given to a post of a command.

use std::sync::{Mutex, PoisonError};

use protocol::{ClientId, Code, ConversationId, Millis, Seq, UserId};

#[derive(Debug, Clone)]
pub struct Answered {
    pub sender: UserId,
    pub conversation: ConversationId,
    pub client_id: ClientId,
    /// By this machine's clock.
    pub at: Millis,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `201`, under this seq.
    Stored(Seq),
    /// `202`.
    Queued,
    /// For good, with this reason.
    Refused(Code),
    /// Try again; 0 where no answer came.
    Later(u16),
}

/// All of them, in the order in which they came.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Vec<Answered>>);

impl Answers {
    pub fn note(&self, answered: Answered) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(answered);
    }

    pub fn all(&self) -> Vec<Answered> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
