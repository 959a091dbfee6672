//! The rules of a conversation: who may do what, and what then becomes of it.
//!
//! [`decide`] is the only place where they stand. The server's writer folds it over a batch of
//! commands; the browser asks it what to grey out.

mod decide;
mod named;
mod rules;
mod state;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod invariants;

pub use decide::{Decision, decide};
pub use named::{targets_named, users_named};
pub use rules::RENAMED_BY_ANYONE;
pub use state::{Member, State, TargetEvent};
