//! The engine, one situation a test. What any sequence of them comes to is the simulation's to show.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use protocol::api::conversations::{Conversation, Conversations, Mine};
use protocol::api::events::{Calibrated, Page, Pulled, RangeDigest};
use protocol::event::{Message, Role, Target};
use protocol::ids::ConversationKind;
use protocol::stream::{Head, Read, StreamEvent, Sync};
use protocol::sync::{
    Connection, Disk, Effect, Engine, Entry, EntryState, Failure, Input, Meta, Posted, Record,
    Show, Span, Ticket, Timer, expired_between,
};
use protocol::{
    Body, ClientId, Code, CommandKind, Content, ConversationId, Digest, Event, HistoryId, Kind,
    Seq, StreamId, UserId,
};

fn id(n: u8) -> [u8; 10] {
    [n; 10]
}
fn me() -> UserId {
    UserId::new(1, id(1))
}
fn other() -> UserId {
    UserId::new(1, id(2))
}
fn group(n: u8) -> ConversationId {
    ConversationId::new(1, id(n))
}
fn history(n: u8) -> HistoryId {
    HistoryId::new(1, id(n))
}

fn event(seq: Seq, sender: UserId, body: &Body) -> Event {
    Event {
        conversation: group(1),
        seq,
        at: 1_000,
        sent_at: 1_000,
        sender,
        kind: body.kind(),
        msg_no: seq,
        client_id: ClientId::new(5, [u8::try_from(seq).unwrap(); 10]),
        body: body.to_raw(),
        digest: Digest::default(),
    }
    .sealed()
}

fn said(seq: Seq) -> Event {
    event(seq, other(), &Body::Message(message(&format!("{seq}"))))
}

fn message(text: &str) -> Message {
    Message {
        content: Content::Text {
            text: text.to_owned(),
        },
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    }
}

fn conversation(n: u8, floor: Seq, head: Seq) -> Conversation {
    Conversation {
        id: group(n),
        number: None,
        kind: ConversationKind::Group,
        name: None,
        announcement: String::new(),
        owner: None,
        peer: None,
        first_members: vec![],
        member_count: 2,
        mute_all: false,
        head,
        head_msg_no: head,
        floor,
        last_at: 0,
        last: None,
        mine: Mine {
            role: Role::Member,
            nickname: String::new(),
            muted_until: 0,
            joined_seq: 1,
            left: false,
            read_seq: 0,
            unread: head,
            mention_seq: 0,
            marked_unread: false,
            pinned: false,
            silenced: false,
            hidden_seq: 0,
            cleared_seq: 0,
            version: 1,
        },
    }
}

fn page(from: Seq, to: Seq, head: Seq) -> Page {
    Page {
        conversation: group(1),
        events: (from..=to).map(said).collect(),
        from,
        to,
        floor: 1,
        floor_msg_no: 0,
        start: 1,
        start_msg_no: 0,
        head,
        head_msg_no: head,
    }
}

fn entry(position: u64, n: u8) -> Entry {
    Entry {
        position,
        conversation: group(n),
        command: CommandKind::Send {
            content: Content::Text {
                text: format!("{position}"),
            },
            reply_to: None,
            mentions: vec![],
            mention_all: false,
        },
        at: 0,
        random: id(u8::try_from(position).unwrap()),
        client_id: None,
        bytes: None,
        state: EntryState::Waiting,
    }
}

/// An engine and everything it said, with the `Show`s taken out.
struct Tab {
    engine: Engine,
    shown: Vec<Show>,
    /// How many rows the disk holds that nothing vouches for.
    surplus: u64,
}

impl Tab {
    fn opened(records: Vec<Record>, outbox: Vec<Entry>) -> (Self, Vec<Effect>) {
        let mut tab = Self {
            engine: Engine::default(),
            shown: Vec::new(),
            surplus: 0,
        };
        let meta = Meta {
            history_id: Some(history(1)),
            since: None,
            offset: 0,
        };
        let disk = Box::new(Disk {
            user: me(),
            meta,
            records,
            outbox,
        });
        let effects = tab.does(Input::Opened { disk, seed: 7 });
        (tab, effects)
    }

    /// Live for the first time, with a group of five events of which none is here yet.
    fn live() -> Self {
        let (mut tab, _) = Self::opened(vec![], vec![]);
        tab.sync(1, vec![]);
        tab.list(vec![conversation(1, 1, 5), conversation(2, 1, 0)]);
        tab
    }

    fn does(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = self.engine.step(10_000, input);
        effects.retain(|effect| match effect {
            Effect::Show(show) => {
                self.shown.push((**show).clone());
                false
            }
            _ => true,
        });
        let pruned: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Prune { record, .. } => Some(record.conversation.id),
                _ => None,
            })
            .collect();
        for id in pruned {
            let gone = std::mem::take(&mut self.surplus);
            effects.extend(self.does(Input::Replaced(id, gone)));
        }
        effects
    }

    fn sync(&mut self, history_id: u8, heads: Vec<Head>) -> Vec<Effect> {
        self.does(Input::Stream(
            Box::new(StreamEvent::Sync(Sync {
                stream: StreamId::new(1, id(1)),
                user: me(),
                now: 12_000,
                history_id: history(history_id),
                retention_days: 3,
                account_version: 1,
                heads,
                complete: true,
            })),
            Some(12_000),
        ))
    }

    fn list(&mut self, conversations: Vec<Conversation>) -> Vec<Effect> {
        self.does(Input::Listed(Ok(Some(Conversations {
            conversations,
            users: vec![],
        }))))
    }

    fn hears(&mut self, event: Event) -> Vec<Effect> {
        self.does(Input::Stream(Box::new(StreamEvent::Event(event)), None))
    }
}

fn pull_of(effects: &[Effect]) -> Option<(Ticket, Seq, usize)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Pull(ticket, pull) => {
            let one = pull.conversations[0];
            Some((*ticket, one.after, one.limit))
        }
        _ => None,
    })
}

/// Live, holding all of 1 to 5 of the first group.
fn caught_up() -> Tab {
    let (mut tab, effects) = Tab::opened(vec![], vec![]);
    assert!(matches!(effects[0], Effect::Connect { since: None }));
    let effects = tab.sync(1, vec![]);
    assert!(effects.contains(&Effect::FetchList));
    let effects = tab.list(vec![conversation(1, 1, 5), conversation(2, 1, 0)]);
    let (ticket, after, limit) = pull_of(&effects).expect("asks for what is missing");
    assert_eq!((after, limit), (0, 5));
    let effects = tab.does(Input::Pulled(
        ticket,
        Ok(Pulled {
            pages: vec![page(1, 5, 5)],
            left: vec![],
        }),
    ));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Store { events, .. } if events.len() == 5))
    );
    assert!(pull_of(&effects).is_none(), "nothing is missing");
    tab
}

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
    let effects = tab.does(Input::Pulled(
        ticket,
        Ok(Pulled {
            pages: vec![nothing],
            left: vec![],
        }),
    ));
    assert!(pull_of(&effects).is_none());
    assert!(pull_of(&tab.hears(said(9))).is_none());
    assert!(pull_of(&tab.sync(1, vec![])).is_some());
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
    let pulled = Pulled {
        pages: vec![bounds],
        left: vec![],
    };
    let effects = tab.does(Input::Pulled(ticket, Ok(pulled)));
    let stored = effects.iter().find_map(|effect| match effect {
        Effect::Store { record, .. } => Some(record),
        _ => None,
    });
    let record = stored.expect("what the page says is kept");
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
    let pulled = Pulled {
        pages: vec![bounds],
        left: vec![],
    };
    let effects = tab.does(Input::Pulled(ticket, Ok(pulled)));
    let stored = effects.iter().find_map(|effect| match effect {
        Effect::Store { record, .. } => Some(record),
        _ => None,
    });
    let record = stored.expect("what the page says is kept");
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
    let effects = tab.does(Input::Pulled(
        new,
        Ok(Pulled {
            pages: vec![page(6, 7, 8)],
            left: vec![],
        }),
    ));
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
    let effects = tab.does(Input::Pulled(
        ticket,
        Ok(Pulled {
            pages: vec![page(6, 8, 8)],
            left: vec![],
        }),
    ));
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

#[test]
fn another_account_ends_it_all() {
    let mut tab = caught_up();
    tab.does(Input::Disconnected(Some(Failure::WrongAccount)));
    assert_eq!(tab.engine.connection(), Connection::WrongAccount);
    assert!(queue(&mut tab, 1, 1).is_empty());
    assert!(tab.does(Input::Timer(Timer::Reconnect)).is_empty());
}

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
    let effects = tab.does(Input::Pulled(
        ticket,
        Ok(Pulled {
            pages: vec![page(1, 5, 5)],
            left: vec![],
        }),
    ));
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

#[test]
fn a_read_position_never_moves_back_and_is_told_until_it_is_known() {
    let mut tab = caught_up();
    let effects = tab.does(Input::Read {
        conversation: group(1),
        seq: 4,
        msg_no: 4,
    });
    assert!(effects.contains(&Effect::PutRead(group(1), 4)));
    tab.does(Input::ReadPut(group(1), Err(Failure::Later(None))));
    assert!(
        tab.does(Input::Timer(Timer::Fetch))
            .contains(&Effect::PutRead(group(1), 4))
    );
    assert!(
        tab.does(Input::Read {
            conversation: group(1),
            seq: 2,
            msg_no: 2
        })
        .is_empty()
    );
    let read = Read {
        conversation: group(1),
        user: me(),
        seq: 3,
        msg_no: 3,
    };
    tab.does(Input::Stream(Box::new(StreamEvent::Read(read)), None));
    let effects = tab.list(vec![conversation(1, 1, 5)]);
    assert!(
        effects.contains(&Effect::PutRead(group(1), 4)),
        "the server's is older"
    );
    let unread = tab.shown.iter().rev().find_map(|show| match show {
        Show::Conversation(record) => Some(record.conversation.mine.unread),
        _ => None,
    });
    assert_eq!(unread, Some(1));
}

#[test]
fn what_was_read_is_never_more_than_there_is() {
    let mut tab = caught_up();
    tab.does(Input::Read {
        conversation: group(1),
        seq: 1_000,
        msg_no: 1_000,
    });
    tab.does(Input::Stream(Box::new(StreamEvent::Event(said(6))), None));
    let unread = tab.shown.iter().rev().find_map(|show| match show {
        Show::Conversation(record) => Some(record.conversation.mine.unread),
        _ => None,
    });
    assert_eq!(unread, Some(1));
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
