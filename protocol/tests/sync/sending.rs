//! Sending: the outbox.

use protocol::stream::{Outcome, StreamEvent};
use protocol::sync::{Connection, Effect, EntryState, Failure, Input, Posted, Timer};
use protocol::{Body, ClientId, Code, Event};

use crate::tab::{Tab, caught_up, entry, event, group, me, message};

fn posts(effects: &[Effect]) -> Vec<(u64, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Post {
                position, bytes, ..
            } => Some((*position, bytes.clone())),
            _ => None,
        })
        .collect()
}

fn queue(tab: &mut Tab, position: u64, n: u8) -> Vec<(u64, String)> {
    posts(&tab.does(Input::Queued(Box::new(entry(position, n)))))
}

#[test]
fn one_request_a_conversation_is_in_flight_and_a_retry_has_the_same_bytes() {
    let mut tab = caught_up();
    let first = queue(&mut tab, 1, 1);
    assert_eq!(first.len(), 1);
    let id: protocol::Command = serde_json::from_str(&first[0].1).unwrap();
    assert_eq!(id.client_id.made_at(), Some(12_000), "the server's time");
    assert!(queue(&mut tab, 2, 1).is_empty());
    assert_eq!(
        queue(&mut tab, 3, 2).len(),
        1,
        "another conversation does not wait"
    );
    let failed = tab.does(Input::Posted {
        position: 1,
        answer: Posted::Failed(Failure::Later(None)),
    });
    assert!(posts(&failed).is_empty());
    assert!(
        failed
            .iter()
            .any(|e| matches!(e, Effect::SetTimer(Timer::Post(_), _)))
    );
    assert_eq!(posts(&tab.does(Input::Timer(Timer::Post(group(1))))), first);
    let stored = Box::new(event(6, me(), &Body::Message(message("1"))));
    let effects = tab.does(Input::Posted {
        position: 1,
        answer: Posted::Stored(stored),
    });
    let store = effects
        .iter()
        .position(|e| matches!(e, Effect::Store { .. }))
        .unwrap();
    let remove = effects
        .iter()
        .position(|e| *e == Effect::RemoveEntry(1))
        .unwrap();
    assert!(store < remove);
    assert_eq!(posts(&effects)[0].0, 2);
}

#[test]
fn an_own_event_on_the_stream_settles_its_entry() {
    let mut tab = caught_up();
    let bytes = queue(&mut tab, 1, 1).remove(0).1;
    queue(&mut tab, 2, 1);
    let command: protocol::Command = serde_json::from_str(&bytes).unwrap();
    let own = Event {
        client_id: command.client_id,
        ..event(6, me(), &Body::Message(message("1")))
    }
    .sealed();
    let effects = tab.hears(own.clone());
    assert!(effects.contains(&Effect::RemoveEntry(1)));
    assert_eq!(posts(&effects)[0].0, 2, "the next may go");
    let late = tab.does(Input::Posted {
        position: 1,
        answer: Posted::Stored(Box::new(own)),
    });
    assert!(posts(&late).is_empty());
    assert!(!late.contains(&Effect::RemoveEntry(1)));
}

#[test]
fn a_refused_entry_stays_with_its_reason_and_holds_nobody_up() {
    let mut tab = caught_up();
    queue(&mut tab, 1, 1);
    queue(&mut tab, 2, 1);
    let refused = Failure::Refused(Code::AllMuted);
    let effects = tab.does(Input::Posted {
        position: 1,
        answer: Posted::Failed(refused),
    });
    assert!(effects.iter().any(|e| matches!(e,
        Effect::SaveEntry(entry) if entry.state == EntryState::Refused(Code::AllMuted))));
    assert_eq!(posts(&effects)[0].0, 2);
    assert!(
        tab.does(Input::Dropped(1))
            .contains(&Effect::RemoveEntry(1))
    );
    assert!(
        !tab.does(Input::Dropped(2))
            .contains(&Effect::RemoveEntry(2)),
        "may have arrived"
    );
}

#[test]
fn a_clock_that_is_ahead_costs_a_new_id_and_nothing_else() {
    let mut tab = caught_up();
    let first = queue(&mut tab, 1, 1);
    let refused = Failure::Refused(Code::ClockAhead);
    tab.does(Input::Posted {
        position: 1,
        answer: Posted::Failed(refused),
    });
    let heartbeat = StreamEvent::Heartbeat(protocol::stream::Heartbeat { now: 9_000 });
    tab.does(Input::Stream(Box::new(heartbeat), None));
    let second = posts(&tab.does(Input::Timer(Timer::Post(group(1)))));
    assert_ne!(first, second);
    let command: protocol::Command = serde_json::from_str(&second[0].1).unwrap();
    assert_eq!(command.client_id.made_at(), Some(9_000));
}

#[test]
fn what_was_queued_is_posted_again_after_a_reconnect() {
    let mut tab = caught_up();
    let first = queue(&mut tab, 1, 1);
    tab.does(Input::Posted {
        position: 1,
        answer: Posted::Queued,
    });
    tab.does(Input::Disconnected(None));
    assert_eq!(posts(&tab.sync(1, vec![])), first);
}

fn client_id(bytes: &str) -> ClientId {
    let command: protocol::Command = serde_json::from_str(bytes).unwrap();
    command.client_id
}

/// Position and predecessor of each post.
fn order(effects: &[Effect]) -> Vec<(u64, Option<ClientId>)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Post {
                position, after, ..
            } => Some((*position, *after)),
            _ => None,
        })
        .collect()
}

fn answered(position: u64, answer: Posted) -> Input {
    Input::Posted { position, answer }
}

#[test]
fn what_follows_something_queued_says_so() {
    let mut tab = caught_up();
    let first = queue(&mut tab, 1, 1).remove(0).1;
    tab.does(answered(1, Posted::Queued));
    let second = tab.does(Input::Queued(Box::new(entry(2, 1))));
    assert_eq!(order(&second), [(2, Some(client_id(&first)))]);
    let other = tab.does(Input::Queued(Box::new(entry(3, 2))));
    assert_eq!(order(&other), [(3, None)], "another conversation");
}

#[test]
fn what_would_overtake_waits_and_all_is_posted_again_in_order() {
    let out_of_order = Code::OutOfOrder;
    for by_stream in [false, true] {
        let mut tab = caught_up();
        let first = queue(&mut tab, 1, 1).remove(0).1;
        tab.does(answered(1, Posted::Queued));
        let second = queue(&mut tab, 2, 1).remove(0).1;
        let told = if by_stream {
            tab.does(answered(2, Posted::Queued));
            tab.does(Input::Stream(
                Box::new(StreamEvent::Outcome(Outcome {
                    client_id: client_id(&second),
                    conversation: group(1),
                    seq: None,
                    refused: Some(out_of_order),
                })),
                None,
            ))
        } else {
            tab.does(answered(2, Posted::Failed(Failure::Refused(out_of_order))))
        };
        assert_eq!(order(&told), []);
        let again = tab.does(Input::Timer(Timer::Post(group(1))));
        assert_eq!(posts(&again), [(1, first.clone())]);
        let again = tab.does(answered(1, Posted::Queued));
        assert_eq!(order(&again), [(2, Some(client_id(&first)))]);
        assert_eq!(posts(&again), [(2, second)]);
    }
}

#[test]
fn what_was_queued_is_asked_for_after_a_while() {
    let mut tab = caught_up();
    let first = queue(&mut tab, 1, 1);
    let effects = tab.does(Input::Posted {
        position: 1,
        answer: Posted::Queued,
    });
    let timer = |e: &Effect| matches!(e, Effect::SetTimer(Timer::Post(id), _) if *id == group(1));
    assert!(effects.iter().any(timer));
    assert_eq!(posts(&tab.does(Input::Timer(Timer::Post(group(1))))), first);
}

#[test]
fn what_stays_queued_is_asked_for_ever_less_often() {
    let mut tab = caught_up();
    queue(&mut tab, 1, 1);
    let mut waits = Vec::new();
    for _ in 0..8 {
        for effect in tab.does(answered(1, Posted::Queued)) {
            if let Effect::SetTimer(Timer::Post(_), wait) = effect {
                waits.push(wait);
            }
        }
        tab.does(Input::Timer(Timer::Post(group(1))));
    }
    assert!((10_000..=30_000).contains(&waits[0]), "{waits:?}");
    assert!((160_000..=480_000).contains(&waits[7]), "{waits:?}");
}

#[test]
fn another_account_ends_it_all() {
    let mut tab = caught_up();
    tab.does(Input::Disconnected(Some(Failure::WrongAccount)));
    assert_eq!(tab.engine.connection(), Connection::WrongAccount);
    assert!(queue(&mut tab, 1, 1).is_empty());
    assert!(tab.does(Input::Timer(Timer::Reconnect)).is_empty());
}
