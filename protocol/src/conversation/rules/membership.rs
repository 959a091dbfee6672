//! Coming and going.

use super::super::decide::Decision;
use super::super::state::State;
use super::{each_once, group_member, group_member_as, named_member, reaches};
use crate::event::{Body, Role, Users};
use crate::ids::UserId;
use crate::limits::Limits;
use crate::problem::Code;

/// Brings contacts of the sender's in. Those who are members already are passed over.
///
/// `not_a_member`, `not_a_group`; `already_a_member` where nobody is left to bring in;
/// `not_a_contact` where somebody is no contact of the sender's or has blocked them; `group_full`
/// where not all find room.
pub fn invite(state: &State, sender: UserId, users: &[UserId], limits: &Limits) -> Decision {
    group_member(state, sender)?;
    let mut users = each_once(users);
    users.retain(|user| !state.members.contains_key(user));
    if users.is_empty() {
        return Err(Code::AlreadyAMember);
    }
    for user in &users {
        reaches(state, sender, *user)?;
    }
    if state.member_count + users.len() > limits.group_members {
        return Err(Code::GroupFull);
    }
    Ok(Body::Invited(Users { users }))
}

/// Takes members out: all who are named, or nobody.
///
/// The owner anyone else, administrators plain members. `not_a_member`, `not_a_group`;
/// `target_not_a_member`; `not_allowed` for all others, and for oneself, which is leaving.
pub fn remove(state: &State, sender: UserId, users: &[UserId]) -> Decision {
    let role = group_member_as(state, sender, Role::Administrator)?.role;
    let users = each_once(users);
    for user in &users {
        if named_member(state, *user)?.role >= role {
            return Err(Code::NotAllowed);
        }
    }
    Ok(Body::Removed(Users { users }))
}

/// Lets the sender go.
///
/// `not_a_member`, `not_a_group`; `owner_must_transfer` for an owner who is not the last.
pub fn leave(state: &State, sender: UserId) -> Decision {
    let member = group_member(state, sender)?;
    if member.role == Role::Owner && state.member_count > 1 {
        return Err(Code::OwnerMustTransfer);
    }
    Ok(Body::Left(Users {
        users: vec![sender],
    }))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{ADA, BEN, CYN, DAN, EVE, Scene};
    use crate::command::CommandKind;
    use crate::event::{Body, Role, Users};
    use crate::ids::UserId;
    use crate::problem::Code;

    fn invite(users: &[UserId]) -> CommandKind {
        CommandKind::Invite {
            users: users.to_vec(),
        }
    }

    fn remove(users: &[UserId]) -> CommandKind {
        CommandKind::Remove {
            users: users.to_vec(),
        }
    }

    fn users(users: &[UserId]) -> Users {
        Users {
            users: users.to_vec(),
        }
    }

    #[test]
    fn any_member_invites_contacts_of_their_own() {
        let scene = Scene::group().contact(CYN, DAN).contact(CYN, EVE);
        assert_eq!(
            scene.decide(CYN, &invite(&[EVE, DAN])),
            Ok(Body::Invited(users(&[EVE, DAN])))
        );
        // Another member's contacts are not enough, nor is it to be somebody's contact.
        assert_eq!(scene.decide(ADA, &invite(&[DAN])), Err(Code::NotAContact));
        let scene = Scene::group().contact(CYN, DAN).contact(EVE, CYN);
        assert_eq!(
            scene.decide(CYN, &invite(&[DAN, EVE])),
            Err(Code::NotAContact)
        );
    }

    #[test]
    fn only_who_is_new_comes_in_and_once() {
        let scene = Scene::group().contact(CYN, DAN);
        assert_eq!(
            scene.decide(CYN, &invite(&[BEN, DAN, CYN, DAN])),
            Ok(Body::Invited(users(&[DAN])))
        );
        assert_eq!(
            scene.decide(CYN, &invite(&[BEN, CYN])),
            Err(Code::AlreadyAMember)
        );
    }

    #[test]
    fn who_blocked_the_sender_is_not_brought_in() {
        let scene = Scene::group().mutual(CYN, DAN).block(DAN, CYN);
        assert_eq!(scene.decide(CYN, &invite(&[DAN])), Err(Code::NotAContact));
    }

    #[test]
    fn a_full_group_takes_nobody_in() {
        let mut scene = Scene::group().contact(CYN, DAN).contact(CYN, EVE);
        scene.limits.group_members = 4;
        assert_eq!(
            scene.decide(CYN, &invite(&[DAN, EVE])),
            Err(Code::GroupFull)
        );
        assert!(scene.decide(CYN, &invite(&[DAN])).is_ok());
    }

    #[test]
    fn the_owner_removes_anyone_else() {
        assert_eq!(
            Scene::group().decide(ADA, &remove(&[CYN, BEN, CYN])),
            Ok(Body::Removed(users(&[CYN, BEN])))
        );
    }

    #[test]
    fn administrators_remove_members_only() {
        let mut scene = Scene::group().member(DAN, Role::Administrator);
        assert_eq!(
            scene.decide(BEN, &remove(&[CYN])),
            Ok(Body::Removed(users(&[CYN])))
        );
        for above in [ADA, DAN] {
            assert_eq!(
                scene.decide(BEN, &remove(&[CYN, above])),
                Err(Code::NotAllowed)
            );
        }
        scene.member_mut(DAN).role = Role::Member;
        assert!(scene.decide(BEN, &remove(&[CYN, DAN])).is_ok());
    }

    #[test]
    fn members_remove_nobody() {
        let scene = Scene::group().member(DAN, Role::Member);
        for user in [DAN, EVE] {
            assert_eq!(scene.decide(CYN, &remove(&[user])), Err(Code::NotAllowed));
        }
    }

    #[test]
    fn nobody_removes_themselves() {
        for sender in [ADA, BEN, CYN] {
            assert_eq!(
                Scene::group().decide(sender, &remove(&[sender])),
                Err(Code::NotAllowed)
            );
        }
    }

    #[test]
    fn only_members_are_removed() {
        assert_eq!(
            Scene::group().decide(ADA, &remove(&[CYN, DAN])),
            Err(Code::TargetNotAMember)
        );
    }

    #[test]
    fn members_and_administrators_leave() {
        for sender in [BEN, CYN] {
            assert_eq!(
                Scene::group().decide(sender, &CommandKind::Leave),
                Ok(Body::Left(users(&[sender])))
            );
        }
    }

    #[test]
    fn the_owner_leaves_last() {
        let mut scene = Scene::group();
        assert_eq!(
            scene.decide(ADA, &CommandKind::Leave),
            Err(Code::OwnerMustTransfer)
        );
        scene.state.members.retain(|user, _| *user == ADA);
        scene.state.member_count = 1;
        assert_eq!(
            scene.decide(ADA, &CommandKind::Leave),
            Ok(Body::Left(users(&[ADA])))
        );
    }

    #[test]
    fn others_move_nobody() {
        let scene = Scene::group().contact(DAN, EVE);
        for command in [invite(&[EVE]), remove(&[CYN]), CommandKind::Leave] {
            assert_eq!(scene.decide(DAN, &command), Err(Code::NotAMember));
        }
    }

    #[test]
    fn a_direct_conversation_stays_of_two() {
        let scene = Scene::direct(ADA, BEN).mutual(ADA, BEN).contact(ADA, CYN);
        for command in [invite(&[CYN]), remove(&[BEN]), CommandKind::Leave] {
            assert_eq!(scene.decide(ADA, &command), Err(Code::NotAGroup));
        }
    }
}
