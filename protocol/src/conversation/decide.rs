//! The rules themselves.

use super::state::State;
use crate::command::CommandKind;
use crate::event::Body;
use crate::ids::{Millis, UserId};
use crate::limits::Limits;
use crate::problem::Code;

/// What a command becomes: the body of the next event, or the reason why there is none.
pub type Decision = Result<Body, Code>;

/// Decides on one command, knowing the conversation as the events before it left it.
///
/// `accepted_at` is when the server took the command, and rules about time go by it, not by when a
/// queue was drained.
///
/// # Errors
/// Why the command is refused.
pub fn decide(
    state: &State,
    sender: UserId,
    command: &CommandKind,
    accepted_at: Millis,
    limits: &Limits,
) -> Decision {
    let _ = (state, sender, command, accepted_at, limits);
    Err(Code::NotAllowed)
}
