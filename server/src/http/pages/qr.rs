//! Logging in by a QR code: what the new device shows. The page reloads itself, and the server answers
//! once something has happened: that works without script.

use app::{QrLogIn, StillPage};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use protocol::api::pages::RefusedForm;
use serde::Deserialize;

use super::form::Form;
use super::letting_in::CONFIRM;
use super::render::PageFailure;
use super::visitor::Visitor;
use super::{Page, forms, security, still_door};
use crate::accounts::{QrShown, QrStanding, Token};
use crate::app_state::AppState;
use crate::http::cookie;
use crate::http::extract::Query;
use crate::http::problem::Failure;
use crate::http::request::{self, Connected};
use crate::http::signed_in::Cookies;

/// How long the browser's secret is kept, in seconds: a little longer than the code can be used, so that
/// the page can say that it was too late.
const SECRET_SECONDS: i64 = 3 * 60;

/// Where the page asks what became of its code, a second after it was shown. On a computer that others
/// use too, whose next code is to say so as well, it says so.
fn refresh(shared: bool) -> HeaderValue {
    HeaderValue::from_static(if shared {
        "1;url=/login/qr/wait?shared=yes"
    } else {
        "1;url=/login/qr/wait"
    })
}

/// `GET /login/qr/wait?shared=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shared {
    shared: String,
}

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
        let standing = app.accounts.qr_log_in(browser).await;
        match standing.map_err(Failure::from)? {
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
            forms::refused_at("/login/qr", failure, async |refused| {
                over(&app, &visitor, QrStanding::Over, false, Some(refused)).await
            })
            .await
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
    let shared = !form.get("shared").is_empty();
    let begun = async {
        form.must_be_from(&visitor)?;
        let origin = request::origin(&app, peer.0, &headers);
        let before = secret_of(&app, &headers);
        let begun = app
            .accounts
            .begin_qr_log_in(before.as_ref(), shared, &origin);
        Ok::<_, Failure>(begun.await?)
    };
    match begun.await {
        Ok(browser) => Ok((keep(&app, &browser), Redirect::to("/login/qr")).into_response()),
        Err(failure) => {
            forms::refused(&form, failure, async |refused| {
                over(&app, &visitor, QrStanding::Over, shared, Some(refused)).await
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
    Query(Shared { shared }): Query<Shared>,
) -> Page {
    if visitor.user.is_some() {
        return Ok(Redirect::to("/chats").into_response());
    }
    let was_shared = !shared.is_empty();
    let Some(browser) = secret_of(&app, &headers) else {
        return Ok(over(&app, &visitor, QrStanding::Over, was_shared, None).await?);
    };
    let came = async {
        let waited = app.accounts.await_qr_log_in(&browser, || app.is_stopping());
        let standing = waited.await?;
        match standing {
            QrStanding::Waiting { shared } => {
                return shown(&app, &visitor, &headers, &browser, shared).await;
            }
            QrStanding::Confirmed => {
                let origin = request::origin(&app, peer.0, &headers);
                let finished = app.accounts.finish_qr_log_in(&browser, &origin);
                if let Some((token, shared)) = finished.await? {
                    return Ok(let_in(&app, &headers, &token, shared));
                }
            }
            QrStanding::Refused | QrStanding::Over => {}
        }
        over(&app, &visitor, standing, was_shared, None).await
    };
    Ok(came.await.unwrap_or_else(|failure: Failure| {
        // Nobody sits there to reload it.
        let mut page = PageFailure::from(failure).into_response();
        page.headers_mut()
            .insert(header::REFRESH, refresh(was_shared));
        page
    }))
}

type SetCookie = AppendHeaders<[(HeaderName, HeaderValue); 1]>;

/// What binds the log-in to a browser.
fn secret_of(app: &AppState, headers: &HeaderMap) -> Option<Token> {
    cookie::value(headers, Cookies::of(app).qr).and_then(Token::from_cookie)
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
    page.headers_mut().insert(header::REFRESH, refresh(shared));
    Ok(page)
}

/// That the code is of no use any more, with the way to another one.
async fn over(
    app: &AppState,
    visitor: &Visitor,
    standing: QrStanding,
    shared: bool,
    refused: Option<RefusedForm>,
) -> Result<Response, Failure> {
    let was_refused = standing == QrStanding::Refused;
    let page = StillPage::QrLogIn(QrLogIn::Over {
        was_refused,
        shared,
    });
    still_door(app, visitor, page, refused).await
}

/// Logged in: the session takes the place of the secret.
fn let_in(app: &AppState, headers: &HeaderMap, token: &Token, shared: bool) -> Response {
    let cookies = Cookies::of(app);
    let spent = cookies.secret(cookies.qr, "", Some(0));
    let spent = AppendHeaders([(header::SET_COOKIE, spent)]);
    (spent, forms::logged_in(app, headers, token, shared, None)).into_response()
}
