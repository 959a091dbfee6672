//! Sessions: who is logged in, by a token that only their browser holds.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use futures::FutureExt as _;
use protocol::api::access_tokens::Scope;
use protocol::{Millis, UserId};

use super::{Origin, Token};
use crate::chat::{SessionCheck, SessionForgetter, SessionKey};
use crate::clock::Clock;
use crate::config;
use crate::random::Random;
use crate::redis::{CachedSession, SessionCache};
use crate::store::{NewSession, Store, StoreError, StoredSession};

const HOUR: Millis = 60 * 60 * 1_000;
const DAY: Millis = 24 * HOUR;

/// How many sessions are kept in memory; beyond it they are read from the database again.
const CACHED: usize = 100_000;

/// How often at most a session's last use is written down.
const SEEN_EVERY: Millis = HOUR;

/// How long sessions last, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// Without use.
    pub unused: Millis,
    /// Without use on a computer that others use too.
    pub shared: Millis,
    /// However they are used.
    pub most: Millis,
}

impl Lasting {
    /// As configured.
    pub fn new(config: &config::Session) -> Self {
        let most = Millis::from(config.most_days) * DAY;
        Self {
            unused: (Millis::from(config.days) * DAY).min(most),
            shared: (Millis::from(config.shared_hours) * HOUR).min(most),
            most,
        }
    }
}

/// A session that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: UserId,
    /// By what it is known.
    pub key: SessionKey,
    /// What a program may do with it; a browser may do all.
    pub scope: Option<Scope>,
}

/// A program that is let in.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// In whose name.
    pub user: UserId,
    /// What it may do.
    pub scope: Scope,
    /// What its user calls it.
    pub name: String,
    /// Who has issued its token, if it was not made here.
    pub provider: Option<String>,
}

/// All sessions. Clones share what is in memory, so that one that was ended is over everywhere at
/// once, and a request on the hot path asks no database. Other nodes are told by the bus; should they
/// not hear it, they ask the database within ten seconds.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Clock,
    random: Random,
    lasting: Lasting,
    cache: Arc<RwLock<HashMap<SessionKey, Cached>>>,
    shared: Option<SessionCache>,
}

#[derive(Debug, Clone, Copy)]
struct Cached {
    session: StoredSession,
    seen_at: Millis,
}

impl Sessions {
    /// Sessions that last as long as is said.
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        lasting: Lasting,
        shared: Option<SessionCache>,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            lasting,
            cache: Arc::default(),
            shared,
        }
    }

    /// How long a session lasts at most, in seconds.
    pub fn seconds(&self) -> Millis {
        self.lasting.most / 1_000
    }

    /// Begins a session; `shared` where others use that browser too.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(
        &self,
        user: UserId,
        origin: &Origin,
        shared: bool,
    ) -> Result<Token, StoreError> {
        let now = self.clock.now();
        let lasts = if shared {
            self.lasting.shared
        } else {
            self.lasting.unused
        };
        let token = Token::new(&self.random);
        self.store
            .insert_session(&NewSession {
                token_hash: token.key(),
                user,
                at: now,
                lasts,
                most_at: now + self.lasting.most,
                shared,
                agent: origin.agent.chars().take(200).collect(),
                address: origin.address.clone(),
                scope: None,
                name: String::new(),
                provider: None,
            })
            .await?;
        Ok(token)
    }

    /// Lets a program in by a token, from a time on until another.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn admit(
        &self,
        token: &Token,
        program: &Program,
        (now, until): (Millis, Millis),
    ) -> Result<(), StoreError> {
        let session = NewSession {
            token_hash: token.key(),
            user: program.user,
            at: now,
            lasts: until - now,
            most_at: until,
            shared: false,
            agent: String::new(),
            address: String::new(),
            scope: Some(program.scope),
            name: program.name.clone(),
            provider: program.provider.clone(),
        };
        match self.store.insert_session(&session).await {
            // Another request of the program was faster.
            Err(error) if error.is_unique_violation() => Ok(()),
            inserted => inserted,
        }
    }

    /// The session of a token, if it is on.
    ///
    /// # Errors
    /// The database's: then nobody can say, and nobody is logged out.
    pub async fn find(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        let key = token.key();
        let now = self.clock.now();
        let cached = self.read().get(&key).copied();
        // Used elsewhere meanwhile, it may have been prolonged.
        let cached = cached.filter(|cached| cached.session.expires_at > now);
        let session = if let Some(cached) = cached {
            if now - cached.seen_at >= SEEN_EVERY {
                self.seen(key, now);
            }
            cached.session
        } else {
            let Some(session) = self.look_up(&key, now).await? else {
                return Ok(None);
            };
            self.remember(key, session, now);
            self.seen(key, now);
            session
        };
        Ok((session.expires_at > now).then_some(Session {
            user: session.user,
            key,
            scope: session.scope,
        }))
    }

    /// Whose session a token was that was ended from another device.
    ///
    /// # Errors
    /// The database's.
    pub async fn ended(&self, token: &Token) -> Result<Option<UserId>, StoreError> {
        self.store.ended_session(&token.key()).await
    }

    /// Ends sessions from another device of their user, for good and at once.
    ///
    /// # Errors
    /// The database's; the sessions then go on.
    pub async fn end_elsewhere(&self, keys: &[SessionKey]) -> Result<(), StoreError> {
        self.store.end_sessions(keys, self.clock.now()).await?;
        self.forget(keys);
        if let Some(shared) = &self.shared {
            shared.end(keys).await;
        }
        Ok(())
    }

    /// Ends a session, for good and at once.
    ///
    /// # Errors
    /// The database's; the session then goes on.
    pub async fn end(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.store.delete_session(key).await?;
        self.forget(&[*key]);
        if let Some(shared) = &self.shared {
            shared.end(&[*key]).await;
        }
        Ok(())
    }

    /// Asks the database, since another process may have ended sessions: those over are forgotten.
    pub fn checker(&self) -> SessionCheck {
        let sessions = self.clone();
        Arc::new(move |keys| {
            let sessions = sessions.clone();
            async move { sessions.over(keys).await }.boxed()
        })
    }

    /// Forgets what another node says it has ended.
    pub fn forgetter(&self) -> SessionForgetter {
        let sessions = self.clone();
        Arc::new(move |keys| sessions.forget(keys))
    }

    /// Forgets sessions whose time is over, and those another process has ended. Call it now and
    /// then.
    pub async fn tidy(&self) {
        let keys: Vec<SessionKey> = self.read().keys().copied().collect();
        let over = self.over(keys).await;
        self.forget(&over);
        if let Err(error) = self.store.delete_sessions_over(self.clock.now()).await {
            tracing::warn!(%error, "old sessions were not deleted");
        }
    }

    async fn over(&self, mut keys: Vec<SessionKey>) -> Vec<SessionKey> {
        match self.store.sessions_alive(&keys, self.clock.now()).await {
            Ok(alive) => {
                keys.retain(|key| !alive.contains(key));
                self.forget(&keys);
                if let Some(shared) = &self.shared {
                    shared.end(&keys).await;
                }
                keys
            }
            Err(error) => {
                tracing::warn!(%error, "sessions could not be checked");
                Vec::new()
            }
        }
    }

    /// What another node found, or the database has.
    async fn look_up(
        &self,
        key: &SessionKey,
        now: Millis,
    ) -> Result<Option<StoredSession>, StoreError> {
        let Some(shared) = &self.shared else {
            return self.store.session(key).await;
        };
        if let Some(cached) = shared.get(key).await
            && cached.expires_at > now
        {
            return Ok(Some(StoredSession {
                user: cached.user,
                expires_at: cached.expires_at,
                scope: cached.scope,
            }));
        }
        let session = self.store.session(key).await?;
        if let Some(session) = session {
            let cached = CachedSession {
                user: session.user,
                expires_at: session.expires_at,
                scope: session.scope,
            };
            shared.put(key, cached, now).await;
        }
        Ok(session)
    }

    fn remember(&self, key: SessionKey, session: StoredSession, seen_at: Millis) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(key, Cached { session, seen_at });
    }

    /// Forgets sessions that another node has ended.
    pub fn forget(&self, keys: &[SessionKey]) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            cache.remove(key);
        }
    }

    /// Notes the use of a session, beside the request.
    fn seen(&self, key: SessionKey, now: Millis) {
        if let Some(cached) = self
            .cache
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(&key)
        {
            cached.seen_at = now;
        }
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.session_seen(&key, now).await {
                tracing::debug!(%error, "a session's last use was not noted");
            }
        });
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<SessionKey, Cached>> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner)
    }
}
