//! `me/access_tokens`: what programs prove themselves by. Programs cannot make or end any.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::api::access_tokens::{AccessTokens, MadeAccessToken, NewAccessToken};

use super::extract::{Json, Path};
use super::problem::Failure;
use super::signed_in::SignedIn;
use crate::app_state::AppState;

/// The tokens that one has made and that are good.
#[utoipa::path(get, path = "/api/v1/me/access_tokens", security(("session" = [])),
    responses((status = 200, body = AccessTokens)))]
pub async fn list(
    State(app): State<AppState>,
    user: SignedIn,
) -> Result<Answer<AccessTokens>, Failure> {
    let access_tokens = app.accounts.access_tokens(user.id).await?;
    Ok(Answer(AccessTokens { access_tokens }))
}

/// Makes a token, which is told this once. A program sends it as `Authorization: Bearer`.
///
/// # Errors
/// `422`, also where the password is another one, or there are 100 tokens; `429` for too many failures.
#[utoipa::path(post, path = "/api/v1/me/access_tokens", security(("session" = [])), request_body = NewAccessToken,
    responses((status = 201, body = MadeAccessToken)))]
pub async fn make(
    State(app): State<AppState>,
    user: SignedIn,
    Json(new): Json<NewAccessToken>,
) -> Result<(StatusCode, Answer<MadeAccessToken>), Failure> {
    let made = app.accounts.make_access_token(&user.session, new).await?;
    Ok((StatusCode::CREATED, Answer(made)))
}

/// Ends a token: what its program has open ends within two seconds.
///
/// # Errors
/// `404` without such a token.
#[utoipa::path(delete, path = "/api/v1/me/access_tokens/{token}", security(("session" = [])),
    params(("token" = String, Path, description = "The token's id")), responses((status = 204)))]
pub async fn end(
    State(app): State<AppState>,
    user: SignedIn,
    Path(token): Path<String>,
) -> Result<StatusCode, Failure> {
    app.accounts.end_access_token(user.id, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
