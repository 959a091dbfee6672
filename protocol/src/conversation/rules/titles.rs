//! What a group and its members are called, and what it announces.

use super::super::decide::Decision;
use super::super::state::State;
use super::{group_member, group_member_as, unless_blank};
use crate::event::{Announced, Body, NicknameSet, Renamed, Role};
use crate::ids::UserId;
use crate::problem::Code;

/// Up to how many members any of them may rename the group; in a larger one, owner and
/// administrators only.
pub const RENAMED_BY_ANYONE: usize = 100;

/// Gives the group a name; a blank one takes it away.
///
/// `not_a_member`, `not_a_group`; `not_allowed` for a plain member of a group of more than
/// [`RENAMED_BY_ANYONE`]; `nothing_to_change`.
pub fn rename(state: &State, sender: UserId, name: &str) -> Decision {
    let least = if state.member_count <= RENAMED_BY_ANYONE {
        Role::Member
    } else {
        Role::Administrator
    };
    group_member_as(state, sender, least)?;
    let name = Some(unless_blank(name)).filter(|name| !name.is_empty());
    if name == state.name.as_deref() {
        return Err(Code::NothingToChange);
    }
    Ok(Body::Renamed(Renamed {
        name: name.map(str::to_owned),
    }))
}

/// Puts up an announcement; a blank one takes it down.
///
/// `not_a_member`, `not_a_group`; `not_allowed` for all but owner and administrators;
/// `nothing_to_change`.
pub fn announce(state: &State, sender: UserId, announcement: &str) -> Decision {
    group_member_as(state, sender, Role::Administrator)?;
    let announcement = unless_blank(announcement);
    if announcement == state.announcement {
        return Err(Code::NothingToChange);
    }
    Ok(Body::Announced(Announced {
        announcement: announcement.to_owned(),
    }))
}

/// Lets the sender go by another name here; a blank one goes back to the profile's.
///
/// `not_a_member`, `not_a_group`, `nothing_to_change`.
pub fn set_nickname(state: &State, sender: UserId, nickname: &str) -> Decision {
    let member = group_member(state, sender)?;
    let nickname = unless_blank(nickname);
    if nickname == member.nickname {
        return Err(Code::NothingToChange);
    }
    Ok(Body::NicknameSet(NicknameSet {
        user: sender,
        nickname: nickname.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{ADA, BEN, CYN, DAN, Scene};
    use super::RENAMED_BY_ANYONE;
    use crate::command::CommandKind;
    use crate::event::{Announced, Body, NicknameSet, Renamed};
    use crate::problem::Code;

    fn rename(name: &str) -> CommandKind {
        CommandKind::Rename {
            name: name.to_owned(),
        }
    }

    fn announce(text: &str) -> CommandKind {
        CommandKind::Announce {
            announcement: text.to_owned(),
        }
    }

    fn nickname(name: &str) -> CommandKind {
        CommandKind::SetNickname {
            nickname: name.to_owned(),
        }
    }

    fn renamed(name: Option<&str>) -> Body {
        Body::Renamed(Renamed {
            name: name.map(str::to_owned),
        })
    }

    #[test]
    fn any_member_renames_a_small_group() {
        let mut scene = Scene::group();
        scene.state.member_count = RENAMED_BY_ANYONE;
        assert_eq!(scene.decide(CYN, &rename("new")), Ok(renamed(Some("new"))));
    }

    #[test]
    fn owner_and_administrators_rename_a_large_group() {
        let mut scene = Scene::group();
        scene.state.member_count = RENAMED_BY_ANYONE + 1;
        assert_eq!(scene.decide(CYN, &rename("new")), Err(Code::NotAllowed));
        assert_eq!(scene.decide(BEN, &rename("new")), Ok(renamed(Some("new"))));
        assert_eq!(scene.decide(ADA, &rename("new")), Ok(renamed(Some("new"))));
    }

    #[test]
    fn a_blank_name_takes_it_away() {
        let mut scene = Scene::group();
        assert_eq!(scene.decide(ADA, &rename(" ")), Err(Code::NothingToChange));
        scene.state.name = Some("old".to_owned());
        assert_eq!(scene.decide(ADA, &rename(" ")), Ok(renamed(None)));
        assert_eq!(scene.decide(ADA, &rename("")), Ok(renamed(None)));
        assert_eq!(
            scene.decide(ADA, &rename("old")),
            Err(Code::NothingToChange)
        );
    }

    #[test]
    fn owner_and_administrators_announce() {
        let mut scene = Scene::group();
        assert_eq!(scene.decide(CYN, &announce("rain")), Err(Code::NotAllowed));
        for sender in [ADA, BEN] {
            assert_eq!(
                scene.decide(sender, &announce("rain")),
                Ok(Body::Announced(Announced {
                    announcement: "rain".to_owned()
                }))
            );
        }
        assert_eq!(scene.decide(ADA, &announce("")), Err(Code::NothingToChange));
        assert_eq!(
            scene.decide(ADA, &announce("\n")),
            Err(Code::NothingToChange)
        );
        scene.state.announcement = "rain".to_owned();
        assert_eq!(
            scene.decide(ADA, &announce("rain")),
            Err(Code::NothingToChange)
        );
        assert!(scene.decide(ADA, &announce("")).is_ok());
    }

    #[test]
    fn members_choose_their_own_nickname() {
        let mut scene = Scene::group();
        assert_eq!(
            scene.decide(CYN, &nickname("C")),
            Ok(Body::NicknameSet(NicknameSet {
                user: CYN,
                nickname: "C".to_owned()
            }))
        );
        assert_eq!(
            scene.decide(CYN, &nickname(" ")),
            Err(Code::NothingToChange)
        );
        scene.member_mut(CYN).nickname = "C".to_owned();
        assert_eq!(
            scene.decide(CYN, &nickname("C")),
            Err(Code::NothingToChange)
        );
        assert!(scene.decide(CYN, &nickname("")).is_ok());
    }

    #[test]
    fn others_change_nothing() {
        for command in [rename("x"), announce("x"), nickname("x")] {
            assert_eq!(Scene::group().decide(DAN, &command), Err(Code::NotAMember));
        }
    }

    #[test]
    fn a_direct_conversation_has_no_titles() {
        let scene = Scene::direct(ADA, BEN).mutual(ADA, BEN);
        for command in [rename("x"), announce("x"), nickname("x")] {
            assert_eq!(scene.decide(ADA, &command), Err(Code::NotAGroup));
        }
    }
}
