//! No wait for the broker is endless: a frozen one must not hold others up.

use std::time::Duration;

/// How long the broker may take for one answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// Why the broker did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no answer within {} seconds", ANSWER.as_secs())]
    TimedOut,
    #[error(transparent)]
    Amqp(#[from] lapin::Error),
    #[error("{0}")]
    Settings(String),
    #[error("a queue exists with other arguments than configured")]
    OtherArguments(#[source] lapin::Error),
}

/// An answer of the broker, or `TimedOut`.
pub(super) async fn answer<T>(
    asked: impl Future<Output = Result<T, lapin::Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::TimedOut),
    }
}
