//! How long to wait before the next attempt.

use std::time::Duration;

use crate::random::Random;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that double from 0.1 s to 5 s, each shortened by up to a half at random, so that many who
/// failed together do not come back together.
pub(super) struct Backoff {
    longest: Duration,
    random: Random,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            longest: FIRST,
            random: Random::system(),
        }
    }

    /// After a success: the next wait is a short one again.
    pub(super) fn reset(&mut self) {
        self.longest = FIRST;
    }

    /// Waits.
    pub(super) async fn wait(&mut self) {
        let wait = self.next();
        tokio::time::sleep(wait).await;
    }

    fn next(&mut self) -> Duration {
        let longest = self.longest;
        self.longest = (longest * 2).min(LONGEST);
        jittered(&self.random, longest / 2, longest)
    }
}

/// A time from `shortest` up to `longest`, to the millisecond.
pub(super) fn jittered(random: &Random, shortest: Duration, longest: Duration) -> Duration {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random.within(millis(shortest)..millis(longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_seconds_and_are_short_again_after_a_success() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..8).map(|_| backoff.next()).collect();
        assert!((FIRST / 2..FIRST).contains(&waits[0]), "{waits:?}");
        assert!((FIRST..FIRST * 2).contains(&waits[1]), "{waits:?}");
        assert!((LONGEST / 2..LONGEST).contains(&waits[7]), "{waits:?}");
        backoff.reset();
        assert!(backoff.next() < FIRST);
    }
}
