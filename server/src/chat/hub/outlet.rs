//! One stream's unsent frames, between the hub, which adds them, and the connection, which takes
//! them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use protocol::Millis;

use super::frames::Frame;
use crate::telemetry::traces::{Step, names};

/// Most unsent bytes of a stream.
const UNSENT_BYTES: usize = 256 * 1024;

/// How long a frame may stay unsent.
const UNSENT_FOR: Millis = 10_000;

/// An idle one costs some 150 bytes: nothing is allocated until there is something to send.
#[derive(Debug, Default)]
pub(super) struct Outlet(Mutex<Unsent>);

#[derive(Debug, Default)]
struct Unsent {
    frames: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Waiting {
    since: Millis,
    bytes: Bytes,
    /// Its way to the connection, if that is traced.
    step: Option<Box<Step>>,
}

/// What a connection takes.
#[derive(Debug)]
pub(super) struct Taken {
    pub bytes: Bytes,
    /// Ends now, if it is traced.
    pub step: Option<Box<Step>>,
}

/// The connection does not keep up: the stream must end, since nothing may be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooSlow;

impl Outlet {
    /// Adds a frame; after the end, nothing happens.
    pub(super) fn push(&self, frame: Frame, now: Millis) -> Result<(), TooSlow> {
        let mut unsent = self.lock();
        if unsent.closed {
            return Ok(());
        }
        if unsent.bytes + frame.bytes.len() > UNSENT_BYTES || unsent.is_late(now) {
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
    pub(super) fn close(&self, last: Option<Frame>, now: Millis) {
        let mut unsent = self.lock();
        if unsent.closed {
            return;
        }
        if let Some(last) = last
            && unsent.bytes + last.bytes.len() <= UNSENT_BYTES
        {
            unsent.push(last, now);
        }
        unsent.closed = true;
        wake(unsent);
    }

    /// Takes the next frame; `None` after the last one.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Taken>> {
        let mut unsent = self.lock();
        if let Some(Waiting { bytes, step, .. }) = unsent.frames.pop_front() {
            unsent.bytes -= bytes.len();
            if unsent.frames.is_empty() {
                // A burst must not cost memory for as long as the stream is open.
                unsent.frames = VecDeque::new();
            }
            return Poll::Ready(Some(Taken { bytes, step }));
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
    fn push(&mut self, frame: Frame, now: Millis) {
        self.bytes += frame.bytes.len();
        self.frames.push_back(Waiting {
            since: now,
            bytes: frame.bytes,
            step: frame.trace.map(|trace| trace.step(names::STREAM).into()),
        });
    }

    fn is_late(&self, now: Millis) -> bool {
        self.frames
            .front()
            .is_some_and(|first| now - first.since > UNSENT_FOR)
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
        let taken = outlet.poll(&mut Context::from_waker(Waker::noop()));
        taken.map(|taken| taken.map(|taken| taken.bytes))
    }

    fn frame(text: &'static str) -> Frame {
        Bytes::from(text).into()
    }

    #[test]
    fn frames_come_out_in_order_and_then_the_end() {
        let outlet = Outlet::default();
        outlet.push(frame("a"), 0).unwrap();
        outlet.push(frame("b"), 0).unwrap();
        outlet.close(Some(frame("bye")), 0);
        outlet.push(frame("c"), 0).unwrap();
        for expected in ["a", "b", "bye"] {
            assert_eq!(take(&outlet), Poll::Ready(Some(Bytes::from(expected))));
        }
        assert_eq!(take(&outlet), Poll::Ready(None));
    }

    #[test]
    fn too_many_unsent_bytes_are_too_slow() {
        let outlet = Outlet::default();
        let half: Frame = Bytes::from(vec![0; UNSENT_BYTES / 2]).into();
        outlet.push(half.clone(), 0).unwrap();
        outlet.push(half.clone(), 0).unwrap();
        assert_eq!(outlet.push(frame("x"), 0), Err(TooSlow));
        assert!(take(&outlet).is_ready());
        assert_eq!(outlet.push(half, 0), Ok(()));
    }

    #[test]
    fn a_frame_unsent_for_too_long_is_too_slow() {
        let outlet = Outlet::default();
        outlet.push(frame("a"), 0).unwrap();
        assert!(!outlet.is_late(UNSENT_FOR));
        assert!(outlet.is_late(UNSENT_FOR + 1));
        assert_eq!(outlet.push(frame("b"), UNSENT_FOR + 1), Err(TooSlow));
    }
}
