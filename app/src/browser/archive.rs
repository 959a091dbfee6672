//! The format of an exported history: JSON, a line each.
//!
//! The first line is a [`Header`]. Every other line is an object with one field, whose name says
//! what it holds: see [`Line`]. Lines of unknown names are passed over, so that a later version may
//! add some.

use litemap::LiteMap;
use protocol::api::accounts::User;
use protocol::sync::Record;
use protocol::{Body, ConversationId, Event, HistoryId, Millis, Seq, UserId, json};
use serde::{Deserialize, Serialize};

/// What stands in [`Header::format`].
const FORMAT: &str = "zspchat-history";
/// The version that is written; files of later ones are refused.
const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `zspchat-history`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// Whose history it is.
    pub user: UserId,
    /// The identity of the server's history that it was made from.
    pub history_id: Option<HistoryId>,
    /// When it was written.
    pub at: Millis,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A profile.
    User(Box<User>),
    /// A conversation, and which stretches of its log follow.
    Record(Box<Record>),
    /// An event of its log, as the server sent it.
    Event(Box<Event>),
    /// The reader took this event out of their view.
    Hidden(ConversationId, Seq),
    /// The text of an own message that was recalled.
    Recalled(ConversationId, Seq, String),
}

/// Why a file is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Not such a file.
    Foreign,
    /// Written by a later version.
    Newer,
    /// Another user's.
    NotYours,
}

impl Header {
    /// For a file that is written now.
    pub fn new(user: UserId, history_id: Option<HistoryId>, at: Millis) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            user,
            history_id,
            at,
        }
    }

    /// Reads a first line, and checks that this user can take in what follows.
    pub fn read(line: &str, user: UserId) -> Result<Self, Unreadable> {
        let header: Self = json::from_str(line).map_err(|_| Unreadable::Foreign)?;
        if header.format != FORMAT {
            Err(Unreadable::Foreign)
        } else if header.version > VERSION {
            Err(Unreadable::Newer)
        } else if header.user != user {
            Err(Unreadable::NotYours)
        } else {
            Ok(header)
        }
    }
}

/// What was read of a file.
#[derive(Debug, Default)]
pub struct Archive {
    pub users: Vec<User>,
    pub records: LiteMap<ConversationId, Record>,
    /// Only sound ones: each is what its digest says.
    pub events: LiteMap<ConversationId, LiteMap<Seq, Event>>,
    pub hidden: Vec<(ConversationId, Seq)>,
    pub recalled: Vec<(ConversationId, Seq, String)>,
}

impl Archive {
    /// Takes in a line.
    pub fn take(&mut self, line: &str) {
        match json::from_str(line) {
            Ok(Line::User(user)) => self.users.push(*user),
            Ok(Line::Record(record)) => {
                self.records.insert(record.conversation.id, *record);
            }
            Ok(Line::Event(event)) if event.digest == event.computed_digest() => {
                let log = self.events.entry(event.conversation).or_default();
                log.insert(event.seq, *event);
            }
            Ok(Line::Hidden(conversation, seq)) => self.hidden.push((conversation, seq)),
            Ok(Line::Recalled(conversation, seq, text)) => {
                self.recalled.push((conversation, seq, text));
            }
            // Damaged, or of a later version.
            Ok(Line::Event(_)) | Err(_) => {}
        }
    }
}

/// What of an archived log is new to a browser that holds `held` of it: only what lies below what
/// the server keeps (above, the server's word is fetched, not a file's), and above what the reader
/// cleared. What has been recalled since is taken in without its content.
pub fn news(
    record: &Record,
    archived: LiteMap<Seq, Event>,
    held: &LiteMap<Seq, Option<Event>>,
) -> Vec<Event> {
    let conversation = &record.conversation;
    let recall = |event: &Event| match event.body() {
        Body::Recall(recall) => Some(recall.target),
        _ => None,
    };
    let all = archived.values().chain(held.values().flatten());
    let mut recalled: Vec<Seq> = all.filter_map(recall).collect();
    recalled.sort_unstable();
    let floor = record.span.map_or(conversation.floor, |span| {
        span.floor.max(conversation.floor)
    });
    archived
        .into_iter()
        .map(|(_, event)| event)
        .filter(|event| {
            event.seq < floor
                && event.seq > conversation.mine.cleared_seq
                && !held.contains_key(&event.seq)
        })
        .map(|event| {
            if recalled.binary_search(&event.seq).is_ok() && event.is_message() {
                event.recalled()
            } else {
                event
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use protocol::api::conversations::{Conversation, Mine};
    use protocol::event::{Message, Role, Target};
    use protocol::ids::ConversationKind;
    use protocol::sync::Ranges;
    use protocol::{ClientId, Content, Digest, Kind};

    use super::*;

    fn user(n: u8) -> UserId {
        UserId::new(1, [n; 10])
    }

    fn conversation() -> ConversationId {
        ConversationId::direct(user(1), user(2))
    }

    fn event(seq: Seq, body: &Body) -> Event {
        Event {
            conversation: conversation(),
            seq,
            at: 10,
            sent_at: 9,
            sender: user(1),
            kind: body.kind(),
            msg_no: seq,
            client_id: ClientId::new(9, [7; 10]),
            body: body.to_raw(),
            digest: Digest::default(),
        }
        .sealed()
    }

    fn message(seq: Seq) -> Event {
        event(
            seq,
            &Body::Message(Message {
                content: Content::Text {
                    text: format!("第 {seq} 条"),
                },
                reply_to: None,
                mentions: Vec::new(),
                mention_all: false,
            }),
        )
    }

    fn record(floor: Seq, cleared_seq: Seq) -> Record {
        Record {
            conversation: Conversation {
                id: conversation(),
                number: None,
                kind: ConversationKind::Direct,
                name: None,
                announcement: String::new(),
                owner: None,
                peer: Some(user(2)),
                first_members: Vec::new(),
                member_count: 2,
                mute_all: false,
                head: 20,
                head_msg_no: 20,
                floor,
                last_at: 10,
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
                    cleared_seq,
                    version: 1,
                },
            },
            ranges: Ranges::default(),
            read_msg_no: 0,
            span: None,
        }
    }

    fn seqs(events: &[Event]) -> Vec<Seq> {
        events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn comes_back_as_it_was_written() {
        let lines = [
            Line::Record(Box::new(record(5, 0))),
            Line::Event(Box::new(message(3))),
            Line::Hidden(conversation(), 3),
            Line::Recalled(conversation(), 2, "再\n见".to_owned()),
        ];
        let mut archive = Archive::default();
        for line in &lines {
            let text = serde_json::to_string(line).unwrap();
            assert!(!text.contains('\n'));
            archive.take(&text);
        }
        assert_eq!(archive.records[&conversation()], record(5, 0));
        assert_eq!(archive.events[&conversation()][&3], message(3));
        assert_eq!(archive.hidden, [(conversation(), 3)]);
        assert_eq!(archive.recalled[0].2, "再\n见");
    }

    #[test]
    fn passes_over_what_is_damaged_or_unknown() {
        let mut archive = Archive::default();
        let text = serde_json::to_string(&Line::Event(Box::new(message(3)))).unwrap();
        archive.take(&text.replace("第 3 条", "第 4 条"));
        archive.take(&text[..40]);
        archive.take(r#"{"later":{}}"#);
        archive.take("");
        assert!(archive.events.is_empty());
    }

    #[test]
    fn refuses_files_that_are_not_the_readers() {
        let line = |header: &Header| serde_json::to_string(header).unwrap();
        let header = Header::new(user(1), None, 5);
        assert_eq!(Header::read(&line(&header), user(1)), Ok(header.clone()));
        assert_eq!(
            Header::read(&line(&header), user(2)),
            Err(Unreadable::NotYours)
        );
        let newer = Header {
            version: VERSION + 1,
            ..header
        };
        assert_eq!(Header::read(&line(&newer), user(1)), Err(Unreadable::Newer));
        assert_eq!(Header::read("{}", user(1)), Err(Unreadable::Foreign));
    }

    #[test]
    fn takes_in_only_what_is_missing_below_the_servers_part_and_above_what_was_cleared() {
        let archived = (1..=12).map(|seq| (seq, message(seq))).collect();
        let held = LiteMap::from_iter([(5, Some(message(5))), (6, None)]);
        let news = news(&record(10, 2), archived, &held);
        assert_eq!(seqs(&news), [3, 4, 7, 8, 9]);
    }

    #[test]
    fn takes_in_without_its_content_what_was_recalled_since() {
        let archived = (1..=3).map(|seq| (seq, message(seq))).collect();
        let recall = event(15, &Body::Recall(Target { target: 2 }));
        let news = news(
            &record(10, 0),
            archived,
            &LiteMap::from_iter([(15, Some(recall))]),
        );
        let kinds: Vec<_> = news.iter().map(|event| event.kind.clone()).collect();
        assert_eq!(kinds, [Kind::Message, Kind::Recalled, Kind::Message]);
        assert_eq!(news[1].digest, news[1].computed_digest());
    }
}
