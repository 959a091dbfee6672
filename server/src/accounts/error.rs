//! Why something about an account was not done.

use protocol::{Code, FieldError, UserId};

use super::{HashFailed, Throttled};
use crate::store::StoreError;
use crate::telemetry::audit::Entry;

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Fields at fault.
    #[error("a field is not right")]
    Invalid(Vec<FieldError>),
    /// It is not allowed.
    #[error("refused: {}", .0.as_str())]
    Refused(Code),
    /// Too much in too short a time.
    #[error("more in {} s", .0.seconds)]
    Throttled(Throttled),
    /// Try again.
    #[error("not for the moment")]
    Unavailable,
    /// The password was right: a code is asked for besides.
    #[error("a code is asked for")]
    SecondFactor(UserId),
    /// It will be done, but not while the client waits.
    #[error("queued")]
    Queued,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No password can be hashed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
}

impl AccountError {
    /// In a word, for the audit.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Refused(code) => code.as_str(),
            Self::Throttled(_) => Code::TooManyRequests.as_str(),
            Self::SecondFactor(_) => "code_wanted",
            Self::Unavailable | Self::Queued | Self::Store(_) | Self::Hash(_) => {
                Code::Unavailable.as_str()
            }
        }
    }
}

/// Writes down what came of something.
pub(super) fn noted<T>(
    entry: Entry<'_>,
    result: Result<T, AccountError>,
) -> Result<T, AccountError> {
    match &result {
        Ok(_) => entry.done(),
        Err(error) => entry.refused(error.reason()),
    }
    result
}

impl From<Throttled> for AccountError {
    fn from(throttled: Throttled) -> Self {
        Self::Throttled(throttled)
    }
}
