//! Deliberate mistakes, so that the tests can show that they would notice.
//!
//! Each breaks one promise. They can be switched on in builds with debug assertions only, for the
//! current thread, and are compiled out of every release.

/// A mistake, by the promise that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// P1: the outbox forgets an entry whose answer did not come.
    ForgetUnanswered,
    /// P2: a retry makes a new `client_id`.
    NewIdOnRetry,
    /// P3: the outbox does not wait for one answer before it sends the next.
    SendTogether,
    /// P4: all below an event is taken to be here.
    OverlookGaps,
    /// P5: what differs is taken to be the same.
    OverlookDifferences,
    /// P6: the hub forwards to streams whose users are not members.
    ForwardToAnyone,
    /// P7: a read position moves to wherever it is told.
    ReadBackwards,
}

#[cfg(debug_assertions)]
mod switch {
    use std::cell::Cell;

    use super::Mistake;

    thread_local! {
        static MADE: Cell<Option<Mistake>> = const { Cell::new(None) };
    }

    /// Whether this mistake is to be made.
    pub fn made(mistake: Mistake) -> bool {
        MADE.get() == Some(mistake)
    }

    /// Makes one mistake from now on, on this thread; or none.
    pub fn make(mistake: Option<Mistake>) {
        MADE.set(mistake);
    }
}

#[cfg(not(debug_assertions))]
mod switch {
    /// Never, in a release.
    #[inline]
    pub const fn made(_: super::Mistake) -> bool {
        false
    }
}

pub use switch::*;
