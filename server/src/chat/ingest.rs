//! The way in.

use protocol::{ConversationId, UserId};

use super::{Outcome, Submitted, Unavailable};

/// Takes commands in, and tells what became of them. Clones share one queue.
#[derive(Debug, Clone)]
pub struct Ingest {}

impl Ingest {
    /// Hands commands over, in order, all or none, and waits until they are committed or refused.
    ///
    /// The answer holds one outcome a command, in the same order. Dropping the future does not take
    /// the commands back.
    pub async fn submit(
        &self,
        sender: UserId,
        conversation: ConversationId,
        commands: Vec<Submitted>,
    ) -> Vec<Result<Outcome, Unavailable>> {
        todo!()
    }
}
