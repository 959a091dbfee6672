//! For whoever runs the server: is it alive, is it ready, what has it counted.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Failure;
use crate::app_state::AppState;

/// Answer of `/readyz`.
#[derive(Debug, Serialize)]
pub struct Readiness {
    /// `ready`, `stopping`, or `degraded`.
    state: &'static str,
    /// What cannot be reached.
    away: Vec<&'static str>,
    /// How many streams are open.
    streams: usize,
}

/// The process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Whether requests should be sent here: `503` while the database is away, and once the server is
/// about to stop.
pub async fn ready(State(app): State<AppState>) -> (StatusCode, Answer<Readiness>) {
    let away = match app.store.ping().await {
        Ok(()) if app.store.fails(app.clock.now()) => vec!["database"],
        Ok(()) => Vec::new(),
        Err(error) => {
            tracing::error!(%error, "the database is away");
            vec!["database"]
        }
    };
    let state = match () {
        () if app.is_stopping() => "stopping",
        () if away.is_empty() => "ready",
        () => "degraded",
    };
    let status = if state == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let streams = app.chat.hub.streams();
    let readiness = Readiness {
        state,
        away,
        streams,
    };
    (status, Answer(readiness))
}

/// What has been counted, for Prometheus. Not for those who come through a proxy.
pub async fn metrics(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let proxied = ["forwarded", "x-forwarded-for", "via"];
    if proxied.iter().any(|name| headers.contains_key(*name)) {
        return Failure::not_found().into_response();
    }
    match &app.metrics {
        Some(metrics) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
            metrics.render(),
        )
            .into_response(),
        None => Failure::not_found().into_response(),
    }
}
