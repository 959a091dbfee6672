//! Who is asking.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use protocol::api::USER_HEADER;
use protocol::{Code, UserId};

use super::caller::{bearer, out_of_scope};
use super::cookie;
use super::problem::Failure;
use super::rates;
use super::request::{Connected, is_of};
use crate::accounts::{Session, Token};
use crate::app_state::AppState;

/// The user whose browser's session the request belongs to, and whom it is meant for. For what no
/// program may do in their name.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub id: UserId,
    /// Their session.
    pub session: Session,
    /// Its token, for what is derived from it.
    pub token: Token,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        if bearer(&parts.headers).is_some() {
            return Err(out_of_scope("No access token is good for this: log in."));
        }
        let user = of(app, parts).await?;
        rates::take(app, &app.rates.changes, "changes", &user.id, 1).await?;
        Ok(user)
    }
}

/// Whose session a request belongs to, uncounted.
///
/// # Errors
/// `401`, `409 wrong_account`; `429` for many requests of nobody; `503`.
pub async fn of(app: &AppState, parts: &Parts) -> Result<SignedIn, Failure> {
    let Some(signed_in) = find(app, &parts.headers).await? else {
        rates::visit(app, Connected::of(parts), &parts.headers).await?;
        return Err(nobody(app, &parts.headers).await?);
    };
    is_of(signed_in.id);
    if let Some(meant) = parts.headers.get(USER_HEADER) {
        signed_in.must_be(meant.to_str().unwrap_or_default())?;
    }
    Ok(signed_in)
}

impl SignedIn {
    /// Refuses a request that is meant for another user.
    ///
    /// # Errors
    /// `409 wrong_account`.
    pub fn must_be(&self, meant: &str) -> Result<(), Failure> {
        must_be(self.id, meant)
    }
}

/// Refuses a request of one user that is meant for another.
///
/// # Errors
/// `409 wrong_account`.
pub fn must_be(user: UserId, meant: &str) -> Result<(), Failure> {
    if meant.parse() == Ok(user) {
        Ok(())
    } else {
        Err(Failure::new(
            Code::WrongAccount,
            "Reload the page: another account is logged in here.",
        ))
    }
}

/// The session that a request's cookie proves, if it is on.
///
/// # Errors
/// `503` where that cannot be said: nobody is logged out because the database is away.
pub async fn find(app: &AppState, headers: &HeaderMap) -> Result<Option<SignedIn>, Failure> {
    let Some(token) = session_token(app, headers) else {
        return Ok(None);
    };
    let session = app.accounts.sessions.find(&token).await;
    let session = session.map_err(|error| {
        tracing::error!(%error, "a session could not be looked up");
        Failure::unavailable()
    })?;
    // What a program holds is for no browser.
    let session = session.filter(|session| session.scope.is_none());
    Ok(session.map(|session| SignedIn {
        id: session.user,
        session,
        token,
    }))
}

/// Why nobody is logged in.
///
/// # Errors
/// `503` where that cannot be said.
async fn nobody(app: &AppState, headers: &HeaderMap) -> Result<Failure, Failure> {
    Ok(match ended_for(app, headers).await? {
        Some(_) => Failure::new(
            Code::SessionEnded,
            "This device was logged out from another one. Remove what it has kept, and log in.",
        ),
        None => Failure::new(Code::Unauthenticated, "Log in and try again."),
    })
}

/// Whose session the request's cookie was the proof of, where it was ended from another device.
///
/// # Errors
/// `503` where that cannot be said.
pub async fn ended_for(app: &AppState, headers: &HeaderMap) -> Result<Option<UserId>, Failure> {
    let Some(token) = session_token(app, headers) else {
        return Ok(None);
    };
    Ok(app.accounts.sessions.ended(&token).await?)
}

/// What the request's cookie says to be the token of a session.
fn session_token(app: &AppState, headers: &HeaderMap) -> Option<Token> {
    cookie::value(headers, Cookies::of(app).session).and_then(Token::from_cookie)
}

/// The names of cookies, and whether they are for https only.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    /// Holds the session's token.
    pub session: &'static str,
    /// Binds the forms of those who are not logged in.
    pub form: &'static str,
    /// Binds log-ins at providers to the browser.
    pub log_in: &'static str,
    /// Binds log-ins by a QR code to the browser that shows it.
    pub qr: &'static str,
    /// Keeps what a log-in leads to.
    pub next: &'static str,
    secure: bool,
}

impl Cookies {
    /// By whether people reach the server by https.
    pub fn of(app: &AppState) -> Self {
        let secure = app.is_https();
        if secure {
            Self {
                session: "__Host-session",
                form: "__Host-form",
                log_in: "__Host-log-in",
                qr: "__Host-qr",
                next: "__Host-next",
                secure,
            }
        } else {
            Self {
                session: "session",
                form: "form",
                log_in: "log-in",
                qr: "qr",
                next: "next",
                secure,
            }
        }
    }

    /// Sets a cookie that no script can read, for so many seconds, or until the browser is closed; 0
    /// takes it away.
    pub fn secret(&self, name: &str, value: &str, seconds: Option<i64>) -> HeaderValue {
        self.set(name, value, seconds, "; HttpOnly")
    }

    /// The same for a cookie that the page's script may read and change too.
    pub fn open(&self, name: &str, value: &str, seconds: Option<i64>) -> HeaderValue {
        self.set(name, value, seconds, "")
    }

    fn set(&self, name: &str, value: &str, seconds: Option<i64>, more: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let text = format!("{name}={value}; Path=/{age}; SameSite=Lax{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}
