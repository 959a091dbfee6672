//! The list.
use super::{Store, StoreError};
use protocol::api::conversations::{Conversation, Conversations, Members};
use protocol::{ConversationId, UserId};
impl Store {
    /// All conversations of a user, also those left, the last active first, with the profiles the list needs.
    pub async fn conversations(&self, user: UserId) -> Result<Conversations, StoreError> {
        todo!()
    }
    /// One conversation with the profiles it needs; `None` to who was never a member.
    pub async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        todo!()
    }
    /// The members, to a present member; `None` to anybody else.
    pub async fn members(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Members>, StoreError> {
        todo!()
    }
    /// The id of the group of that number.
    pub async fn group_by_number(&self, number: u64) -> Result<Option<ConversationId>, StoreError> {
        todo!()
    }
}
