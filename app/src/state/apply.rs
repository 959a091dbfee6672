//! Takes in what the browser's machinery tells.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::event::Kind;
use protocol::sync::{Connection, Show};
use protocol::{ConversationId, Event, UserId};

use super::Chat;
use super::port::{Action, Update};
use leptos::prelude::Update as _;

impl Chat {
    /// Shows something.
    pub fn apply(self, update: Update) {
        match update {
            Update::Show(show) => self.show(show),
            Update::Restored(boot) => self.begin(*boot),
            Update::Loaded {
                records,
                users,
                contacts,
                requests,
                outbox,
                me,
            } => {
                self.people.learn(users);
                if let Some(me) = me {
                    self.people.learn([me.user.clone()]);
                    self.me.set(Some(me));
                }
                self.people.set_contacts(contacts);
                self.people.set_requests(requests);
                self.rows.set_all(records);
                self.outbox.set_all(outbox);
                self.note_opened();
            }
            Update::Log {
                conversation,
                events,
                older,
            } => {
                if self.log.conversation.get_untracked() == Some(conversation) {
                    self.look_up(&events);
                    self.log.fill(events, older);
                }
            }
            Update::Older {
                conversation,
                events,
                older,
            } => {
                if self.log.conversation.get_untracked() == Some(conversation) {
                    self.look_up(&events);
                    self.take_older(events, older);
                }
            }
            Update::Hidden(conversation, seq) => {
                if self.log.conversation.get_untracked() == Some(conversation) {
                    self.log.remove(seq);
                }
            }
            Update::RecalledText(conversation, seq, text) => {
                if self.log.conversation.get_untracked() == Some(conversation) {
                    self.log.recalled.update(|texts| {
                        texts.insert(seq, text);
                    });
                }
            }
            Update::Local(local) => {
                if self.local.with_untracked(|old| *old != local) {
                    self.local.set(local);
                }
            }
            Update::Drafts(drafts) => self.drafts.set(drafts.into_iter().collect()),
            Update::Me(me) => {
                self.people.learn([me.user.clone()]);
                self.me.set(Some(me));
            }
            Update::Users(users) => self.people.learn(users),
            Update::Contacts(contacts) => self.people.set_contacts(contacts),
            Update::Requests(requests) => self.people.set_requests(requests),
            Update::Members(conversation, members) => {
                self.people.set_members(conversation, members);
            }
            Update::DiskFailed { full } => {
                let code = if full {
                    protocol::Code::TooLarge
                } else {
                    protocol::Code::Unavailable
                };
                self.overlay.say(self.t().problem(code));
            }
            Update::OfferNotifications => self.offers_notifications.set(true),
            Update::Go(address) => self.navigation.follow(&address),
            Update::Ready { .. } => {
                self.ready.set(true);
                self.be_known();
            }
        }
    }

    fn show(self, show: Show) {
        let open = self.log.conversation.get_untracked();
        match show {
            Show::Conversation(record) => {
                self.tell(&record.conversation);
                self.rows.set(*record);
            }
            Show::Events(conversation, events) => {
                for event in &events {
                    self.people.has_written(conversation, event.sender);
                }
                self.look_up(&events);
                if open == Some(conversation) {
                    self.look_at_members(conversation, &events);
                    self.log.take_in(events);
                }
            }
            Show::Erased(conversation, seq) => {
                if open == Some(conversation) {
                    self.log.erase(seq);
                }
            }
            Show::Reload(conversation) => {
                if open == Some(conversation) {
                    self.log.renew.set_value(true);
                    self.act(Action::Open(conversation));
                }
            }
            Show::Entry(entry) => self.outbox.set(*entry),
            Show::EntryGone(position) => self.outbox.remove(position),
            Show::Connection(connection) => {
                if connection != Connection::Live {
                    self.people.presence.update(LiteMap::clear);
                }
                self.connection.set(connection);
            }
            Show::Checked { repaired, .. } => self.checked.set(Some(repaired)),
            Show::Presence(presence) => self.people.presence.update(|all| {
                all.insert(presence.user, presence.state);
            }),
            Show::Typing(typing) => {
                if Some(typing.user) != self.my_id_untracked() {
                    self.people.is_typing(typing.conversation, typing.user);
                }
            }
            Show::Account(_) | Show::Stream(_) => {}
        }
    }

    fn my_id_untracked(self) -> Option<UserId> {
        untrack(|| self.my_id())
    }

    /// Asks for the members anew when an event says that they changed.
    fn look_at_members(self, conversation: ConversationId, events: &[Event]) {
        let known = self
            .people
            .members
            .with_untracked(|members| members.get(&conversation).map(|it| it.seq));
        let changed = |event: &Event| {
            known.is_some_and(|known| event.seq > known)
                && matches!(
                    event.kind,
                    Kind::Invited
                        | Kind::Removed
                        | Kind::Left
                        | Kind::RoleSet
                        | Kind::Transferred
                        | Kind::MemberMuted
                        | Kind::NicknameSet
                )
        };
        if events.iter().any(changed) {
            self.act(Action::Members(conversation));
        }
    }

    /// Asks for the profiles of those who are not known.
    fn look_up(self, events: &[Event]) {
        let mut unknown: Vec<UserId> = self.people.users.with_untracked(|users| {
            let senders = events.iter().map(|event| event.sender);
            senders.filter(|user| !users.contains_key(user)).collect()
        });
        if !unknown.is_empty() {
            unknown.sort_unstable();
            unknown.dedup();
            self.act(Action::Users(unknown));
        }
    }
}
