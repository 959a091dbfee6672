//! Pages of logs, and calibration.

use axum::Json as Answer;
use axum::extract::State;
use protocol::FieldError;
use protocol::api::events::{Calibrate, Calibrated, Page, PageQuery, Pull, Pulled};
use protocol::problem::Fault;

use super::caller::Reader;
use super::extract::{InPath, Json, Query};
use super::problem::Failure;
use crate::app_state::AppState;

/// How many conversations, or ranges, one request may name.
const ASKED: usize = 200;

/// A page of a conversation's log, as far as the reader may have it.
///
/// # Errors
/// `404` never a member, `422` for a limit that is not 1 to 500.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/events",
    params(("conversation" = String, Path), PageQuery), responses((status = 200, body = Page)))]
pub async fn page(
    State(app): State<AppState>,
    user: Reader,
    InPath(conversation): InPath,
    Query(query): Query<PageQuery>,
) -> Result<Answer<Page>, Failure> {
    if let Some(limit) = query.limit {
        check_limit(&app, limit)?;
    }
    let page = app.store.page(user.id, conversation, query).await?;
    page.map(Answer).ok_or_else(Failure::not_found)
}

/// Pages of many conversations in one answer of at most 2 MiB; what did not fit is named.
///
/// # Errors
/// `422` for too many conversations, or a limit that is not 1 to 500.
#[utoipa::path(post, path = "/api/v1/pull", request_body = Pull,
    responses((status = 200, body = Pulled)))]
pub async fn pull(
    State(app): State<AppState>,
    user: Reader,
    Json(pull): Json<Pull>,
) -> Result<Answer<Pulled>, Failure> {
    check_count("conversations", pull.conversations.len())?;
    for one in &pull.conversations {
        check_limit(&app, one.limit)?;
    }
    Ok(Answer(app.store.pull(user.id, &pull).await?))
}

/// Digests of what the server keeps of stretches of logs.
///
/// # Errors
/// `422` for too many ranges.
#[utoipa::path(post, path = "/api/v1/calibrate", request_body = Calibrate,
    responses((status = 200, body = Calibrated)))]
pub async fn calibrate(
    State(app): State<AppState>,
    user: Reader,
    Json(calibrate): Json<Calibrate>,
) -> Result<Answer<Calibrated>, Failure> {
    check_count("ranges", calibrate.ranges.len())?;
    let calibrated = app.store.calibrate(user.id, &calibrate).await?;
    let ranges = u64::try_from(calibrated.ranges.len()).unwrap_or(u64::MAX);
    metrics::counter!(crate::telemetry::metrics::CALIBRATED).increment(ranges);
    Ok(Answer(calibrated))
}

fn check_count(field: &str, count: usize) -> Result<(), Failure> {
    if count > ASKED {
        let fault = Fault::TooLong { max: ASKED };
        return Err(Failure::invalid(vec![FieldError::new(field, fault)]));
    }
    Ok(())
}

fn check_limit(app: &AppState, limit: usize) -> Result<(), Failure> {
    let max = app.limits().page_events;
    let fault = match limit {
        0 => Fault::TooShort { min: 1 },
        limit if limit > max => Fault::TooLong { max },
        _ => return Ok(()),
    };
    Err(Failure::invalid(vec![FieldError::new("limit", fault)]))
}
