//! The form in which commands lie in the broker's queues: JSON.

use bytes::Bytes;
use protocol::{ClientId, Command, CommandKind, ConversationId, Millis, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bus::NodeId;
use crate::chat::{Accepted, Submitted};
use crate::telemetry::traces::Trace;

/// Commands of one request.
#[derive(Debug)]
pub(super) struct Envelope {
    /// In order; never empty.
    pub commands: Vec<Accepted>,
    /// The node that waits for what becomes of them.
    pub node: NodeId,
    /// The request, by that node's count.
    pub request: u64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    sender: UserId,
    conversation: ConversationId,
    node: Uuid,
    request: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    commands: Vec<WrittenCommand>,
}

#[derive(Serialize, Deserialize)]
struct WrittenCommand {
    #[serde(flatten)]
    what: What,
    payload_hash: [u8; 32],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<ClientId>,
    accepted_at: Millis,
}

/// A command as it is posted, or one that has a route of its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Posted(Command),
    Create(Create),
}

#[derive(Serialize, Deserialize)]
struct Create {
    client_id: ClientId,
    name: Option<String>,
    members: Vec<UserId>,
}

impl From<Command> for What {
    fn from(command: Command) -> Self {
        match command.kind {
            CommandKind::Create { name, members } => Self::Create(Create {
                client_id: command.client_id,
                name,
                members,
            }),
            _ => Self::Posted(command),
        }
    }
}

impl From<What> for Command {
    fn from(what: What) -> Self {
        match what {
            What::Posted(command) => command,
            What::Create(create) => Self {
                client_id: create.client_id,
                kind: CommandKind::Create {
                    name: create.name,
                    members: create.members,
                },
            },
        }
    }
}

/// Why a body is no envelope.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAnEnvelope {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("it holds no command")]
    Empty,
}

impl Envelope {
    /// As it lies in the queue.
    pub fn write(
        sender: UserId,
        conversation: ConversationId,
        commands: Vec<Submitted>,
        node: NodeId,
        request: u64,
        trace: Option<Trace>,
    ) -> Bytes {
        let written = Written {
            sender,
            conversation,
            node: node.0,
            request,
            traceparent: trace.map(|trace| trace.to_string()),
            commands: commands
                .into_iter()
                .map(|submitted| WrittenCommand {
                    what: submitted.command.into(),
                    payload_hash: submitted.payload_hash,
                    after: submitted.after,
                    accepted_at: submitted.accepted_at,
                })
                .collect(),
        };
        serde_json::to_vec(&written)
            .expect("commands hold numbers, strings and ids")
            .into()
    }

    /// What lies in the queue.
    pub fn read(body: &[u8]) -> Result<Self, NotAnEnvelope> {
        let written: Written = serde_json::from_slice(body)?;
        if written.commands.is_empty() {
            return Err(NotAnEnvelope::Empty);
        }
        let trace = written.traceparent.and_then(|it| it.parse().ok());
        let commands = written.commands.into_iter().map(|one| Accepted {
            sender: written.sender,
            conversation: written.conversation,
            submitted: Submitted {
                command: one.what.into(),
                payload_hash: one.payload_hash,
                after: one.after,
                accepted_at: one.accepted_at,
                trace,
            },
        });
        Ok(Self {
            commands: commands.collect(),
            node: NodeId(written.node),
            request: written.request,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Content;
    use protocol::event::Role;

    use crate::telemetry::traces::TraceId;

    #[test]
    fn every_kind_of_command_comes_out_as_it_went_in() {
        let user = UserId::new(1, [1; 10]);
        let text = Content::Text {
            text: "天气 \u{0} \"x\"".to_owned(),
        };
        let kinds = [
            CommandKind::Create {
                name: Some("group".to_owned()),
                members: vec![user],
            },
            CommandKind::Create {
                name: None,
                members: Vec::new(),
            },
            CommandKind::Send {
                content: text,
                reply_to: Some(3),
                mentions: vec![user],
                mention_all: true,
            },
            CommandKind::Recall { target: 1 },
            CommandKind::Rename {
                name: String::new(),
            },
            CommandKind::Announce {
                announcement: "x".to_owned(),
            },
            CommandKind::Invite { users: vec![user] },
            CommandKind::Remove { users: vec![user] },
            CommandKind::Leave,
            CommandKind::SetRole {
                user,
                role: Role::Administrator,
            },
            CommandKind::Transfer { user },
            CommandKind::MuteMember { user, until: 5 },
            CommandKind::MuteAll { on: true },
            CommandKind::SetNickname {
                nickname: "n".to_owned(),
            },
        ];
        let submitted = |kind: &CommandKind| Submitted {
            command: Command {
                client_id: ClientId::new(7, [3; 10]),
                kind: kind.clone(),
            },
            payload_hash: [9; 32],
            after: Some(ClientId::new(6, [4; 10])),
            accepted_at: 11,
            trace: None,
        };
        let conversation = ConversationId::new(2, [2; 10]);
        let node = NodeId(Uuid::from_u128(5));
        let trace = Some(Trace {
            id: TraceId(7),
            step: 8,
        });
        let commands = kinds.iter().map(submitted).collect();
        let body = Envelope::write(user, conversation, commands, node, 13, trace);
        let read = Envelope::read(&body).unwrap();
        assert_eq!((read.node, read.request), (node, 13));
        for (accepted, kind) in read.commands.iter().zip(&kinds) {
            assert_eq!(accepted.submitted.command, submitted(kind).command);
            assert_eq!(accepted.submitted.payload_hash, [9; 32]);
            assert_eq!(accepted.submitted.after, submitted(kind).after);
            assert_eq!(accepted.submitted.accepted_at, 11);
            assert_eq!(accepted.submitted.trace, trace);
            assert_eq!(
                (accepted.sender, accepted.conversation),
                (user, conversation)
            );
        }
        assert_eq!(read.commands.len(), kinds.len());
    }

    #[test]
    fn what_is_no_envelope_is_said() {
        assert!(matches!(
            Envelope::read(b"x"),
            Err(NotAnEnvelope::Unreadable(_))
        ));
        let user = UserId::new(1, [1; 10]);
        let none = Envelope::write(
            user,
            ConversationId::new(2, [2; 10]),
            Vec::new(),
            NodeId(Uuid::nil()),
            1,
            None,
        );
        assert!(matches!(Envelope::read(&none), Err(NotAnEnvelope::Empty)));
    }
}
