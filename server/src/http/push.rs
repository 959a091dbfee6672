//! `me/push`: how those who are away are told. Programs are not told, and change nothing here.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use protocol::Code;
use protocol::api::push::{Push, PushSettings, PushSubscription, Subscribe};

use super::extract::{Json, Path};
use super::pages::display;
use super::problem::Failure;
use super::signed_in::SignedIn;
use crate::app_state::AppState;
use crate::push::{PushError, Subscriber};

/// The server's key for push services, how one wants to be told, and which browsers are.
#[utoipa::path(get, path = "/api/v1/me/push", security(("session" = [])),
    responses((status = 200, body = Push)))]
pub async fn get(State(app): State<AppState>, user: SignedIn) -> Result<Answer<Push>, Failure> {
    Ok(Answer(app.push.shown(user.id, user.session.key).await?))
}

/// Changes how one wants to be told, on all one's browsers.
///
/// # Errors
/// `422` for times or a time zone that do not exist.
#[utoipa::path(put, path = "/api/v1/me/push/settings", security(("session" = [])),
    request_body = PushSettings, responses((status = 204)))]
pub async fn change(
    State(app): State<AppState>,
    user: SignedIn,
    Json(settings): Json<PushSettings>,
) -> Result<StatusCode, Failure> {
    app.push.set(user.id, settings).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has this browser told while it is away, until its session ends. `200` where it was before; whoever
/// it was told about then, it is this user's from now on.
///
/// # Errors
/// `422` for an address of a push service that this server does not speak to, for keys that are none,
/// and for more than 20 browsers; `404` where Web Push is not set up here.
#[utoipa::path(post, path = "/api/v1/me/push/subscriptions", security(("session" = [])),
    request_body = Subscribe,
    responses((status = 201, body = PushSubscription), (status = 200, body = PushSubscription)))]
pub async fn subscribe(
    State(app): State<AppState>,
    user: SignedIn,
    headers: HeaderMap,
    Json(asked): Json<Subscribe>,
) -> Result<(StatusCode, Answer<PushSubscription>), Failure> {
    let subscriber = Subscriber {
        user: user.id,
        session: user.session.key,
        language: display::of(&headers, app.clock.now()).language.tag(),
    };
    let (kept, is_new) = app.push.subscribe(subscriber, asked).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Answer(kept)))
}

/// Has a browser told no more.
///
/// # Errors
/// `404` without such a subscription.
#[utoipa::path(delete, path = "/api/v1/me/push/subscriptions/{subscription}",
    security(("session" = [])),
    params(("subscription" = String, Path, description = "The subscription's id")),
    responses((status = 204)))]
pub async fn unsubscribe(
    State(app): State<AppState>,
    user: SignedIn,
    Path(subscription): Path<String>,
) -> Result<StatusCode, Failure> {
    app.push.unsubscribe(user.id, &subscription).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Invalid(fields) => Self::invalid(fields),
            PushError::NotFound => Self::not_found(),
            PushError::NotSetUp => Self::new(
                Code::NotFound,
                "Web Push is not set up on this server: whoever runs it has to make keys first.",
            ),
            PushError::Store(error) => error.into(),
        }
    }
}
