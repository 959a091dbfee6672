//! Who helps to run a group, and who may not write in it.

use super::super::decide::Decision;
use super::super::state::State;
use super::{group_member_as, named_member};
use crate::event::{AllMuted, Body, MemberMuted, Role, RoleSet, Transferred};
use crate::ids::{Millis, UserId};
use crate::problem::Code;

/// Makes a member an administrator, or an administrator a member.
///
/// For the owner. `not_a_member`, `not_a_group`; `not_allowed` for all others, and for making
/// somebody the owner or the owner something else, which is a transfer; `target_not_a_member`;
/// `nothing_to_change`.
pub fn set_role(state: &State, sender: UserId, user: UserId, role: Role) -> Decision {
    group_member_as(state, sender, Role::Owner)?;
    if user == sender || role == Role::Owner {
        return Err(Code::NotAllowed);
    }
    if named_member(state, user)?.role == role {
        return Err(Code::NothingToChange);
    }
    Ok(Body::RoleSet(RoleSet { user, role }))
}

/// Hands the group over; the former owner becomes a plain member.
///
/// For the owner. `not_a_member`, `not_a_group`; `not_allowed` for all others;
/// `target_not_a_member`; `nothing_to_change` where the owner names themselves.
pub fn transfer(state: &State, sender: UserId, user: UserId) -> Decision {
    group_member_as(state, sender, Role::Owner)?;
    if user == sender {
        return Err(Code::NothingToChange);
    }
    named_member(state, user)?;
    Ok(Body::Transferred(Transferred { user }))
}

/// Lets a member not write until a time; one that has passed lets them write again at once.
///
/// The owner anyone else, administrators plain members. `not_a_member`, `not_a_group`;
/// `not_allowed` for all others; `target_not_a_member`; `nothing_to_change`.
pub fn mute_member(
    state: &State,
    sender: UserId,
    user: UserId,
    until: Millis,
    accepted_at: Millis,
) -> Decision {
    let role = group_member_as(state, sender, Role::Administrator)?.role;
    let named = named_member(state, user)?;
    if named.role >= role {
        return Err(Code::NotAllowed);
    }
    let until = still_ahead(until, accepted_at);
    if until == still_ahead(named.muted_until, accepted_at) {
        return Err(Code::NothingToChange);
    }
    Ok(Body::MemberMuted(MemberMuted { user, until }))
}

/// The time, or 0 once it has passed.
fn still_ahead(until: Millis, accepted_at: Millis) -> Millis {
    if until > accepted_at { until } else { 0 }
}

/// Lets nobody but owner and administrators write, or everybody again.
///
/// `not_a_member`, `not_a_group`; `not_allowed` for all but owner and administrators;
/// `nothing_to_change`.
pub fn mute_all(state: &State, sender: UserId, on: bool) -> Decision {
    group_member_as(state, sender, Role::Administrator)?;
    if state.mute_all == on {
        return Err(Code::NothingToChange);
    }
    Ok(Body::AllMuted(AllMuted { on }))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{ADA, BEN, CYN, DAN, NOW, Scene};
    use crate::command::CommandKind;
    use crate::event::{AllMuted, Body, MemberMuted, Role, RoleSet, Transferred};
    use crate::ids::UserId;
    use crate::problem::Code;

    fn set_role(user: UserId, role: Role) -> CommandKind {
        CommandKind::SetRole { user, role }
    }

    fn transfer(user: UserId) -> CommandKind {
        CommandKind::Transfer { user }
    }

    fn mute(user: UserId, until: i64) -> CommandKind {
        CommandKind::MuteMember { user, until }
    }

    fn mute_all(on: bool) -> CommandKind {
        CommandKind::MuteAll { on }
    }

    fn muted(user: UserId, until: i64) -> Body {
        Body::MemberMuted(MemberMuted { user, until })
    }

    #[test]
    fn the_owner_gives_and_takes_roles() {
        for (user, role) in [(CYN, Role::Administrator), (BEN, Role::Member)] {
            assert_eq!(
                Scene::group().decide(ADA, &set_role(user, role)),
                Ok(Body::RoleSet(RoleSet { user, role }))
            );
        }
    }

    #[test]
    fn nobody_else_gives_roles() {
        for sender in [BEN, CYN] {
            assert_eq!(
                Scene::group().decide(sender, &set_role(CYN, Role::Administrator)),
                Err(Code::NotAllowed)
            );
        }
    }

    #[test]
    fn there_stays_exactly_one_owner() {
        let scene = Scene::group();
        assert_eq!(
            scene.decide(ADA, &set_role(BEN, Role::Owner)),
            Err(Code::NotAllowed)
        );
        assert_eq!(
            scene.decide(ADA, &set_role(ADA, Role::Member)),
            Err(Code::NotAllowed)
        );
    }

    #[test]
    fn a_role_that_is_held_is_not_given() {
        let scene = Scene::group();
        for (user, role) in [(BEN, Role::Administrator), (CYN, Role::Member)] {
            assert_eq!(
                scene.decide(ADA, &set_role(user, role)),
                Err(Code::NothingToChange)
            );
        }
    }

    #[test]
    fn the_owner_hands_the_group_over() {
        let scene = Scene::group();
        assert_eq!(
            scene.decide(ADA, &transfer(CYN)),
            Ok(Body::Transferred(Transferred { user: CYN }))
        );
        assert_eq!(
            scene.decide(ADA, &transfer(ADA)),
            Err(Code::NothingToChange)
        );
        for sender in [BEN, CYN] {
            assert_eq!(scene.decide(sender, &transfer(CYN)), Err(Code::NotAllowed));
        }
    }

    #[test]
    fn the_owner_mutes_anyone_else_and_administrators_members() {
        let scene = Scene::group().member(DAN, Role::Administrator);
        let until = NOW + 60_000;
        for (sender, user) in [(ADA, BEN), (ADA, CYN), (BEN, CYN)] {
            assert_eq!(
                scene.decide(sender, &mute(user, until)),
                Ok(muted(user, until)),
                "{sender} {user}"
            );
        }
        for (sender, user) in [
            (ADA, ADA),
            (BEN, BEN),
            (BEN, ADA),
            (BEN, DAN),
            (CYN, BEN),
            (CYN, CYN),
        ] {
            assert_eq!(
                scene.decide(sender, &mute(user, until)),
                Err(Code::NotAllowed),
                "{sender} {user}"
            );
        }
    }

    #[test]
    fn a_time_that_has_passed_lets_write_again() {
        let scene = Scene::group().muted(CYN, NOW + 60_000);
        for until in [0, NOW] {
            assert_eq!(scene.decide(ADA, &mute(CYN, until)), Ok(muted(CYN, 0)));
        }
        assert_eq!(
            scene.decide(ADA, &mute(CYN, NOW + 1)),
            Ok(muted(CYN, NOW + 1))
        );
    }

    #[test]
    fn muting_again_for_the_same_time_changes_nothing() {
        let scene = Scene::group().muted(CYN, NOW + 60_000);
        assert_eq!(
            scene.decide(ADA, &mute(CYN, NOW + 60_000)),
            Err(Code::NothingToChange)
        );
        let over = Scene::group().muted(CYN, NOW);
        assert_eq!(over.decide(ADA, &mute(CYN, 0)), Err(Code::NothingToChange));
    }

    #[test]
    fn owner_and_administrators_mute_the_group() {
        let mut scene = Scene::group();
        for sender in [ADA, BEN] {
            assert_eq!(
                scene.decide(sender, &mute_all(true)),
                Ok(Body::AllMuted(AllMuted { on: true }))
            );
        }
        assert_eq!(scene.decide(CYN, &mute_all(true)), Err(Code::NotAllowed));
        assert_eq!(
            scene.decide(ADA, &mute_all(false)),
            Err(Code::NothingToChange)
        );
        scene.state.mute_all = true;
        assert_eq!(
            scene.decide(ADA, &mute_all(true)),
            Err(Code::NothingToChange)
        );
        assert!(scene.decide(ADA, &mute_all(false)).is_ok());
    }

    #[test]
    fn only_members_are_named() {
        let scene = Scene::group();
        for command in [
            set_role(DAN, Role::Administrator),
            transfer(DAN),
            mute(DAN, NOW + 1),
        ] {
            assert_eq!(
                scene.decide(ADA, &command),
                Err(Code::TargetNotAMember),
                "{command:?}"
            );
        }
    }

    #[test]
    fn others_change_nothing() {
        for command in [
            set_role(CYN, Role::Administrator),
            transfer(CYN),
            mute(CYN, NOW + 1),
            mute_all(true),
        ] {
            assert_eq!(Scene::group().decide(DAN, &command), Err(Code::NotAMember));
        }
    }

    #[test]
    fn a_direct_conversation_has_no_roles() {
        let scene = Scene::direct(ADA, BEN).mutual(ADA, BEN);
        for command in [
            set_role(BEN, Role::Administrator),
            transfer(BEN),
            mute(BEN, NOW + 1),
            mute_all(true),
        ] {
            assert_eq!(scene.decide(ADA, &command), Err(Code::NotAGroup));
        }
    }
}
