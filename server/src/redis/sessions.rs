//! Sessions that a node need not ask the database for.

use protocol::api::access_tokens::Scope;
use protocol::{Millis, UserId};

use super::{Away, Redis};

/// How long an entry is kept at most, in milliseconds. By then at the latest the database is asked
/// again.
const KEPT: Millis = 10 * 60 * 1_000;

/// Stands where a session was that is over.
const ENDED: &str = "ended";

/// Stands where a program's scope would.
const BROWSER: &str = "browser";

/// A session as it was found in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedSession {
    /// Whose.
    pub user: UserId,
    /// When it is over.
    pub expires_at: Millis,
    /// What a program may do with it; a browser may do all.
    pub scope: Option<Scope>,
}

/// A cache of sessions for all nodes. Clones share it.
///
/// **It may forget, it never brings back:** once [`SessionCache::end`] has reached Redis, a session
/// that some node had read from the database just before can no longer be put. While Redis is away
/// it is as if nothing were there.
#[derive(Debug, Clone)]
pub struct SessionCache(Redis);

impl SessionCache {
    /// Keeps sessions in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    /// A session that is on, if it is here.
    pub async fn get(&self, key: &[u8; 32]) -> Option<CachedSession> {
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("GET").arg(self.key(key));
        let (text,): (Option<String>,) = self.0.pipeline(&pipeline).await.ok()?;
        let (user, rest) = text.as_deref()?.split_once(' ')?;
        let (expires_at, scope) = rest.split_once(' ')?;
        Some(CachedSession {
            user: user.parse().ok()?,
            expires_at: expires_at.parse().ok()?,
            scope: (scope != BROWSER).then(|| Scope::from_name(scope)),
        })
    }

    /// Keeps a session that was found in the database at a time, for ten minutes at most, unless it
    /// was ended meanwhile.
    pub async fn put(&self, key: &[u8; 32], session: CachedSession, now: Millis) {
        let left = (session.expires_at - now).min(KEPT);
        if left <= 0 {
            return;
        }
        let scope = session.scope.map_or(BROWSER, Scope::as_str);
        let text = format!("{} {} {scope}", session.user, session.expires_at);
        let mut pipeline = ::redis::pipe();
        pipeline
            .cmd("SET")
            .arg(self.key(key))
            .arg(text)
            .arg("NX")
            .arg("PX")
            .arg(left)
            .ignore();
        // What is not kept is read from the database.
        let _ = self.0.pipeline::<()>(&pipeline).await;
    }

    /// Ends sessions. Call it once they are deleted from the database.
    ///
    /// While Redis is away, another node may still reach it and find them there: then it goes on
    /// trying in the background, for as long as an entry may be kept.
    pub async fn end(&self, keys: &[[u8; 32]]) {
        if keys.is_empty() || self.try_end(keys).await.is_ok() {
            return;
        }
        let (cache, keys) = (self.clone(), keys.to_vec());
        let trying = async move {
            loop {
                cache.0.connected().await;
                if cache.try_end(&keys).await.is_ok() {
                    return;
                }
                // It is there and does not do it.
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        };
        let kept = std::time::Duration::from_millis(KEPT.unsigned_abs());
        tokio::spawn(tokio::time::timeout(kept, trying));
    }

    async fn try_end(&self, keys: &[[u8; 32]]) -> Result<(), Away> {
        let mut pipeline = ::redis::pipe();
        for key in keys {
            pipeline
                .cmd("SET")
                .arg(self.key(key))
                .arg(ENDED)
                .arg("PX")
                .arg(KEPT)
                .ignore();
        }
        self.0.pipeline(&pipeline).await
    }

    fn key(&self, key: &[u8; 32]) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{}:session:", self.0.prefix());
        for byte in key {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
