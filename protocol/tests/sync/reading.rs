//! Read positions.

use protocol::stream::{Read, StreamEvent};
use protocol::sync::{Effect, Failure, Input, Show, Timer};

use crate::tab::{caught_up, conversation, group, me, said};

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
