//! What the audit is told of commands: who was refused what, and how memberships changed.

use protocol::ids::ConversationKind;
use protocol::{Body, CommandKind, Event, Kind, UserId};

use super::{Accepted, Outcome};
use crate::store::append::CommandRow;
use crate::telemetry::audit::{Act, Entry};
use crate::telemetry::traces::Trace;

/// Tells of a batch that was committed: of what is new in it, and of what became of each command.
pub(super) fn tell(commands: &[Accepted], outcomes: &[Outcome], stored: &[CommandRow]) {
    for row in stored {
        if let Ok(encoded) = &row.result {
            changed(&encoded.event, encoded.trace());
        }
    }
    for (command, outcome) in commands.iter().zip(outcomes) {
        if let Outcome::Refused(code) = outcome {
            Entry::new(Act::Command)
                .user(command.sender)
                .conversation(command.conversation)
                .detail(name(&command.submitted.command.kind))
                .of(command.submitted.trace)
                .refused(code.as_str());
        }
    }
}

/// One entry for each member whose standing is another from here on.
fn changed(event: &Event, trace: Option<Trace>) {
    // Most events are messages, whose body need not be read.
    if !matches!(
        event.kind,
        Kind::Created
            | Kind::Invited
            | Kind::Removed
            | Kind::Left
            | Kind::RoleSet
            | Kind::Transferred
            | Kind::MemberMuted
    ) {
        return;
    }
    let tell = |on: Option<UserId>| {
        Entry::new(Act::Command)
            .user(event.sender)
            .conversation(event.conversation)
            .on(on)
            .detail(event.kind.as_str())
            .of(trace)
            .done();
    };
    match event.body() {
        // Two users have one conversation, and everybody has one with themselves.
        Body::Created(_) if event.conversation.kind() == Some(ConversationKind::Direct) => {}
        Body::Created(_) => tell(None),
        Body::Invited(users) | Body::Removed(users) | Body::Left(users) => {
            for user in users.users {
                tell(Some(user));
            }
        }
        Body::RoleSet(set) => tell(Some(set.user)),
        Body::Transferred(to) => tell(Some(to.user)),
        Body::MemberMuted(muted) => tell(Some(muted.user)),
        _ => {}
    }
}

/// As it goes over the wire.
fn name(kind: &CommandKind) -> &'static str {
    match kind {
        CommandKind::Create { .. } => "create",
        CommandKind::Send { .. } => "send",
        CommandKind::Recall { .. } => "recall",
        CommandKind::Rename { .. } => "rename",
        CommandKind::Announce { .. } => "announce",
        CommandKind::Invite { .. } => "invite",
        CommandKind::Remove { .. } => "remove",
        CommandKind::Leave => "leave",
        CommandKind::SetRole { .. } => "set_role",
        CommandKind::Transfer { .. } => "transfer",
        CommandKind::MuteMember { .. } => "mute_member",
        CommandKind::MuteAll { .. } => "mute_all",
        CommandKind::SetNickname { .. } => "set_nickname",
    }
}
