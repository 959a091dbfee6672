//! One stream's unsent frames, between the hub, which adds them, and the connection, which takes
//! them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use protocol::Millis;

/// Most unsent bytes of a stream.
const UNSENT_BYTES: usize = 256 * 1024;

/// How long a frame may stay unsent.
const UNSENT_FOR: Millis = 10_000;

/// An idle one costs some 150 bytes: nothing is allocated until there is something to send.
#[derive(Debug, Default)]
pub(super) struct Outlet(Mutex<Unsent>);

#[derive(Debug, Default)]
struct Unsent {
    frames: VecDeque<(Millis, Bytes)>,
    bytes: usize,
    closed: bool,
    waker: Option<Waker>,
}

/// The connection does not keep up: the stream must end, since nothing may be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooSlow;

impl Outlet {
    /// Adds a frame; after the end, nothing happens.
    pub(super) fn push(&self, frame: Bytes, now: Millis) -> Result<(), TooSlow> {
        let mut unsent = self.lock();
        if unsent.closed {
            return Ok(());
        }
        if unsent.bytes + frame.len() > UNSENT_BYTES || unsent.is_late(now) {
            return Err(TooSlow);
        }
        unsent.push(frame, now);
        wake(unsent);
        Ok(())
    }

    /// Whether the oldest frame has waited too long.
    pub(super) fn is_late(&self, now: Millis) -> bool {
        self.lock().is_late(now)
    }

    /// Ends the stream after what is unsent, with a last frame if that still fits.
    pub(super) fn close(&self, last: Option<Bytes>, now: Millis) {
        let mut unsent = self.lock();
        if unsent.closed {
            return;
        }
        if let Some(last) = last
            && unsent.bytes + last.len() <= UNSENT_BYTES
        {
            unsent.push(last, now);
        }
        unsent.closed = true;
        wake(unsent);
    }

    /// Takes the next frame; `None` after the last one.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut unsent = self.lock();
        if let Some((_, frame)) = unsent.frames.pop_front() {
            unsent.bytes -= frame.len();
            if unsent.frames.is_empty() {
                // A burst must not cost memory for as long as the stream is open.
                unsent.frames = VecDeque::new();
            }
            return Poll::Ready(Some(frame));
        }
        if unsent.closed {
            return Poll::Ready(None);
        }
        unsent.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Unsent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unsent {
    fn push(&mut self, frame: Bytes, now: Millis) {
        self.bytes += frame.len();
        self.frames.push_back((now, frame));
    }

    fn is_late(&self, now: Millis) -> bool {
        self.frames
            .front()
            .is_some_and(|(since, _)| now - since > UNSENT_FOR)
    }
}

fn wake(mut unsent: MutexGuard<'_, Unsent>) {
    let waker = unsent.waker.take();
    drop(unsent);
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(outlet: &Outlet) -> Poll<Option<Bytes>> {
        outlet.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn frames_come_out_in_order_and_then_the_end() {
        let outlet = Outlet::default();
        outlet.push(Bytes::from_static(b"a"), 0).unwrap();
        outlet.push(Bytes::from_static(b"b"), 0).unwrap();
        outlet.close(Some(Bytes::from_static(b"bye")), 0);
        outlet.push(Bytes::from_static(b"c"), 0).unwrap();
        for expected in ["a", "b", "bye"] {
            assert_eq!(take(&outlet), Poll::Ready(Some(Bytes::from(expected))));
        }
        assert_eq!(take(&outlet), Poll::Ready(None));
    }

    #[test]
    fn too_many_unsent_bytes_are_too_slow() {
        let outlet = Outlet::default();
        let half = Bytes::from(vec![0; UNSENT_BYTES / 2]);
        outlet.push(half.clone(), 0).unwrap();
        outlet.push(half.clone(), 0).unwrap();
        assert_eq!(outlet.push(Bytes::from_static(b"x"), 0), Err(TooSlow));
        assert!(take(&outlet).is_ready());
        assert_eq!(outlet.push(half, 0), Ok(()));
    }

    #[test]
    fn a_frame_unsent_for_too_long_is_too_slow() {
        let outlet = Outlet::default();
        outlet.push(Bytes::from_static(b"a"), 0).unwrap();
        assert!(!outlet.is_late(UNSENT_FOR));
        assert!(outlet.is_late(UNSENT_FOR + 1));
        assert_eq!(
            outlet.push(Bytes::from_static(b"b"), UNSENT_FOR + 1),
            Err(TooSlow)
        );
    }
}
