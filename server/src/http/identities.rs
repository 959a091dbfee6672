//! `me/identities`.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::api::identities::Identities;

use super::extract::Path;
use super::problem::Failure;
use super::signed_in::SignedIn;
use crate::app_state::AppState;

/// How one may log in, and whose accounts could be linked. To link one is for browsers only: it leads
/// through the provider's pages.
#[utoipa::path(get, path = "/api/v1/me/identities", security(("session" = [])),
    responses((status = 200, body = Identities)))]
pub async fn list(
    State(app): State<AppState>,
    user: SignedIn,
) -> Result<Answer<Identities>, Failure> {
    Ok(Answer(app.accounts.identities(user.id).await?))
}

/// Takes the account of a provider away as a way in.
///
/// # Errors
/// `404` none of that provider, `422 last_way_in`.
#[utoipa::path(delete, path = "/api/v1/me/identities/{provider}", security(("session" = [])),
    params(("provider" = String, Path, description = "The provider's name")),
    responses((status = 204)))]
pub async fn unlink(
    State(app): State<AppState>,
    user: SignedIn,
    Path(provider): Path<String>,
) -> Result<StatusCode, Failure> {
    app.accounts.unlink(user.id, &provider).await?;
    Ok(StatusCode::NO_CONTENT)
}
