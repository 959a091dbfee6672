//! How much of something one may do in a time, in memory of bounded size.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use protocol::Millis;

/// How many keys are remembered at most. Beyond it those whose time is over go first, then those
/// that began longest ago.
const KEYS: usize = 20_000;

/// Counts by key, each over a window that begins with the key's first use.
#[derive(Debug)]
pub struct Throttle<K> {
    most: u32,
    window: Millis,
    keys: Mutex<HashMap<K, Used>>,
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

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// Allows `most` in each `window` of milliseconds.
    pub fn new(most: u32, window: Millis) -> Self {
        Self {
            most,
            window,
            keys: Mutex::new(HashMap::new()),
        }
    }

    /// Counts `count` more uses of a key, or none where they would be too many.
    ///
    /// # Errors
    /// When there is more.
    pub fn take(&self, key: &K, count: u32, now: Millis) -> Result<(), Throttled> {
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

    /// Takes one use back: it was not of the kind that counts.
    pub fn give_back(&self, key: &K) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = keys.get_mut(key) {
            used.count = used.count.saturating_sub(1);
        }
    }
}

impl Used {
    fn lasts(&self, now: Millis, window: Millis) -> bool {
        (0..window).contains(&(now - self.since))
    }

    fn throttled(&self, now: Millis, window: Millis) -> Throttled {
        let millis = (self.since + window - now).clamp(1, window);
        Throttled {
            seconds: u32::try_from((millis + 999) / 1000).unwrap_or(u32::MAX),
        }
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

    #[test]
    fn more_is_refused_until_the_window_is_over() {
        let throttle = Throttle::new(3, 10_000);
        assert_eq!(throttle.take(&"ann", 2, 1_000), Ok(()));
        assert_eq!(
            throttle.take(&"ann", 2, 1_500),
            Err(Throttled { seconds: 10 })
        );
        assert_eq!(throttle.take(&"ann", 1, 2_000), Ok(()));
        assert_eq!(
            throttle.take(&"ann", 1, 10_900),
            Err(Throttled { seconds: 1 })
        );
        assert_eq!(throttle.take(&"bob", 1, 10_900), Ok(()));
        assert_eq!(throttle.take(&"ann", 3, 11_000), Ok(()));
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let throttle = Throttle::new(1, 10_000);
        for now in 0..5 {
            assert_eq!(throttle.take(&1, 1, now), Ok(()));
            throttle.give_back(&1);
        }
    }

    #[test]
    fn its_memory_is_bounded() {
        let throttle = Throttle::new(1, 10_000);
        for key in 0..3 * KEYS {
            let now = Millis::try_from(key / 1_000).unwrap();
            assert_eq!(throttle.take(&key, 1, now), Ok(()));
            assert!(throttle.keys.lock().unwrap().len() <= KEYS);
        }
        assert!(throttle.take(&(3 * KEYS - 1), 1, 61).is_err());
    }
}
