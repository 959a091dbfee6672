//! `conversations/{id}/commands`: the one door.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::api::commands::{Answer, Queued, QueuedState};
use protocol::api::conversations::CreateGroup;
use protocol::command::payload_hash;
use protocol::problem::Fault;
use protocol::{ClientId, Code, Command, CommandKind, ConversationId, FieldError, Problem, UserId};
use serde_json::value::RawValue;

use super::caller::Sender;
use super::extract::{After, InPath, JsonBytes, parse};
use super::problem::Failure;
use super::{rates, request};
use crate::app_state::AppState;
use crate::chat::{Outcome, Submitted, Unavailable, Wait};

/// Sends commands to a conversation, in order: one, or an array of at most 16, of which each gets
/// an answer of its own. With `zspchat-after` they are taken only after that command of the sender was
/// stored or refused: what follows a `202` says so, and is not overtaken by what the broker may lose.
///
/// # Errors
/// `404` never a member, `409 out_of_order`, `409 payload_mismatch`, `410 expired`, `422` refused, `429`, `503` when it
/// is not accepted.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/commands",
    params(("conversation" = String, Path), ("zspchat-after" = Option<String>, Header)),
    request_body = Command,
    responses((status = 201, description = "Committed", body = protocol::Event),
        (status = 202, description = "On the broker's disk", body = Queued),
        (status = 200, description = "To an array: an answer each", body = Vec<Answer>)))]
pub async fn post(
    State(app): State<AppState>,
    user: Sender,
    InPath(conversation): InPath,
    After(after): After,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Failure> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        let posted: Vec<&RawValue> = parse(&bytes)?;
        return array(&app, user.id, conversation, after, &posted).await;
    }
    let posted: &RawValue = parse(&bytes)?;
    let submitted = submitted(&app, conversation, after, posted)?.map_err(Failure::invalid)?;
    let client_id = submitted.command.client_id;
    let outcome = submit(&app, user.id, conversation, vec![submitted], Wait::Moment)
        .await?
        .pop()
        .unwrap_or(Err(Unavailable))?;
    match outcome {
        Outcome::Stored(event) => Ok((
            StatusCode::CREATED,
            [(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )],
            event.json(),
        )
            .into_response()),
        Outcome::StoredExpired(expired) => {
            Ok((StatusCode::CREATED, axum::Json(expired)).into_response())
        }
        Outcome::Queued => {
            let state = QueuedState::Queued;
            let queued = Queued { client_id, state };
            Ok((StatusCode::ACCEPTED, axum::Json(queued)).into_response())
        }
        Outcome::Refused(code) => Err(refusal(&app, user.id, conversation, code).await?),
    }
}

/// Commands of one request that are in order go in together; the others are answered at once.
async fn array(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
    after: Option<ClientId>,
    posted: &[&RawValue],
) -> Result<Response, Failure> {
    let max = app.limits().commands_per_request;
    if posted.is_empty() || posted.len() > max {
        let fault = if posted.is_empty() {
            Fault::Missing
        } else {
            Fault::TooLong { max }
        };
        return Err(Failure::invalid(vec![FieldError::new("commands", fault)]));
    }
    let mut answers = Vec::with_capacity(posted.len());
    let mut places = Vec::with_capacity(posted.len());
    let mut accepted = Vec::with_capacity(posted.len());
    for json in posted {
        match submitted(app, conversation, after, json)? {
            Ok(command) => {
                places.push(answers.len());
                answers.push(answer(command.command.client_id));
                accepted.push(command);
            }
            Err(fields) => {
                let command: Command = parse(json.get().as_bytes())?;
                let refused = Failure::invalid(fields).into_problem();
                answers.push(answer(command.client_id).refused(refused));
            }
        }
    }
    let outcomes = submit(app, user, conversation, accepted, Wait::Moment).await?;
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let open = answers[place].clone();
        answers[place] = match outcome {
            Ok(Outcome::Stored(event)) => Answer {
                event: Some(event.event.clone()),
                ..open
            },
            Ok(Outcome::StoredExpired(expired)) => Answer {
                expired: Some(expired),
                ..open
            },
            Ok(Outcome::Queued) => Answer {
                status: StatusCode::ACCEPTED.as_u16(),
                ..open
            },
            Ok(Outcome::Refused(code)) => {
                let failure = refusal(app, user, conversation, code).await?;
                open.refused(failure.into_problem())
            }
            Err(Unavailable) => open.refused(Failure::unavailable().into_problem()),
        };
    }
    Ok(axum::Json(answers).into_response())
}

/// An answer as it is where all goes well.
fn answer(client_id: ClientId) -> Answer {
    Answer {
        client_id,
        status: StatusCode::CREATED.as_u16(),
        event: None,
        expired: None,
        problem: None,
    }
}

trait Refused {
    fn refused(self, problem: Problem) -> Self;
}

impl Refused for Answer {
    fn refused(self, problem: Problem) -> Self {
        Self {
            status: problem.status,
            problem: Some(problem),
            ..self
        }
    }
}

/// Reads one command from its own bytes, over which its hash goes. The inner error holds the fields
/// at fault of a command that could be read.
fn submitted(
    app: &AppState,
    conversation: ConversationId,
    after: Option<ClientId>,
    json: &RawValue,
) -> Result<Result<Submitted, Vec<FieldError>>, Failure> {
    let bytes = json.get().as_bytes();
    let command: Command = parse(bytes)?;
    Ok(command.checked(app.limits()).map(|command| Submitted {
        command,
        payload_hash: payload_hash(conversation, bytes),
        after,
        accepted_at: app.clock.now(),
        trace: request::trace(),
    }))
}

/// Hands commands to ingest, as many as the user may send.
///
/// # Errors
/// `429`, `503`.
pub async fn submit(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
    commands: Vec<Submitted>,
    wait: Wait,
) -> Result<Vec<Result<Outcome, Unavailable>>, Failure> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let count = u32::try_from(commands.len()).unwrap_or(u32::MAX);
    rates::take(app, &app.rates.commands, "commands", &user, count).await?;
    let ingest = &app.chat.ingest;
    Ok(ingest.submit(user, conversation, commands, wait).await)
}

/// Why a command was refused, without telling those who never belonged to the conversation that it
/// exists.
pub async fn refusal(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
    code: Code,
) -> Result<Failure, Failure> {
    if code == Code::NotAMember && app.store.conversation(user, conversation).await?.is_none() {
        return Ok(Failure::not_found());
    }
    Ok(code.into())
}

/// Submits one command made here, such as a form's.
///
/// # Errors
/// Fields at fault, a refusal, `429`, `503`.
pub async fn submit_one(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
    command: Command,
) -> Result<Outcome, Failure> {
    let command = command.checked(app.limits()).map_err(Failure::invalid)?;
    let json =
        serde_json::to_vec(&command).map_err(|error| Failure::malformed(error.to_string()))?;
    let submitted = Submitted {
        payload_hash: payload_hash(conversation, &json),
        command,
        after: None,
        accepted_at: app.clock.now(),
        trace: request::trace(),
    };
    let outcome = submit(app, user, conversation, vec![submitted], Wait::Moment)
        .await?
        .pop()
        .unwrap_or(Err(Unavailable))?;
    match outcome {
        Outcome::Refused(code) => Err(refusal(app, user, conversation, code).await?),
        outcome => Ok(outcome),
    }
}

/// Makes a group. Its id, which the client made once, is the command's idempotency key too.
///
/// # Errors
/// Fields at fault, `409` an id used for another group, a refusal, `429`, `503`.
pub async fn create_group(
    app: &AppState,
    user: UserId,
    conversation: ConversationId,
    group: CreateGroup,
) -> Result<(), Failure> {
    let mut group = group.checked(app.limits()).map_err(Failure::invalid)?;
    group.members.push(user);
    group.members.sort_unstable();
    group.members.dedup();
    let json = serde_json::to_vec(&group).map_err(|error| Failure::malformed(error.to_string()))?;
    let create = Submitted {
        payload_hash: payload_hash(conversation, &json),
        command: Command {
            client_id: ClientId(conversation.0),
            kind: CommandKind::Create {
                name: Some(group.name).filter(|name| !name.is_empty()),
                members: group.members,
            },
        },
        after: None,
        accepted_at: app.clock.now(),
        trace: request::trace(),
    };
    let outcome = submit(app, user, conversation, vec![create], Wait::Outcome)
        .await?
        .pop()
        .unwrap_or(Err(Unavailable))?;
    match outcome {
        Outcome::Refused(code) => Err(code.into()),
        Outcome::Queued => Err(Failure::queued()),
        Outcome::Stored(_) | Outcome::StoredExpired(_) => Ok(()),
    }
}
