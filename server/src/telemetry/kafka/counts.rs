//! What became of each line.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::telemetry::metrics::{LOG_LINES_BUFFERED, LOG_LINES_DROPPED, LOG_LINES_SENT};

/// Why a line was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The buffer was full.
    Full,
    /// The brokers do not take it, or the client cannot go on.
    Refused,
    /// The server had stopped before it was sent, or before it was known that it was.
    Stopped,
}

/// Counts that several threads add to.
#[derive(Default)]
pub(super) struct Counts {
    made: AtomicU64,
    sent: AtomicU64,
    full: AtomicU64,
    refused: AtomicU64,
    stopped: AtomicU64,
    gives_up: AtomicBool,
}

impl Counts {
    pub fn made(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub fn dropped(&self, cause: Cause) {
        let gives_up = self.gives_up.load(Ordering::Relaxed);
        let count = match cause {
            Cause::Full => &self.full,
            // A client that is given up because it cannot go on purges its lines too.
            Cause::Stopped if gives_up => &self.stopped,
            Cause::Refused | Cause::Stopped => &self.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// From here on, what is purged is so because the server stops.
    pub fn giving_up(&self) {
        self.gives_up.store(true, Ordering::Relaxed);
    }

    pub fn counted(&self) -> Counted {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        // Those first that are counted last: nothing is sent that was not made.
        let (sent, full) = (read(&self.sent), read(&self.full));
        let (refused, stopped) = (read(&self.refused), read(&self.stopped));
        Counted {
            made: read(&self.made),
            sent,
            full,
            refused,
            stopped,
        }
    }
}

/// How many lines there were, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// All that were to be sent.
    pub made: u64,
    /// The brokers have them.
    pub sent: u64,
    /// Dropped since the buffer was full.
    pub full: u64,
    /// Dropped since the brokers do not take them, or the client could not go on.
    pub refused: u64,
    /// Dropped since the server stopped.
    pub stopped: u64,
}

impl Counted {
    /// For whatever reason.
    pub fn dropped(&self) -> u64 {
        self.full + self.refused + self.stopped
    }

    /// Those that wait.
    pub fn buffered(&self) -> u64 {
        self.made.saturating_sub(self.sent + self.dropped())
    }

    /// Sets the metrics.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(super) fn show(&self) {
        metrics::counter!(LOG_LINES_SENT).absolute(self.sent);
        for (cause, count) in [
            ("full", self.full),
            ("refused", self.refused),
            ("stopped", self.stopped),
        ] {
            metrics::counter!(LOG_LINES_DROPPED, "cause" => cause).absolute(count);
        }
        metrics::gauge!(LOG_LINES_BUFFERED).set(self.buffered() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_counted_once() {
        let counts = Counts::default();
        for _ in 0..6 {
            counts.made();
        }
        counts.sent();
        counts.dropped(Cause::Full);
        counts.dropped(Cause::Refused);
        counts.dropped(Cause::Stopped);
        counts.giving_up();
        counts.dropped(Cause::Stopped);
        let counted = counts.counted();
        assert_eq!((counted.full, counted.refused, counted.stopped), (1, 2, 1));
        assert_eq!((counted.dropped(), counted.buffered()), (4, 1));
    }
}
