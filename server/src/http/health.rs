//! For whoever runs the server: is it alive, is it ready, what has it counted.

use axum::Json as Answer;
use axum::extract::{self, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

use super::pages;
use super::problem::Failure;
use crate::app_state::AppState;
use crate::chat::Door;
use crate::queue::rabbitmq::State;

/// Answer of `/readyz`.
#[derive(Debug, Serialize)]
pub struct Readiness {
    /// `ready`, `starting`, `stopping`, `waiting` for another server to end, or `degraded`.
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

/// Whether requests should be sent here, and what is away: `503` once the server is about to stop,
/// while another server has the database, and on a single node while the database is away.
pub async fn ready(
    extract::State(app): extract::State<AppState>,
) -> (StatusCode, Answer<Readiness>) {
    let mut away = match app.store.ping().await {
        Ok(()) if app.store.is_taken() => vec!["database: another server has it"],
        Ok(()) if app.store.fails(app.clock.now()) || !app.store.may_append() => vec!["database"],
        Ok(()) => Vec::new(),
        Err(error) => {
            tracing::error!(%error, "the database is away");
            vec!["database"]
        }
    };
    match app.chat.ingest.broker().map(Door::state) {
        Some(State::Away) => away.push("rabbitmq"),
        Some(State::Blocked) => away.push("rabbitmq: blocked"),
        Some(State::Up) | None => {}
    }
    if app.chat.bus.is_away() {
        away.push("redis");
    }
    let state = match () {
        () if app.is_stopping() => "stopping",
        () if app.store.is_taken() => "waiting",
        () if away.is_empty() => "ready",
        () => "degraded",
    };
    // What is away for one of several nodes is so for all: to send nobody anywhere would help no one.
    let serves = state == "ready" || (state == "degraded" && app.config.is_clustered());
    let status = if serves {
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

/// That the server waits for its database before it can do anything.
pub async fn starting() -> (StatusCode, Answer<Readiness>) {
    let readiness = Readiness {
        state: "starting",
        away: vec!["database"],
        streams: 0,
    };
    (StatusCode::SERVICE_UNAVAILABLE, Answer(readiness))
}

/// While another server has the database, answers only how this one is.
pub async fn wait_for_others(app: &AppState, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !app.store.is_taken() || ["/healthz", "/readyz", "/metrics"].contains(&path) {
        next.run(request).await
    } else {
        unavailable(request.uri().clone()).await
    }
}

/// Nothing can be answered now.
pub async fn unavailable(uri: Uri) -> Response {
    if uri.path().starts_with("/api") {
        Failure::unavailable().into_response()
    } else {
        pages::unavailable()
    }
}

/// What has been counted, for Prometheus. Not for those who come through a proxy.
pub async fn metrics(
    extract::State(counted): extract::State<Option<PrometheusHandle>>,
    headers: HeaderMap,
) -> Response {
    let proxied = ["forwarded", "x-forwarded-for", "via"];
    if proxied.iter().any(|name| headers.contains_key(*name)) {
        return Failure::not_found().into_response();
    }
    match counted {
        Some(metrics) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
            metrics.render(),
        )
            .into_response(),
        None => Failure::not_found().into_response(),
    }
}
