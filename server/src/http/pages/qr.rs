//! Logging in by a QR code: what the new device shows, and where another one lets it in.
//!
//! The page of the new device reloads itself, and the server answers once something has happened: that
//! works without script. The code stands in the query of the other page, so that it can be typed there
//! as well; request logs name routes only.

use app::{ConfirmLogIn, Done, QrLogIn, StillPage};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use protocol::Code;
use protocol::api::pages::RefusedForm;
use serde::Deserialize;

use super::boot::{Shown, boot};
use super::form::Form;
use super::render::still;
use super::visitor::Visitor;
use super::{Page, forms, next, security, still_door};
use crate::accounts::{Asking, Confirming, QrCode, QrShown, QrStanding, Token};
use crate::app_state::AppState;
use crate::http::extract::Query;
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};
use crate::http::signed_in::{Cookies, cookie};

/// How long the browser's secret is kept, in seconds: a little longer than the code can be used, so that
/// the page can say that it was too late.
const SECRET_SECONDS: i64 = 3 * 60;

/// Where the page asks what became of its code, a second after it was shown.
const REFRESH: HeaderValue = HeaderValue::from_static("1;url=/login/qr/wait");

/// The form that lets a device in, and where codes are typed.
const CONFIRM: &str = "/security/qr";

/// `GET /login/qr`: the code of this browser, or a new one.
pub async fn show(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let secret = secret_of(&app, &headers);
    if let Some(browser) = &secret {
        match app.accounts.qr_log_in(browser).await.map_err(Failure::from)? {
            QrStanding::Waiting { shared } => {
                return Ok(shown(&app, &visitor, &headers, browser, shared).await?);
            }
            QrStanding::Confirmed => return Ok(Redirect::to("/login/qr/wait").into_response()),
            QrStanding::Refused | QrStanding::Over => {}
        }
    }
    let origin = request::origin(&app, peer.0, &headers);
    let begun = app
        .accounts
        .begin_qr_log_in(secret.as_ref(), false, &origin);
    match begun.await.map_err(Failure::from) {
        Ok(browser) => {
            let page = shown(&app, &visitor, &headers, &browser, false).await?;
            Ok((keep(&app, &browser), page).into_response())
        }
        Err(failure) => {
            let problem = failure.into_problem();
            let refused = refused("/login/qr", problem.code);
            let page = over(&app, &visitor, QrStanding::Over, Some(refused)).await?;
            Ok((status(problem.status), page).into_response())
        }
    }
}

/// `POST /login/qr`: another code for this browser; field `shared`, where others use it too.
pub async fn show_another(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let begun = async {
        form.must_be_from(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let (before, shared) = (secret_of(&app, &headers), !form.get("shared").is_empty());
        let begun = app
            .accounts
            .begin_qr_log_in(before.as_ref(), shared, &origin);
        Ok::<_, Failure>(begun.await?)
    };
    match begun.await {
        Ok(browser) => Ok((keep(&app, &browser), Redirect::to("/login/qr")).into_response()),
        Err(failure) => {
            forms::refused(&form, failure, async |refused| {
                over(&app, &visitor, QrStanding::Over, Some(refused)).await
            })
            .await
        }
    }
}

/// `GET /login/qr/wait`: what became of this browser's code; answered once something has, or after some
/// seconds. Whoever was let in is logged in.
pub async fn wait(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let Some(browser) = secret_of(&app, &headers) else {
        return Ok(over(&app, &visitor, QrStanding::Over, None).await?);
    };
    let standing = app
        .accounts
        .await_qr_log_in(&browser, || app.is_stopping())
        .await
        .map_err(Failure::from)?;
    match standing {
        QrStanding::Waiting { shared } => {
            return Ok(shown(&app, &visitor, &headers, &browser, shared).await?);
        }
        QrStanding::Confirmed => {
            let origin = request::origin(&app, peer.0, &headers);
            let finished = app.accounts.finish_qr_log_in(&browser, &origin).await;
            if let Some((token, shared)) = finished.map_err(Failure::from)? {
                return Ok(let_in(&app, &headers, &token, shared));
            }
        }
        QrStanding::Refused | QrStanding::Over => {}
    }
    Ok(over(&app, &visitor, standing, None).await?)
}

/// `GET /security/qr?code=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scanned {
    code: String,
}

/// `GET /security/qr`: who asks by that code. Whoever is not logged in does that first.
pub async fn asked(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    Query(Scanned { code }): Query<Scanned>,
) -> Page {
    let Some(user) = &visitor.user else {
        let door = Redirect::to("/login");
        return Ok(match QrCode::read(&code) {
            Some(code) => {
                let path = format!("{CONFIRM}?code={}", code.grouped());
                (next::keep(&app, &path), door).into_response()
            }
            None => door.into_response(),
        });
    };
    let origin = request::origin(&app, peer.0, &headers);
    let asking = app.accounts.asking_device(user.id, &code, &origin).await;
    match asking.map_err(Failure::from) {
        Ok(asking) => Ok(confirming(&app, &visitor, asking, None).await?),
        Err(failure) => {
            let problem = failure.into_problem();
            let refused = refused(CONFIRM, problem.code);
            let page = security::shown(&app, &visitor, None, None, Some(refused)).await?;
            Ok((status(problem.status), page).into_response())
        }
    }
}

/// `POST /security/qr`: fields `code`, `number` and, for another network than one's own, `elsewhere`.
pub async fn confirm(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let origin = request::origin(&app, peer.0, &headers);
    let done = async {
        let user = form.signed_in(&visitor)?;
        let confirming = Confirming {
            code: form.get("code"),
            number: form.get("number"),
            elsewhere: !form.get("elsewhere").is_empty(),
        };
        let confirmed = app
            .accounts
            .confirm_qr_log_in(&user.session, confirming, &origin);
        Ok(confirmed.await?)
    };
    let failure = match done.await {
        Ok(()) => return Ok(done_on_security("let-in")),
        Err(failure) => failure,
    };
    forms::refused(&form, failure, async |refused| {
        if refused.code == Some(Code::Invalid)
            && let Some(user) = &visitor.user
        {
            let code = form.get("code");
            let asking = app.accounts.asking_device(user.id, code, &origin).await?;
            return confirming(&app, &visitor, asking, Some(refused)).await;
        }
        security::shown(&app, &visitor, None, None, Some(refused)).await
    })
    .await
}

/// `POST /security/qr/refuse`: field `code`.
pub async fn refuse(
    State(app): State<AppState>,
    visitor: Visitor,
    peer: Connected,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let done = async {
        let user = form.signed_in(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let refused = app
            .accounts
            .refuse_qr_log_in(user.id, form.get("code"), &origin);
        Ok(refused.await?)
    };
    match done.await {
        Ok(()) => Ok(done_on_security("turned-away")),
        Err(failure) => {
            forms::refused(&form, failure, async |refused| {
                // It is said where codes are typed.
                let action = CONFIRM.to_owned();
                let refused = RefusedForm { action, ..refused };
                security::shown(&app, &visitor, None, None, Some(refused)).await
            })
            .await
        }
    }
}

/// What the forms above lead to, by its name in the query of `/security`.
pub const DONE: [(&str, Done); 2] = [
    ("let-in", Done::DeviceLetIn),
    ("turned-away", Done::DeviceTurnedAway),
];

fn done_on_security(name: &str) -> Response {
    Redirect::to(&format!("/security?done={name}")).into_response()
}

type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

/// What binds the log-in to a browser.
fn secret_of(app: &AppState, headers: &HeaderMap) -> Option<Token> {
    cookie(headers, Cookies::of(app).qr).and_then(Token::from_cookie)
}

fn keep(app: &AppState, secret: &Token) -> SetCookie {
    let cookies = Cookies::of(app);
    let cookie = cookies.secret(cookies.qr, secret.as_str(), Some(SECRET_SECONDS));
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

/// The code of a browser, on a page that asks again what became of it.
async fn shown(
    app: &AppState,
    visitor: &Visitor,
    headers: &HeaderMap,
    browser: &Token,
    shared: bool,
) -> Result<Response, Failure> {
    let QrShown { code, number } = QrShown::by(browser);
    let code = code.grouped();
    let site = request::site_origin(app, headers)?;
    let page = StillPage::QrLogIn(QrLogIn::Waiting {
        picture: security::picture(&format!("{site}{CONFIRM}?code={code}"))?,
        code,
        number,
        shared,
    });
    let mut page = still_door(app, visitor, page, None).await?;
    page.headers_mut().insert(header::REFRESH, REFRESH);
    Ok(page)
}

/// That the code is of no use any more, with the way to another one.
async fn over(
    app: &AppState,
    visitor: &Visitor,
    standing: QrStanding,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let was_refused = standing == QrStanding::Refused;
    let page = StillPage::QrLogIn(QrLogIn::Over { was_refused });
    still_door(app, visitor, page, refused).await
}

/// Logged in: the session takes the place of the secret.
fn let_in(app: &AppState, headers: &HeaderMap, token: &Token, shared: bool) -> Response {
    let cookies = Cookies::of(app);
    let spent = cookies.secret(cookies.qr, "", Some(0));
    let spent = AppendHeaders([(header::SET_COOKIE, spent)]);
    (spent, forms::logged_in(app, headers, token, shared)).into_response()
}

/// Asks whether to let a device in.
async fn confirming(
    app: &AppState,
    visitor: &Visitor,
    asking: Asking,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let (_, mut boot) = boot(app, visitor, &Shown::Nothing).await?;
    if let Some(user) = &visitor.user {
        boot.me = app.store.me(user.id).await?;
    }
    boot.form = refused;
    let page = StillPage::ConfirmLogIn(ConfirmLogIn {
        code: asking.code.grouped(),
        agent: asking.agent,
        address: asking.address,
        elsewhere: asking.elsewhere,
        at: asking.at,
        shared: asking.shared,
    });
    Ok(still(app, boot, page))
}

/// As if a form had been refused, for that reason.
fn refused(action: &str, code: Code) -> RefusedForm {
    RefusedForm {
        action: action.to_owned(),
        code: Some(code),
        ..RefusedForm::default()
    }
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
}
