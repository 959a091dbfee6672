//! The rules, one function a command, by what they are about.
//!
//! Each rule asks in the same order: is the sender a member, is this a group where it must be one,
//! does the sender's role allow it, and only then about what the command names. Somebody who is not
//! a member therefore learns nothing but that.

pub(super) mod creation;
pub(super) mod membership;
pub(super) mod messages;
pub(super) mod standing;
pub(super) mod titles;

pub use titles::RENAMED_BY_ANYONE;

use litemap::LiteMap;

use super::state::{Member, State};
use crate::event::Role;
use crate::ids::{ConversationId, ConversationKind, UserId};
use crate::problem::Code;

/// The sender as a member.
fn member(state: &State, sender: UserId) -> Result<&Member, Code> {
    state.members.get(&sender).ok_or(Code::NotAMember)
}

/// The sender as a member of a group.
fn group_member(state: &State, sender: UserId) -> Result<&Member, Code> {
    let member = member(state, sender)?;
    if state.is_group() {
        Ok(member)
    } else {
        Err(Code::NotAGroup)
    }
}

/// The sender as a group member of at least this role.
fn group_member_as(state: &State, sender: UserId, least: Role) -> Result<&Member, Code> {
    let member = group_member(state, sender)?;
    if member.role >= least {
        Ok(member)
    } else {
        Err(Code::NotAllowed)
    }
}

/// The member whom a command is about.
fn named_member(state: &State, user: UserId) -> Result<&Member, Code> {
    state.members.get(&user).ok_or(Code::TargetNotAMember)
}

/// Whether `owner` has `peer` as a contact and may write to them or bring them in.
///
/// Who was blocked is told the same as who is no contact, so that a block does not show.
fn reaches(state: &State, owner: UserId, peer: UserId) -> Result<(), Code> {
    if state.contacts.contains(&(owner, peer)) && !state.blocked.contains(&(peer, owner)) {
        Ok(())
    } else {
        Err(Code::NotAContact)
    }
}

/// Whether two users may write to each other. Everybody may write to themselves.
///
/// The one who blocked is told so, and can undo it; the other is told what somebody is told who was
/// removed from the contacts.
fn write_to_each_other(state: &State, sender: UserId, peer: UserId) -> Result<(), Code> {
    if sender == peer {
        return Ok(());
    }
    if state.blocked.contains(&(sender, peer)) {
        return Err(Code::Blocked);
    }
    reaches(state, sender, peer)?;
    reaches(state, peer, sender)
}

/// Whom a direct conversation is with: of `users`, the one from whose id and the sender's its id is
/// derived.
fn peer_among<'a>(
    id: ConversationId,
    sender: UserId,
    users: impl IntoIterator<Item = &'a UserId>,
) -> Option<UserId> {
    users
        .into_iter()
        .copied()
        .find(|user| ConversationId::direct(sender, *user) == id)
}

/// The users in the order given, each once.
fn each_once(users: &[UserId]) -> Vec<UserId> {
    let mut seen = LiteMap::new_vec();
    users
        .iter()
        .copied()
        .filter(|user| seen.insert(*user, ()).is_none())
        .collect()
}

/// Text as it was typed; nothing where it is only white space.
fn unless_blank(text: &str) -> &str {
    if text.trim().is_empty() { "" } else { text }
}

impl State {
    fn is_group(&self) -> bool {
        self.id.kind() == Some(ConversationKind::Group)
    }
}
