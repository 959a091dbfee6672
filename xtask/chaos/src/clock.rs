//! The time of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

use protocol::Millis;

/// Now, in Unix milliseconds.
pub fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
