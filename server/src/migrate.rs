//! Moving an installation, as whoever runs it sees it.

use std::time::Duration;

use tokio::time::Instant;

use crate::app_state::{database, database_file};
use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;
use crate::store::DatabaseConfig;
use crate::store::migrate::{MoveError, Progress, Step, move_to_postgres};

/// How often progress within a table is told.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Why it was not moved, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No server is configured.
    #[error("database.url is not set; it must name the Postgres database to move to")]
    NoTarget,
    /// There is no file to move.
    #[error("there is no database at {0}; name the folder with --data")]
    NoSource(String),
    /// It could not be moved.
    #[error(transparent)]
    Move(#[from] MoveError),
}

/// Copies all of the file in the data folder to the database server, tells on stderr how far it is,
/// and gives what to say at the end. It may be stopped at any time, and repeated.
///
/// # Errors
/// See [`MigrateError`].
pub async fn sqlite_to_postgres(config: &Config) -> Result<String, MigrateError> {
    let DatabaseConfig::Postgres(target) = database(config) else {
        return Err(MigrateError::NoTarget);
    };
    let source = database_file(config);
    let file = source.file.display().to_string();
    if !source.file.exists() {
        return Err(MigrateError::NoSource(file));
    }
    let mut told: Option<Instant> = None;
    let mut report = |progress: Progress| {
        let due = told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if due || progress.done >= progress.of {
            told = Some(Instant::now());
            eprintln!("{}", line(&progress));
        }
    };
    let (clock, random) = (Clock::system(), Random::system());
    let moved = move_to_postgres(&source, &target, &clock, &random, &mut report).await?;
    let (rows, conversations, hash) = (moved.rows, moved.conversations, moved.hash);
    let equal = format!(
        "Both sides are equal: {rows} rows, {conversations} conversations, digest {hash:032x}"
    );
    Ok(if moved.before {
        format!("{equal}. It was moved before: nothing was copied.")
    } else {
        format!(
            "{equal}. {} rows were copied now. From here on start servers with database.url only; \
             {file} is left as it was.",
            moved.copied
        )
    })
}

fn line(progress: &Progress) -> String {
    let what = match progress.step {
        Step::Copy => "copied",
        Step::ReadFile => "read again in the file",
        Step::ReadServer => "read again on the server",
    };
    let Progress {
        table, done, of, ..
    } = progress;
    format!("{table}: {done} of {of} {what}")
}
