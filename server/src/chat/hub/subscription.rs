//! The connection's end of a stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use protocol::{StreamId, UserId};

use super::Hub;
use super::frames::Frame;
use super::outlet::Outlet;
use crate::telemetry::traces::About;

/// One stream's frames, ready for the wire: `sync` first. Dropping it ends the stream.
#[derive(Debug)]
pub struct Subscription {
    pub(super) hub: Hub,
    pub(super) id: StreamId,
    pub(super) user: UserId,
    pub(super) outlet: Arc<Outlet>,
    /// The `sync` frame, until it is taken. It may be large, and counts for no limit.
    pub(super) first: Option<Frame>,
}

impl Subscription {
    /// Which stream this is.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// The next frame; `None` when the stream is over.
    pub async fn next(&mut self) -> Option<Bytes> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The next frame if there is one now: for the simulation.
    pub fn take(&mut self) -> Option<Bytes> {
        match self.poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(frame) => frame,
            Poll::Pending => None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first.bytes));
        }
        let taken = std::task::ready!(self.outlet.poll(context));
        Poll::Ready(taken.map(|taken| {
            if let Some(step) = taken.step {
                step.end(&About {
                    user: Some(self.user),
                    stream: Some(self.id),
                    ..About::default()
                });
            }
            taken.bytes
        }))
    }
}

impl futures::Stream for Subscription {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let ended = self.hub.state().end(self.id, None, self.hub.now());
        self.hub.ended(ended);
    }
}
