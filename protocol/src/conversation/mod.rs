//! The rules of a conversation: who may do what, and what then becomes of it.
//!
//! [`decide`] is the only place where they stand. The server's writer folds it over a batch of
//! commands; the browser asks it what to grey out.

mod decide;
mod state;

pub use decide::{Decision, decide};
pub use state::{Member, State, TargetEvent};
