//! `stream`: what happens, as it happens.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use protocol::problem::Fault;
use protocol::stream::Watch;
use protocol::{FieldError, Millis, StreamId};
use serde::Deserialize;
use std::convert::Infallible;

use super::caller::Reader;
use super::extract::{Json, Path, Query};
use super::problem::Failure;
use super::signed_in::must_be;
use crate::app_state::AppState;

/// Whose presence one stream may want.
const WATCHED: usize = 200;

/// `GET stream?as=&since=`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct StreamQuery {
    /// The user it is meant for.
    #[serde(rename = "as")]
    meant: Option<String>,
    /// The last `id:` seen; `Last-Event-ID` works as well.
    since: Option<Millis>,
}

/// Server-sent events, from `sync` on.
///
/// # Errors
/// `409 wrong_account`.
#[utoipa::path(get, path = "/api/v1/stream", params(StreamQuery),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn open(
    State(app): State<AppState>,
    user: Reader,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(meant) = &query.meant {
        must_be(user.id, meant)?;
    }
    if app.is_stopping() {
        return Err(Failure::unavailable());
    }
    let last_seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let since = query.since.or(last_seen);
    let frames = app.chat.hub.open(user.id, user.session.key, since).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    let body = Body::from_stream(frames.map(Ok::<_, Infallible>));
    Ok((headers, body).into_response())
}

/// Sets whose presence a stream wants, 200 at most; of others than mutual contacts nothing is told.
///
/// # Errors
/// `404` no such stream of the caller's, `422`.
#[utoipa::path(put, path = "/api/v1/stream/{stream}/watch", params(("stream" = StreamId, Path)),
    request_body = Watch, responses((status = 204)))]
pub async fn watch(
    State(app): State<AppState>,
    user: Reader,
    Path(stream): Path<StreamId>,
    Json(watch): Json<Watch>,
) -> Result<StatusCode, Failure> {
    if watch.users.len() > WATCHED {
        let fault = Fault::TooLong { max: WATCHED };
        return Err(Failure::invalid(vec![FieldError::new("users", fault)]));
    }
    if app.chat.hub.watch(user.id, stream, watch.users).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found())
    }
}
