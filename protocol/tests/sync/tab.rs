//! A tab whose engine is told what happens, and what it then wants done.

use protocol::api::conversations::{Conversation, Conversations, Mine};
use protocol::api::events::{Page, Pulled};
use protocol::event::{Message, Role};
use protocol::ids::ConversationKind;
use protocol::stream::{Head, StreamEvent, Sync};
use protocol::sync::{Disk, Effect, Engine, Entry, EntryState, Input, Meta, Record, Show, Ticket};
use protocol::{
    Body, ClientId, CommandKind, Content, ConversationId, Digest, Event, HistoryId, Seq, StreamId,
    UserId,
};

pub fn id(n: u8) -> [u8; 10] {
    [n; 10]
}

pub fn me() -> UserId {
    UserId::new(1, id(1))
}

pub fn other() -> UserId {
    UserId::new(1, id(2))
}

pub fn group(n: u8) -> ConversationId {
    ConversationId::new(1, id(n))
}

pub fn history(n: u8) -> HistoryId {
    HistoryId::new(1, id(n))
}

pub fn event(seq: Seq, sender: UserId, body: &Body) -> Event {
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

pub fn said(seq: Seq) -> Event {
    event(seq, other(), &Body::Message(message(&format!("{seq}"))))
}

pub fn message(text: &str) -> Message {
    Message {
        content: Content::Text {
            text: text.to_owned(),
        },
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    }
}

pub fn conversation(n: u8, floor: Seq, head: Seq) -> Conversation {
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

pub fn page(from: Seq, to: Seq, head: Seq) -> Page {
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

pub fn entry(position: u64, n: u8) -> Entry {
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
pub struct Tab {
    pub engine: Engine,
    pub shown: Vec<Show>,
    /// How many rows the disk holds that nothing vouches for.
    pub surplus: u64,
}

impl Tab {
    pub fn opened(records: Vec<Record>, outbox: Vec<Entry>) -> (Self, Vec<Effect>) {
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
    pub fn live() -> Self {
        let (mut tab, _) = Self::opened(vec![], vec![]);
        tab.sync(1, vec![]);
        tab.list(vec![conversation(1, 1, 5), conversation(2, 1, 0)]);
        tab
    }

    pub fn does(&mut self, input: Input) -> Vec<Effect> {
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

    pub fn sync(&mut self, history_id: u8, heads: Vec<Head>) -> Vec<Effect> {
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

    /// The answer to a pull: one page, and nothing left.
    pub fn pulls(&mut self, ticket: Ticket, page: Page) -> Vec<Effect> {
        self.does(Input::Pulled(
            ticket,
            Ok(Pulled {
                pages: vec![page],
                left: vec![],
            }),
        ))
    }

    pub fn list(&mut self, conversations: Vec<Conversation>) -> Vec<Effect> {
        self.does(Input::Listed(Ok(Some(Conversations {
            conversations,
            users: vec![],
        }))))
    }

    pub fn hears(&mut self, event: Event) -> Vec<Effect> {
        self.does(Input::Stream(Box::new(StreamEvent::Event(event)), None))
    }
}

pub fn pull_of(effects: &[Effect]) -> Option<(Ticket, Seq, usize)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Pull(ticket, pull) => {
            let one = pull.conversations[0];
            Some((*ticket, one.after, one.limit))
        }
        _ => None,
    })
}

/// Live, holding all of 1 to 5 of the first group.
pub fn caught_up() -> Tab {
    let (mut tab, effects) = Tab::opened(vec![], vec![]);
    assert!(matches!(effects[0], Effect::Connect { since: None }));
    let effects = tab.sync(1, vec![]);
    assert!(effects.contains(&Effect::FetchList));
    let effects = tab.list(vec![conversation(1, 1, 5), conversation(2, 1, 0)]);
    let (ticket, after, limit) = pull_of(&effects).expect("asks for what is missing");
    assert_eq!((after, limit), (0, 5));
    let effects = tab.pulls(ticket, page(1, 5, 5));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Store { events, .. } if events.len() == 5))
    );
    assert!(pull_of(&effects).is_none(), "nothing is missing");
    tab
}
