//! Who asks, in a browser or by a program.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use protocol::api::USER_HEADER;
use protocol::api::access_tokens::Scope;
use protocol::{Code, UserId};

use super::problem::Failure;
use super::rates;
use super::request::{Connected, is_of};
use super::signed_in::{self, must_be};
use crate::accounts::{ProgramError, Session, Throttle};
use crate::app_state::{AppState, Rates};

/// Somebody in a browser, or a program that acts for them, who may ask for what is of this kind.
#[derive(Debug, Clone)]
pub struct Caller<K> {
    /// Who.
    pub id: UserId,
    /// Their session, or the program's.
    pub session: Session,
    kind: PhantomData<K>,
}

/// Whoever sees what the user sees.
pub type Reader = Caller<Reading>;

/// Whoever changes what the user may.
pub type Writer = Caller<Changing>;

/// Whoever sends commands, which are counted one by one.
pub type Sender = Caller<Sending>;

/// What is asked for.
pub trait Kind {
    /// Whether a program needs to be let write.
    const WRITES: bool;

    /// By what it is counted, and the name of that.
    fn rate(rates: &Rates) -> Option<(&Throttle<UserId>, &'static str)>;
}

/// See [`Reader`].
#[derive(Debug, Clone)]
pub enum Reading {}

impl Kind for Reading {
    const WRITES: bool = false;

    fn rate(rates: &Rates) -> Option<(&Throttle<UserId>, &'static str)> {
        Some((&rates.reads, "reads"))
    }
}

/// See [`Writer`].
#[derive(Debug, Clone)]
pub enum Changing {}

impl Kind for Changing {
    const WRITES: bool = true;

    fn rate(rates: &Rates) -> Option<(&Throttle<UserId>, &'static str)> {
        Some((&rates.changes, "changes"))
    }
}

/// See [`Sender`].
#[derive(Debug, Clone)]
pub enum Sending {}

impl Kind for Sending {
    const WRITES: bool = true;

    fn rate(_: &Rates) -> Option<(&Throttle<UserId>, &'static str)> {
        None
    }
}

impl<K: Kind> FromRequestParts<AppState> for Caller<K> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Failure> {
        let session = match bearer(&parts.headers) {
            Some(token) => of_program(app, parts, token, K::WRITES).await?,
            None => signed_in::of(app, parts).await?.session,
        };
        if let Some((throttle, by)) = K::rate(&app.rates) {
            rates::take(app, throttle, by, &session.user, 1).await?;
        }
        Ok(Self {
            id: session.user,
            session,
            kind: PhantomData,
        })
    }
}

async fn of_program(
    app: &AppState,
    parts: &Parts,
    token: &str,
    writes: bool,
) -> Result<Session, Failure> {
    let session = match app.accounts.program(token).await {
        Ok(session) => session,
        Err(error) => {
            let peer = Connected::of(parts);
            rates::visit(app, peer, &parts.headers).await?;
            return Err(error.into());
        }
    };
    is_of(session.user);
    if writes && session.scope == Some(Scope::Read) {
        return Err(out_of_scope("This token may only read."));
    }
    if let Some(meant) = parts.headers.get(USER_HEADER) {
        must_be(session.user, meant.to_str().unwrap_or_default())?;
    }
    Ok(session)
}

/// What a program proves itself by. No other site can make a browser send it, so that such a request
/// needs no `Origin`; and where it is sent, cookies count for nothing.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Refuses a program what its token does not let it do.
pub fn out_of_scope(detail: &str) -> Failure {
    Failure::new(Code::Forbidden, detail).challenged("Bearer error=\"insufficient_scope\"")
}

impl From<ProgramError> for Failure {
    fn from(error: ProgramError) -> Self {
        match error {
            ProgramError::Unknown(why) => {
                Self::new(Code::Unauthenticated, why).challenged("Bearer error=\"invalid_token\"")
            }
            ProgramError::NoScope => {
                out_of_scope("This token has neither the scope to read nor the one to write.")
            }
            ProgramError::Unavailable(why) => {
                tracing::warn!(why, "a token's issuer could not be asked");
                Self::new(Code::Unavailable, "The token's issuer does not answer.")
            }
            ProgramError::Store(error) => error.into(),
        }
    }
}
