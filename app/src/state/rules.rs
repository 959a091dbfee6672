//! What would be refused, so that it can be greyed out: the rules themselves are asked.

use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::conversation::{Member, State, TargetEvent, decide};
use protocol::ids::ConversationKind;
use protocol::{Code, ConversationId, Event, UserId};

use super::Chat;

impl Chat {
    /// A conversation as the rules see it, as far as is known here; tracks what it depends on.
    fn state_of(self, conversation: ConversationId, me: UserId) -> Option<State> {
        let mut state = State::none(conversation);
        let known = self.rows.with(conversation, |record| {
            let conversation = &record.conversation;
            state.exists = true;
            state.name.clone_from(&conversation.name);
            state.announcement.clone_from(&conversation.announcement);
            state.mute_all = conversation.mute_all;
            state.owner = conversation.owner;
            state.head = conversation.head;
            state.member_count = usize::try_from(conversation.member_count).unwrap_or(usize::MAX);
            if !conversation.mine.left {
                state.members.insert(
                    me,
                    Member {
                        role: conversation.mine.role,
                        nickname: conversation.mine.nickname.clone(),
                        muted_until: conversation.mine.muted_until,
                    },
                );
            }
            conversation
                .peer
                .filter(|_| conversation.kind == ConversationKind::Direct)
        });
        let peer = known?;
        self.people.members.with(|members| {
            let members = members.get(&conversation);
            let members = members.into_iter().flat_map(|it| &it.members);
            // Of the reader, the conversation itself knows more.
            for member in members.filter(|it| it.user != me) {
                state.members.entry(member.user).or_insert_with(|| Member {
                    role: member.role,
                    nickname: member.nickname.clone(),
                    muted_until: member.muted_until,
                });
            }
        });
        if let Some(peer) = peer {
            let mine = state.members.get(&me).cloned();
            if let Some(member) = mine {
                state.members.entry(peer).or_insert(member);
            }
        }
        self.people.contacts.with(|contacts| {
            for contact in contacts.values() {
                let other = contact.user.id;
                state.contacts.push((me, other));
                if contact.mutual {
                    state.contacts.push((other, me));
                }
                if contact.blocked {
                    state.blocked.push((me, other));
                }
            }
        });
        Some(state)
    }

    /// Why a command would be refused, as far as is known here; tracks what it depends on. `target`
    /// is the event the command points at.
    pub fn refusal(
        self,
        conversation: ConversationId,
        command: &CommandKind,
        target: Option<&Event>,
    ) -> Option<Code> {
        let me = self.my_id()?;
        let mut state = self.state_of(conversation, me)?;
        if let Some(event) = target {
            state.targets.insert(
                event.seq,
                TargetEvent {
                    kind: event.kind.clone(),
                    sender: event.sender,
                    sent_at: event.sent_at,
                },
            );
        }
        let now = self.now.get();
        let limits = self.limits();
        decide(&state, me, command, now, &limits).err()
    }

    /// Those of the users for whom a command would not be refused.
    pub fn allowed(
        self,
        conversation: ConversationId,
        users: impl IntoIterator<Item = UserId>,
        command: impl Fn(UserId) -> CommandKind,
    ) -> Vec<UserId> {
        let Some(me) = self.my_id() else {
            return Vec::new();
        };
        let Some(state) = self.state_of(conversation, me) else {
            return Vec::new();
        };
        let now = self.now.get();
        let limits = self.limits();
        let users = users.into_iter();
        users
            .filter(|user| decide(&state, me, &command(*user), now, &limits).is_ok())
            .collect()
    }

    /// Why a command would be refused, in words.
    pub fn refusal_text(
        self,
        conversation: ConversationId,
        command: &CommandKind,
        target: Option<&Event>,
    ) -> Option<String> {
        let code = self.refusal(conversation, command, target)?;
        Some(self.t().problem(code).to_owned())
    }
}
