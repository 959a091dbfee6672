//! The list of conversations: one signal each, and their order.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::api::conversations::{Conversation, Mine};
use protocol::api::events::Page;
use protocol::sync::{Ranges, Record, Span};
use protocol::{ConversationId, Millis};

use crate::erased::memo;

/// Every conversation.
#[derive(Clone, Copy)]
pub struct Rows {
    all: RwSignal<LiteMap<ConversationId, ArcRwSignal<Record>>>,
    /// Those shown, in order.
    pub order: Memo<Vec<ConversationId>>,
    /// Unread messages of all that are not silenced.
    pub unread: Memo<u64>,
}

impl Rows {
    pub(super) fn new(records: Vec<Record>) -> Self {
        let all: LiteMap<_, _> = records.into_iter().map(signal_of).collect();
        let all = RwSignal::new(all);
        let order = memo(move || {
            all.with(|all| {
                let keys = all.values().filter_map(|row| row.with(place_in_list));
                let mut keys: Vec<_> = keys.collect();
                keys.sort_unstable();
                keys.into_iter().map(|(.., id)| id).collect()
            })
        });
        let unread = memo(move || all.with(|all| all.values().map(|row| row.with(counted)).sum()));
        Self { all, order, unread }
    }

    pub(super) fn set_all(self, records: Vec<Record>) {
        self.all.update(|all| {
            let mut old = std::mem::take(all);
            for record in records {
                let id = record.conversation.id;
                match old.remove(&id) {
                    Some(row) => {
                        row.set(record);
                        all.insert(id, row);
                    }
                    None => {
                        all.insert(id, ArcRwSignal::new(record));
                    }
                }
            }
        });
    }

    pub(super) fn set(self, record: Record) {
        let id = record.conversation.id;
        let known = self.all.with_untracked(|all| all.get(&id).cloned());
        match known {
            Some(row) => {
                if row.with_untracked(|old| *old != record) {
                    row.set(record);
                }
            }
            None => self.all.update(|all| {
                all.insert(id, ArcRwSignal::new(record));
            }),
        }
    }

    /// A conversation's signal; tracks only whether it exists.
    pub fn get(self, id: ConversationId) -> Option<ArcRwSignal<Record>> {
        self.all.with(|all| all.get(&id).cloned())
    }

    /// Reads from a conversation.
    pub fn with<T>(self, id: ConversationId, read: impl FnOnce(&Record) -> T) -> Option<T> {
        self.get(id).map(|row| row.with(read))
    }

    /// All of them, in no order.
    pub fn ids(self) -> Vec<ConversationId> {
        self.all.with(|all| all.keys().copied().collect())
    }
}

fn signal_of(record: Record) -> (ConversationId, ArcRwSignal<Record>) {
    (record.conversation.id, ArcRwSignal::new(record))
}

/// What one conversation adds to the total.
fn counted(record: &Record) -> u64 {
    let mine = &record.conversation.mine;
    if mine.silenced || is_hidden(&record.conversation) {
        0
    } else {
        mine.unread.max(u64::from(mine.marked_unread))
    }
}

fn is_hidden(conversation: &Conversation) -> bool {
    let Mine { hidden_seq, .. } = conversation.mine;
    hidden_seq > 0 && hidden_seq >= conversation.head
}

/// Where a conversation stands: pinned first, then the last active; `None` if it is not shown.
fn place_in_list(record: &Record) -> Option<(bool, Millis, ConversationId)> {
    let conversation = &record.conversation;
    (!is_hidden(conversation)).then_some((
        !conversation.mine.pinned,
        -conversation.last_at,
        conversation.id,
    ))
}

/// What is known of a conversation from a page the server rendered.
pub(super) fn record_of(conversation: Conversation, page: Option<&Page>) -> Record {
    let page = page.filter(|page| page.conversation == conversation.id);
    let mut ranges = Ranges::default();
    if let Some(page) = page
        && page.from <= page.to
    {
        ranges.insert(page.from, page.to);
    }
    Record {
        read_msg_no: conversation
            .head_msg_no
            .saturating_sub(conversation.mine.unread),
        conversation,
        ranges,
        span: page.map(|page| Span {
            start: page.start,
            start_msg_no: page.start_msg_no,
            floor: page.floor,
            floor_msg_no: page.floor_msg_no,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::event::Role;
    use protocol::ids::ConversationKind;

    fn record(last_at: Millis, change: impl FnOnce(&mut Conversation)) -> Record {
        let mut conversation = Conversation {
            id: ConversationId::new(last_at, [1; 10]),
            number: None,
            kind: ConversationKind::Group,
            name: None,
            announcement: String::new(),
            owner: None,
            peer: None,
            first_members: Vec::new(),
            member_count: 1,
            mute_all: false,
            head: 9,
            head_msg_no: 8,
            floor: 1,
            last_at,
            last: None,
            mine: Mine {
                role: Role::Member,
                nickname: String::new(),
                muted_until: 0,
                joined_seq: 1,
                left: false,
                read_seq: 1,
                unread: 2,
                mention_seq: 0,
                marked_unread: false,
                pinned: false,
                silenced: false,
                hidden_seq: 0,
                cleared_seq: 0,
                version: 0,
            },
        };
        change(&mut conversation);
        record_of(conversation, None)
    }

    #[test]
    fn pinned_come_first_then_the_last_active() {
        let old = record(1, |it| it.mine.pinned = true);
        let new = record(3, |_| {});
        let newer = record(4, |_| {});
        let mut places = [&new, &old, &newer].map(|it| place_in_list(it).unwrap());
        places.sort_unstable();
        assert_eq!(places.map(|(_, at, _)| -at), [1, 4, 3]);
    }

    #[test]
    fn a_hidden_one_comes_back_with_its_next_event() {
        assert!(place_in_list(&record(1, |it| it.mine.hidden_seq = 9)).is_none());
        assert!(place_in_list(&record(1, |it| it.mine.hidden_seq = 8)).is_some());
    }

    #[test]
    fn silenced_ones_do_not_count_and_marked_ones_count_once() {
        assert_eq!(counted(&record(1, |_| {})), 2);
        assert_eq!(counted(&record(1, |it| it.mine.silenced = true)), 0);
        let marked = record(1, |it| {
            it.mine.unread = 0;
            it.mine.marked_unread = true;
        });
        assert_eq!(counted(&marked), 1);
        assert_eq!(marked.read_msg_no, 8);
    }
}
