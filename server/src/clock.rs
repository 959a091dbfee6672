//! What time it is. Nothing else reads the system's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocol::Millis;

/// Tells the time. Clones share one clock.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Steered(Arc<Steered>),
    Manual(Arc<AtomicI64>),
}

/// Goes on by the machine's monotonic clock from where it was set last.
#[derive(Debug)]
struct Steered {
    zero: Instant,
    /// What time it was at `zero`.
    base: AtomicI64,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that begins with the system's time and is set by [`Clock::steer`] from then on, whatever
    /// the system's does: several nodes that are set by the same clock agree.
    #[expect(clippy::disallowed_methods, reason = "the one place where it is read")]
    pub fn steered() -> Self {
        Self(Source::Steered(Arc::new(Steered {
            zero: Instant::now(),
            base: AtomicI64::new(Self::system().now()),
        })))
    }

    /// A clock that stands still until it is told otherwise: for tests and the simulation.
    pub fn manual(start: Millis) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start))))
    }

    /// Unix time in milliseconds.
    #[expect(clippy::disallowed_methods, reason = "the one place where it is read")]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
                }),
            Source::Steered(steered) => steered.base.load(Ordering::SeqCst) + steered.since_zero(),
            Source::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Sets a steered clock to what time it is; others are left alone.
    pub fn steer(&self, now: Millis) {
        if let Source::Steered(steered) = &self.0 {
            let base = now - steered.since_zero();
            steered.base.store(base, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on, or back; the system's clock is left alone.
    pub fn advance(&self, by: Millis) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; the system's clock is left alone.
    pub fn set(&self, to: Millis) {
        if let Source::Manual(now) = &self.0 {
            now.store(to, Ordering::SeqCst);
        }
    }
}

impl Steered {
    fn since_zero(&self) -> Millis {
        Millis::try_from(self.zero.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steered_clock_goes_on_from_where_it_was_set() {
        let clock = Clock::steered();
        clock.steer(1_000);
        assert!((1_000..61_000).contains(&clock.now()));
        clock.steer(500);
        assert!((500..60_500).contains(&clock.now()));
    }
}
