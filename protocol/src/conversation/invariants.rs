//! What holds after any sequence of commands, whoever sends them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::decide::decide;
use super::fixture::{ADA, BEN, CYN, DAN, EVE, NOW, Scene, text};
use super::state::State;
use crate::command::CommandKind;
use crate::event::{Body, Kind, Role};
use crate::ids::{ClientId, Millis, Seq, UserId};
use crate::limits::Limits;

const EVERYBODY: [UserId; 5] = [ADA, BEN, CYN, DAN, EVE];

fn anybody() -> impl Strategy<Value = UserId> {
    prop::sample::select(EVERYBODY.to_vec())
}

fn some_users() -> impl Strategy<Value = Vec<UserId>> {
    prop::collection::vec(anybody(), 1..4)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "a", "b"]).prop_map(str::to_owned)
}

fn target() -> impl Strategy<Value = Seq> {
    0..30u64
}

fn command() -> impl Strategy<Value = CommandKind> {
    prop_oneof![
        1 => (name(), some_users()).prop_map(|(name, members)| CommandKind::Create {
            name: Some(name),
            members,
        }),
        6 => (prop::option::of(target()), prop::collection::vec(anybody(), 0..3), any::<bool>())
            .prop_map(|(reply_to, mentions, mention_all)| CommandKind::Send {
                content: text("x"),
                reply_to,
                mentions,
                mention_all,
            }),
        4 => target().prop_map(|target| CommandKind::Recall { target }),
        1 => name().prop_map(|name| CommandKind::Rename { name }),
        1 => name().prop_map(|announcement| CommandKind::Announce { announcement }),
        1 => name().prop_map(|nickname| CommandKind::SetNickname { nickname }),
        4 => some_users().prop_map(|users| CommandKind::Invite { users }),
        2 => some_users().prop_map(|users| CommandKind::Remove { users }),
        2 => Just(CommandKind::Leave),
        3 => (anybody(), prop::sample::select(vec![Role::Member, Role::Administrator, Role::Owner]))
            .prop_map(|(user, role)| CommandKind::SetRole { user, role }),
        3 => anybody().prop_map(|user| CommandKind::Transfer { user }),
        2 => (anybody(), -1_000..100_000i64).prop_map(|(user, ahead)| CommandKind::MuteMember {
            user,
            until: NOW + ahead,
        }),
        1 => any::<bool>().prop_map(|on| CommandKind::MuteAll { on }),
    ]
}

/// A command, its sender, how long after the one before it was accepted, and by how much the clock
/// that stores it is off.
type Step = (UserId, CommandKind, Millis, Millis);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((anybody(), command(), 0..40_000i64, -60_000..500i64), 1..60)
}

/// Everybody has everybody as a contact, but Eve has blocked Ada.
fn acquainted(mut state: State) -> State {
    for owner in EVERYBODY {
        for peer in EVERYBODY {
            state.contacts.push((owner, peer));
        }
    }
    state.blocked.push((EVE, ADA));
    state
}

fn limits() -> Limits {
    Limits {
        group_members: 4,
        ..Limits::default()
    }
}

/// What must hold of any state that holds all members.
fn check(state: &State) -> Result<(), TestCaseError> {
    prop_assert_eq!(state.member_count, state.members.len());
    let owners: Vec<UserId> = state
        .members
        .iter()
        .filter(|(_, member)| member.role == Role::Owner)
        .map(|(user, _)| *user)
        .collect();
    prop_assert_eq!(owners.len(), usize::from(!state.members.is_empty()));
    prop_assert_eq!(owners.first().copied(), state.owner);
    prop_assert_eq!(state.exists, state.head > 0);
    Ok(())
}

/// Folds the steps over the state, checking every one.
fn fold(mut state: State, steps: Vec<Step>) -> Result<State, TestCaseError> {
    let limits = limits();
    let mut accepted_at = NOW;
    for (n, (sender, command, after, clock)) in steps.into_iter().enumerate() {
        accepted_at += after;
        let decision = decide(&state, sender, &command, accepted_at, &limits);
        let Ok(body) = decision else { continue };

        let begins = matches!(body, Body::Created(_));
        prop_assert_eq!(begins, !state.exists, "{:?}", command);
        prop_assert!(begins || state.members.contains_key(&sender), "{command:?}");

        let before = state.clone();
        let client_id = ClientId::new(accepted_at, [u8::try_from(n).unwrap(); 10]);
        let event = state.next_event(&body, sender, client_id, accepted_at, accepted_at + clock);
        prop_assert_eq!(&before, &state);
        prop_assert_eq!(&event.body(), &body);
        prop_assert_eq!(event.computed_digest(), event.digest);
        prop_assert_eq!(event.seq, before.head + 1);
        prop_assert!(event.at >= before.last_at);
        prop_assert_eq!(
            event.msg_no - before.head_msg_no,
            u64::from(event.kind == Kind::Message)
        );

        state.apply(&event);
        prop_assert_eq!(
            (state.head, state.head_msg_no, state.last_at),
            (event.seq, event.msg_no, event.at)
        );
        check(&state)?;
        prop_assert!(state.member_count <= limits.group_members);
        // Only a message can be said again right away; all else has been done.
        if !matches!(body, Body::Message(_)) {
            let again = decide(&state, sender, &command, accepted_at, &limits);
            prop_assert!(again.is_err(), "{command:?} {again:?}");
        }
    }
    Ok(state)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_group_stays_in_order(steps in steps()) {
        let scene = Scene::no_group();
        fold(acquainted(scene.state), steps)?;
    }

    #[test]
    fn a_group_that_exists_stays_in_order(steps in steps()) {
        let begin = CommandKind::Create { name: None, members: vec![BEN, CYN, DAN] };
        let begun = [(BEN, begin, 0, 0)].into_iter().chain(steps).collect();
        let state = fold(acquainted(Scene::no_group().state), begun)?;
        prop_assert!(state.exists);
    }

    #[test]
    fn a_direct_conversation_stays_of_its_two(steps in steps()) {
        let begin = CommandKind::Create { name: None, members: vec![BEN, CYN] };
        let begun = [(BEN, begin, 0, 0)].into_iter().chain(steps).collect();
        let state = fold(acquainted(Scene::no_direct(BEN, CYN).state), begun)?;
        let members: BTreeSet<UserId> = state.members.keys().copied().collect();
        prop_assert_eq!(members, BTreeSet::from([BEN, CYN]));
    }
}
