//! Waiting for a condition.

use std::time::Duration;

/// A moment between two looks at whether something is so: the only place where a test sleeps.
pub async fn moment() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}
