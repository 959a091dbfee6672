//! Conversations for the tests of the rules: in the group, `ADA` is the owner, `BEN` an
//! administrator, `CYN` a member; `DAN` and `EVE` are outside.

use super::decide::{Decision, decide};
use super::state::{Member, State, TargetEvent};
use crate::command::CommandKind;
use crate::event::{Content, Kind, Role};
use crate::ids::{ConversationId, Millis, Seq, UserId};
use crate::limits::Limits;

const fn user(n: u128) -> UserId {
    UserId(uuid::Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 + n,
    ))
}

pub const ADA: UserId = user(1);
pub const BEN: UserId = user(2);
pub const CYN: UserId = user(3);
pub const DAN: UserId = user(4);
pub const EVE: UserId = user(5);

/// When commands are accepted, unless said otherwise.
pub const NOW: Millis = 1_795_437_591_960;

pub fn text(text: &str) -> Content {
    Content::Text {
        text: text.to_owned(),
    }
}

pub fn group_id() -> ConversationId {
    ConversationId::new(NOW, [7; 10])
}

/// A conversation and the limits it is under.
#[derive(Clone)]
pub struct Scene {
    pub state: State,
    pub limits: Limits,
}

impl Scene {
    /// A group that does not exist yet.
    pub fn no_group() -> Self {
        Self {
            state: State::none(group_id()),
            limits: Limits::default(),
        }
    }

    /// A direct conversation that does not exist yet.
    pub fn no_direct(one: UserId, other: UserId) -> Self {
        Self {
            state: State::none(ConversationId::direct(one, other)),
            limits: Limits::default(),
        }
    }

    /// A group of three.
    pub fn group() -> Self {
        let mut scene = Self::no_group();
        scene.state.exists = true;
        scene.state.owner = Some(ADA);
        scene
            .member(ADA, Role::Owner)
            .member(BEN, Role::Administrator)
            .member(CYN, Role::Member)
    }

    /// A direct conversation of two who are not contacts, which `one` began.
    pub fn direct(one: UserId, other: UserId) -> Self {
        let mut scene = Self::no_direct(one, other);
        scene.state.exists = true;
        scene.state.owner = Some(one);
        scene = scene.member(one, Role::Owner);
        if other == one {
            return scene;
        }
        scene.member(other, Role::Member)
    }

    pub fn member(mut self, user: UserId, role: Role) -> Self {
        let member = Member {
            role,
            nickname: String::new(),
            muted_until: 0,
        };
        self.state.members.insert(user, member);
        self.state.member_count = self.state.members.len();
        self
    }

    pub fn contact(mut self, owner: UserId, peer: UserId) -> Self {
        self.state.contacts.push((owner, peer));
        self
    }

    pub fn mutual(self, one: UserId, other: UserId) -> Self {
        self.contact(one, other).contact(other, one)
    }

    pub fn block(mut self, owner: UserId, peer: UserId) -> Self {
        self.state.blocked.push((owner, peer));
        self
    }

    pub fn muted(mut self, user: UserId, until: Millis) -> Self {
        self.member_mut(user).muted_until = until;
        self
    }

    pub fn message(self, seq: Seq, sender: UserId, sent_at: Millis) -> Self {
        self.event(seq, Kind::Message, sender, sent_at)
    }

    pub fn event(mut self, seq: Seq, kind: Kind, sender: UserId, sent_at: Millis) -> Self {
        let target = TargetEvent {
            kind,
            sender,
            sent_at,
        };
        self.state.targets.insert(seq, target);
        self
    }

    pub fn member_mut(&mut self, user: UserId) -> &mut Member {
        self.state.members.get_mut(&user).expect("a member")
    }

    pub fn decide(&self, sender: UserId, command: &CommandKind) -> Decision {
        self.decide_at(sender, command, NOW)
    }

    pub fn decide_at(&self, sender: UserId, command: &CommandKind, at: Millis) -> Decision {
        decide(&self.state, sender, command, at, &self.limits)
    }
}
