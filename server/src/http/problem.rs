//! What is answered when something is not done.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Code, FieldError, Problem};

use super::request;
use crate::accounts::{AccountError, HashFailed, Throttled};
use crate::chat::{ReadsError, Unavailable};
use crate::store::StoreError;
use crate::telemetry::metrics::HTTP_THROTTLED;

/// When to try again after a `503`, in seconds.
const RETRY_AFTER: u32 = 2;

/// A problem on its way out, as `application/problem+json` with the request's id.
#[derive(Debug)]
pub struct Failure {
    problem: Problem,
    retry_after: Option<u32>,
    /// What of a program's token is at fault (RFC 6750).
    challenge: Option<&'static str>,
}

impl Failure {
    /// A problem of that code, with what to do about it.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(code, detail),
            retry_after: (code == Code::Unavailable).then_some(RETRY_AFTER),
            challenge: (code.status() == 401).then_some("Bearer"),
        }
    }

    /// Does not exist, or the caller may not know of it.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here that you may see.")
    }

    /// Cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Code::Malformed, detail)
    }

    /// Fields are at fault.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self {
            problem: Problem::invalid(fields),
            retry_after: None,
            challenge: None,
        }
    }

    /// Cannot be done now.
    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "Nothing was accepted. Try again in a moment.",
        )
    }

    /// Will be done, but not while the client waits: the same asked again finds it done.
    pub fn queued() -> Self {
        Self::new(
            Code::Unavailable,
            "This waits for the database. Ask for the same again in a moment.",
        )
    }

    /// Too much in too short a time.
    pub fn throttled(throttled: Throttled) -> Self {
        Self {
            problem: Problem::new(
                Code::TooManyRequests,
                format!("Try again in {} s.", throttled.seconds),
            ),
            retry_after: Some(throttled.seconds),
            challenge: None,
        }
    }

    /// The same, saying what of a program's token is at fault.
    pub fn challenged(self, challenge: &'static str) -> Self {
        Self {
            challenge: Some(challenge),
            ..self
        }
    }

    /// Why, for programs.
    pub fn code(&self) -> Code {
        self.problem.code
    }

    /// When to try again, in seconds, where that is what helps.
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// The problem, with the request's id.
    pub fn into_problem(mut self) -> Problem {
        self.problem.request_id = request::current_id();
        self.problem
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (retry_after, challenge) = (self.retry_after, self.challenge);
        let problem = self.into_problem();
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = challenge {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        match code {
            Code::NotFound => Self::not_found(),
            Code::Unavailable => Self::unavailable(),
            code => Self::new(code, ""),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::error!(%error, "the database is away");
            Self::unavailable()
        } else {
            tracing::error!(%error, "the database refused a statement");
            Self::new(Code::Internal, "The server's log says more.")
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(_: Unavailable) -> Self {
        Self::unavailable()
    }
}

impl From<ReadsError> for Failure {
    fn from(error: ReadsError) -> Self {
        match error {
            ReadsError::NotFound => Self::not_found(),
            ReadsError::Store(error) => error.into(),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid(fields) => Self::invalid(fields),
            AccountError::Refused(code) => code.into(),
            AccountError::Throttled(throttled) => Self::throttled(throttled),
            AccountError::SecondFactor(_) => Self::new(
                Code::SecondFactor,
                "The password is right. Add the code of this account's app, or a recovery code.",
            ),
            AccountError::Queued => Self::queued(),
            AccountError::Unavailable => Self::unavailable(),
            AccountError::Store(error) => error.into(),
            AccountError::Hash(HashFailed::Busy) => {
                metrics::counter!(HTTP_THROTTLED, "by" => "passwords").increment(1);
                Self::unavailable()
            }
            AccountError::Hash(error) => {
                tracing::error!(%error, "no password can be hashed");
                Self::unavailable()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_put_off_is_told_until_when() {
        let busy = AccountError::from(HashFailed::Busy);
        let response = Failure::from(busy).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }
}
