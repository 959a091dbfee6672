//! Finding what the bus lost.

use std::sync::PoisonError;

use protocol::{ConversationId, Millis};

use super::Hub;
use crate::store::StoreError;
use crate::telemetry::metrics::SWEPT;

/// How far the sweep looks back behind its last look: a commit may become visible that much later
/// than the time it carries, as long as a statement may take after it was decided.
const OVERLAP: Millis = 20_000;

impl Hub {
    /// Forwards what was committed but has not come by the bus: asks the store which logs have moved
    /// and who has joined. Call it every 10 s, and every second while the bus is away.
    ///
    /// # Errors
    /// The database cannot serve; the next call looks as far back as this one would have.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.now();
        let since = *self.0.swept.lock().unwrap_or_else(PoisonError::into_inner) - OVERLAP;
        if self.streams() > 0 {
            let moved = self.0.store.moved(since).await?;
            for joined in moved.joined {
                let forwarding = self.0.forwarding.write().await;
                self.joined(joined.user, joined.conversation, joined.seq)
                    .await;
                drop(forwarding);
            }
            let behind: Vec<ConversationId> = {
                let state = self.state();
                let is_behind = |(id, head): &(ConversationId, _)| {
                    let last = state.logs.get(id).and_then(|log| log.last);
                    last.is_some_and(|last| last < *head)
                };
                moved
                    .heads
                    .iter()
                    .filter(|head| is_behind(head))
                    .map(|(id, _)| *id)
                    .collect()
            };
            for id in behind {
                metrics::counter!(SWEPT).increment(1);
                self.fill(id).await;
            }
        }
        *self.0.swept.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }
}
