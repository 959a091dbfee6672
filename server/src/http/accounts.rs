//! `accounts`, `session`, `me`, `limits`.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use protocol::Limits;
use protocol::api::accounts::{ChangeMe, LogIn, Me, Register};

use super::extract::Json;
use super::problem::Failure;
use super::request::{self, Connected};
use super::signed_in::{Cookies, SignedIn};
use crate::accounts::Token;
use crate::app_state::AppState;

type SetCookie = AppendHeaders<[(header::HeaderName, HeaderValue); 1]>;

/// Makes an account and logs it in.
///
/// # Errors
/// `409 handle_taken`, `422`, `429` for too many from one address.
#[utoipa::path(post, path = "/api/v1/accounts", request_body = Register,
    responses((status = 201, body = Me)))]
pub async fn register(
    State(app): State<AppState>,
    peer: Connected,
    headers: HeaderMap,
    Json(register): Json<Register>,
) -> Result<impl IntoResponse, Failure> {
    let origin = request::origin(&app, peer.0, &headers);
    let (me, token) = app.accounts.register(register, &origin).await?;
    Ok((StatusCode::CREATED, begun(&app, &token), Answer(me)))
}

/// Logs in.
///
/// # Errors
/// `401 wrong_credentials`, `422`, `429` for too many failures with one account or from one address.
#[utoipa::path(post, path = "/api/v1/session", request_body = LogIn,
    responses((status = 200, body = Me)))]
pub async fn log_in(
    State(app): State<AppState>,
    peer: Connected,
    headers: HeaderMap,
    Json(log_in): Json<LogIn>,
) -> Result<impl IntoResponse, Failure> {
    let origin = request::origin(&app, peer.0, &headers);
    let (me, token) = app.accounts.log_in(log_in, &origin).await?;
    Ok((begun(&app, &token), Answer(me)))
}

/// Logs out: the session's streams end too.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204)))]
pub async fn log_out(
    State(app): State<AppState>,
    user: SignedIn,
) -> Result<impl IntoResponse, Failure> {
    app.accounts.log_out(&user.session).await?;
    Ok((StatusCode::NO_CONTENT, ended(&app)))
}

/// Who am I?
///
/// # Errors
/// `401` for nobody.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Me)))]
pub async fn who_am_i(state: State<AppState>, user: SignedIn) -> Result<Answer<Me>, Failure> {
    me(state, user).await
}

/// One's own profile.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<AppState>, user: SignedIn) -> Result<Answer<Me>, Failure> {
    let me = app.store.me(user.id).await?;
    me.map(Answer).ok_or_else(Failure::not_found)
}

/// Changes one's own profile.
///
/// # Errors
/// `422`.
#[utoipa::path(patch, path = "/api/v1/me", request_body = ChangeMe,
    responses((status = 200, body = Me)))]
pub async fn change_me(
    State(app): State<AppState>,
    user: SignedIn,
    Json(change): Json<ChangeMe>,
) -> Result<Answer<Me>, Failure> {
    Ok(Answer(app.accounts.change(user.id, change).await?))
}

/// Limits in force.
#[utoipa::path(get, path = "/api/v1/limits", responses((status = 200, body = Limits)))]
pub async fn limits(State(app): State<AppState>) -> Answer<Limits> {
    Answer(app.limits().clone())
}

/// Gives the browser its session.
pub fn begun(app: &AppState, token: &Token) -> SetCookie {
    let seconds = app.accounts.sessions.seconds();
    let cookies = Cookies::of(app);
    AppendHeaders([(
        header::SET_COOKIE,
        cookies.secret(cookies.session, token.as_str(), seconds),
    )])
}

/// Takes it away.
pub fn ended(app: &AppState) -> SetCookie {
    let cookies = Cookies::of(app);
    AppendHeaders([(header::SET_COOKIE, cookies.secret(cookies.session, "", 0))])
}
