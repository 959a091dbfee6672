//! Passwords, kept as argon2id hashes.

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::random::Random;

/// How many passwords wait for their turn at most: on a single thread, for about ten seconds.
const WAITING: usize = 512;

/// How long a thread that has nothing to do keeps the memory that it hashes with.
const KEPT: Duration = Duration::from_secs(10);

/// By how much everything else comes first: where both want a processor, a hash gets a tenth of it.
#[cfg(target_os = "linux")]
const NICER: i32 = 10;

/// Hashes and compares passwords. Each hash takes 19 MiB of memory and about 20 ms of a processor,
/// and a crowd at the door must not take them from those inside: few threads do it, in the order of
/// arrival, after everything else that the machine has to do, and only so many wait for them.
///
/// Clones share the threads, which end with the last one.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Sender<Turn>,
    random: Random,
    /// Compared with where there is no account, so that the time an answer takes does not tell
    /// which handles exist.
    nobody: Arc<str>,
}

/// What a thread does for one password.
type Turn = Box<dyn FnOnce(&mut Hasher) + Send>;

/// A password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum HashFailed {
    /// Too many wait already: the same may work in a moment.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The machine is out of memory or threads.
    #[error("a password could not be hashed: {0}")]
    Broken(String),
}

impl Passwords {
    /// Hashes on half of the machine's processors, at least on one.
    ///
    /// # Errors
    /// When not a single hash can be made.
    pub fn new(random: &Random) -> Result<Self, HashFailed> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with((processors / 2).max(1), WAITING, random)
    }

    fn with(threads: usize, waiting: usize, random: &Random) -> Result<Self, HashFailed> {
        let (turns, taken) = bounded(waiting);
        for _ in 0..threads {
            let taken = taken.clone();
            let named = thread::Builder::new().name("passwords".to_owned());
            let begun = named.spawn(move || {
                give_way();
                take_turns(&taken);
            });
            begun.map_err(|error: io::Error| HashFailed::Broken(error.to_string()))?;
        }
        let nobody = Hasher::default().hash("nobody's password", random.bytes())?;
        Ok(Self {
            turns,
            random: random.clone(),
            nobody: nobody.into(),
        })
    }

    /// The hash to store for a password, in PHC's notation.
    ///
    /// # Errors
    /// See [`HashFailed`].
    pub async fn hash(&self, password: String) -> Result<String, HashFailed> {
        let salt = self.random.bytes();
        self.in_turn(move |hasher| hasher.hash(&password, salt))
            .await?
    }

    /// Whether a password is the one of that hash. Takes as long without a hash as with one.
    ///
    /// # Errors
    /// See [`HashFailed`].
    pub async fn is(&self, password: String, phc: Option<String>) -> Result<bool, HashFailed> {
        let nobody = self.nobody.clone();
        self.in_turn(move |hasher| {
            let matches = hasher.matches(&password, phc.as_deref().unwrap_or(&nobody));
            matches && phc.is_some()
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, HashFailed> {
        let (done, result) = oneshot::channel();
        let turn = move |hasher: &mut Hasher| {
            // Whoever has gone meanwhile costs nothing more.
            if !done.is_closed() {
                let _ = done.send(work(hasher));
            }
        };
        let broken = || HashFailed::Broken("no thread does it".to_owned());
        match self.turns.try_send(Box::new(turn)) {
            Ok(()) => result.await.map_err(|_| broken()),
            Err(TrySendError::Full(_)) => Err(HashFailed::Busy),
            Err(TrySendError::Disconnected(_)) => Err(broken()),
        }
    }
}

/// One after the other, until nobody can come any more.
fn take_turns(turns: &Receiver<Turn>) {
    let mut hasher = Hasher::default();
    loop {
        match turns.recv_timeout(KEPT) {
            Ok(turn) => turn(&mut hasher),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                hasher = Hasher::default();
                match turns.recv() {
                    Ok(turn) => turn(&mut hasher),
                    Err(_) => return,
                }
            }
        }
    }
}

/// Puts this thread behind all others.
#[cfg(target_os = "linux")]
fn give_way() {
    use rustix::process::{getpriority_process, setpriority_process};
    // To Linux, priority is a thread's own, and nobody stands for the one that asks.
    let lowered = getpriority_process(None)
        .and_then(|priority| setpriority_process(None, priority.saturating_add(NICER)));
    if let Err(error) = lowered {
        tracing::debug!(%error, "passwords are hashed at the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// What a thread hashes with. The memory is kept from one hash to the next: to have the system give it
/// anew each time takes as many page faults as it has pages, and holds up the other threads.
#[derive(Default)]
struct Hasher {
    blocks: Vec<Block>,
}

impl Hasher {
    fn hash(&mut self, password: &str, salt: [u8; 16]) -> Result<String, HashFailed> {
        let argon2 = Argon2::default();
        let broken = |error: &dyn std::fmt::Display| HashFailed::Broken(error.to_string());
        let output = self.output(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN);
        let hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon2.params()).map_err(|error| broken(&error))?,
            salt: Some(Salt::new(&salt).map_err(|error| broken(&error))?),
            hash: Some(output.map_err(|error| broken(&error))?),
        };
        Ok(hash.to_string())
    }

    fn matches(&mut self, password: &str, phc: &str) -> bool {
        let Ok(stored) = PasswordHash::new(phc) else {
            return false;
        };
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
            return false;
        };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str());
        let version = stored
            .version
            .map_or(Ok(Version::default()), Version::try_from);
        let (Ok(algorithm), Ok(version), Ok(params)) =
            (algorithm, version, Params::try_from(&stored))
        else {
            return false;
        };
        let argon2 = Argon2::new(algorithm, version, params);
        // Outputs are compared in constant time.
        self.output(&argon2, password, salt, expected.len())
            .is_ok_and(|output| output == *expected)
    }

    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Result<Output, argon2::Error> {
        let count = argon2.params().block_count();
        if self.blocks.len() < count {
            self.blocks.resize(count, Block::new());
        }
        let mut buffer = [0; Output::MAX_LENGTH];
        let out = buffer
            .get_mut(..length)
            .ok_or(argon2::Error::OutputTooLong)?;
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut self.blocks)?;
        Output::new(out).map_err(|_| argon2::Error::OutputTooShort)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::new(&Random::system()).unwrap();
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
        let again = passwords.hash("correct horse".into()).await.unwrap();
        assert_ne!(phc, again);
    }

    #[tokio::test]
    async fn a_hash_of_other_costs_is_known_too_and_made_as_the_library_makes_it() {
        use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

        let passwords = Passwords::new(&Random::system()).unwrap();
        let params = Params::new(32 * 1024, 1, 1, None).unwrap();
        let other = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let other = other.hash_password(b"battery staple").unwrap().to_string();
        // Larger, smaller, larger: what was hashed before leaves nothing behind.
        for _ in 0..2 {
            let is = passwords.is("battery staple".into(), Some(other.clone()));
            assert!(is.await.unwrap());
            let own = passwords.hash("correct horse".into()).await.unwrap();
            assert!(own.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{own}");
            let verified = Argon2::default().verify_password(b"correct horse", &*own);
            assert!(verified.is_ok(), "{verified:?}");
        }
    }

    /// Passwords whose one thread does nothing until it is let go.
    async fn held(waiting: usize) -> (Passwords, mpsc::Sender<()>) {
        let passwords = Passwords::with(1, waiting, &Random::system()).unwrap();
        let (begun, has_begun) = oneshot::channel();
        let (let_go, held) = mpsc::channel();
        let holder = passwords.clone();
        tokio::spawn(async move {
            let hold = move |_: &mut Hasher| {
                begun.send(()).unwrap();
                held.recv().unwrap();
            };
            holder.in_turn(hold).await.unwrap();
        });
        has_begun.await.unwrap();
        (passwords, let_go)
    }

    #[tokio::test]
    async fn only_so_many_wait_and_the_next_is_told_at_once() {
        let (passwords, let_go) = held(2).await;
        let waiting: Vec<_> = (0..2)
            .map(|number| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.in_turn(move |_| number).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let next = passwords.is("one too many".into(), None).await;
        assert!(matches!(next, Err(HashFailed::Busy)), "{next:?}");
        let_go.send(()).unwrap();
        for (number, one) in waiting.into_iter().enumerate() {
            assert_eq!(one.await.unwrap().unwrap(), number);
        }
        assert!(
            !passwords
                .is("there is room again".into(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn who_has_gone_is_not_hashed_for() {
        let (passwords, let_go) = held(2).await;
        let (worked, was_worked) = mpsc::channel();
        let gone = passwords.in_turn(move |_| worked.send(()).unwrap());
        // Asked once, then given up, as when a connection is closed.
        assert!(futures::FutureExt::now_or_never(gone).is_none());
        let_go.send(()).unwrap();
        assert!(!passwords.is("the next".into(), None).await.unwrap());
        assert!(was_worked.try_recv().is_err());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn everything_else_comes_first() {
        let passwords = Passwords::with(1, 1, &Random::system()).unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        // 19 is the last there is.
        let expected = (before + NICER).min(19);
        assert_eq!(passwords.in_turn(move |_| nice()).await.unwrap(), expected);
        assert_eq!(nice(), before);
    }
}
