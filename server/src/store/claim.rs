//! Who may serve a database on a server: one server alone, or several that share a broker and Redis.
//!
//! Of what a lone server stores, only its own streams are told at once. So it holds an advisory lock
//! exclusively, and each of several holds the same one shared. A lock lasts as long as its connection;
//! while it is not known to be there, a lone server stores nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::Instant;

use super::Store;
use super::pool::{Pool, in_time};

/// How long it counts that a lone server's lock was there: less than Postgres takes to give up the
/// connection of a machine that is gone, and with it the lock.
const COUNTS: Duration = Duration::from_secs(4);

/// Seconds until Postgres asks a silent connection whether anybody is there, and between two such
/// questions. It gives it up after [`STATEMENT`](super::pool::STATEMENT) without an answer.
const KEEPALIVE: [(&str, u32); 2] = [("tcp_keepalives_idle", 2), ("tcp_keepalives_interval", 2)];

/// How often in a row a lock that was held is refused before another server is taken to have it: for a
/// moment it may still be with a connection of this server's that is gone.
const REFUSALS: u32 = 4;

/// How long to wait at the end for the lock to be let go of.
const RELEASE: Duration = Duration::from_secs(1);

/// Beside whom a server serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Nobody: its queue and its bus are in memory.
    Alone,
    /// Others that share its broker and its Redis.
    Several,
}

/// What was seen of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is held.
    Held,
    /// It is not, at this moment.
    Unsure,
    /// Another server has it.
    Taken,
}

/// A server's lock on its database, or its attempts to get it.
#[derive(Debug)]
pub struct Claim {
    share: Share,
    /// Where; `None` for a file, which has a lock of its own.
    options: Option<PgConnectOptions>,
    session: Option<Session>,
    /// Whether another server has been found to have it, or may have had it before this one began.
    waits: bool,
    refusals: u32,
}

#[derive(Debug)]
struct Session {
    connection: PgConnection,
    holds: bool,
}

/// What a store knows of its server's lock.
#[derive(Debug)]
pub(super) struct Standing {
    share: Share,
    last: Mutex<(Seen, Instant)>,
}

impl Claim {
    /// Looks whether the lock is there, or can be had. Call it twice a second, and let the store know
    /// by [`Store::note_claim`].
    pub async fn look(&mut self) -> Seen {
        let held = match &self.options {
            None => Ok(true),
            Some(options) => in_time(ask(&mut self.session, options, self.share)).await,
        };
        let seen = match held {
            Ok(true) => Seen::Held,
            Ok(false) => {
                self.refusals += 1;
                if self.waits || self.refusals >= REFUSALS {
                    Seen::Taken
                } else {
                    Seen::Unsure
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the lock on the database could not be looked at");
                // What it waits for may be over, or not: the next connection tells.
                self.session = None;
                Seen::Unsure
            }
        };
        match seen {
            Seen::Held => (self.waits, self.refusals) = (false, 0),
            Seen::Unsure => {}
            Seen::Taken => self.waits = true,
        }
        seen
    }

    /// Lets go of the lock: another server may have it once this returns.
    pub async fn release(mut self) {
        if let Some(mut session) = self.session.take() {
            let unlock = sqlx::query("SELECT pg_advisory_unlock_all()");
            let released = async {
                unlock.execute(&mut session.connection).await?;
                session.connection.close().await
            };
            // Where that fails it ends with the connection.
            let _ = tokio::time::timeout(RELEASE, released).await;
        }
    }
}

/// Whether the lock is held on a connection of its own, which is made where it is missing.
async fn ask(
    session: &mut Option<Session>,
    options: &PgConnectOptions,
    share: Share,
) -> Result<bool, sqlx::Error> {
    let session = match session {
        Some(session) => session,
        None => session.insert(Session {
            connection: PgConnection::connect_with(options).await?,
            holds: false,
        }),
    };
    if session.holds {
        sqlx::query("SELECT 1")
            .execute(&mut session.connection)
            .await?;
    } else {
        // One of the table's in this schema: a database may hold several installations.
        let lock = match share {
            Share::Alone => {
                "SELECT pg_try_advisory_lock(
                     hashtext('zspchat serves'), 'installation'::regclass::oid::int)"
            }
            Share::Several => {
                "SELECT pg_try_advisory_lock_shared(
                     hashtext('zspchat serves'), 'installation'::regclass::oid::int)"
            }
        };
        session.holds = sqlx::query_scalar(lock)
            .fetch_one(&mut session.connection)
            .await?;
    }
    Ok(session.holds)
}

impl Store {
    /// Begins to claim the database for a server: from now on it is stored to only while the server
    /// may. Nothing is asked yet.
    pub fn claim(&self, share: Share) -> Claim {
        let options = match self.write() {
            Pool::Sqlite(_) => None,
            Pool::Postgres(pool) => {
                let first = self.0.standing.set(Standing::new(share)).is_ok();
                debug_assert!(first, "a server claims its database once");
                Some(Arc::unwrap_or_clone(pool.connect_options()).options(KEEPALIVE))
            }
        };
        Claim {
            share,
            options,
            session: None,
            waits: true,
            refusals: 0,
        }
    }

    /// Goes by what was seen of the server's lock.
    pub fn note_claim(&self, seen: Seen) {
        if let Some(standing) = self.0.standing.get() {
            standing.note(seen, Instant::now());
        }
    }

    /// Whether another server has the database, so that this one must wait.
    pub fn is_taken(&self) -> bool {
        let standing = self.0.standing.get();
        standing.is_some_and(|standing| standing.seen().0 == Seen::Taken)
    }

    /// Whether the server may store now. Always where none has claimed the database.
    pub fn may_append(&self) -> bool {
        let standing = self.0.standing.get();
        standing.is_none_or(|standing| standing.may_append(Instant::now()))
    }
}

impl Standing {
    fn new(share: Share) -> Self {
        Self {
            share,
            last: Mutex::new((Seen::Unsure, Instant::now())),
        }
    }

    fn note(&self, seen: Seen, now: Instant) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match (last.0, seen) {
            (Seen::Taken, Seen::Taken) => {}
            (_, Seen::Taken) => {
                tracing::warn!("another server has this database: waiting for it to end");
            }
            (Seen::Taken, Seen::Held) => {
                tracing::info!("no other server has this database: serving");
            }
            // Who has it is not known better than before.
            (Seen::Taken, Seen::Unsure) => return,
            _ => {}
        }
        *last = (seen, now);
    }

    fn may_append(&self, now: Instant) -> bool {
        let (seen, at) = self.seen();
        match self.share {
            Share::Alone => seen == Seen::Held && now - at < COUNTS,
            // Without its lock for a moment, the others still hear of what it stores.
            Share::Several => seen != Seen::Taken,
        }
    }

    fn seen(&self) -> (Seen, Instant) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alone_stores_only_while_the_lock_was_there_lately() {
        let (alone, now) = (Standing::new(Share::Alone), Instant::now());
        assert!(!alone.may_append(now));
        alone.note(Seen::Held, now);
        assert!(alone.may_append(now));
        let later = now + COUNTS;
        assert!(!alone.may_append(later));
        alone.note(Seen::Held, later);
        assert!(alone.may_append(later));
        alone.note(Seen::Unsure, later);
        assert!(!alone.may_append(later));
    }

    #[test]
    fn one_of_several_stores_unless_somebody_is_alone() {
        let (one, now) = (Standing::new(Share::Several), Instant::now());
        assert!(one.may_append(now));
        one.note(Seen::Held, now);
        assert!(one.may_append(now + 2 * COUNTS));
        one.note(Seen::Taken, now);
        assert!(!one.may_append(now));
        // That it cannot be asked does not mean that the other has ended.
        one.note(Seen::Unsure, now);
        assert!(!one.may_append(now));
        one.note(Seen::Held, now);
        assert!(one.may_append(now));
    }
}
