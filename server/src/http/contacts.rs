//! `contacts`, `contact_requests`.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use protocol::RequestId;
use protocol::api::contacts::{
    AskContact, ChangeContact, Contact, ContactRequest, ContactRequests, Contacts,
};

use super::caller::{Reader, Writer};
use super::extract::{Json, Path, UserInPath};
use super::problem::Failure;
use super::tagged::tagged;
use crate::app_state::AppState;

/// Whom one knows.
#[utoipa::path(get, path = "/api/v1/contacts",
    responses((status = 200, body = Contacts), (status = 304)))]
pub async fn list(
    State(app): State<AppState>,
    user: Reader,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let contacts = app.store.contacts(user.id).await?;
    tagged(&headers, &Contacts { contacts })
}

/// Gives a contact a remark or a star, or blocks them.
///
/// # Errors
/// `404` not a contact, `422`.
#[utoipa::path(patch, path = "/api/v1/contacts/{user}", params(("user" = String, Path)),
    request_body = ChangeContact, responses((status = 200, body = Contact)))]
pub async fn change(
    State(app): State<AppState>,
    user: Writer,
    UserInPath(peer): UserInPath,
    Json(change): Json<ChangeContact>,
) -> Result<Answer<Contact>, Failure> {
    let contact = app.accounts.change_contact(user.id, peer, change).await?;
    Ok(Answer(contact))
}

/// Takes somebody out of one's own list; they keep theirs.
#[utoipa::path(delete, path = "/api/v1/contacts/{user}", params(("user" = String, Path)),
    responses((status = 204)))]
pub async fn remove(
    State(app): State<AppState>,
    user: Writer,
    UserInPath(peer): UserInPath,
) -> Result<StatusCode, Failure> {
    app.accounts.remove_contact(user.id, peer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Requests one sent and got.
#[utoipa::path(get, path = "/api/v1/contact_requests",
    responses((status = 200, body = ContactRequests), (status = 304)))]
pub async fn requests(
    State(app): State<AppState>,
    user: Reader,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let requests = app.accounts.requests(user.id).await?;
    tagged(&headers, &ContactRequests { requests })
}

/// Asks somebody to become a contact.
///
/// # Errors
/// `404` for nobody, `409` a contact already, `422`.
#[utoipa::path(post, path = "/api/v1/contact_requests", request_body = AskContact,
    responses((status = 201, body = ContactRequest)))]
pub async fn ask(
    State(app): State<AppState>,
    user: Writer,
    Json(ask): Json<AskContact>,
) -> Result<(StatusCode, Answer<ContactRequest>), Failure> {
    let request = app.accounts.ask(user.id, ask).await?;
    Ok((StatusCode::CREATED, Answer(request)))
}

/// Accepts a request: both are contacts, with a conversation.
///
/// # Errors
/// `404` no such request to the caller.
#[utoipa::path(post, path = "/api/v1/contact_requests/{request}/accept",
    params(("request" = RequestId, Path)), responses((status = 200, body = ContactRequest)))]
pub async fn accept(
    State(app): State<AppState>,
    user: Writer,
    Path(request): Path<RequestId>,
) -> Result<Answer<ContactRequest>, Failure> {
    Ok(Answer(app.accounts.accept(user.id, request).await?))
}

/// Turns a request down, without telling its sender.
///
/// # Errors
/// `404` no such request to the caller, `409` it was accepted.
#[utoipa::path(post, path = "/api/v1/contact_requests/{request}/decline",
    params(("request" = RequestId, Path)), responses((status = 204)))]
pub async fn decline(
    State(app): State<AppState>,
    user: Writer,
    Path(request): Path<RequestId>,
) -> Result<StatusCode, Failure> {
    app.accounts.decline(user.id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
