//! Who there is: profiles, contacts, requests, who is online and who is writing.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::api::accounts::User;
use protocol::api::contacts::{Contact, ContactRequest, RequestState};
use protocol::api::conversations::{Member, Members};
use protocol::stream::PresenceState;
use protocol::{ConversationId, UserId};

/// Everybody known here.
#[derive(Clone, Copy)]
pub struct People {
    /// Profiles.
    pub users: RwSignal<LiteMap<UserId, User>>,
    /// Contacts.
    pub contacts: RwSignal<LiteMap<UserId, Contact>>,
    /// Requests, newest first.
    pub requests: RwSignal<Vec<ContactRequest>>,
    /// Of those who are watched.
    pub presence: RwSignal<LiteMap<UserId, PresenceState>>,
    /// Members of groups that were opened.
    pub members: RwSignal<LiteMap<ConversationId, Members>>,
    /// Who is writing where, and in which round they said so last.
    pub typing: RwSignal<LiteMap<(ConversationId, UserId), u32>>,
}

impl People {
    pub(super) fn new() -> Self {
        Self {
            users: RwSignal::default(),
            contacts: RwSignal::default(),
            requests: RwSignal::default(),
            presence: RwSignal::default(),
            members: RwSignal::default(),
            typing: RwSignal::default(),
        }
    }

    pub(super) fn learn(self, users: impl IntoIterator<Item = User>) {
        self.users.maybe_update(|known| {
            let mut changed = false;
            for user in users {
                match known.get(&user.id) {
                    Some(old) if old.version > user.version || *old == user => {}
                    _ => {
                        known.insert(user.id, user);
                        changed = true;
                    }
                }
            }
            changed
        });
    }

    pub(super) fn set_contacts(self, contacts: Vec<Contact>) {
        self.learn(contacts.iter().map(|contact| contact.user.clone()));
        self.contacts
            .set(contacts.into_iter().map(|it| (it.user.id, it)).collect());
    }

    pub(super) fn set_requests(self, requests: Vec<ContactRequest>) {
        let both = |request: &ContactRequest| [request.sender.clone(), request.recipient.clone()];
        self.learn(requests.iter().flat_map(both));
        self.requests.set(requests);
    }

    pub(super) fn set_members(self, conversation: ConversationId, members: Members) {
        self.learn(members.users.iter().cloned());
        self.members.update(|all| {
            let old = all.get(&conversation);
            if old.is_none_or(|old| old.seq <= members.seq) {
                all.insert(conversation, members);
            }
        });
    }

    /// Notes that somebody writes; it is forgotten unless they say so again.
    pub(super) fn is_typing(self, conversation: ConversationId, user: UserId) {
        let key = (conversation, user);
        let mut round = 0;
        self.typing.update(|typing| {
            let rounds = typing.entry(key).or_default();
            *rounds = rounds.wrapping_add(1);
            round = *rounds;
        });
        set_timeout(
            move || {
                self.typing.maybe_update(|typing| {
                    let over = typing.get(&key) == Some(&round);
                    if over {
                        typing.remove(&key);
                    }
                    over
                });
            },
            std::time::Duration::from_secs(6),
        );
    }

    /// They said it: they are no longer writing it.
    pub(super) fn has_written(self, conversation: ConversationId, user: UserId) {
        self.typing
            .maybe_update(|typing| typing.remove(&(conversation, user)).is_some());
    }

    /// One's own name for somebody, else the name they gave themselves; nothing if unknown.
    pub fn name(self, user: UserId) -> Option<String> {
        let remark = self.contacts.with(|contacts| {
            let contact = contacts.get(&user)?;
            (!contact.remark.is_empty()).then(|| contact.remark.clone())
        });
        remark.or_else(|| {
            self.users
                .with(|users| users.get(&user).map(|user| user.name.clone()))
        })
    }

    /// As a group knows them: one's own name for them, else the one they go by there.
    pub fn name_in(self, conversation: ConversationId, user: UserId) -> Option<String> {
        let has_remark = self
            .contacts
            .with(|contacts| contacts.get(&user).is_some_and(|it| !it.remark.is_empty()));
        if has_remark {
            return self.name(user);
        }
        self.nickname(conversation, user)
            .or_else(|| self.name(user))
    }

    /// The name they go by in a group.
    pub fn nickname(self, conversation: ConversationId, user: UserId) -> Option<String> {
        let nickname = self.member(conversation, user)?.nickname;
        (!nickname.is_empty()).then_some(nickname)
    }

    /// A group's members, in order; none if they are not known.
    pub fn members_of(self, conversation: ConversationId) -> Vec<UserId> {
        self.members.with(|members| {
            let members = members.get(&conversation);
            let members = members.into_iter().flat_map(|it| &it.members);
            members.map(|member| member.user).collect()
        })
    }

    /// Somebody as a member of a group.
    pub fn member(self, conversation: ConversationId, user: UserId) -> Option<Member> {
        self.members.with(|members| {
            let members = &members.get(&conversation)?.members;
            members.iter().find(|member| member.user == user).cloned()
        })
    }

    /// How they are, if they are watched.
    pub fn presence(self, user: UserId) -> PresenceState {
        self.presence
            .with(|presence| presence.get(&user).copied())
            .unwrap_or(PresenceState::Unknown)
    }

    /// Requests that wait for this reader's answer.
    pub fn open_requests(self, me: UserId) -> u64 {
        self.requests.with(|requests| {
            let open = requests
                .iter()
                .filter(|it| it.state == RequestState::Open && it.recipient.id == me);
            open.count() as u64
        })
    }

    /// Who the contacts are, in the same order.
    pub fn contact_ids(self) -> Vec<UserId> {
        let contacts = self.sorted_contacts().into_iter();
        contacts.map(|contact| contact.user.id).collect()
    }

    /// Contacts, starred first, then by name.
    pub fn sorted_contacts(self) -> Vec<Contact> {
        let mut contacts: Vec<Contact> = self
            .contacts
            .with(|contacts| contacts.values().cloned().collect());
        contacts.sort_by_cached_key(|contact| {
            let name = if contact.remark.is_empty() {
                &contact.user.name
            } else {
                &contact.remark
            };
            (!contact.starred, name.to_lowercase(), contact.user.id)
        });
        contacts
    }
}
