//! Passwords, kept as argon2id hashes.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashes and compares passwords, on few threads at a time: each hash takes 19 MiB of memory and
/// about 20 ms of a processor, and a crowd at the door must not take them from those inside.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Compared with where there is no account, so that the time an answer takes does not tell
    /// which handles exist.
    nobody: Arc<str>,
}

/// The hash could not be made: the machine is out of memory, or the server is stopping.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashFailed(String);

impl Passwords {
    /// Hashes on half of the machine's processors, at least on one.
    ///
    /// # Errors
    /// When not a single hash can be made.
    pub fn new() -> Result<Self, HashFailed> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            turns: Arc::new(Semaphore::new((processors / 2).max(1))),
            nobody: hash("nobody's password")?.into(),
        })
    }

    /// The hash to store for a password, in PHC's notation.
    ///
    /// # Errors
    /// See [`HashFailed`].
    pub async fn hash(&self, password: String) -> Result<String, HashFailed> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Whether a password is the one of that hash. Takes as long without a hash as with one.
    ///
    /// # Errors
    /// See [`HashFailed`].
    pub async fn is(&self, password: String, phc: Option<String>) -> Result<bool, HashFailed> {
        let nobody = self.nobody.clone();
        self.in_turn(move || {
            let matches = matches(&password, phc.as_deref().unwrap_or(&nobody));
            matches && phc.is_some()
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashFailed> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|error| HashFailed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|error| HashFailed(error.to_string()))
    }
}

fn hash(password: &str) -> Result<String, HashFailed> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| HashFailed(error.to_string()))
}

fn matches(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::new().unwrap();
        let phc = passwords.hash("correct horse".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$"));
        assert!(!phc.contains("horse"));
        let is = async |password: &str, phc: Option<&str>| {
            passwords
                .is(password.into(), phc.map(Into::into))
                .await
                .unwrap()
        };
        assert!(is("correct horse", Some(&phc)).await);
        assert!(!is("correct horses", Some(&phc)).await);
        assert!(!is("nobody's password", None).await);
        assert!(!is("correct horse", Some("nonsense")).await);
    }
}
