//! Which rule answers which command.

use super::rules::{creation, membership, messages, standing, titles};
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
/// queue was drained. Shape and limits of size were checked before, by
/// [`Command::checked`](crate::Command::checked); a repeat under a known `client_id` was answered
/// before, and never comes here.
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
    match command {
        CommandKind::Create { name, members } => {
            creation::create(state, sender, name.as_deref(), members, limits)
        }
        CommandKind::Send {
            content,
            reply_to,
            mentions,
            mention_all,
        } => messages::send(
            state,
            sender,
            messages::Draft {
                content,
                reply_to: *reply_to,
                mentions,
                mention_all: *mention_all,
            },
            accepted_at,
        ),
        CommandKind::Recall { target } => {
            messages::recall(state, sender, *target, accepted_at, limits)
        }
        CommandKind::Rename { name } => titles::rename(state, sender, name),
        CommandKind::Announce { announcement } => titles::announce(state, sender, announcement),
        CommandKind::SetNickname { nickname } => titles::set_nickname(state, sender, nickname),
        CommandKind::Invite { users } => membership::invite(state, sender, users, limits),
        CommandKind::Remove { users } => membership::remove(state, sender, users),
        CommandKind::Leave => membership::leave(state, sender),
        CommandKind::SetRole { user, role } => standing::set_role(state, sender, *user, *role),
        CommandKind::Transfer { user } => standing::transfer(state, sender, *user),
        CommandKind::MuteMember { user, until } => {
            standing::mute_member(state, sender, *user, *until, accepted_at)
        }
        CommandKind::MuteAll { on } => standing::mute_all(state, sender, *on),
    }
}
