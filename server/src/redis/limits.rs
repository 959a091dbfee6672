//! How much of something one may do in a time, counted for all nodes together.

use std::sync::LazyLock;

use ::redis::Script;
use protocol::Millis;

use super::{Away, Redis};

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It counts, and may be done. The window lasts for so many milliseconds more.
    Counted(Millis),
    /// It would be too much, and does not count. There is more after so many milliseconds.
    TooMuch(Millis),
}

/// Counts in Redis. Clones share it.
#[derive(Debug, Clone)]
pub struct RateLimits(Redis);

/// The window is the key's time to live: it begins with the first use, and Redis forgets it by itself.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local count, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
         local left = redis.call('PTTL', KEYS[1])
         local used = 0
         if left > 0 then used = tonumber(redis.call('GET', KEYS[1])) else left = window end
         if used + count > most then return {0, left} end
         if used > 0 then redis.call('INCRBY', KEYS[1], count)
         else redis.call('SET', KEYS[1], count, 'PX', left) end
         return {1, left}",
    )
});

static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local used = tonumber(redis.call('GET', KEYS[1]) or '0')
         if used > 0 then redis.call('DECR', KEYS[1]) end
         return 0",
    )
});

impl RateLimits {
    /// Counts in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    /// Counts `count` more uses of a key, or none where they would be more than `most` in a window of
    /// so many milliseconds, which begins with the key's first use.
    ///
    /// # Errors
    /// Redis is away; nothing may be said then.
    pub async fn take(
        &self,
        name: &str,
        key: &str,
        count: u32,
        most: u32,
        window: Millis,
    ) -> Result<Taken, Away> {
        let arguments = [i64::from(count), i64::from(most), window.max(1)];
        let (counted, left): (bool, Millis) = self
            .0
            .script(&TAKE, self.key(name, key), &arguments)
            .await?;
        Ok(if counted {
            Taken::Counted(left)
        } else {
            Taken::TooMuch(left)
        })
    }

    /// Takes one use back.
    ///
    /// # Errors
    /// Redis is away; the use then counts until its window is over.
    pub async fn give_back(&self, name: &str, key: &str) -> Result<(), Away> {
        self.0.script(&GIVE_BACK, self.key(name, key), &[]).await
    }

    fn key(&self, name: &str, key: &str) -> String {
        format!("{}:limit:{name}:{key}", self.0.prefix())
    }
}
