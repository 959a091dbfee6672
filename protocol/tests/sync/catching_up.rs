//! Catching up: what is missing, and what has expired.

use protocol::api::events::{Page, Pulled};
use protocol::event::Target;
use protocol::sync::{Connection, Effect, Input, Record, Show, Span, expired_between};
use protocol::{Body, Kind};

use crate::tab::{Tab, caught_up, conversation, event, other, page, pull_of, said};

#[test]
fn the_list_a_first_time_has_nothing_to_check() {
    let mut tab = Tab::live();
    assert!(tab.shown.contains(&Show::Checked {
        compared: 0,
        repaired: 0
    }));
    assert_eq!(tab.engine.connection(), Connection::Live);
    tab.does(Input::Network(false));
    assert_eq!(tab.engine.connection(), Connection::Offline);
}

#[test]
fn a_gap_is_fetched_and_nothing_else() {
    let mut tab = caught_up();
    let effects = tab.hears(said(6));
    assert!(pull_of(&effects).is_none());
    let effects = tab.hears(said(9));
    assert_eq!(
        pull_of(&effects).map(|(_, after, limit)| (after, limit)),
        Some((6, 2))
    );
    assert!(
        pull_of(&tab.hears(said(10))).is_none(),
        "one pull at a time"
    );
    assert!(
        tab.hears(said(9))
            .iter()
            .all(|e| !matches!(e, Effect::Store { .. })),
        "known"
    );
}

#[test]
fn a_damaged_event_is_fetched_instead() {
    let mut tab = caught_up();
    let mut damaged = said(6);
    damaged.msg_no = 60;
    let effects = tab.hears(damaged);
    assert!(effects.iter().all(|e| !matches!(e, Effect::Store { .. })));
    assert_eq!(
        pull_of(&effects).map(|(_, after, limit)| (after, limit)),
        Some((5, 1))
    );
}

#[test]
fn a_pull_that_brings_nothing_is_not_repeated_before_the_next_sync() {
    let mut tab = caught_up();
    let (ticket, ..) = pull_of(&tab.hears(said(8))).unwrap();
    let nothing = Page {
        events: vec![],
        from: 6,
        to: 5,
        ..page(1, 0, 8)
    };
    let effects = tab.pulls(ticket, nothing);
    assert!(pull_of(&effects).is_none());
    assert!(pull_of(&tab.hears(said(9))).is_none());
    assert!(pull_of(&tab.sync(1, vec![])).is_some());
}

/// The record that is written with what a page held.
fn stored(effects: &[Effect]) -> &Record {
    let stored = effects.iter().find_map(|effect| match effect {
        Effect::Store { record, .. } => Some(record),
        _ => None,
    });
    stored.expect("what the page says is kept")
}

#[test]
fn where_all_has_expired_one_page_tells_how_much_it_was() {
    let (mut tab, _) = Tab::opened(vec![], vec![]);
    tab.sync(1, vec![]);
    let effects = tab.list(vec![conversation(1, 6, 5)]);
    let (ticket, after, limit) = pull_of(&effects).unwrap();
    assert_eq!((after, limit), (4, 1));
    let bounds = Page {
        events: vec![],
        from: 6,
        to: 5,
        floor: 6,
        floor_msg_no: 5,
        ..page(6, 5, 5)
    };
    let effects = tab.pulls(ticket, bounds);
    let record = stored(&effects);
    assert_eq!(expired_between(record, None, None), 5);
    assert!(pull_of(&effects).is_none(), "nothing more is wanted");
    assert!(pull_of(&tab.list(vec![conversation(1, 6, 5)])).is_none());
}

#[test]
fn who_comes_back_learns_anew_where_their_part_begins() {
    let mut ranges = protocol::sync::Ranges::default();
    ranges.insert(1, 2);
    ranges.insert(9, 9);
    let mut back = conversation(1, 9, 9);
    back.mine.joined_seq = 9;
    let record = Record {
        conversation: back.clone(),
        ranges,
        read_msg_no: 0,
        span: Some(Span {
            start: 1,
            start_msg_no: 0,
            floor: 5,
            floor_msg_no: 4,
        }),
    };
    let (mut tab, _) = Tab::opened(vec![record], vec![]);
    let (ticket, after, limit) = pull_of(&tab.sync(1, vec![])).unwrap();
    assert_eq!((after, limit), (8, 1));
    assert!(pull_of(&tab.list(vec![back])).is_none(), "asked for once");
    let bounds = Page {
        floor: 9,
        floor_msg_no: 8,
        start: 9,
        start_msg_no: 8,
        ..page(9, 9, 9)
    };
    let effects = tab.pulls(ticket, bounds);
    let record = stored(&effects);
    assert_eq!(expired_between(record, Some(&said(2)), Some(&said(9))), 0);
}

#[test]
fn an_answer_to_an_earlier_pull_does_not_end_the_one_under_way() {
    let mut tab = caught_up();
    let (old, ..) = pull_of(&tab.hears(said(8))).unwrap();
    tab.does(Input::Disconnected(None));
    let (new, ..) = pull_of(&tab.sync(1, vec![])).unwrap();
    assert_ne!(old, new);
    tab.does(Input::Pulled(old, Ok(Pulled::default())));
    let effects = tab.pulls(new, page(6, 7, 8));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Store { events, .. } if events.len() == 2))
    );
}

#[test]
fn a_recall_erases_before_it_is_written() {
    let mut tab = caught_up();
    let effects = tab.hears(event(6, other(), &Body::Recall(Target { target: 3 })));
    let erase = effects
        .iter()
        .position(|e| matches!(e, Effect::Erase { target: 3, .. }))
        .unwrap();
    let store = effects
        .iter()
        .position(|e| matches!(e, Effect::Store { .. }))
        .unwrap();
    assert!(erase < store);
}

#[test]
fn an_older_version_that_comes_after_the_recall_stays_recalled() {
    let mut tab = caught_up();
    let (ticket, ..) =
        pull_of(&tab.hears(event(9, other(), &Body::Recall(Target { target: 7 })))).unwrap();
    let effects = tab.pulls(ticket, page(6, 8, 8));
    let stored = effects
        .iter()
        .find_map(|e| match e {
            Effect::Store { events, .. } => Some(events.clone()),
            _ => None,
        })
        .unwrap();
    assert_eq!(stored[1].kind, Kind::Recalled);
    assert_eq!(stored[1].body.get(), "{}");
    assert_eq!(stored[1].digest, said(7).recalled().digest);
}

#[test]
fn a_seam_counts_what_expired_unseen() {
    let record = |floor, floor_msg_no, start_msg_no| Record {
        conversation: conversation(1, floor, 20),
        ranges: protocol::sync::Ranges::default(),
        read_msg_no: 0,
        span: Some(Span {
            start: start_msg_no + 1,
            start_msg_no,
            floor,
            floor_msg_no,
        }),
    };
    // A fresh browser: all before the floor.
    assert_eq!(
        expired_between(&record(11, 10, 0), None, Some(&said(11))),
        10
    );
    // One that joined at 5: only what came after that.
    assert_eq!(
        expired_between(&record(11, 10, 4), None, Some(&said(11))),
        6
    );
    // One that holds up to 6.
    assert_eq!(
        expired_between(&record(11, 10, 0), Some(&said(6)), Some(&said(11))),
        4
    );
    // Neighbours have nothing between them, whatever the floor.
    assert_eq!(
        expired_between(&record(11, 10, 0), Some(&said(6)), Some(&said(7))),
        0
    );
    // A gap above the floor is not a seam: it is being fetched.
    assert_eq!(
        expired_between(&record(1, 0, 0), Some(&said(6)), Some(&said(9))),
        0
    );
    // The reader took 7 and 8 out of their view; 9 and 10 have expired.
    let mut hidden = record(11, 10, 0);
    hidden.ranges.insert(1, 8);
    hidden.ranges.insert(11, 20);
    assert_eq!(expired_between(&hidden, Some(&said(6)), Some(&said(11))), 2);
    // And 12, above the floor, which never counts.
    assert_eq!(
        expired_between(&hidden, Some(&said(11)), Some(&said(13))),
        0
    );
    // All of it has expired.
    assert_eq!(
        expired_between(&record(21, 20, 0), Some(&said(6)), None),
        14
    );
}
