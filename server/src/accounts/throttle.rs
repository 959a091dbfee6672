//! How much of something one may do in a time.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::Millis;

use crate::redis::{Away, RateLimits, Taken};

/// How many keys are remembered at most. Beyond it those whose time is over go first, then those
/// whose time is over next.
const KEYS: usize = 20_000;

/// In how many parts a node takes what nodes share, so that it need not ask Redis each time. Of a part
/// that it has taken, what it does not use is nobody else's in this window.
const PARTS: u32 = 16;

/// Counts by key, each over a window that begins with the key's first use: for this node, in memory of
/// bounded size, and for all nodes together where they share a Redis and it answers.
#[derive(Debug)]
pub struct Throttle<K> {
    most: u32,
    window: Millis,
    shared: Option<Shared<K>>,
    /// What was used here.
    used: Mutex<Counts<K>>,
}

#[derive(Debug)]
struct Shared<K> {
    limits: RateLimits,
    /// What is counted, apart from other throttles in the same Redis.
    name: &'static str,
    /// What this node has taken and not used yet.
    parts: Mutex<Counts<K>>,
}

/// Counts by key, each of a window of its own.
#[derive(Debug)]
struct Counts<K> {
    window: Millis,
    by_key: HashMap<K, Count>,
}

/// A count that holds until its window is over.
#[derive(Debug, Clone, Copy)]
struct Count {
    until: Millis,
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
            used: Mutex::new(Counts::new(window)),
        }
    }

    /// Counts for all nodes together, where there are limits that they share.
    pub fn shared(mut self, limits: Option<RateLimits>, name: &'static str) -> Self {
        self.shared = limits.map(|limits| Shared {
            limits,
            name,
            parts: Mutex::new(Counts::new(self.window)),
        });
        self
    }

    /// Counts `count` more uses of a key, or none where they would be too many.
    ///
    /// # Errors
    /// When there is more.
    pub async fn take(&self, key: &K, count: u32, now: Millis) -> Result<(), Throttled> {
        self.take_here(key, count, now)?;
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        match self.take_shared(shared, key, count, now).await {
            Ok(taken) => taken.inspect_err(|_| self.used().give_back(key, count)),
            // Without Redis, as much as if this node were alone.
            Err(Away) => Ok(()),
        }
    }

    /// Uses what this node has of its part, and takes another one where that is not enough.
    async fn take_shared(
        &self,
        shared: &Shared<K>,
        key: &K,
        count: u32,
        now: Millis,
    ) -> Result<Result<(), Throttled>, Away> {
        let rest = shared.parts().take(key, count, now);
        let used = rest.map_or(0, |rest| rest.count);
        let least = count - used;
        if least == 0 {
            return Ok(Ok(()));
        }
        let wanted = least..=least.max(self.most / PARTS);
        let text = key.to_string();
        let taken = shared
            .limits
            .take(shared.name, &text, wanted, self.most, self.window)
            .await;
        if let Ok(Taken::Counted { count, left }) = taken {
            let (until, count) = (now + left, count - least);
            shared.parts().add(key, Count { until, count }, now);
        } else if let Some(rest) = rest {
            shared.parts().add(key, rest, now);
        }
        Ok(match taken? {
            Taken::Counted { .. } => Ok(()),
            Taken::TooMuch { left } => Err(Throttled::after(left)),
        })
    }

    /// Takes one use back: it was not of the kind that counts.
    pub async fn give_back(&self, key: &K) {
        self.used().give_back(key, 1);
        if let Some(Shared { limits, name, .. }) = &self.shared {
            // While Redis is away it counts there until the window is over.
            let _ = limits.give_back(name, &key.to_string()).await;
        }
    }

    fn take_here(&self, key: &K, count: u32, now: Millis) -> Result<(), Throttled> {
        let mut used = self.used();
        let before = used.lasting(key, now);
        let until = before.map_or(now + self.window, |before| before.until);
        let sum = before
            .map_or(0, |before| before.count)
            .saturating_add(count);
        if sum > self.most {
            return Err(Throttled::after((until - now).min(self.window)));
        }
        used.add(key, Count { until, count }, now);
        Ok(())
    }

    fn used(&self) -> MutexGuard<'_, Counts<K>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Shared<K> {
    fn parts(&self) -> MutexGuard<'_, Counts<K>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    fn new(window: Millis) -> Self {
        Self {
            window,
            by_key: HashMap::new(),
        }
    }

    /// The count of a key, if its window lasts.
    fn lasting(&self, key: &K, now: Millis) -> Option<Count> {
        let count = self.by_key.get(key).copied();
        count.filter(|count| count.lasts(now, self.window))
    }

    /// Takes up to `most` out of what a key has, if its window lasts.
    fn take(&mut self, key: &K, most: u32, now: Millis) -> Option<Count> {
        let has = self.lasting(key, now);
        let left = has.map_or(0, |has| has.count.saturating_sub(most));
        if left == 0 {
            self.by_key.remove(key);
        } else if let Some(has) = self.by_key.get_mut(key) {
            has.count = left;
        }
        has.map(|has| Count {
            count: has.count - left,
            ..has
        })
    }

    /// Adds to what a key has. All of it ends with the window that ends first.
    fn add(&mut self, key: &K, more: Count, now: Millis) {
        if more.count == 0 {
            return;
        }
        let before = self.lasting(key, now);
        if self.by_key.len() >= KEYS && !self.by_key.contains_key(key) {
            self.make_room(now);
        }
        let sum = before.map_or(more, |before| Count {
            until: before.until.min(more.until),
            count: before.count.saturating_add(more.count),
        });
        self.by_key.insert(key.clone(), sum);
    }

    /// Takes so much back from what a key has.
    fn give_back(&mut self, key: &K, count: u32) {
        if let Some(has) = self.by_key.get_mut(key) {
            has.count = has.count.saturating_sub(count);
        }
    }

    fn make_room(&mut self, now: Millis) {
        let window = self.window;
        self.by_key.retain(|_, count| count.lasts(now, window));
        if self.by_key.len() < KEYS {
            return;
        }
        let mut until: Vec<Millis> = self.by_key.values().map(|count| count.until).collect();
        until.sort_unstable();
        let middle = until[until.len() / 2];
        self.by_key.retain(|_, count| count.until > middle);
    }
}

impl Count {
    /// Not for longer than a window either, should the clock have been set back.
    fn lasts(self, now: Millis, window: Millis) -> bool {
        (1..=window).contains(&(self.until - now))
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
            assert!(throttle.used().by_key.len() <= KEYS);
        }
        assert!(throttle.take(&(3 * KEYS - 1), 1, 61).await.is_err());
    }

    #[test]
    fn counts_end_with_the_window_that_ends_first() {
        let mut counts = Counts::new(1_000);
        let count = |until, count| Count { until, count };
        counts.add(&"ann", count(500, 2), 0);
        counts.add(&"ann", count(1_000, 3), 0);
        assert_eq!(counts.take(&"ann", 1, 0).unwrap().count, 1);
        assert_eq!(counts.take(&"ann", 9, 499).unwrap().count, 4);
        assert!(counts.by_key.is_empty());
        counts.add(&"ann", count(500, 2), 0);
        assert!(counts.take(&"ann", 1, 500).is_none());
        // With the clock set back, it would last for longer than a window.
        counts.add(&"ann", count(5_000, 2), 4_500);
        assert!(counts.take(&"ann", 1, 100).is_none());
    }
}
