//! The way of a command over the broker: from the node that was asked, which waits a moment for what
//! becomes of it, to the node that serves its shard.

mod answers;
mod door;
mod envelope;
mod serving;
mod waiting;

pub use door::Door;
pub(super) use serving::Serving;
