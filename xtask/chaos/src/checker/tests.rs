//! Each promise, broken on purpose: the checker says which.

use std::sync::Arc;

use protocol::event::{Body, Created, Message, Target, Users};
use protocol::ids::ConversationKind;
use protocol::{ClientId, Content, ConversationId, Digest, Event, Seq, UserId};

use super::database::Database;
use super::histories::{self, Held, History};
use super::{logs, sends};
use crate::client::{Answered, Answers, Client, Http, Received, Said};
use crate::dice::Dice;
use crate::violation::{Breach, Violation};

fn user(number: u8) -> UserId {
    UserId::new(1, [number; 10])
}

fn group() -> ConversationId {
    ConversationId::new(1, [9; 10])
}

fn client_id(number: u8) -> ClientId {
    ClientId::new(2, [number; 10])
}

fn event(seq: Seq, msg_no: u64, sender: u8, body: &Body) -> Event {
    Event {
        conversation: group(),
        seq,
        at: i64::try_from(seq).unwrap(),
        sent_at: 1,
        sender: user(sender),
        kind: body.kind(),
        msg_no,
        client_id: client_id(u8::try_from(seq).unwrap()),
        body: body.to_raw(),
        digest: Digest::default(),
    }
    .sealed()
}

fn text(text: &str) -> Body {
    Body::Message(Message {
        content: Content::Text {
            text: text.to_owned(),
        },
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    })
}

/// One who made a group of three, then: a message, the third is removed, two more messages.
fn log() -> Vec<Event> {
    let created = Body::Created(Created {
        kind: ConversationKind::Group,
        name: None,
        members: vec![user(1), user(2), user(3)],
    });
    let removed = Body::Removed(Users {
        users: vec![user(3)],
    });
    vec![
        event(1, 0, 1, &created),
        event(2, 1, 1, &text("a")),
        event(3, 1, 1, &removed),
        event(4, 2, 1, &text("b")),
        event(5, 3, 1, &text("c")),
    ]
}

fn database(events: Vec<Event>) -> (Database, Vec<Violation>) {
    let mut database = Database::default();
    let head = events.iter().map(|event| event.seq).max().unwrap();
    let mut violations = database.fill(events);
    database.heads.insert(group(), head);
    logs::check(&database, &mut violations);
    (database, violations)
}

fn history(number: u8, events: Vec<Event>) -> History {
    let held = Held {
        events: events.into_iter().map(|event| (event.seq, event)).collect(),
        ..Held::default()
    };
    History {
        name: format!("reader {number}"),
        user: user(number),
        received: Received::new(),
        conversations: [(group(), held)].into(),
    }
}

fn breaches(violations: &[Violation]) -> Vec<Breach> {
    violations
        .iter()
        .map(|violation| violation.breach)
        .collect()
}

fn in_history(history: &History) -> Vec<Breach> {
    let mut violations = Vec::new();
    histories::check(&database(log()).0, history, &mut violations);
    breaches(&violations)
}

#[test]
fn what_is_as_it_should_be_is_not_complained_of() {
    let (_, violations) = database(log());
    assert_eq!(breaches(&violations), []);
    assert_eq!(in_history(&history(2, log())), []);
    assert_eq!(in_history(&history(3, log()[..3].to_vec())), []);
}

#[test]
fn a_log_that_is_none_is_found() {
    let mut gap = log();
    gap.remove(1);
    assert!(breaches(&database(gap).1).contains(&Breach::Reordered));
    let mut twice = log();
    let mut again = event(6, 4, 1, &text("c"));
    again.client_id = client_id(5);
    twice.push(again.sealed());
    assert_eq!(breaches(&database(twice).1), [Breach::Duplicated]);
    let mut back = log();
    back[4].at = 1;
    back[4] = back[4].clone().sealed();
    assert_eq!(breaches(&database(back).1), [Breach::Reordered]);
    let mut spoiled = log();
    spoiled[4].sent_at += 1;
    assert_eq!(breaches(&database(spoiled).1), [Breach::Reordered]);
}

#[test]
fn a_history_that_is_not_the_servers_is_found() {
    let mut missing = log();
    missing.remove(3);
    assert_eq!(in_history(&history(2, missing)), [Breach::Missing]);
    let mut whole = history(2, log());
    whole.conversations.get_mut(&group()).unwrap().whole = vec![(1, 6)];
    assert_eq!(in_history(&whole), [Breach::Missing]);
    let mut more = log();
    more.push(event(6, 4, 1, &text("d")));
    assert_eq!(in_history(&history(2, more)), [Breach::Differing]);
    let mut other = log();
    other[3].client_id = client_id(77);
    assert_eq!(in_history(&history(2, other)), [Breach::Reordered]);
    let mut twice = log();
    twice[4].body = text("b").to_raw();
    let found = in_history(&history(2, twice));
    assert_eq!(found, [Breach::Differing, Breach::Duplicated]);
    let mut read = history(2, log());
    read.conversations.get_mut(&group()).unwrap().read = Some(5);
    assert_eq!(in_history(&read), [Breach::Differing]);
}

#[test]
fn what_comes_after_a_removal_is_a_leak() {
    assert_eq!(
        in_history(&history(3, log()[..4].to_vec())),
        [Breach::Leaked]
    );
    let mut told = history(3, log()[..3].to_vec());
    told.received.insert((group(), 4), "stream");
    assert_eq!(in_history(&told), [Breach::Leaked]);
}

#[test]
fn a_recall_counts_for_those_who_heard_of_it() {
    let mut events = log();
    events[1] = events[1].clone().recalled();
    events.push(event(6, 3, 1, &Body::Recall(Target { target: 2 })));
    let (database, violations) = database(events.clone());
    assert_eq!(breaches(&violations), []);
    let found = |history: &History| {
        let mut violations = Vec::new();
        histories::check(&database, history, &mut violations);
        breaches(&violations)
    };
    assert_eq!(found(&history(3, log()[..3].to_vec())), []);
    events[1] = log()[1].clone();
    assert_eq!(found(&history(2, events)), [Breach::Differing]);
}

#[test]
fn an_answer_that_was_not_kept_is_found() {
    let (database, _) = database(log());
    let said = |said, number| {
        let answer = Answered {
            sender: user(1),
            conversation: group(),
            client_id: client_id(number),
            at: 0,
            said,
        };
        sends::check_answer(&database, &answer).map(|violation| violation.breach)
    };
    assert_eq!(said(Said::Stored(4), 4), None);
    assert_eq!(said(Said::Queued, 4), None);
    assert_eq!(said(Said::Later(503), 88), None);
    assert_eq!(said(Said::Stored(5), 4), Some(Breach::Lost));
    assert_eq!(said(Said::Stored(4), 88), Some(Breach::Lost));
    assert_eq!(said(Said::Queued, 88), Some(Breach::Lost));
    let code = protocol::Code::NotAMember;
    assert_eq!(said(Said::Refused(code), 4), Some(Breach::Differing));
}

#[test]
fn what_was_written_is_found_once_and_in_order() {
    let (database, _) = database(log());
    let written = |ids: &[&[u8]]| {
        let http = Http::new("http://127.0.0.1:1", "http://127.0.0.1:1").unwrap();
        let answers = Arc::new(Answers::default());
        let client = Client::new("one".to_owned(), user(1), http, answers, Dice::new(1));
        for (position, ids) in (1..).zip(ids) {
            let mut disk = client.disk();
            disk.note_written(position, group(), client_id(ids[0]));
            let last = disk.written.last_mut().unwrap();
            last.client_ids = ids.iter().map(|id| client_id(*id)).collect();
        }
        let mut violations = Vec::new();
        sends::check_written(&database, &client, &[], &mut violations);
        breaches(&violations)
    };
    assert_eq!(written(&[&[2], &[4], &[5]]), []);
    assert_eq!(written(&[&[2], &[5], &[4]]), [Breach::Reordered]);
    assert_eq!(written(&[&[2], &[88]]), [Breach::Lost]);
    assert_eq!(written(&[&[2, 4]]), [Breach::Duplicated]);
}
