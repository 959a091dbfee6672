//! Read positions, preferences, typing.
use protocol::api::conversations::{ChangePreferences, Mine};
use protocol::{ConversationId, Seq, UserId};

use crate::store::StoreError;

/// Changes a member's own side of a conversation, and tells their other devices. Clones share.
#[derive(Clone)]
pub struct Reads {}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReadsError {
    /// Never a member.
    #[error("never a member")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reads {
    /// Moves the read position; it never moves back, and not past the head.
    pub async fn read_to(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Mine, ReadsError> {
        todo!()
    }
    /// Changes what is given.
    pub async fn change(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: ChangePreferences,
    ) -> Result<Mine, ReadsError> {
        todo!()
    }
    /// Tells the other members that the user is writing, at most once in 3 s.
    pub async fn typing(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(), ReadsError> {
        todo!()
    }
}
