//! What the rules look at, and how events change it.

use litemap::LiteMap;

use crate::event::{Body, Event, Kind, Role};
use crate::ids::{ClientId, ConversationId, Digest, Millis, Seq, UserId};

/// A conversation as far as a batch of commands concerns it.
///
/// A sparse view: `members`, `targets`, `contacts` and `blocked` hold those that the commands at
/// hand name (the senders always), not all there are, so that a command costs the same in a group
/// of five and of five thousand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub id: ConversationId,
    /// Whether it exists: has its first event.
    pub exists: bool,
    /// The group's name, if any.
    pub name: Option<String>,
    /// The group's announcement; empty for none.
    pub announcement: String,
    /// Whether only owner and administrators may write.
    pub mute_all: bool,
    /// The member whose role is owner, also where `members` does not hold them: the one who began
    /// the conversation, or to whom it was handed over. `None` once everybody has left.
    pub owner: Option<UserId>,
    /// The last seq given.
    pub head: Seq,
    /// How many messages there are.
    pub head_msg_no: u64,
    /// When the last event was stored.
    pub last_at: Millis,
    /// How many members there are.
    pub member_count: usize,
    /// Of the users named, those who are members; of a direct conversation, always both.
    pub members: LiteMap<UserId, Member>,
    /// Of the events named, those that exist and are still kept.
    pub targets: LiteMap<Seq, TargetEvent>,
    /// Pairs of those named, `(owner, peer)`, of whom the first has the second as a contact.
    pub contacts: Vec<(UserId, UserId)>,
    /// Pairs of those named, `(owner, peer)`, of whom the first has blocked the second.
    pub blocked: Vec<(UserId, UserId)>,
}

/// A member, as the rules see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their role.
    pub role: Role,
    /// The name they go by here; empty for the profile's.
    pub nickname: String,
    /// May not write until then.
    pub muted_until: Millis,
}

/// An event that a command points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetEvent {
    /// What it is.
    pub kind: Kind,
    /// Whose.
    pub sender: UserId,
    /// When it was accepted.
    pub sent_at: Millis,
}

impl State {
    /// A conversation that does not exist yet.
    pub fn none(id: ConversationId) -> Self {
        Self {
            id,
            exists: false,
            name: None,
            announcement: String::new(),
            mute_all: false,
            owner: None,
            head: 0,
            head_msg_no: 0,
            last_at: 0,
            member_count: 0,
            members: LiteMap::new_vec(),
            targets: LiteMap::new_vec(),
            contacts: Vec::new(),
            blocked: Vec::new(),
        }
    }

    /// The event that a decision becomes: next in the log, not earlier than the one before, with its
    /// digest.
    ///
    /// `sent_at` is when the command was accepted, `now` the clock by which events are stored.
    pub fn next_event(
        &self,
        body: &Body,
        sender: UserId,
        client_id: ClientId,
        sent_at: Millis,
        now: Millis,
    ) -> Event {
        Event {
            conversation: self.id,
            seq: self.head + 1,
            at: now.max(self.last_at),
            sent_at,
            sender,
            kind: body.kind(),
            msg_no: self.head_msg_no + u64::from(body.counts()),
            client_id,
            body: body.to_raw(),
            digest: Digest::default(),
        }
        .sealed()
    }

    /// Takes in an event that was decided on, so that the next command of the batch sees it.
    pub fn apply(&mut self, event: &Event) {
        self.exists = true;
        self.head = event.seq;
        self.head_msg_no = event.msg_no;
        self.last_at = event.at;
        self.targets.insert(
            event.seq,
            TargetEvent {
                kind: event.kind.clone(),
                sender: event.sender,
                sent_at: event.sent_at,
            },
        );
        let member = |role| Member {
            role,
            nickname: String::new(),
            muted_until: 0,
        };
        match event.body() {
            Body::Created(created) => {
                self.name = created.name;
                self.owner = Some(event.sender);
                self.member_count = created.members.len();
                for user in created.members {
                    let role = if user == event.sender {
                        Role::Owner
                    } else {
                        Role::Member
                    };
                    self.members.insert(user, member(role));
                }
            }
            Body::Recall(recall) => {
                if let Some(target) = self.targets.get_mut(&recall.target) {
                    target.kind = Kind::Recalled;
                }
            }
            Body::Renamed(renamed) => self.name = renamed.name,
            Body::Announced(announced) => self.announcement = announced.announcement,
            Body::Invited(invited) => {
                self.member_count += invited.users.len();
                for user in invited.users {
                    self.members.insert(user, member(Role::Member));
                }
            }
            Body::Removed(gone) | Body::Left(gone) => {
                self.member_count = self.member_count.saturating_sub(gone.users.len());
                for user in &gone.users {
                    self.members.remove(user);
                    if self.owner == Some(*user) {
                        self.owner = None;
                    }
                }
            }
            Body::RoleSet(set) => {
                if let Some(member) = self.members.get_mut(&set.user) {
                    member.role = set.role;
                }
            }
            Body::Transferred(to) => {
                self.owner = Some(to.user);
                if let Some(former) = self.members.get_mut(&event.sender) {
                    former.role = Role::Member;
                }
                if let Some(owner) = self.members.get_mut(&to.user) {
                    owner.role = Role::Owner;
                }
            }
            Body::MemberMuted(muted) => {
                if let Some(member) = self.members.get_mut(&muted.user) {
                    member.muted_until = muted.until;
                }
            }
            Body::AllMuted(muted) => self.mute_all = muted.on,
            Body::NicknameSet(set) => {
                if let Some(member) = self.members.get_mut(&set.user) {
                    member.nickname = set.nickname;
                }
            }
            Body::Message(_) | Body::Recalled | Body::Unknown => {}
        }
    }
}
