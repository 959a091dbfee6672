//! `conversations`: the list, details, members, and one's own side of each.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use protocol::api::conversations::{
    ChangePreferences, Conversation, Conversations, CreateGroup, Members, Mine, ReadTo,
};
use protocol::ids::ConversationKind;
use protocol::problem::Fault;
use protocol::{ConversationId, FieldError, UserId};

use super::caller::{Reader, Writer};
use super::commands;
use super::extract::{InPath, Json, UserInPath};
use super::problem::Failure;
use super::tagged::tagged;
use crate::app_state::AppState;
use crate::chat::Wait;
use crate::store::UserKey;

/// All conversations, the last active first.
#[utoipa::path(get, path = "/api/v1/conversations",
    responses((status = 200, body = Conversations), (status = 304)))]
pub async fn list(
    State(app): State<AppState>,
    user: Reader,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    tagged(&headers, &app.store.conversations(user.id).await?)
}

/// One conversation.
///
/// # Errors
/// `404` never a member.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}",
    params(("conversation" = String, Path)), responses((status = 200, body = Conversation)))]
pub async fn get(
    State(app): State<AppState>,
    user: Reader,
    InPath(conversation): InPath,
) -> Result<Answer<Conversation>, Failure> {
    Ok(Answer(one(&app, user.id, conversation).await?))
}

/// Makes a group under an id that the client made; repeatable with the same body.
///
/// # Errors
/// `409` the id is taken, `422` an id that is no `UUIDv7`, or members who are not contacts.
#[utoipa::path(put, path = "/api/v1/conversations/{conversation}",
    params(("conversation" = ConversationId, Path)), request_body = CreateGroup,
    responses((status = 201, body = Conversation)))]
pub async fn create_group(
    State(app): State<AppState>,
    user: Writer,
    InPath(conversation): InPath,
    Json(group): Json<CreateGroup>,
) -> Result<(StatusCode, Answer<Conversation>), Failure> {
    if conversation.kind() != Some(ConversationKind::Group) {
        let field = FieldError::new("conversation", Fault::Malformed);
        return Err(Failure::invalid(vec![field]));
    }
    commands::create_group(&app, user.id, conversation, group).await?;
    let made = one(&app, user.id, conversation).await?;
    Ok((StatusCode::CREATED, Answer(made)))
}

/// Opens the direct conversation with somebody, or with oneself; repeatable.
///
/// # Errors
/// `404` nobody of that id, `422 not_a_contact`.
#[utoipa::path(put, path = "/api/v1/conversations/direct/{user}", params(("user" = String, Path)),
    responses((status = 200, body = Conversation)))]
pub async fn open_direct(
    State(app): State<AppState>,
    user: Writer,
    UserInPath(peer): UserInPath,
) -> Result<Answer<Conversation>, Failure> {
    if app.store.find_user(UserKey::Id(peer)).await?.is_none() {
        return Err(Failure::not_found());
    }
    let open = app.accounts.open_direct(user.id, peer, Wait::Outcome);
    open.await?;
    let conversation = ConversationId::direct(user.id, peer);
    Ok(Answer(one(&app, user.id, conversation).await?))
}

/// Who is in a conversation.
///
/// # Errors
/// `404` not a member.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/members",
    params(("conversation" = String, Path)), responses((status = 200, body = Members)))]
pub async fn members(
    State(app): State<AppState>,
    user: Reader,
    InPath(conversation): InPath,
) -> Result<Answer<Members>, Failure> {
    let members = app.store.members(user.id, conversation).await?;
    members.map(Answer).ok_or_else(Failure::not_found)
}

/// Moves one's own read position; it never moves back.
///
/// # Errors
/// `404` never a member.
#[utoipa::path(put, path = "/api/v1/conversations/{conversation}/read",
    params(("conversation" = String, Path)), request_body = ReadTo,
    responses((status = 200, body = Mine)))]
pub async fn read(
    State(app): State<AppState>,
    user: Writer,
    InPath(conversation): InPath,
    Json(to): Json<ReadTo>,
) -> Result<Answer<Mine>, Failure> {
    let mine = app
        .chat
        .reads
        .read_to(user.id, conversation, to.seq)
        .await?;
    Ok(Answer(mine))
}

/// Changes how one sees a conversation.
///
/// # Errors
/// `404` never a member.
#[utoipa::path(put, path = "/api/v1/conversations/{conversation}/preferences",
    params(("conversation" = String, Path)), request_body = ChangePreferences,
    responses((status = 200, body = Mine)))]
pub async fn change_preferences(
    State(app): State<AppState>,
    user: Writer,
    InPath(conversation): InPath,
    Json(change): Json<ChangePreferences>,
) -> Result<Answer<Mine>, Failure> {
    let mine = app.chat.reads.change(user.id, conversation, change).await?;
    Ok(Answer(mine))
}

/// Tells the others that one is writing; counts at most once in 3 s.
///
/// # Errors
/// `404` not a member.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/typing",
    params(("conversation" = String, Path)), responses((status = 204)))]
pub async fn typing(
    State(app): State<AppState>,
    user: Writer,
    InPath(conversation): InPath,
) -> Result<StatusCode, Failure> {
    app.chat.reads.typing(user.id, conversation).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn one(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
) -> Result<Conversation, Failure> {
    let found = app.store.conversation(user, conversation).await?;
    found.ok_or_else(Failure::not_found)
}
