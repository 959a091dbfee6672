//! `accounts`, `session`, `me`, `limits`.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use protocol::Limits;
use protocol::api::SHARED_COOKIE as SHARED;
use protocol::api::accounts::{ChangeMe, ChangePassword, LogIn, Me, Register, Sessions};

use super::caller::{Reader, Writer};
use super::extract::{Json, Path};
use super::problem::Failure;
use super::request::{self, Connected};
use super::signed_in::{Cookies, SignedIn};
use crate::accounts::Token;
use crate::app_state::AppState;

type SetCookies = AppendHeaders<[(header::HeaderName, HeaderValue); 2]>;

/// Makes an account and logs it in.
///
/// # Errors
/// `409 handle_taken`, `422`, `429` for too many from one address.
#[utoipa::path(post, path = "/api/v1/accounts", request_body = Register, security(()),
    responses((status = 201, body = Me)))]
pub async fn register(
    State(app): State<AppState>,
    peer: Connected,
    headers: HeaderMap,
    Json(register): Json<Register>,
) -> Result<impl IntoResponse, Failure> {
    let origin = request::origin(&app, peer.0, &headers);
    let (me, token) = app.accounts.register(register, &origin).await?;
    Ok((StatusCode::CREATED, begun(&app, &token, false), Answer(me)))
}

/// Logs in.
///
/// # Errors
/// `401 wrong_credentials`, `422`, `429` for too many failures with one account or from one address.
#[utoipa::path(post, path = "/api/v1/session", request_body = LogIn, security(()),
    responses((status = 200, body = Me)))]
pub async fn log_in(
    State(app): State<AppState>,
    peer: Connected,
    headers: HeaderMap,
    Json(log_in): Json<LogIn>,
) -> Result<impl IntoResponse, Failure> {
    let origin = request::origin(&app, peer.0, &headers);
    let shared = log_in.shared;
    let (me, token) = app.accounts.log_in(log_in, &origin).await?;
    Ok((begun(&app, &token, shared), Answer(me)))
}

/// Logs out: the session's streams end too.
#[utoipa::path(delete, path = "/api/v1/session", security(("session" = [])),
    responses((status = 204)))]
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
pub async fn who_am_i(state: State<AppState>, user: Reader) -> Result<Answer<Me>, Failure> {
    me(state, user).await
}

/// One's own profile.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<AppState>, user: Reader) -> Result<Answer<Me>, Failure> {
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
    user: Writer,
    Json(change): Json<ChangeMe>,
) -> Result<Answer<Me>, Failure> {
    Ok(Answer(app.accounts.change(user.id, change).await?))
}

/// Changes the password, which logs all other devices out.
///
/// # Errors
/// `422`, also where the password in force is another one; `429` for too many failures.
#[utoipa::path(put, path = "/api/v1/me/password", security(("session" = [])), request_body = ChangePassword,
    responses((status = 204)))]
pub async fn change_password(
    State(app): State<AppState>,
    user: SignedIn,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode, Failure> {
    app.accounts.change_password(&user.session, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where one is logged in.
#[utoipa::path(get, path = "/api/v1/me/sessions", security(("session" = [])),
    responses((status = 200, body = Sessions)))]
pub async fn sessions(
    State(app): State<AppState>,
    user: SignedIn,
) -> Result<Answer<Sessions>, Failure> {
    let sessions = app.accounts.list_sessions(&user.session).await?;
    Ok(Answer(Sessions { sessions }))
}

/// Logs one device out: its streams end within two seconds, and what it has kept goes at its next
/// contact.
///
/// # Errors
/// `404` without such a session.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{session}", security(("session" = [])),
    params(("session" = String, Path)), responses((status = 204)))]
pub async fn end_session(
    State(app): State<AppState>,
    user: SignedIn,
    Path(session): Path<String>,
) -> Result<StatusCode, Failure> {
    app.accounts.end_session(&user.session, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Logs all other devices out.
#[utoipa::path(delete, path = "/api/v1/me/sessions", security(("session" = [])),
    responses((status = 204)))]
pub async fn end_other_sessions(
    State(app): State<AppState>,
    user: SignedIn,
) -> Result<StatusCode, Failure> {
    app.accounts.end_other_sessions(&user.session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Limits in force.
#[utoipa::path(get, path = "/api/v1/limits", security(()),
    responses((status = 200, body = Limits)))]
pub async fn limits(State(app): State<AppState>) -> Answer<Limits> {
    Answer(app.limits().clone())
}

/// Gives the browser its session; one that is shared forgets it when it is closed.
pub fn begun(app: &AppState, token: &Token, shared: bool) -> SetCookies {
    let cookies = Cookies::of(app);
    if shared {
        return set([
            cookies.secret(cookies.session, token.as_str(), None),
            cookies.open(SHARED, "yes", None),
        ]);
    }
    let seconds = app.accounts.sessions.seconds();
    set([
        cookies.secret(cookies.session, token.as_str(), Some(seconds)),
        cookies.open(SHARED, "", Some(0)),
    ])
}

/// Takes it away.
pub fn ended(app: &AppState) -> SetCookies {
    let cookies = Cookies::of(app);
    set([
        cookies.secret(cookies.session, "", Some(0)),
        cookies.open(SHARED, "", Some(0)),
    ])
}

fn set(cookies: [HeaderValue; 2]) -> SetCookies {
    AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)))
}
