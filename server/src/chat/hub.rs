//! Streams.
use bytes::Bytes;
use futures::future::BoxFuture;
use protocol::{Millis, StreamId, UserId};
use std::sync::Arc;

use super::*;
use crate::store::StoreError;

/// Identifies a session: the hash of its token.
pub type SessionKey = [u8; 32];

/// Tells which of these sessions are over. Where that cannot be said, none is.
pub type SessionCheck =
    Arc<dyn Fn(Vec<SessionKey>) -> BoxFuture<'static, Vec<SessionKey>> + Send + Sync>;

/// All streams of this node. Clones share them.
#[derive(Clone)]
pub struct Hub {}

/// One stream's end: give its frames to the browser as they come.
#[derive(Debug)]
pub struct Subscription {}

impl Hub {
    /// Opens a stream: its topics are subscribed, then the heads are read; the first frame is `sync`.
    pub async fn open(
        &self,
        user: UserId,
        session: SessionKey,
        since: Option<Millis>,
    ) -> Result<Subscription, StoreError> {
        todo!()
    }
    /// Ends the streams of a session that is over.
    pub fn end_session(&self, session: SessionKey) {
        todo!()
    }
    /// Sets whose presence a stream wants (of mutual contacts only), and sends it to the stream at
    /// once. `false` where the user has no such stream.
    pub async fn watch(
        &self,
        user: UserId,
        stream: StreamId,
        users: Vec<UserId>,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    /// How many streams are open, for `/readyz` and metrics.
    pub fn streams(&self) -> usize {
        todo!()
    }
    /// Says `bye` to all streams and refuses new ones.
    pub fn stop(&self) {
        todo!()
    }
}

impl Subscription {
    /// Which stream this is.
    pub fn id(&self) -> StreamId {
        todo!()
    }
    /// The next frames, ready for the wire; `None` when the stream is over.
    pub async fn next(&mut self) -> Option<Bytes> {
        todo!()
    }
}
impl futures::Stream for Subscription {
    type Item = Bytes;
    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Bytes>> {
        todo!()
    }
}
