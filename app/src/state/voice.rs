//! How conversations and events are called, in the reader's language.

use protocol::api::conversations::Conversation;
use protocol::event::{Body, Content, Message};
use protocol::ids::ConversationKind;
use protocol::{ConversationId, Event, UserId};

use super::Chat;
use super::text::{isolated, one_line};

impl Chat {
    /// Somebody's name in a sentence.
    pub fn who(self, conversation: ConversationId, user: UserId) -> String {
        if Some(user) == self.my_id() {
            return self.t().you.to_owned();
        }
        self.people
            .name_in(conversation, user)
            .map_or_else(|| self.t().somebody.to_owned(), |name| isolated(&name))
    }

    fn all(self, conversation: ConversationId, users: &[UserId]) -> String {
        let names: Vec<String> = users
            .iter()
            .map(|user| self.who(conversation, *user))
            .collect();
        self.t().list(&names)
    }

    /// A conversation's name.
    pub fn title(self, conversation: &Conversation) -> String {
        if conversation.kind == ConversationKind::Direct {
            let Some(peer) = conversation.peer else {
                return self.t().somebody.to_owned();
            };
            if Some(peer) == self.my_id() {
                return self.t().file_transfer.to_owned();
            }
            return self
                .people
                .name(peer)
                .unwrap_or_else(|| self.t().somebody.to_owned());
        }
        if let Some(name) = conversation
            .name
            .as_ref()
            .filter(|name| !name.trim().is_empty())
        {
            return name.clone();
        }
        let me = self.my_id();
        let others: Vec<UserId> = conversation
            .first_members
            .iter()
            .copied()
            .filter(|user| Some(*user) != me)
            .collect();
        if others.is_empty() {
            return self.t().unnamed.to_owned();
        }
        self.all(conversation.id, &others)
    }

    /// Whether it is the reader's own, with nobody else in it.
    pub fn is_own(self, conversation: &Conversation) -> bool {
        conversation.kind == ConversationKind::Direct && conversation.peer == self.my_id()
    }

    /// What a list shows of the last event.
    pub fn preview(self, conversation: &Conversation) -> String {
        let Some(event) = &conversation.last else {
            return String::new();
        };
        if let Body::Message(message) = event.body() {
            let text = one_line(&self.text_of_message(&message));
            let by_another = Some(event.sender) != self.my_id();
            if conversation.kind == ConversationKind::Group && by_another {
                return self
                    .t()
                    .says(&self.who(conversation.id, event.sender), &text);
            }
            return text;
        }
        one_line(&self.notice(event).unwrap_or_default())
    }

    /// What a message says, as text.
    pub fn text_of_message(self, message: &Message) -> String {
        match &message.content {
            Content::Text { text } => text.clone(),
            Content::Unknown => self.t().unknown_content.to_owned(),
        }
    }

    /// What a quote shows of an event.
    pub fn quoted(self, event: &Event) -> String {
        match event.body() {
            Body::Message(message) => {
                let name = self.who(event.conversation, event.sender);
                self.t()
                    .says(&name, &one_line(&self.text_of_message(&message)))
            }
            _ => self.t().quote_recalled.to_owned(),
        }
    }

    /// A sentence about what happened; `None` for messages and what has no line.
    pub fn notice(self, event: &Event) -> Option<String> {
        let t = self.t();
        let here = event.conversation;
        let who = || self.who(here, event.sender);
        Some(match event.body() {
            Body::Message(_) if event.is_message() => return None,
            Body::Recall(_) | Body::NicknameSet(_) => return None,
            Body::Created(created) => {
                if created.kind == ConversationKind::Direct {
                    if created.members.len() < 2 {
                        return None;
                    }
                    return Some(t.now_contacts.to_owned());
                }
                let others: Vec<UserId> = created
                    .members
                    .into_iter()
                    .filter(|user| *user != event.sender)
                    .collect();
                t.created(&who(), &self.all(here, &others))
            }
            Body::Recalled if Some(event.sender) == self.my_id() => t.you_recalled.to_owned(),
            Body::Recalled => t.recalled_by(&who()),
            Body::Renamed(renamed) => {
                t.renamed(&who(), renamed.name.map(|name| isolated(&name)).as_deref())
            }
            Body::Announced(announced) => t.announced(&who(), &isolated(&announced.announcement)),
            Body::Invited(users) => t.invited(&who(), &self.all(here, &users.users)),
            Body::Removed(users) => t.removed(&who(), &self.all(here, &users.users)),
            Body::Left(users) => {
                let gone = if users.users.is_empty() {
                    who()
                } else {
                    self.all(here, &users.users)
                };
                t.left(&gone)
            }
            Body::RoleSet(set) => t.role_set(
                &self.who(here, set.user),
                set.role == protocol::event::Role::Administrator,
            ),
            Body::Transferred(to) => t.transferred(&self.who(here, to.user)),
            Body::MemberMuted(muted) => {
                let until = (muted.until > event.at).then(|| self.clock().long(muted.until));
                t.member_muted(&self.who(here, muted.user), until.as_deref())
            }
            Body::AllMuted(muted) => [
                who().as_str(),
                " ",
                if muted.on { t.muted_on } else { t.muted_off },
            ]
            .concat(),
            Body::Message(_) | Body::Unknown => t.unknown_event.to_owned(),
        })
    }
}
