//! Checking what is here against the server.

use protocol::api::events::{Calibrated, RangeDigest};
use protocol::sync::{Effect, Input, Record, Show, Ticket};
use protocol::{Digest, Seq};

use crate::tab::{Tab, caught_up, conversation, group, history, page, pull_of, said};

/// Opens with 1 to 5 on the disk and goes as far as the question to the server.
fn checking(floor: Seq, head: Seq) -> (Tab, Ticket, RangeDigest) {
    let mut ranges = protocol::sync::Ranges::default();
    ranges.insert(1, 5);
    let record = Record {
        conversation: conversation(1, 1, 5),
        ranges,
        read_msg_no: 0,
        span: None,
    };
    let (mut tab, _) = Tab::opened(vec![record], vec![]);
    tab.sync(1, vec![]);
    let effects = tab.list(vec![conversation(1, floor, head)]);
    assert!(effects.iter().any(|e| matches!(e, Effect::Prune { .. })));
    let (from, to) = effects
        .iter()
        .find_map(|e| match e {
            Effect::Digest { from, to, .. } => Some((*from, *to)),
            _ => None,
        })
        .expect("digests what is here");
    let ours = RangeDigest {
        conversation: group(1),
        from,
        to,
        digest: Digest(77),
    };
    let effects = tab.does(Input::Digested(ours));
    let Some(Effect::Calibrate(ticket, ask)) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(ask.ranges, [ours]);
    (tab, *ticket, ours)
}

fn answer(tab: &mut Tab, ticket: Ticket, range: RangeDigest) -> Vec<Effect> {
    tab.does(Input::Calibrated(
        ticket,
        Ok(Calibrated {
            history_id: history(1),
            ranges: vec![range],
        }),
    ))
}

#[test]
fn what_is_the_same_is_left_alone() {
    let (mut tab, ticket, ours) = checking(1, 5);
    assert!(answer(&mut tab, ticket, ours).is_empty());
    assert!(tab.shown.contains(&Show::Checked {
        compared: 5,
        repaired: 0
    }));
}

#[test]
fn what_differs_is_replaced_by_the_servers() {
    let (mut tab, ticket, ours) = checking(1, 5);
    let effects = answer(
        &mut tab,
        ticket,
        RangeDigest {
            digest: Digest(78),
            ..ours
        },
    );
    let (ticket, after, limit) = pull_of(&effects).unwrap();
    assert_eq!((after, limit), (0, 5));
    let effects = tab.pulls(ticket, page(1, 5, 5));
    assert!(
        effects.iter().any(
            |e| matches!(e, Effect::Replace { from: 1, to: 5, events, .. } if events.len() == 5)
        )
    );
    tab.does(Input::Replaced(group(1), 2));
    assert!(tab.shown.contains(&Show::Checked {
        compared: 5,
        repaired: 2
    }));
}

#[test]
fn rows_that_nothing_vouches_for_are_counted_and_taken_off_the_screen() {
    let (mut tab, _) = Tab::opened(vec![], vec![]);
    tab.sync(1, vec![]);
    tab.surplus = 3;
    tab.list(vec![conversation(1, 1, 0)]);
    assert!(tab.shown.contains(&Show::Reload(group(1))));
    assert!(tab.shown.contains(&Show::Checked {
        compared: 0,
        repaired: 3
    }));
}

#[test]
fn below_the_floor_nothing_is_looked_at() {
    let (_, _, ours) = checking(4, 5);
    assert_eq!((ours.from, ours.to), (4, 5));
}

#[test]
fn what_is_above_the_servers_head_is_cut_off() {
    let (mut tab, ticket, ours) = checking(1, 3);
    let effects = answer(
        &mut tab,
        ticket,
        RangeDigest {
            to: 3,
            digest: Digest(1),
            ..ours
        },
    );
    assert!(effects.iter().any(|e| matches!(e,
        Effect::Prune { from: 4, keep, .. } if !keep.contains(4) && keep.covers(1, 3))));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Digest { from: 1, to: 3, .. }))
    );
}

#[test]
fn an_answer_to_a_check_that_was_given_up_counts_for_nothing() {
    let (mut tab, ticket, ours) = checking(1, 5);
    tab.does(Input::Disconnected(None));
    tab.sync(1, vec![]);
    let effects = answer(&mut tab, ticket, RangeDigest { to: 3, ..ours });
    assert!(effects.is_empty());
}

#[test]
fn what_another_history_told_meanwhile_outlasts_a_list_from_before() {
    let mut tab = caught_up();
    tab.sync(2, vec![]);
    tab.hears(said(6));
    // Read before that was stored.
    let effects = tab.list(vec![conversation(1, 1, 5)]);
    let (ticket, after, limit) = pull_of(&effects).expect("it is fetched anew");
    assert_eq!((after, limit), (5, 1));
    let effects = tab.pulls(ticket, page(6, 6, 6));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Store { events, .. } if events.len() == 1))
    );
    assert!(pull_of(&effects).is_none(), "nothing is missing");
}

#[test]
fn another_history_is_taken_over_with_its_lower_head() {
    let mut tab = caught_up();
    tab.sync(2, vec![]);
    let effects = tab.list(vec![conversation(1, 1, 3)]);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Prune { from: 4, .. }))
    );
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Digest { from: 1, to: 3, .. }))
    );
}
