//! Letting go of what is too old.

use protocol::Millis;

use super::Settings;
use crate::clock::Clock;
use crate::store::{Deleted, Store, StoreError};

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// Deletes what is too old, in small steps between which sends go on: events after
/// [`Settings::retention_days`], commands' records a day after they can be retried, sessions that
/// have run out.
///
/// # Errors
/// The database cannot serve; what was deleted so far stays so.
pub async fn retain(
    store: &Store,
    clock: &Clock,
    settings: &Settings,
) -> Result<Deleted, StoreError> {
    let now = clock.now();
    let events_before = now - Millis::from(settings.retention_days) * DAY;
    let keys_before = now - settings.limits.retry_window - DAY;
    let mut total = Deleted::default();
    loop {
        let deleted = store
            .delete_expired(events_before, keys_before, now)
            .await?;
        if deleted.is_empty() {
            return Ok(total);
        }
        total.events += deleted.events;
        total.send_keys += deleted.send_keys;
        total.sessions += deleted.sessions;
        tokio::task::yield_now().await;
    }
}
