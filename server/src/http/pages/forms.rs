//! Forms that work without script. Each becomes the request that the API takes and calls the same
//! function: `303` when it is done, else the page again, with why not and what was typed.

use app::{EnterCode, StillPage};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use protocol::api::accounts::{ChangeMe, LogIn, Register};
use protocol::api::contacts::AskContact;
use protocol::api::conversations::CreateGroup;
use protocol::api::pages::RefusedForm;
use protocol::problem::Fault;
use protocol::{
    ClientId, Code, Command, CommandKind, Content, ConversationId, FieldError, RequestId,
};

use super::boot::Shown;
use super::display;
use super::form::Form;
use super::visitor::Visitor;
use super::{Page, next, page, page_of, still_door};
use crate::accounts::{AccountError, Token, own_path};
use crate::app_state::AppState;
use crate::http::extract::Path;
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};
use crate::http::signed_in::Cookies;
use crate::http::{accounts, commands};

/// How long a choice of language or theme is kept, in seconds.
pub(super) const YEAR: i64 = 365 * 24 * 60 * 60;

/// `POST /login`.
pub async fn log_in(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let done = async {
        form.must_be_from(&visitor)?;
        let log_in = LogIn {
            handle: form.get("handle").to_owned(),
            password: form.get("password").to_owned(),
            shared: !form.get("shared").is_empty(),
            code: String::new(),
        };
        let shared = log_in.shared;
        let origin = request::origin(&app, peer.0, &headers);
        match app.accounts.log_in(log_in, &origin).await {
            Ok((_, token)) => Ok(logged_in(&app, &headers, &token, shared, None)),
            Err(AccountError::SecondFactor(user)) => {
                let page = EnterCode {
                    proof: app.accounts.prove_password(user),
                    shared,
                    next: String::new(),
                };
                enter_code(&app, &visitor, page, None).await
            }
            Err(error) => Err(error.into()),
        }
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Nothing, done).await
}

/// `POST /login/code`: fields `proof`, `code`, `shared`, `next`.
pub async fn log_in_by_code(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let page = EnterCode {
        proof: form.get("proof").to_owned(),
        shared: !form.get("shared").is_empty(),
        next: own_path(form.get("next")).unwrap_or_default().to_owned(),
    };
    let done = async {
        form.must_be_from(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let token = app
            .accounts
            .log_in_by_code(&page.proof, form.get("code"), page.shared, &origin)
            .await?;
        let next = Some(&*page.next).filter(|next| !next.is_empty());
        Ok(logged_in(&app, &headers, &token, page.shared, next))
    };
    match done.await {
        Ok(done) => Ok(done),
        Err(failure) => {
            refused(&form, failure, async |refused| {
                enter_code(&app, &visitor, page.clone(), Some(refused)).await
            })
            .await
        }
    }
}

/// Gives the browser its session, and leads on: to a path, or to what was asked for before.
pub(super) fn logged_in(
    app: &AppState,
    headers: &HeaderMap,
    token: &Token,
    shared: bool,
    next: Option<&str>,
) -> Response {
    let session = accounts::begun(app, token, shared);
    let on = Redirect::to(next.unwrap_or_else(|| next::kept(app, headers)));
    (session, next::forget(app), on).into_response()
}

async fn enter_code(
    app: &AppState,
    visitor: &Visitor,
    page: EnterCode,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    still_door(app, visitor, StillPage::EnterCode(page), refused).await
}

/// The account that a form describes: fields `handle`, `name`, `password`.
pub(super) fn new_account(form: &Form) -> Register {
    Register {
        handle: form.get("handle").to_owned(),
        name: form.get("name").to_owned(),
        password: form.get("password").to_owned(),
    }
}

/// `POST /register`.
pub async fn register(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let done = async {
        form.must_be_from(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let (_, token) = app.accounts.register(new_account(&form), &origin).await?;
        Ok(logged_in(&app, &headers, &token, false, None))
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Nothing, done).await
}

/// `POST /logout`.
pub async fn log_out(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.log_out(&user.session).await?;
        Ok((accounts::ended(&app), Redirect::to("/login")).into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// `POST /chats/new`: fields `name` and, once for each, `members`; `client_id` becomes the group's.
pub async fn create_group(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let conversation: ConversationId = form.parsed("client_id")?;
        let members: Result<Vec<_>, _> = form.all("members").map(str::parse).collect();
        let members = members.map_err(|_| invalid("members"))?;
        let name = form.get("name").to_owned();
        let group = CreateGroup { name, members };
        commands::create_group(&app, user.id, conversation, group).await?;
        Ok(to_chat(conversation))
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// `POST /chats/{conversation}/send`: fields `text`, `reply_to`.
pub async fn send(
    State(app): State<AppState>,
    visitor: Visitor,
    Path(conversation): Path<ConversationId>,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let client_id: ClientId = form.parsed("client_id")?;
        let reply_to = match form.get("reply_to") {
            "" => None,
            _ => Some(form.parsed("reply_to")?),
        };
        let kind = CommandKind::Send {
            content: Content::Text {
                text: form.get("text").to_owned(),
            },
            reply_to,
            mentions: Vec::new(),
            mention_all: false,
        };
        let command = Command { client_id, kind };
        commands::submit_one(&app, user.id, conversation, command).await?;
        Ok(to_chat(conversation))
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Chat(conversation, None), done).await
}

/// `POST /chats/{conversation}/leave`.
pub async fn leave(
    State(app): State<AppState>,
    visitor: Visitor,
    Path(conversation): Path<ConversationId>,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let command = Command {
            client_id: form.parsed("client_id")?,
            kind: CommandKind::Leave,
        };
        commands::submit_one(&app, user.id, conversation, command).await?;
        Ok(Redirect::to("/chats").into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Chat(conversation, None), done).await
}

/// `POST /contacts/add`: fields `user`, whose form it is, and `contact`, who is asked, and `note`.
pub async fn ask(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let ask = AskContact {
            user: form.parsed("contact")?,
            note: form.get("note").to_owned(),
        };
        app.accounts.ask(user.id, ask).await?;
        Ok(Redirect::to("/contacts/requests").into_response())
    };
    let done = done.await;
    let shown = Shown::Find(form.get("find").to_owned());
    answer(&app, &visitor, &form, shown, done).await
}

/// `POST /contacts/requests/{request}/accept`.
pub async fn accept(
    State(app): State<AppState>,
    visitor: Visitor,
    Path(request): Path<RequestId>,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.accept(user.id, request).await?;
        Ok(Redirect::to("/contacts/requests").into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// `POST /contacts/requests/{request}/decline`.
pub async fn decline(
    State(app): State<AppState>,
    visitor: Visitor,
    Path(request): Path<RequestId>,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.decline(user.id, request).await?;
        Ok(Redirect::to("/contacts/requests").into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// `POST /settings/profile`: fields `name`, `signature`.
pub async fn change_profile(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let change = ChangeMe {
            name: Some(form.get("name").to_owned()),
            signature: Some(form.get("signature").to_owned()),
            invisible: None,
        };
        app.accounts.change(user.id, change).await?;
        Ok(Redirect::to("/settings").into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// `POST /settings/display`: fields `language`, `theme`, for those who are not logged in too.
pub async fn change_display(State(app): State<AppState>, visitor: Visitor, form: Form) -> Page {
    let done = async {
        form.must_be_from(&visitor)?;
        let language = display::language(form.get("language")).ok_or(invalid("language"))?;
        let theme = display::theme(form.get("theme")).ok_or(invalid("theme"))?;
        let set = |name, value| {
            let cookie: HeaderValue = Cookies::of(&app).open(name, value, Some(YEAR));
            (header::SET_COOKIE, cookie)
        };
        let cookies = AppendHeaders([
            set(display::LANGUAGE, language.tag()),
            set(display::THEME, theme.name()),
        ]);
        let back = if visitor.user.is_some() {
            "/settings"
        } else {
            "/login"
        };
        Ok((cookies, Redirect::to(back)).into_response())
    };
    let done = done.await;
    answer(&app, &visitor, &form, Shown::Lists, done).await
}

/// Leads on, or shows the page again.
async fn answer(
    app: &AppState,
    visitor: &Visitor,
    form: &Form,
    shown: Shown,
    done: Result<Response, Failure>,
) -> Page {
    let failure = match done {
        Ok(response) => return Ok(response),
        Err(failure) => failure,
    };
    refused(form, failure, async |refused| {
        let at: Uri = page_of(&form.action)
            .parse()
            .map_err(|_| Failure::not_found())?;
        let (_, again) = page(app, visitor, shown, &at, Some(refused)).await?;
        Ok(again)
    })
    .await
}

/// Shows the page of a form that was refused, with why and what was typed.
pub async fn refused(
    form: &Form,
    failure: Failure,
    again: impl AsyncFnOnce(RefusedForm) -> Result<Response, Failure>,
) -> Page {
    let code = failure.code();
    if code == Code::Unauthenticated {
        return Ok(Redirect::to("/login").into_response());
    }
    let retry_after = failure.retry_after();
    let problem = failure.into_problem();
    let status = match code {
        // A page has nothing to answer 401 with.
        Code::WrongCredentials => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
    };
    let mut again = again(form.refused(code, problem.fields)).await?;
    *again.status_mut() = status;
    if let Some(seconds) = retry_after {
        let headers = again.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(again)
}

/// The same for what was asked for by an address, as if by a form that is posted to `action`.
pub async fn refused_at(
    action: &str,
    failure: Failure,
    again: impl AsyncFnOnce(RefusedForm) -> Result<Response, Failure>,
) -> Page {
    let problem = failure.into_problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let refused = RefusedForm {
        action: action.to_owned(),
        code: Some(problem.code),
        ..RefusedForm::default()
    };
    Ok((status, again(refused).await?).into_response())
}

fn to_chat(conversation: ConversationId) -> Response {
    Redirect::to(&format!("/chats/{conversation}")).into_response()
}

fn invalid(field: &str) -> Failure {
    Failure::invalid(vec![FieldError::new(field, Fault::Malformed)])
}
