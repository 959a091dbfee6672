//! What stands in a log, line by line: messages, times, seams and the divider.

use protocol::sync::{Record, expired_between};
use protocol::{Event, Kind, Millis, Seq, UserId};

use crate::locales::is_separate;

/// A line of a log. Two that are equal are the same node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// The time, above the event of that seq.
    Time(Seq, Millis),
    /// So many messages are missing above the event of that seq (0: above nothing).
    Seam(Seq, u64),
    /// What follows is new.
    New(Seq),
    /// An event.
    Event(Seq),
    /// An entry of the outbox.
    Entry(u64),
}

/// What lines depend on, besides the events.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The conversation.
    pub record: &'a Record,
    /// Whose messages are never new.
    pub me: Option<UserId>,
    /// How many messages had been read when it was opened.
    pub read_msg_no: u64,
    /// Whether nothing is left above the first of the events: what is missing there is gone.
    pub from_the_start: bool,
    /// Whether the last of the events is the last there is.
    pub to_the_end: bool,
}

/// Whether an event has a line of its own.
pub fn is_shown(event: &Event) -> bool {
    !matches!(event.kind, Kind::Recall | Kind::NicknameSet)
}

/// The lines of a stretch of events, in order of seq.
pub fn items<'a>(events: impl Iterator<Item = &'a Event>, view: View) -> Vec<Item> {
    let mut items = Vec::new();
    let mut previous: Option<&Event> = None;
    let mut last_time: Option<Millis> = None;
    let mut divided = false;
    for event in events {
        if previous.is_some() || view.from_the_start {
            let missing = expired_between(view.record, previous, Some(event));
            if missing > 0 {
                items.push(Item::Seam(event.seq, missing));
            }
        }
        previous = Some(event);
        if !is_shown(event) {
            continue;
        }
        let is_new = event.is_message() && event.msg_no > view.read_msg_no;
        if is_new && !divided {
            divided = true;
            if Some(event.sender) != view.me {
                items.push(Item::New(event.seq));
            }
        }
        if last_time.is_none_or(|last| is_separate(last, event.sent_at)) {
            items.push(Item::Time(event.seq, event.sent_at));
        }
        last_time = Some(event.sent_at);
        items.push(Item::Event(event.seq));
    }
    if view.to_the_end && (previous.is_some() || view.from_the_start) {
        let missing = expired_between(view.record, previous, None);
        if missing > 0 {
            items.push(Item::Seam(0, missing));
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::api::conversations::{Conversation, Mine};
    use protocol::event::{Body, Content, Message, Role};
    use protocol::ids::ConversationKind;
    use protocol::sync::{Ranges, Span};
    use protocol::{ClientId, ConversationId, Digest};

    fn user(n: u8) -> UserId {
        UserId::new(0, [n; 10])
    }

    fn event(seq: Seq, at: Millis, sender: u8) -> Event {
        let body = Body::Message(Message {
            content: Content::Text { text: "x".into() },
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
        });
        Event {
            conversation: ConversationId::new(0, [9; 10]),
            seq,
            at,
            sent_at: at,
            sender: user(sender),
            kind: Kind::Message,
            msg_no: seq,
            client_id: ClientId::new(0, [1; 10]),
            body: body.to_raw(),
            digest: Digest(0),
        }
    }

    fn record(head: Seq, floor: Seq) -> Record {
        Record {
            conversation: Conversation {
                id: ConversationId::new(0, [9; 10]),
                number: None,
                kind: ConversationKind::Group,
                name: None,
                announcement: String::new(),
                owner: None,
                peer: None,
                first_members: Vec::new(),
                member_count: 1,
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
                    unread: 0,
                    mention_seq: 0,
                    marked_unread: false,
                    pinned: false,
                    silenced: false,
                    hidden_seq: 0,
                    cleared_seq: 0,
                    version: 0,
                },
            },
            ranges: Ranges::default(),
            read_msg_no: 0,
            span: Some(Span {
                start: 1,
                start_msg_no: 0,
                floor,
                floor_msg_no: floor - 1,
            }),
        }
    }

    fn lines(events: &[Event], record: &Record, read: u64, from_the_start: bool) -> Vec<Item> {
        let view = View {
            record,
            me: Some(user(1)),
            read_msg_no: read,
            from_the_start,
            to_the_end: true,
        };
        items(events.iter(), view)
    }

    #[test]
    fn a_time_stands_above_the_first_and_after_each_gap() {
        let events = [event(1, 0, 2), event(2, 60_000, 2), event(3, 500_000, 2)];
        assert_eq!(
            lines(&events, &record(3, 1), 3, true),
            [
                Item::Time(1, 0),
                Item::Event(1),
                Item::Event(2),
                Item::Time(3, 500_000),
                Item::Event(3)
            ]
        );
    }

    #[test]
    fn the_divider_stands_above_the_first_that_is_new() {
        let events = [event(1, 0, 2), event(2, 0, 2), event(3, 0, 2)];
        let lines = lines(&events, &record(3, 1), 1, true);
        assert_eq!(lines[2], Item::New(2));
        assert_eq!(
            lines.iter().filter(|it| matches!(it, Item::New(_))).count(),
            1
        );
    }

    #[test]
    fn what_one_wrote_oneself_is_not_new() {
        let events = [event(1, 0, 2), event(2, 0, 1)];
        let lines = lines(&events, &record(2, 1), 1, true);
        assert!(!lines.iter().any(|it| matches!(it, Item::New(_))));
    }

    #[test]
    fn seams_count_what_expired_above_between_and_alone() {
        let record = record(9, 8);
        assert_eq!(
            lines(&[event(8, 0, 2), event(9, 0, 2)], &record, 9, true)[0],
            Item::Seam(8, 7)
        );
        let between = lines(
            &[event(2, 0, 2), event(8, 0, 2), event(9, 0, 2)],
            &record,
            9,
            false,
        );
        assert_eq!(between[2], Item::Seam(8, 5));
        assert_eq!(
            lines(&[], &self::record(9, 10), 9, true),
            [Item::Seam(0, 9)]
        );
    }
}
