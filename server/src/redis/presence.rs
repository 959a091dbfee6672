//! Which nodes have streams of whom.
//!
//! Of each user there is a hash: `node:{node}` is the time until which a node's streams count, in
//! Redis's own time, so that the clocks of nodes do not matter, `live:{node}` the same while it has
//! streams at all, without the grace; `hides` is whether the user hides;
//! `online` and `since` are what followed from that when it was last written. A node that dies
//! leaves an entry behind that ends by itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use ::redis::{Script, Value, from_redis_value};
use protocol::{Millis, UserId};

use super::{Away, Redis};

/// How long a user's hash outlives the last write, in milliseconds: so long one can be told since
/// when somebody is offline.
const KEPT: Millis = 24 * 60 * 60 * 1_000;

/// What a node says about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// Whom.
    pub user: UserId,
    /// How long their streams here count, in milliseconds; 0 where there are none.
    pub lasts: Millis,
    /// Whether they have streams here now.
    pub streams: bool,
    /// Whether they hide, where they have just said so.
    pub said: Option<bool>,
    /// Whether they hide as far as is known here, for a Redis that has forgotten.
    pub believed: bool,
    /// Since when they are online as far as is known here, likewise; 0 where they are not.
    pub since: Millis,
}

/// What followed from a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Whether they came or went by it, taking all nodes together.
    pub changed: bool,
    /// How they are now.
    pub found: Found,
    /// Whether they hide.
    pub hides: bool,
}

/// How a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Whether some node has a stream of theirs, and they do not hide.
    pub online: bool,
    /// Since when; 0 where nobody knows.
    pub since: Millis,
    /// Whether some node has a stream of theirs now, also if they hide.
    pub streams: bool,
}

/// The entries of one node, and of all.
#[derive(Debug, Clone)]
pub struct Entries {
    redis: Redis,
    node: String,
}

/// One script, so that of two nodes that write at once exactly one sees that the user came or went.
const WRITE: &str = "
local node, lasts, said, believed = 'node:' .. ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HGETALL', KEYS[1])
local known, others, mine, ended = {}, false, false, 0
for i = 1, #held, 2 do
  local field, value = held[i], held[i + 1]
  local kind = string.sub(field, 1, 5)
  if kind == 'live:' then
    if tonumber(value) <= now then redis.call('HDEL', KEYS[1], field) end
  elseif kind ~= 'node:' then known[field] = value
  elseif tonumber(value) <= now then
    ended = math.max(ended, tonumber(value))
    redis.call('HDEL', KEYS[1], field)
  elseif field == node then mine = true
  else others = true end
end
local before, since = known.online == '1', tonumber(known.since or '0')
if before and not (others or mine) then before, since = false, ended end
local hides = known.hides or believed
if said ~= '' then hides = said end
local after = (others or lasts > 0) and hides == '0'
if after ~= before then
  since = now
  if not known.online and tonumber(ARGV[5]) > 0 then since = tonumber(ARGV[5]) end
end
if lasts > 0 then redis.call('HSET', KEYS[1], node, now + lasts)
else redis.call('HDEL', KEYS[1], node) end
local live = 'live:' .. ARGV[1]
if ARGV[7] == '1' then redis.call('HSET', KEYS[1], live, now + lasts)
else redis.call('HDEL', KEYS[1], live) end
redis.call('HSET', KEYS[1], 'hides', hides, 'online', after and '1' or '0', 'since', since)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {after ~= before and 1 or 0, after and 1 or 0, since, tonumber(hides)}
";

/// By what the script is called.
static WRITE_HASH: LazyLock<String> = LazyLock::new(|| Script::new(WRITE).get_hash().to_owned());

impl Entries {
    /// A node's.
    pub fn new(redis: Redis, node: String) -> Self {
        Self { redis, node }
    }

    /// Where they are kept.
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Says how this node's streams stand; gives what followed, in the same order.
    ///
    /// # Errors
    /// Redis is away; some may have been written.
    pub async fn write(&self, writes: &[Write]) -> Result<Vec<Written>, Away> {
        let mut pipeline = ::redis::pipe();
        // Each time, since a Redis that was emptied has forgotten it.
        pipeline.cmd("SCRIPT").arg("LOAD").arg(WRITE).ignore();
        for write in writes {
            let said = write.said.map_or("", |hides| if hides { "1" } else { "0" });
            pipeline
                .cmd("EVALSHA")
                .arg(WRITE_HASH.as_str())
                .arg(1)
                .arg(self.key(write.user))
                .arg(&self.node)
                .arg(write.lasts)
                .arg(said)
                .arg(i32::from(write.believed))
                .arg(write.since)
                .arg(KEPT)
                .arg(i32::from(write.streams));
        }
        let written: Vec<(bool, bool, Millis, bool)> = self.redis.pipeline(&pipeline).await?;
        let written =
            written
                .into_iter()
                .zip(writes)
                .map(|((changed, online, since, hides), write)| Written {
                    changed,
                    found: Found {
                        online,
                        since,
                        streams: write.streams,
                    },
                    hides,
                });
        Ok(written.collect())
    }

    /// How users are, in the same order. Entries of nodes that died end without anybody's writing, so
    /// this is how that is seen.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn read(&self, users: &[UserId]) -> Result<Vec<Found>, Away> {
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("TIME");
        for user in users {
            pipeline.cmd("HGETALL").arg(self.key(*user));
        }
        let mut answers: Vec<Value> = self.redis.pipeline(&pipeline).await?;
        if answers.len() != users.len() + 1 {
            return Err(Away);
        }
        let hashes = answers.split_off(1);
        let time = answers.pop().and_then(|time| from_redis_value(time).ok());
        let (seconds, micros): (Millis, Millis) = time.ok_or(Away)?;
        let now = seconds * 1_000 + micros / 1_000;
        let found = |hash: Value| {
            let hash: HashMap<String, String> = from_redis_value(hash).unwrap_or_default();
            standing(&hash, now)
        };
        Ok(hashes.into_iter().map(found).collect())
    }

    fn key(&self, user: UserId) -> String {
        format!("{}:presence:{user}", self.redis.prefix())
    }
}

/// What a hash says at a time.
fn standing(hash: &HashMap<String, String>, now: Millis) -> Found {
    let number = |text: &String| text.parse::<Millis>().unwrap_or(0);
    let latest = |kind: &str| {
        let fields = hash.iter().filter(|(field, _)| field.starts_with(kind));
        fields.map(|(_, until)| number(until)).max().unwrap_or(0)
    };
    let last = latest("node:");
    let was_online = hash.get("online").is_some_and(|online| online == "1");
    let online = was_online && last > now;
    let since = if was_online && !online {
        last
    } else {
        hash.get("since").map_or(0, number)
    };
    Found {
        online,
        since,
        streams: latest("live:") > now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(fields: &[(&str, &str)]) -> HashMap<String, String> {
        fields
            .iter()
            .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn who_has_an_entry_left_is_online() {
        let hash = hash(&[
            ("node:a", "100"),
            ("node:b", "300"),
            ("live:a", "100"),
            ("live:b", "250"),
            ("hides", "0"),
            ("online", "1"),
            ("since", "50"),
        ]);
        let (online, since, streams) = (true, 50, true);
        assert_eq!(
            standing(&hash, 200),
            Found {
                online,
                since,
                streams
            }
        );
        let (online, since, streams) = (false, 300, false);
        assert_eq!(
            standing(&hash, 300),
            Found {
                online,
                since,
                streams
            }
        );
    }

    #[test]
    fn who_hides_or_is_not_known_is_offline() {
        let hiding = hash(&[
            ("node:a", "300"),
            ("live:a", "300"),
            ("online", "0"),
            ("since", "50"),
        ]);
        let (online, since, streams) = (false, 50, true);
        assert_eq!(
            standing(&hiding, 200),
            Found {
                online,
                since,
                streams
            }
        );
        let (online, since, streams) = (false, 0, false);
        assert_eq!(
            standing(&HashMap::new(), 200),
            Found {
                online,
                since,
                streams
            }
        );
    }
}
