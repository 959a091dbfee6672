//! Pages, rendered complete by the server; script then makes the same view live.

mod boot;
pub mod display;
mod fields;
mod form;
pub mod forms;
pub mod letting_in;
pub mod log_ins;
mod named;
mod next;
pub mod notifications;
pub mod qr;
mod render;
pub mod security;
pub mod setup;
mod visitor;

use std::borrow::Cow;

use app::StillPage;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::api::pages::RefusedForm;
use protocol::{ConversationId, Seq, UserId};
use serde::Deserialize;

use super::extract::Query;
use super::problem::Failure;
use crate::app_state::AppState;
use boot::Shown;
use log_ins::Refused;
use named::Named;
use render::PageFailure;
use visitor::Visitor;

type Page = Result<Response, PageFailure>;

/// `GET /`.
pub async fn start(State(app): State<AppState>, visitor: Visitor) -> Page {
    let page = if visitor.user.is_some() {
        "/chats"
    } else if app.accounts.is_deserted().await.map_err(Failure::from)? {
        "/setup"
    } else {
        "/login"
    };
    Ok(Redirect::to(page).into_response())
}

/// `GET /login`.
pub async fn log_in(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(refused): Query<Refused>,
    at: Uri,
) -> Page {
    match refused.form("/login") {
        Some(refused) if visitor.user.is_none() => {
            Ok(still_door(&app, &visitor, StillPage::LogIn, Some(refused)).await?)
        }
        _ => at_the_door(&app, &visitor, &at).await,
    }
}

/// `GET /register`.
pub async fn register(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    at_the_door(&app, &visitor, &at).await
}

/// `GET /chats`.
pub async fn chats(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// `GET /chats/new`.
pub async fn new_group(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// `GET /chats/{conversation}?before=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Older {
    before: Option<Seq>,
}

/// `GET /chats/{conversation}`.
pub async fn chat(
    State(app): State<AppState>,
    visitor: Visitor,
    Named(conversation): Named<ConversationId>,
    Query(Older { before }): Query<Older>,
    at: Uri,
) -> Page {
    inside(&app, &visitor, Shown::Chat(conversation, before), &at).await
}

/// `GET /chats/{conversation}/details`.
pub async fn details(
    State(app): State<AppState>,
    visitor: Visitor,
    Named(conversation): Named<ConversationId>,
    at: Uri,
) -> Page {
    inside(&app, &visitor, Shown::Chat(conversation, None), &at).await
}

/// `GET /contacts`.
pub async fn contacts(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// `GET /contacts/add?find=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Find {
    find: String,
}

/// `GET /contacts/add`.
pub async fn add_contact(
    State(app): State<AppState>,
    visitor: Visitor,
    Query(Find { find }): Query<Find>,
    at: Uri,
) -> Page {
    inside(&app, &visitor, Shown::Find(find), &at).await
}

/// `GET /contacts/requests`.
pub async fn requests(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// `GET /contacts/groups`.
pub async fn groups(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// `GET /contacts/{user}`.
pub async fn card(
    State(app): State<AppState>,
    visitor: Visitor,
    Named(user): Named<UserId>,
    at: Uri,
) -> Page {
    inside(&app, &visitor, Shown::Card(user), &at).await
}

/// `GET /settings`.
pub async fn settings(State(app): State<AppState>, visitor: Visitor, at: Uri) -> Page {
    inside(&app, &visitor, Shown::Lists, &at).await
}

/// The shell that a service worker keeps for when there is no network: without data, and the same
/// for everybody.
pub async fn offline(State(app): State<AppState>) -> Page {
    render::kept(&app).await
}

/// Any other address: a page that says so.
pub async fn nothing_here(app: &AppState, headers: &HeaderMap, at: &Uri) -> Response {
    let rendered = async {
        let visitor = Visitor::find(app, headers).await?;
        page(app, &visitor, Shown::Lists, at, None).await
    };
    match rendered.await {
        Ok((_, page)) => (StatusCode::NOT_FOUND, page).into_response(),
        Err(failure) => PageFailure::from(failure).into_response(),
    }
}

/// That nothing can be shown now, with `503`.
pub fn unavailable() -> Response {
    PageFailure::from(Failure::unavailable()).into_response()
}

/// The page that a form stands on, by the address the form is posted to.
pub fn page_of(action: &str) -> Cow<'_, str> {
    if let Some(conversation) = action.strip_suffix("/leave") {
        return format!("{conversation}/details").into();
    }
    match action {
        "/logout" => "/settings",
        "/login/code" => "/login",
        _ if action.starts_with("/contacts/requests/") => "/contacts/requests",
        _ if action.starts_with("/settings/") => "/settings",
        _ if action.starts_with("/security/") => "/security",
        _ if action.starts_with("/notifications/") => "/notifications",
        _ => action.strip_suffix("/send").unwrap_or(action),
    }
    .into()
}

/// A page for those who are not logged in; the others are led on.
async fn at_the_door(app: &AppState, visitor: &Visitor, at: &Uri) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let (_, page) = page(app, visitor, Shown::Nothing, at, None).await?;
    Ok(page)
}

/// A page without script for those who are not logged in.
async fn still_door(
    app: &AppState,
    visitor: &Visitor,
    shown: StillPage,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let (_, mut boot) = boot::boot(app, visitor, &Shown::Nothing).await?;
    boot.form = refused;
    let mut page = render::still(app, boot, shown);
    visitor.keep_form(app, page.headers_mut());
    Ok(page)
}

/// A page for those who are logged in; the others are led to the log-in.
async fn inside(app: &AppState, visitor: &Visitor, shown: Shown, at: &Uri) -> Page {
    if visitor.user.is_none() {
        return Ok(Redirect::to("/login").into_response());
    }
    let (found, page) = page(app, visitor, shown, at, None).await?;
    Ok(if found {
        page
    } else {
        (StatusCode::NOT_FOUND, page).into_response()
    })
}

/// Renders a page, and tells whether what it shows exists.
async fn page(
    app: &AppState,
    visitor: &Visitor,
    shown: Shown,
    at: &Uri,
    refused: Option<RefusedForm>,
) -> Result<(bool, Response), Failure> {
    let (found, mut boot) = boot::boot(app, visitor, &shown).await?;
    boot.form = refused;
    let path = at.path_and_query().map_or("/", |path| path.as_str());
    let mut page = render::live(app, boot, path).await?;
    visitor.keep_form(app, page.headers_mut());
    Ok((found, page))
}
