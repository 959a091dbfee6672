//! Who is given what is consumed.

use bytes::Bytes;
use futures::future::BoxFuture;

/// Stores what consumers are given.
pub trait Handler: Send + Sync + 'static {
    /// Stores bodies of one shard, in order, and answers with one verdict each.
    ///
    /// This node calls it by one at a time a shard. It waits by itself while the database is away, and
    /// returns when each body is dealt with, but for those of [`Verdict::Again`]. Bodies that were stored
    /// before may come again.
    fn batch(&self, shard: u32, bodies: Vec<Bytes>) -> BoxFuture<'_, Vec<Verdict>>;
}

/// What became of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored, or its refusal is.
    Done,
    /// It can never be stored, for this reason: a copy goes to the dead letters.
    Dead(String),
    /// It is not dealt with: it, and what follows it, is to come again.
    Again,
}
