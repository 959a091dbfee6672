//! How a conversation begins.

use super::super::decide::Decision;
use super::super::state::State;
use super::{each_once, peer_among, reaches, unless_blank, write_to_each_other};
use crate::event::{Body, Created};
use crate::ids::{ConversationKind, UserId};
use crate::limits::Limits;
use crate::problem::Code;

/// Begins a conversation of the kind its id says, once.
///
/// - `conflict` where it exists already;
/// - `not_a_member` where the sender is not among its members;
/// - direct: `invalid` where the members are not those from whom the id is derived;
///   `not_a_contact` or `blocked` as for sending;
/// - group: `not_a_contact` where a member is no contact of the sender's or has blocked them;
///   `group_full` where there are more than a group may have.
pub fn create(
    state: &State,
    sender: UserId,
    name: Option<&str>,
    members: &[UserId],
    limits: &Limits,
) -> Decision {
    if state.exists {
        return Err(Code::Conflict);
    }
    let members = each_once(members);
    if !members.contains(&sender) {
        return Err(Code::NotAMember);
    }
    let kind = state.id.kind().ok_or(Code::Invalid)?;
    let name = match kind {
        ConversationKind::Direct => {
            direct(state, sender, &members)?;
            None
        }
        ConversationKind::Group => {
            group(state, sender, &members, limits)?;
            name.map(unless_blank).filter(|name| !name.is_empty())
        }
    };
    Ok(Body::Created(Created {
        kind,
        name: name.map(str::to_owned),
        members,
    }))
}

fn direct(state: &State, sender: UserId, members: &[UserId]) -> Result<(), Code> {
    let peer = peer_among(state.id, sender, members).ok_or(Code::Invalid)?;
    if members.iter().any(|user| *user != sender && *user != peer) {
        return Err(Code::Invalid);
    }
    write_to_each_other(state, sender, peer)
}

fn group(state: &State, sender: UserId, members: &[UserId], limits: &Limits) -> Result<(), Code> {
    if members.len() > limits.group_members {
        return Err(Code::GroupFull);
    }
    members
        .iter()
        .filter(|user| **user != sender)
        .try_for_each(|user| reaches(state, sender, *user))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{ADA, BEN, CYN, DAN, Scene};
    use crate::command::CommandKind;
    use crate::event::{Body, Created};
    use crate::ids::{ConversationId, ConversationKind, UserId};
    use crate::problem::Code;

    fn create(name: &str, members: &[UserId]) -> CommandKind {
        CommandKind::Create {
            name: Some(name.to_owned()),
            members: members.to_vec(),
        }
    }

    fn created(kind: ConversationKind, name: Option<&str>, members: &[UserId]) -> Body {
        Body::Created(Created {
            kind,
            name: name.map(str::to_owned),
            members: members.to_vec(),
        })
    }

    #[test]
    fn a_group_begins_with_contacts_of_its_creator() {
        let scene = Scene::no_group().contact(ADA, BEN).contact(ADA, CYN);
        assert_eq!(
            scene.decide(ADA, &create("climbers", &[ADA, BEN, CYN])),
            Ok(created(
                ConversationKind::Group,
                Some("climbers"),
                &[ADA, BEN, CYN]
            ))
        );
    }

    #[test]
    fn a_conversation_begins_only_once() {
        let scene = Scene::group().contact(ADA, BEN);
        assert_eq!(
            scene.decide(ADA, &create("again", &[ADA, BEN])),
            Err(Code::Conflict)
        );
    }

    #[test]
    fn members_are_each_named_once() {
        let scene = Scene::no_group().contact(ADA, BEN);
        assert_eq!(
            scene.decide(ADA, &create("", &[ADA, BEN, ADA, BEN])),
            Ok(created(ConversationKind::Group, None, &[ADA, BEN]))
        );
    }

    #[test]
    fn a_blank_name_is_no_name() {
        let scene = Scene::no_group();
        for name in ["", " ", "\u{3000}\u{2003}"] {
            assert_eq!(
                scene.decide(ADA, &create(name, &[ADA])),
                Ok(created(ConversationKind::Group, None, &[ADA]))
            );
        }
    }

    #[test]
    fn a_name_is_kept_as_typed() {
        assert_eq!(
            Scene::no_group().decide(ADA, &create(" a ", &[ADA])),
            Ok(created(ConversationKind::Group, Some(" a "), &[ADA]))
        );
    }

    #[test]
    fn the_creator_takes_part() {
        let scene = Scene::no_group().contact(ADA, BEN);
        assert_eq!(
            scene.decide(ADA, &create("", &[BEN])),
            Err(Code::NotAMember)
        );
    }

    #[test]
    fn strangers_are_not_brought_in() {
        let scene = Scene::no_group().contact(ADA, BEN).contact(CYN, ADA);
        assert_eq!(
            scene.decide(ADA, &create("", &[ADA, BEN, CYN])),
            Err(Code::NotAContact)
        );
    }

    #[test]
    fn a_block_against_the_creator_looks_like_no_contact() {
        let scene = Scene::no_group().contact(ADA, BEN).block(BEN, ADA);
        assert_eq!(
            scene.decide(ADA, &create("", &[ADA, BEN])),
            Err(Code::NotAContact)
        );
    }

    #[test]
    fn a_group_has_room_for_so_many() {
        let mut scene = Scene::no_group().contact(ADA, BEN).contact(ADA, CYN);
        scene.limits.group_members = 2;
        assert_eq!(
            scene.decide(ADA, &create("", &[ADA, BEN, CYN])),
            Err(Code::GroupFull)
        );
        assert!(scene.decide(ADA, &create("", &[ADA, BEN])).is_ok());
    }

    #[test]
    fn a_direct_conversation_begins_between_mutual_contacts() {
        let scene = Scene::no_direct(ADA, BEN).contact(ADA, BEN);
        assert_eq!(
            scene.decide(ADA, &create("ignored", &[ADA, BEN])),
            Err(Code::NotAContact)
        );
        assert_eq!(
            scene
                .contact(BEN, ADA)
                .decide(ADA, &create("ignored", &[ADA, BEN])),
            Ok(created(ConversationKind::Direct, None, &[ADA, BEN]))
        );
    }

    #[test]
    fn a_direct_conversation_does_not_begin_over_a_block() {
        let scene = Scene::no_direct(ADA, BEN).mutual(ADA, BEN).block(ADA, BEN);
        let opened = create("", &[ADA, BEN]);
        assert_eq!(scene.decide(ADA, &opened), Err(Code::Blocked));
        assert_eq!(scene.decide(BEN, &opened), Err(Code::NotAContact));
    }

    #[test]
    fn one_may_write_to_oneself() {
        assert_eq!(
            Scene::no_direct(ADA, ADA).decide(ADA, &create("", &[ADA])),
            Ok(created(ConversationKind::Direct, None, &[ADA]))
        );
    }

    #[test]
    fn nobody_takes_the_id_of_another_pair() {
        let scene = Scene::no_direct(ADA, BEN).mutual(ADA, BEN).mutual(DAN, ADA);
        for (sender, members) in [
            (DAN, vec![DAN, ADA]),
            (DAN, vec![ADA, BEN, DAN]),
            (ADA, vec![ADA]),
            (ADA, vec![ADA, BEN, DAN]),
        ] {
            assert_eq!(
                scene.decide(sender, &create("", &members)),
                Err(Code::Invalid),
                "{sender} {members:?}"
            );
        }
    }

    #[test]
    fn an_id_of_neither_kind_begins_nothing() {
        let mut scene = Scene::no_group();
        scene.state.id = ConversationId(uuid::Uuid::nil());
        assert_eq!(scene.decide(ADA, &create("", &[ADA])), Err(Code::Invalid));
    }
}
