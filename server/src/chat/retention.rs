//! Letting go of what is too old.

use protocol::{Limits, Millis};

use super::Settings;
use crate::clock::Clock;
use crate::store::{DAYS_AHEAD, Deleted, Store, StoreError};

const DAY: Millis = 24 * 60 * 60 * 1_000;

/// The times before which events, and commands' records, are too old.
pub(super) fn horizons(now: Millis, settings: &Settings) -> (Millis, Millis) {
    (
        now - Millis::from(settings.retention_days) * DAY,
        keys_before(now, &settings.limits),
    )
}

/// The time before which no record of a command is kept.
pub(super) fn keys_before(now: Millis, limits: &Limits) -> Millis {
    now - limits.retry_window - DAY
}

/// The time before which records of commands have room that was made for them long ago.
pub(super) fn keys_until(now: Millis) -> Millis {
    now + (DAYS_AHEAD - 1) * DAY
}

/// Deletes what is too old, in small steps between which sends go on: events after
/// [`Settings::retention_days`], commands' records a day after they can be retried, sessions and
/// log-ins that have run out.
///
/// # Errors
/// The database cannot serve; what was deleted so far stays so.
pub async fn retain(
    store: &Store,
    clock: &Clock,
    settings: &Settings,
) -> Result<Deleted, StoreError> {
    let now = clock.now();
    let (events_before, keys_before) = horizons(now, settings);
    // For what is to come, and for commands that may still come late.
    store.make_room(events_before, keys_before, now).await?;
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
        total.log_ins += deleted.log_ins;
        total.notifications += deleted.notifications;
        tokio::task::yield_now().await;
    }
}
