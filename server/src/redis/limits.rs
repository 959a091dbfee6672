//! How much of something one may do in a time, counted for all nodes together.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use ::redis::Script;
use protocol::Millis;

use super::{Away, Redis};

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// So many count, and may be done.
    Counted {
        /// How many.
        count: u32,
        /// For how many milliseconds more the window lasts.
        left: Millis,
    },
    /// It would be too much, and does not count.
    TooMuch {
        /// After how many milliseconds there is more.
        left: Millis,
    },
}

/// Counts in Redis. Clones share it.
#[derive(Debug, Clone)]
pub struct RateLimits(Redis);

/// The window is the key's time to live: it begins with the first use, and Redis forgets it by itself.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local least, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
         local most, window = tonumber(ARGV[3]), tonumber(ARGV[4])
         local left = redis.call('PTTL', KEYS[1])
         local used = 0
         if left > 0 then used = tonumber(redis.call('GET', KEYS[1])) else left = window end
         if used + least > most then return {0, left} end
         local count = math.min(wanted, most - used)
         if used > 0 then redis.call('INCRBY', KEYS[1], count)
         else redis.call('SET', KEYS[1], count, 'PX', left) end
         return {count, left}",
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

    /// Counts more uses of a key: as many as are wanted, or fewer where that would be more than `most`
    /// in a window of so many milliseconds, which begins with the key's first use; but none where it
    /// would be fewer than the least that is wanted.
    ///
    /// # Errors
    /// Redis is away; nothing may be said then.
    pub async fn take(
        &self,
        name: &str,
        key: &str,
        wanted: RangeInclusive<u32>,
        most: u32,
        window: Millis,
    ) -> Result<Taken, Away> {
        let (least, wanted) = wanted.into_inner();
        let [least, wanted, most] = [least, wanted, most].map(i64::from);
        let arguments = [least, wanted, most, window.max(1)];
        let (count, left): (u32, Millis) = self
            .0
            .script(&TAKE, self.key(name, key), &arguments)
            .await?;
        Ok(if count > 0 {
            Taken::Counted { count, left }
        } else {
            Taken::TooMuch { left }
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
