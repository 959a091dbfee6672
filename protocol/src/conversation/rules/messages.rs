//! Saying something, and taking it back.

use super::super::decide::Decision;
use super::super::state::State;
use super::{each_once, member, named_member, peer_among, write_to_each_other};
use crate::event::{Body, Content, Kind, Message, Role, Target};
use crate::ids::{Millis, Seq, UserId};
use crate::limits::Limits;
use crate::problem::Code;

/// What is to be said.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    pub content: &'a Content,
    pub reply_to: Option<Seq>,
    pub mentions: &'a [UserId],
    pub mention_all: bool,
}

/// Says something.
///
/// - `not_a_member`;
/// - direct: `blocked` where the sender blocked the peer; `not_a_contact` where the two do not have
///   each other as contacts, or the peer blocked the sender; `not_a_group` for mentions;
/// - group: `muted`, for all but the owner, until the time that was set has passed; `all_muted`
///   while the whole group is, for those who are neither owner nor administrator;
///   `target_not_a_member` where somebody is mentioned who is none; `not_allowed` where somebody
///   else than owner or administrators calls everybody;
/// - `no_such_target` where the message that is answered does not exist, was recalled, or has
///   expired, which cannot be told apart.
pub fn send(state: &State, sender: UserId, draft: Draft, accepted_at: Millis) -> Decision {
    let role = member(state, sender)?.role;
    if state.is_group() {
        may_write(state, sender, accepted_at)?;
        for user in draft.mentions {
            named_member(state, *user)?;
        }
        if draft.mention_all && role < Role::Administrator {
            return Err(Code::NotAllowed);
        }
    } else {
        let peer = peer_among(state.id, sender, state.members.keys()).ok_or(Code::NotAContact)?;
        write_to_each_other(state, sender, peer)?;
        if draft.mention_all || !draft.mentions.is_empty() {
            return Err(Code::NotAGroup);
        }
    }
    if let Some(target) = draft.reply_to
        && state.targets.get(&target).map(|event| &event.kind) != Some(&Kind::Message)
    {
        return Err(Code::NoSuchTarget);
    }
    Ok(Body::Message(Message {
        content: draft.content.clone(),
        reply_to: draft.reply_to,
        mentions: each_once(draft.mentions),
        mention_all: draft.mention_all,
    }))
}

fn may_write(state: &State, sender: UserId, accepted_at: Millis) -> Result<(), Code> {
    let member = member(state, sender)?;
    if member.role < Role::Owner && member.muted_until > accepted_at {
        Err(Code::Muted)
    } else if member.role < Role::Administrator && state.mute_all {
        Err(Code::AllMuted)
    } else {
        Ok(())
    }
}

/// Takes a message back.
///
/// One's own within [`Limits::recall_window`] of its acceptance; in a group, owner and
/// administrators any, at any time, but administrators not the owner's.
///
/// - `not_a_member`, also for one's own messages after leaving;
/// - `no_such_target` where there is no such message, or it has expired; `already_recalled`;
/// - `recall_window_passed` for one's own; `not_allowed` for another's.
pub fn recall(
    state: &State,
    sender: UserId,
    target: Seq,
    accepted_at: Millis,
    limits: &Limits,
) -> Decision {
    let role = member(state, sender)?.role;
    let event = state.targets.get(&target).ok_or(Code::NoSuchTarget)?;
    match event.kind {
        Kind::Message => {}
        Kind::Recalled => return Err(Code::AlreadyRecalled),
        _ => return Err(Code::NoSuchTarget),
    }
    let own = event.sender == sender;
    let in_time = accepted_at <= event.sent_at.saturating_add(limits.recall_window);
    let in_charge = state.is_group()
        && match role {
            Role::Owner => true,
            Role::Administrator => state.owner != Some(event.sender),
            Role::Member => false,
        };
    if in_charge || (own && in_time) {
        Ok(Body::Recall(Target { target }))
    } else if own {
        Err(Code::RecallWindowPassed)
    } else {
        Err(Code::NotAllowed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{ADA, BEN, CYN, DAN, NOW, Scene, text};
    use crate::command::CommandKind;
    use crate::event::{Body, Kind, Message, Target};
    use crate::ids::UserId;
    use crate::problem::Code;

    fn say() -> CommandKind {
        CommandKind::Send {
            content: text("hello"),
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        }
    }

    fn answer(target: u64) -> CommandKind {
        CommandKind::Send {
            content: text("hello"),
            reply_to: Some(target),
            mentions: Vec::new(),
            mention_all: false,
        }
    }

    fn call(mentions: &[UserId], mention_all: bool) -> CommandKind {
        CommandKind::Send {
            content: text("hello"),
            reply_to: None,
            mentions: mentions.to_vec(),
            mention_all,
        }
    }

    fn said() -> Message {
        Message {
            content: text("hello"),
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        }
    }

    #[test]
    fn members_write_in_their_group() {
        for sender in [ADA, BEN, CYN] {
            assert_eq!(
                Scene::group().decide(sender, &say()),
                Ok(Body::Message(said()))
            );
        }
    }

    #[test]
    fn others_do_not_write() {
        assert_eq!(Scene::group().decide(DAN, &say()), Err(Code::NotAMember));
        let direct = Scene::direct(ADA, BEN).mutual(ADA, DAN);
        assert_eq!(direct.decide(DAN, &say()), Err(Code::NotAMember));
        assert_eq!(Scene::no_group().decide(ADA, &say()), Err(Code::NotAMember));
    }

    #[test]
    fn a_muted_member_waits_until_the_time_has_passed() {
        let scene = Scene::group().muted(CYN, NOW + 1);
        assert_eq!(scene.decide(CYN, &say()), Err(Code::Muted));
        assert!(scene.decide_at(CYN, &say(), NOW + 1).is_ok());
        assert!(scene.decide(BEN, &say()).is_ok());
        let administrator = Scene::group().muted(BEN, NOW + 1);
        assert_eq!(administrator.decide(BEN, &say()), Err(Code::Muted));
    }

    #[test]
    fn who_became_owner_while_muted_can_write() {
        assert!(
            Scene::group()
                .muted(ADA, NOW + 1)
                .decide(ADA, &say())
                .is_ok()
        );
    }

    #[test]
    fn in_a_muted_group_only_owner_and_administrators_write() {
        let mut scene = Scene::group();
        scene.state.mute_all = true;
        assert_eq!(scene.decide(CYN, &say()), Err(Code::AllMuted));
        assert!(scene.decide(BEN, &say()).is_ok());
        assert!(scene.decide(ADA, &say()).is_ok());
    }

    #[test]
    fn the_two_of_a_direct_conversation_need_each_other_as_contacts() {
        let scene = Scene::direct(ADA, BEN);
        assert_eq!(scene.decide(ADA, &say()), Err(Code::NotAContact));
        let scene = scene.contact(ADA, BEN);
        assert_eq!(scene.decide(ADA, &say()), Err(Code::NotAContact));
        assert_eq!(scene.decide(BEN, &say()), Err(Code::NotAContact));
        let scene = scene.contact(BEN, ADA);
        assert!(scene.decide(ADA, &say()).is_ok());
        assert!(scene.decide(BEN, &say()).is_ok());
    }

    #[test]
    fn a_block_shows_to_the_one_who_set_it_only() {
        let scene = Scene::direct(ADA, BEN).mutual(ADA, BEN).block(ADA, BEN);
        assert_eq!(scene.decide(ADA, &say()), Err(Code::Blocked));
        assert_eq!(scene.decide(BEN, &say()), Err(Code::NotAContact));
    }

    #[test]
    fn one_writes_to_oneself() {
        assert!(Scene::direct(ADA, ADA).decide(ADA, &say()).is_ok());
    }

    #[test]
    fn a_direct_conversation_whose_peer_is_not_known_is_not_written_in() {
        let mut scene = Scene::direct(ADA, BEN).mutual(ADA, BEN);
        scene.state.members.remove(&BEN);
        assert_eq!(scene.decide(ADA, &say()), Err(Code::NotAContact));
    }

    #[test]
    fn an_answer_needs_a_message_that_is_still_there() {
        let scene = Scene::group()
            .message(5, BEN, NOW)
            .event(6, Kind::Recalled, BEN, NOW)
            .event(7, Kind::Renamed, BEN, NOW);
        assert_eq!(
            scene.decide(CYN, &answer(5)),
            Ok(Body::Message(Message {
                reply_to: Some(5),
                ..said()
            }))
        );
        for gone in [6, 7, 8] {
            assert_eq!(scene.decide(CYN, &answer(gone)), Err(Code::NoSuchTarget));
        }
    }

    #[test]
    fn only_members_are_mentioned_and_each_once() {
        let scene = Scene::group();
        assert_eq!(
            scene.decide(CYN, &call(&[BEN, ADA, BEN], false)),
            Ok(Body::Message(Message {
                mentions: vec![BEN, ADA],
                ..said()
            }))
        );
        assert_eq!(
            scene.decide(CYN, &call(&[BEN, DAN], false)),
            Err(Code::TargetNotAMember)
        );
    }

    #[test]
    fn only_owner_and_administrators_call_everybody() {
        let scene = Scene::group();
        assert_eq!(scene.decide(CYN, &call(&[], true)), Err(Code::NotAllowed));
        for sender in [ADA, BEN] {
            assert_eq!(
                scene.decide(sender, &call(&[], true)),
                Ok(Body::Message(Message {
                    mention_all: true,
                    ..said()
                }))
            );
        }
    }

    #[test]
    fn a_direct_conversation_knows_no_mentions() {
        let scene = Scene::direct(ADA, BEN).mutual(ADA, BEN);
        assert_eq!(
            scene.decide(ADA, &call(&[BEN], false)),
            Err(Code::NotAGroup)
        );
        assert_eq!(scene.decide(ADA, &call(&[], true)), Err(Code::NotAGroup));
    }

    fn recall(target: u64) -> CommandKind {
        CommandKind::Recall { target }
    }

    const RECALLED: Result<Body, Code> = Ok(Body::Recall(Target { target: 5 }));

    #[test]
    fn ones_own_message_is_recalled_in_time() {
        let scene = Scene::group().message(5, CYN, NOW);
        let last = NOW + scene.limits.recall_window;
        assert_eq!(scene.decide_at(CYN, &recall(5), last), RECALLED);
        assert_eq!(
            scene.decide_at(CYN, &recall(5), last + 1),
            Err(Code::RecallWindowPassed)
        );
        let direct = Scene::direct(ADA, BEN).message(5, BEN, NOW);
        assert_eq!(direct.decide_at(BEN, &recall(5), last), RECALLED);
        assert_eq!(
            direct.decide_at(BEN, &recall(5), last + 1),
            Err(Code::RecallWindowPassed)
        );
    }

    #[test]
    fn owner_and_administrators_recall_any_time() {
        let scene = Scene::group().message(5, CYN, 0);
        assert_eq!(scene.decide(ADA, &recall(5)), RECALLED);
        assert_eq!(scene.decide(BEN, &recall(5)), RECALLED);
        let own = Scene::group().message(5, BEN, 0);
        assert_eq!(own.decide(BEN, &recall(5)), RECALLED);
    }

    #[test]
    fn members_do_not_recall_what_others_said() {
        let scene = Scene::group().message(5, BEN, NOW);
        assert_eq!(scene.decide(CYN, &recall(5)), Err(Code::NotAllowed));
    }

    #[test]
    fn an_administrator_does_not_recall_what_the_owner_said() {
        let scene = Scene::group().message(5, ADA, NOW);
        assert_eq!(scene.decide(BEN, &recall(5)), Err(Code::NotAllowed));
        assert_eq!(scene.decide(ADA, &recall(5)), RECALLED);
    }

    #[test]
    fn a_direct_conversation_has_nobody_in_charge() {
        // ADA began it, and so has the owner's role in its state.
        let scene = Scene::direct(ADA, BEN).message(5, BEN, NOW);
        assert_eq!(scene.decide(ADA, &recall(5)), Err(Code::NotAllowed));
        let own = Scene::direct(ADA, BEN).message(5, ADA, 0);
        assert_eq!(own.decide(ADA, &recall(5)), Err(Code::RecallWindowPassed));
    }

    #[test]
    fn who_has_left_recalls_nothing() {
        let scene = Scene::group().message(5, DAN, NOW);
        assert_eq!(scene.decide(DAN, &recall(5)), Err(Code::NotAMember));
    }

    #[test]
    fn only_messages_are_recalled_and_only_once() {
        let scene =
            Scene::group()
                .event(5, Kind::Recalled, CYN, NOW)
                .event(6, Kind::Renamed, CYN, NOW);
        assert_eq!(scene.decide(CYN, &recall(5)), Err(Code::AlreadyRecalled));
        assert_eq!(scene.decide(CYN, &recall(6)), Err(Code::NoSuchTarget));
        assert_eq!(scene.decide(CYN, &recall(9)), Err(Code::NoSuchTarget));
    }
}
