//! How much one may ask for.

use std::fmt::Display;
use std::hash::Hash;

use axum::http::HeaderMap;

use super::problem::Failure;
use super::request::{self, Connected};
use crate::accounts::Throttle;
use crate::app_state::AppState;
use crate::telemetry::metrics::HTTP_THROTTLED;

/// Counts so much more, by the name that the metric has for it.
///
/// # Errors
/// `429`.
pub async fn take<K: Hash + Eq + Clone + Display>(
    app: &AppState,
    throttle: &Throttle<K>,
    by: &'static str,
    key: &K,
    count: u32,
) -> Result<(), Failure> {
    let taken = throttle.take(key, count, app.clock.now()).await;
    taken.map_err(|throttled| {
        metrics::counter!(HTTP_THROTTLED, "by" => by).increment(1);
        Failure::throttled(throttled)
    })
}

/// Counts what is asked by nobody who is logged in.
///
/// # Errors
/// `429`.
pub async fn visit(app: &AppState, peer: Connected, headers: &HeaderMap) -> Result<(), Failure> {
    let address = request::origin(app, peer.0, headers).address;
    take(app, &app.rates.visits, "visits", &address, 1).await
}
