//! How much of something one may do in a time.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use protocol::Millis;

use crate::redis::{RateLimits, Taken};

/// How many keys are remembered at most. Beyond it those whose time is over go first, then those
/// that began longest ago.
const KEYS: usize = 20_000;

/// In how many parts a node takes what nodes share, so that it need not ask Redis each time. Of a part
/// that it has taken, what it does not use is nobody else's in this window.
const PARTS: u32 = 16;

/// Counts by key, each over a window that begins with the key's first use: for all nodes together
/// where they share a Redis, otherwise, and while it is away, for this node, in memory of bounded
/// size.
#[derive(Debug)]
pub struct Throttle<K> {
    most: u32,
    window: Millis,
    shared: Option<Shared<K>>,
    keys: Mutex<HashMap<K, Used>>,
}

#[derive(Debug)]
struct Shared<K> {
    limits: RateLimits,
    /// What is counted, apart from other throttles in the same Redis.
    name: &'static str,
    /// What this node has taken for a key and not used yet.
    parts: Mutex<HashMap<K, Part>>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    until: Millis,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    since: Millis,
    count: u32,
}

/// Too much: there is more after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    /// Whole seconds, at least one.
    pub seconds: u32,
}

impl<K: Hash + Eq + Clone + Display> Throttle<K> {
    /// Allows `most` in each `window` of milliseconds.
    pub fn new(most: u32, window: Millis) -> Self {
        Self {
            most,
            window,
            shared: None,
            keys: Mutex::new(HashMap::new()),
        }
    }

    /// Counts for all nodes together, where there are limits that they share.
    pub fn shared(mut self, limits: Option<RateLimits>, name: &'static str) -> Self {
        self.shared = limits.map(|limits| Shared {
            limits,
            name,
            parts: Mutex::default(),
        });
        self
    }

    /// Counts `count` more uses of a key, or none where they would be too many.
    ///
    /// # Errors
    /// When there is more.
    pub async fn take(&self, key: &K, count: u32, now: Millis) -> Result<(), Throttled> {
        if let Some(shared) = &self.shared {
            if shared.take_of_part(key, count, now) {
                return Ok(());
            }
            if let Ok(taken) = self.take_part(shared, key, count, now).await {
                return taken;
            }
        }
        // Without Redis, nobody is let do more than a node alone allows.
        self.take_here(key, count, now)
    }

    /// Takes a part of what nodes share, or only as much as is wanted where there is no more.
    async fn take_part(
        &self,
        shared: &Shared<K>,
        key: &K,
        count: u32,
        now: Millis,
    ) -> Result<Result<(), Throttled>, crate::redis::Away> {
        let text = key.to_string();
        let take = async |many| {
            let (most, window) = (self.most, self.window);
            shared
                .limits
                .take(shared.name, &text, many, most, window)
                .await
        };
        let part = count.max(self.most / PARTS);
        let taken = match take(part).await? {
            Taken::Counted(left) => {
                shared.keep(key, part - count, now, left);
                return Ok(Ok(()));
            }
            too_much if part == count => too_much,
            Taken::TooMuch(_) => take(count).await?,
        };
        Ok(match taken {
            Taken::Counted(_) => Ok(()),
            Taken::TooMuch(left) => Err(Throttled::after(left)),
        })
    }

    /// Takes one use back: it was not of the kind that counts.
    pub async fn give_back(&self, key: &K) {
        if let Some(Shared { limits, name, .. }) = &self.shared
            && limits.give_back(name, &key.to_string()).await.is_ok()
        {
            return;
        }
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = keys.get_mut(key) {
            used.count = used.count.saturating_sub(1);
        }
    }

    fn take_here(&self, key: &K, count: u32, now: Millis) -> Result<(), Throttled> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = keys
            .get_mut(key)
            .filter(|used| used.lasts(now, self.window))
        {
            if used.count.saturating_add(count) > self.most {
                return Err(used.throttled(now, self.window));
            }
            used.count += count;
            return Ok(());
        }
        let fresh = Used { since: now, count };
        if count > self.most {
            return Err(fresh.throttled(now, self.window));
        }
        if keys.len() >= KEYS && !keys.contains_key(key) {
            make_room(&mut keys, now, self.window);
        }
        keys.insert(key.clone(), fresh);
        Ok(())
    }
}

impl<K: Hash + Eq + Clone> Shared<K> {
    /// Uses so much of what was taken; false where that is less.
    fn take_of_part(&self, key: &K, count: u32, now: Millis) -> bool {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let part = parts.get_mut(key).filter(|part| now < part.until);
        let Some(left) = part.as_ref().and_then(|part| part.count.checked_sub(count)) else {
            return false;
        };
        if let Some(part) = part {
            part.count = left;
        }
        true
    }

    /// Keeps what was taken for as long as the window lasts, with what is left of an earlier part.
    fn keep(&self, key: &K, count: u32, now: Millis, left: Millis) {
        if count == 0 {
            return;
        }
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = parts.get(key).filter(|part| now < part.until);
        let count = before.map_or(0, |part| part.count) + count;
        if parts.len() >= KEYS && !parts.contains_key(key) {
            parts.retain(|_, part| now < part.until);
            if parts.len() >= KEYS {
                parts.clear();
            }
        }
        let until = now + left;
        parts.insert(key.clone(), Part { until, count });
    }
}

impl Throttled {
    /// There is more after so many milliseconds.
    fn after(millis: Millis) -> Self {
        Self {
            seconds: u32::try_from((millis.max(1) + 999) / 1000).unwrap_or(u32::MAX),
        }
    }
}

impl Used {
    fn lasts(&self, now: Millis, window: Millis) -> bool {
        (0..window).contains(&(now - self.since))
    }

    fn throttled(&self, now: Millis, window: Millis) -> Throttled {
        Throttled::after((self.since + window - now).min(window))
    }
}

fn make_room<K: Hash + Eq + Clone>(keys: &mut HashMap<K, Used>, now: Millis, window: Millis) {
    keys.retain(|_, used| used.lasts(now, window));
    if keys.len() < KEYS {
        return;
    }
    let mut since: Vec<Millis> = keys.values().map(|used| used.since).collect();
    since.sort_unstable();
    let middle = since[since.len() / 2];
    keys.retain(|_, used| used.since > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_is_refused_until_the_window_is_over() {
        let throttle = Throttle::new(3, 10_000);
        assert_eq!(throttle.take(&"ann", 2, 1_000).await, Ok(()));
        assert_eq!(
            throttle.take(&"ann", 2, 1_500).await,
            Err(Throttled { seconds: 10 })
        );
        assert_eq!(throttle.take(&"ann", 1, 2_000).await, Ok(()));
        assert_eq!(
            throttle.take(&"ann", 1, 10_900).await,
            Err(Throttled { seconds: 1 })
        );
        assert_eq!(throttle.take(&"bob", 1, 10_900).await, Ok(()));
        assert_eq!(throttle.take(&"ann", 3, 11_000).await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_given_back_does_not_count() {
        let throttle = Throttle::new(1, 10_000);
        for now in 0..5 {
            assert_eq!(throttle.take(&1, 1, now).await, Ok(()));
            throttle.give_back(&1).await;
        }
    }

    #[tokio::test]
    async fn its_memory_is_bounded() {
        let throttle = Throttle::new(1, 10_000);
        for key in 0..3 * KEYS {
            let now = Millis::try_from(key / 1_000).unwrap();
            assert_eq!(throttle.take(&key, 1, now).await, Ok(()));
            assert!(throttle.keys.lock().unwrap().len() <= KEYS);
        }
        assert!(throttle.take(&(3 * KEYS - 1), 1, 61).await.is_err());
    }
}
