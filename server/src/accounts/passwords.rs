//! Passwords, kept as argon2id hashes.

use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::oneshot;

/// How many passwords wait for their turn at most: on a single thread, for about ten seconds.
const WAITING: usize = 512;

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
    turns: SyncSender<Turn>,
    /// Compared with where there is no account, so that the time an answer takes does not tell
    /// which handles exist.
    nobody: Arc<str>,
}

/// What a thread does for one password.
type Turn = Box<dyn FnOnce() + Send>;

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
    pub fn new() -> Result<Self, HashFailed> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with((processors / 2).max(1), WAITING)
    }

    fn with(threads: usize, waiting: usize) -> Result<Self, HashFailed> {
        let (turns, taken) = sync_channel(waiting);
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..threads {
            let taken = taken.clone();
            let named = thread::Builder::new().name("passwords".to_owned());
            let begun = named.spawn(move || {
                give_way();
                take_turns(&taken);
            });
            begun.map_err(|error: io::Error| HashFailed::Broken(error.to_string()))?;
        }
        Ok(Self {
            turns,
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
        let (done, result) = oneshot::channel();
        let turn = move || {
            // Whoever has gone meanwhile costs nothing more.
            if !done.is_closed() {
                let _ = done.send(work());
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
fn take_turns(taken: &Mutex<Receiver<Turn>>) {
    loop {
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(turn) => turn(),
            Err(_) => return,
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

fn hash(password: &str) -> Result<String, HashFailed> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| HashFailed::Broken(error.to_string()))
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
    use std::sync::mpsc;

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

    /// Passwords whose one thread does nothing until it is let go.
    async fn held(waiting: usize) -> (Passwords, mpsc::Sender<()>) {
        let passwords = Passwords::with(1, waiting).unwrap();
        let (begun, has_begun) = oneshot::channel();
        let (let_go, held) = mpsc::channel();
        let holder = passwords.clone();
        tokio::spawn(async move {
            let hold = move || {
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
                tokio::spawn(async move { passwords.in_turn(move || number).await })
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
        let gone = passwords.in_turn(move || worked.send(()).unwrap());
        // Asked once, then given up, as when a connection is closed.
        assert!(futures::FutureExt::now_or_never(gone).is_none());
        let_go.send(()).unwrap();
        assert!(!passwords.is("the next".into(), None).await.unwrap());
        assert!(was_worked.try_recv().is_err());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn everything_else_comes_first() {
        let passwords = Passwords::with(1, 1).unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        // 19 is the last there is.
        let expected = (before + NICER).min(19);
        assert_eq!(passwords.in_turn(nice).await.unwrap(), expected);
        assert_eq!(nice(), before);
    }
}
