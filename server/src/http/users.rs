//! `users`: found exactly, or looked up in bulk.

use axum::Json as Answer;
use axum::extract::State;
use protocol::api::accounts::{FindUser, Lookup, User, Users};
use protocol::problem::Fault;
use protocol::{Code, FieldError};

use super::caller::Reader;
use super::extract::{Json, Query, UserInPath};
use super::problem::Failure;
use crate::app_state::AppState;
use crate::store::UserKey;

/// How many profiles one look-up takes.
const LOOKED_UP: usize = 500;

/// Finds somebody by their exact handle or number.
///
/// # Errors
/// `404` for nobody, `400` where neither or both are given.
#[utoipa::path(get, path = "/api/v1/users", params(FindUser), responses((status = 200, body = User)))]
pub async fn find(
    State(app): State<AppState>,
    _: Reader,
    Query(find): Query<FindUser>,
) -> Result<Answer<User>, Failure> {
    let key = match (&find.handle, find.number) {
        (Some(handle), None) => UserKey::Handle(handle),
        (None, Some(number)) => UserKey::Number(number),
        _ => return Err(Failure::malformed("Give either a handle or a number.")),
    };
    let found = app.store.find_user(key).await?;
    found.map(Answer).ok_or_else(nobody)
}

/// Somebody's profile, by their id or number.
///
/// # Errors
/// `404` for nobody.
#[utoipa::path(get, path = "/api/v1/users/{user}", params(("user" = String, Path)),
    responses((status = 200, body = User)))]
pub async fn get(
    State(app): State<AppState>,
    _: Reader,
    UserInPath(user): UserInPath,
) -> Result<Answer<User>, Failure> {
    let found = app.store.find_user(UserKey::Id(user)).await?;
    found.map(Answer).ok_or_else(nobody)
}

/// Profiles that changed since, of people one has to do with.
#[utoipa::path(post, path = "/api/v1/users/lookup", request_body = Lookup,
    responses((status = 200, body = Users)))]
pub async fn lookup(
    State(app): State<AppState>,
    user: Reader,
    Json(lookup): Json<Lookup>,
) -> Result<Answer<Users>, Failure> {
    if lookup.users.len() > LOOKED_UP {
        let fault = Fault::TooLong { max: LOOKED_UP };
        return Err(Failure::invalid(vec![FieldError::new("users", fault)]));
    }
    let users = app.store.lookup(user.id, &lookup.users).await?;
    Ok(Answer(Users { users }))
}

fn nobody() -> Failure {
    Failure::new(Code::NotFound, "Nobody goes by exactly that.")
}
