//! What a command names, and so what must be loaded before it can be decided on.

use crate::command::CommandKind;
use crate::ids::{Seq, UserId};

/// The users whose membership, contacts and blocks the rules look at: the sender and all whom the
/// command names, each once, sorted.
///
/// A direct conversation needs both of its members besides, whatever the command.
pub fn users_named(command: &CommandKind, sender: UserId) -> Vec<UserId> {
    let named: &[UserId] = match command {
        CommandKind::Create { members, .. } => members,
        CommandKind::Send { mentions, .. } => mentions,
        CommandKind::Invite { users } | CommandKind::Remove { users } => users,
        CommandKind::SetRole { user, .. }
        | CommandKind::Transfer { user }
        | CommandKind::MuteMember { user, .. } => std::slice::from_ref(user),
        CommandKind::Recall { .. }
        | CommandKind::Rename { .. }
        | CommandKind::Announce { .. }
        | CommandKind::Leave
        | CommandKind::MuteAll { .. }
        | CommandKind::SetNickname { .. } => &[],
    };
    let mut users: Vec<UserId> = named.iter().copied().chain([sender]).collect();
    users.sort_unstable();
    users.dedup();
    users
}

/// The event that the rules look at, if the command points at one.
pub fn targets_named(command: &CommandKind) -> Option<Seq> {
    match command {
        CommandKind::Send { reply_to, .. } => *reply_to,
        CommandKind::Recall { target } => Some(*target),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ADA, BEN, CYN, text};
    use super::*;

    #[test]
    fn names_the_sender_and_everybody_else_once() {
        let sent = CommandKind::Send {
            content: text("hi"),
            reply_to: Some(7),
            mentions: vec![CYN, ADA, CYN],
            mention_all: false,
        };
        assert_eq!(users_named(&sent, BEN), [ADA, BEN, CYN]);
        assert_eq!(targets_named(&sent), Some(7));

        let muted = CommandKind::MuteMember {
            user: CYN,
            until: 1,
        };
        assert_eq!(users_named(&muted, ADA), [ADA, CYN]);
        assert_eq!(targets_named(&muted), None);

        assert_eq!(users_named(&CommandKind::Leave, ADA), [ADA]);
        assert_eq!(targets_named(&CommandKind::Recall { target: 3 }), Some(3));
    }

    #[test]
    fn names_those_whom_each_command_is_about() {
        let users = vec![BEN, CYN];
        for command in [
            CommandKind::Create {
                name: None,
                members: users.clone(),
            },
            CommandKind::Invite {
                users: users.clone(),
            },
            CommandKind::Remove { users },
        ] {
            assert_eq!(users_named(&command, ADA), [ADA, BEN, CYN], "{command:?}");
        }
        for command in [
            CommandKind::Transfer { user: BEN },
            CommandKind::SetRole {
                user: BEN,
                role: crate::event::Role::Administrator,
            },
        ] {
            assert_eq!(users_named(&command, ADA), [ADA, BEN], "{command:?}");
        }
    }
}
