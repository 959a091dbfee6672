//! Pages.
use super::{Store, StoreError};
use protocol::api::events::*;
use protocol::{ConversationId, UserId};
impl Store {
    /// A page of the log as far as the reader may have it; `None` to who was never a member.
    pub async fn page(
        &self,
        user: UserId,
        conversation: ConversationId,
        query: PageQuery,
    ) -> Result<Option<Page>, StoreError> {
        todo!()
    }
    /// Pages of many logs, 2 MiB at most.
    pub async fn pull(&self, user: UserId, pull: &Pull) -> Result<Pulled, StoreError> {
        todo!()
    }
    /// Digests of what is kept of the ranges asked for.
    pub async fn calibrate(
        &self,
        user: UserId,
        calibrate: &Calibrate,
    ) -> Result<Calibrated, StoreError> {
        todo!()
    }
}
