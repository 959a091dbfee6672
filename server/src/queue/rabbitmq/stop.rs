//! Waiting for the word to stop.

use tokio::sync::watch;

/// Waits until it is said, or nobody is left to say it.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
