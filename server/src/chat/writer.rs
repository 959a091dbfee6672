//! Decides and commits.
use super::*;

/// Stores batches of commands: the only one that writes events.
#[derive(Clone)]
pub struct Writer {}

impl Writer {
    /// Stores a batch in one transaction, then publishes what was committed.
    pub async fn batch(&self, commands: Vec<Accepted>) -> Vec<Result<Outcome, Unavailable>> {
        todo!()
    }
}
