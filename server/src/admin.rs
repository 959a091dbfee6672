//! What whoever runs the server can do beside it.

use crate::accounts::{HashFailed, Passwords};
use crate::app_state::database;
use crate::clock::Clock;
use crate::config::Config;
use crate::random::Random;
use crate::store::{DatabaseConfig, OpenError, Store, StoreError, UserKey};
use crate::telemetry::audit::{Act, Entry};

/// Why it was not done, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no database to work on.
    #[error("there is no database at {0}; name the folder with --data")]
    NoDatabase(String),
    /// There is no such account.
    #[error("there is no account with the handle {0}")]
    NoAccount(String),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No password can be hashed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
}

/// Gives an account a new password, which is returned, takes its second factor away, and ends its
/// sessions. Works beside a running server, which notices within 10 s.
///
/// # Errors
/// See [`AdminError`].
pub async fn reset_password(config: &Config, handle: &str) -> Result<String, AdminError> {
    let mut database = existing(config)?;
    if let DatabaseConfig::Sqlite(database) = &mut database {
        database.exclusive = false;
    }
    let random = Random::system();
    let store = Store::open(&database, &Clock::system(), &random).await?;
    // Whoever logs in elsewhere has none yet.
    let account = store.find_user(UserKey::Handle(handle)).await?;
    let account = account.ok_or_else(|| AdminError::NoAccount(handle.to_owned()))?;
    let password = new_password(&random);
    let phc = Passwords::new(&random)?.hash(password.clone()).await?;
    store.set_password(account.id, &phc).await?;
    store.remove_second_factor(account.id).await?;
    store.delete_sessions_of(account.id).await?;
    Entry::new(Act::ResetPassword).on(account.id).done();
    store.close().await;
    Ok(password)
}

/// Gives the installation's history a new id, after a backup was restored where the server cannot tell
/// by itself. A file must not be open in a server.
///
/// # Errors
/// See [`AdminError`].
pub async fn restored(config: &Config) -> Result<(), AdminError> {
    let (clock, random) = (Clock::system(), Random::system());
    let store = Store::open(&existing(config)?, &clock, &random).await?;
    store.renew_history(&clock, &random).await?;
    Entry::new(Act::RenewHistory).done();
    store.close().await;
    Ok(())
}

/// The database; no file is made.
fn existing(config: &Config) -> Result<DatabaseConfig, AdminError> {
    let database = database(config);
    if let DatabaseConfig::Sqlite(database) = &database
        && !database.file.exists()
    {
        return Err(AdminError::NoDatabase(database.file.display().to_string()));
    }
    Ok(database)
}

/// 80 random bits, in groups that can be read aloud: no vowels, no look-alikes.
pub fn new_password(random: &Random) -> String {
    const LETTERS: &[u8; 32] = b"bcdfghjkmnpqrstvwxyzBDFGHJKLM234";
    let bytes: [u8; 16] = random.bytes();
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_can_be_read_aloud() {
        let password = new_password(&Random::seeded(1));
        assert_eq!(password.len(), 19);
        assert_ne!(password, new_password(&Random::seeded(2)));
    }
}
