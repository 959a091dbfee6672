//! To a provider and back, and the ways in that somebody has.

use std::borrow::Cow;

use app::{EnterCode, StillPage};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use protocol::api::identities::{Join, Newcomer};
use protocol::api::pages::RefusedForm;
use protocol::{Code, UserId};
use serde::Deserialize;

use super::form::Form;
use super::named::Named;
use super::visitor::Visitor;
use super::{Page, forms, next, nothing_here, render, still_door};
use crate::accounts::{Begun, CameBack, Finished, Token};
use crate::app_state::AppState;
use crate::http::cookie;
use crate::http::extract::{Path, Query};
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};
use crate::http::signed_in::Cookies;
use crate::store::AfterLogIn;

/// How long the browser's secret is kept, in seconds: as long as a log-in may take.
const SECRET_SECONDS: i64 = 10 * 60;

/// Where accounts are linked and unlinked.
const IDENTITIES: &str = "/security";

/// `GET /login/{provider}?next=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

/// `?refused=`, on the page that a log-in which came to nothing leads back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refused {
    refused: String,
}

impl Refused {
    /// As if the form there had been refused; nothing for a code that does not exist.
    pub fn form(&self, action: &str) -> Option<RefusedForm> {
        let code = Code::from_name(&self.refused);
        (code != Code::Unknown).then(|| RefusedForm {
            action: action.to_owned(),
            code: Some(code),
            ..RefusedForm::default()
        })
    }
}

/// `GET /login/{provider}`: to its pages.
pub async fn start(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    Named(provider): Named<String>,
    Query(Next { next }): Query<Next>,
    at: Uri,
) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let next = if next.is_empty() {
        next::kept(&app, &headers)
    } else {
        next.as_str()
    };
    let begun = begin(&app, peer, &headers, &provider, None, next, false).await;
    Ok(match begun {
        Ok((secret, address)) => (secret, Redirect::to(&address)).into_response(),
        Err(failure) if failure.code() == Code::NotFound => nothing_here(&app, &headers, &at).await,
        Err(failure) => back(&visitor, failure.code()),
    })
}

/// `POST /login/{provider}`, field `shared`: to its pages, for whoever is not logged in; else to link an
/// account.
pub async fn start_or_link(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    Path(provider): Path<String>,
    form: Form,
) -> Page {
    let begun = async {
        let (links_to, next) = if visitor.user.is_some() {
            (Some(form.signed_in(&visitor)?.id), IDENTITIES)
        } else {
            form.must_be_from(&visitor)?;
            (None, next::kept(&app, &headers))
        };
        let shared = !form.get("shared").is_empty();
        begin(&app, peer, &headers, &provider, links_to, next, shared).await
    };
    Ok(match begun.await {
        Ok((secret, address)) => {
            let label = app.accounts.label_of(&provider);
            let page = render::leading_on(visitor.display.language, &label, &address);
            (secret, page).into_response()
        }
        Err(failure) => back(&visitor, failure.code()),
    })
}

/// `GET /login/{provider}/callback`: back from there.
pub async fn come_back(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    Named(provider): Named<String>,
    at: Uri,
) -> Page {
    let query = at.query().unwrap_or_default();
    let given = |name: &str| -> Option<Cow<'_, str>> {
        form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| {
            let found = key == name;
            found.then_some(value)
        })
    };
    let (state, code, error, iss) = (given("state"), given("code"), given("error"), given("iss"));
    let browser = secret_of(&app, &headers);
    let finished = async {
        let came = CameBack {
            provider: &provider,
            browser: browser.as_ref(),
            redirect_uri: &redirect_uri(&app, &headers, &provider)?,
            user: visitor.user.as_ref().map(|user| user.id),
            state: state.as_deref().unwrap_or_default(),
            code: code.as_deref(),
            error: error.as_deref(),
            iss: iss.as_deref(),
        };
        let origin = request::origin(&app, peer.0, &headers);
        Ok::<_, Failure>(app.accounts.finish_log_in(came, &origin).await?)
    };
    Ok(match finished.await {
        Ok(Finished::LoggedIn(token, after)) => begun(&app, &token, &after),
        Ok(Finished::CodeWanted(user, after)) => {
            let page = StillPage::EnterCode(EnterCode {
                proof: app.accounts.prove_password(user),
                shared: after.shared,
                next: after.next_path,
            });
            still_door(&app, &visitor, page, None).await?
        }
        Ok(Finished::Newcomer(secret)) => {
            (keep(&app, &secret), Redirect::to("/register/identity")).into_response()
        }
        Ok(Finished::Linked) => Redirect::to("/security?done=linked").into_response(),
        Err(failure) if failure.code() == Code::NotFound => nothing_here(&app, &headers, &at).await,
        Err(failure) => back(&visitor, failure.code()),
    })
}

/// `GET /register/identity`: where a newcomer chooses a handle.
pub async fn newcomer(State(app): State<AppState>, visitor: Visitor, headers: HeaderMap) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let Some((_, newcomer)) = newcomer_in(&app, &headers).await? else {
        return Ok(back(&visitor, Code::LogInExpired));
    };
    let page = StillPage::Newcomer(newcomer);
    Ok(still_door(&app, &visitor, page, None).await?)
}

/// `POST /register/identity`: fields `handle`, `name`.
pub async fn join(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let Some((secret, newcomer)) = newcomer_in(&app, &headers).await? else {
        return Ok(back(&visitor, Code::LogInExpired));
    };
    let done = async {
        form.must_be_from(&visitor)?;
        let join = Join {
            handle: form.get("handle").to_owned(),
            name: form.get("name").to_owned(),
        };
        let origin = request::origin(&app, peer.0, &headers);
        let (_, token, after) = app.accounts.join(&secret, join, &origin).await?;
        Ok(begun(&app, &token, &after))
    };
    match done.await {
        Ok(response) => Ok(response),
        Err(failure) => {
            forms::refused(&form, failure, async |refused| {
                let page = StillPage::Newcomer(newcomer);
                still_door(&app, &visitor, page, Some(refused)).await
            })
            .await
        }
    }
}

/// `POST /security/identities/{provider}/unlink`.
pub async fn unlink(
    State(app): State<AppState>,
    visitor: Visitor,
    Path(provider): Path<String>,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        app.accounts.unlink(user.id, &provider).await?;
        Ok::<_, Failure>(())
    };
    Ok(match done.await {
        Ok(()) => Redirect::to("/security?done=unlinked").into_response(),
        Err(failure) => back(&visitor, failure.code()),
    })
}

type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

async fn begin(
    app: &AppState,
    peer: Connected,
    headers: &HeaderMap,
    provider: &str,
    links_to: Option<UserId>,
    next: &str,
    shared: bool,
) -> Result<(SetCookie, String), Failure> {
    // The same secret serves several tabs.
    let secret = secret_of(app, headers).unwrap_or_else(|| Token::new(&app.random));
    let redirect_uri = redirect_uri(app, headers, provider)?;
    let begun = Begun {
        provider,
        browser: &secret,
        redirect_uri: &redirect_uri,
        links_to,
        next,
        shared,
    };
    let origin = request::origin(app, peer.0, headers);
    let address = app.accounts.begin_log_in(begun, &origin).await?;
    Ok((keep(app, &secret), address))
}

/// The one address that a provider sends browsers back to.
fn redirect_uri(app: &AppState, headers: &HeaderMap, provider: &str) -> Result<String, Failure> {
    let site = request::site_origin(app, headers)?;
    Ok(format!("{site}/login/{provider}/callback"))
}

/// What binds log-ins to a browser.
fn secret_of(app: &AppState, headers: &HeaderMap) -> Option<Token> {
    cookie::value(headers, Cookies::of(app).log_in).and_then(Token::from_cookie)
}

fn keep(app: &AppState, secret: &Token) -> SetCookie {
    let cookies = Cookies::of(app);
    let cookie = cookies.secret(cookies.log_in, secret.as_str(), Some(SECRET_SECONDS));
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

/// Logged in: the session takes the place of the secret.
fn begun(app: &AppState, token: &Token, after: &AfterLogIn) -> Response {
    let cookies = Cookies::of(app);
    let spent = cookies.secret(cookies.log_in, "", Some(0));
    let spent = AppendHeaders([(header::SET_COOKIE, spent)]);
    let session = crate::http::accounts::begun(app, token, after.shared);
    let on = Redirect::to(&after.next_path);
    (session, spent, next::forget(app), on).into_response()
}

/// To where it was begun, with why it came to nothing.
fn back(visitor: &Visitor, code: Code) -> Response {
    let page = if visitor.user.is_some() {
        IDENTITIES
    } else {
        "/login"
    };
    Redirect::to(&format!("{page}?refused={}", code.as_str())).into_response()
}

/// The newcomer in this browser, and the secret that proves it.
async fn newcomer_in(
    app: &AppState,
    headers: &HeaderMap,
) -> Result<Option<(Token, Newcomer)>, Failure> {
    let Some(secret) = secret_of(app, headers) else {
        return Ok(None);
    };
    let newcomer = app.accounts.newcomer(&secret).await?;
    Ok(newcomer.map(|newcomer| (secret, newcomer)))
}
