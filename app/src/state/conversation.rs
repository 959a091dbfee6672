//! Opening conversations, reading in them, and changing one's own side of them.

use leptos::prelude::*;
use litemap::LiteMap;
use protocol::api::conversations::{ChangePreferences, Conversation};
use protocol::{ConversationId, Event, Seq};

use super::port::Action;
use super::{Chat, Item, Opened, Target, View, items};

/// So many events are asked of the disk at a time.
const PAGE: usize = 100;

impl Chat {
    /// Turns to a conversation without asking the disk.
    pub(super) fn enter(self, conversation: ConversationId) {
        self.log.clear(Some(conversation));
        self.note_opened();
    }

    /// Notes how the open conversation stands, as long as nothing of it has been shown.
    pub(super) fn note_opened(self) {
        let Some(conversation) = self.log.conversation.get_untracked() else {
            return;
        };
        let empty = self.log.events.with_untracked(LiteMap::is_empty);
        if !empty {
            return;
        }
        let opened = untrack(|| {
            self.rows.with(conversation, |record| Opened {
                read_seq: record.conversation.mine.read_seq,
                read_msg_no: record.read_msg_no,
                unread: record.conversation.mine.unread,
                mention_seq: record.conversation.mine.mention_seq,
            })
        });
        self.log.opened.set(opened.unwrap_or(Opened {
            read_msg_no: u64::MAX,
            ..Opened::default()
        }));
    }

    /// Opens a conversation: its newest events come from the disk.
    pub fn open(self, conversation: ConversationId) {
        if self.log.conversation.get_untracked() != Some(conversation) {
            self.enter(conversation);
            self.log.opening.set(true);
        }
        self.act(Action::Open(conversation));
        let marked = untrack(|| {
            self.rows
                .with(conversation, |it| it.conversation.mine.marked_unread)
        });
        if marked == Some(true) {
            let change = ChangePreferences {
                marked_unread: Some(false),
                ..ChangePreferences::default()
            };
            self.prefer(conversation, change);
        }
    }

    /// Shows no conversation.
    pub fn close(self) {
        if self.log.conversation.get_untracked().is_some() {
            self.log.clear(None);
            self.act(Action::Close);
        }
    }

    /// The lines of the open log.
    pub fn lines(self) -> Vec<Item> {
        let Some(conversation) = self.log.conversation.get() else {
            return Vec::new();
        };
        let window = self.log.window.get();
        let mut stored = Vec::new();
        let mut lines = Vec::new();
        self.log.events.with(|all| {
            let from_the_start =
                !self.log.older.get() && all.keys().next().is_none_or(|seq| window.from <= *seq);
            let within = window.from..=window.to;
            let events: Vec<Event> = all
                .iter()
                .filter(|(seq, _)| within.contains(*seq))
                .map(|(_, event)| event.get())
                .collect();
            stored.extend(events.iter().map(|event| event.client_id));
            if self.log.opening.get() {
                return;
            }
            let opened = self.log.opened.get();
            let found = self.rows.with(conversation, |record| {
                let view = View {
                    record,
                    me: self.my_id(),
                    read_msg_no: opened.read_msg_no,
                    from_the_start,
                    to_the_end: window.at_end(),
                };
                items(events.iter(), view)
            });
            lines = found.unwrap_or_default();
        });
        if window.at_end() {
            let waiting = self
                .outbox
                .lines(conversation, |client_id| stored.contains(&client_id));
            lines.extend(waiting.into_iter().map(Item::Entry));
        }
        lines
    }

    /// The reader came near the oldest line that is rendered.
    pub fn show_older(self) {
        let seqs = self.log.seqs();
        let older = self.log.older.get_untracked();
        let mut grown = false;
        let mut window = self.log.window.get_untracked();
        if !window.at_start(&seqs) || !older {
            let before = window;
            grown = window.grow_up(&seqs, older);
            if window != before {
                self.log.window.set(window);
            }
        }
        if !grown && older {
            self.ask_older(None);
        }
    }

    /// The reader came near the newest line that is rendered.
    pub fn show_newer(self) {
        let mut window = self.log.window.get_untracked();
        if !window.at_end() {
            window.grow_down(&self.log.seqs());
            self.log.window.set(window);
        }
    }

    /// Leads to the end.
    pub fn show_end(self) {
        let seqs = self.log.seqs();
        let older = self.log.older.get_untracked();
        let mut window = self.log.window.get_untracked();
        if !window.at_end() {
            window.rest_at_end(&seqs, older);
            self.log.window.set(window);
        }
        self.log.target.set(Some(Target::End));
    }

    /// Leads to the line above what is new.
    pub fn show_new(self) {
        self.lead(Target::New, self.log.opened.get_untracked().read_seq + 1);
    }

    /// The reader rests at the end: what is far above need not be rendered.
    pub fn rest_at_end(self) {
        let mut window = self.log.window.get_untracked();
        let before = window;
        window.trim(&self.log.seqs());
        if window != before {
            self.log.window.set(window);
        }
    }

    /// Leads to a message, reading it from the disk if need be.
    pub fn show_message(self, seq: Seq) {
        self.lead(Target::Message(seq), seq);
    }

    fn lead(self, target: Target, seq: Seq) {
        let oldest = untrack(|| self.log.oldest_seq());
        if oldest.is_some_and(|oldest| oldest <= seq) || !self.log.older.get_untracked() {
            let seqs = self.log.seqs();
            self.log.window.update(|window| window.show(seq, &seqs));
            self.log.target.set(Some(target));
        } else {
            self.ask_older(Some((target, seq)));
        }
    }

    fn ask_older(self, to: Option<(Target, Seq)>) {
        let asked = self.log.asked.get_value();
        if asked.is_some() && to.is_none() {
            return;
        }
        let oldest = untrack(|| self.log.oldest_seq());
        if let (Some(conversation), Some(before)) = (self.log.conversation.get_untracked(), oldest)
        {
            self.log.asked.set_value(Some(to));
            self.act(Action::Older {
                conversation,
                before,
                count: PAGE,
                to: to.map(|(_, seq)| seq),
            });
        }
    }

    /// Takes in older events that were asked for.
    pub(super) fn take_older(self, events: Vec<Event>, older: bool) {
        let asked = self.log.asked.get_value();
        self.log.asked.set_value(None);
        // Until the window grows, they are here but not rendered.
        let seqs = self.log.seqs();
        self.log.window.update(|window| {
            if let Some(first) = seqs.first().filter(|_| window.from == 0) {
                window.from = *first;
            }
        });
        self.log.take_in(events);
        self.log.older.set(older);
        if let Some(Some((target, seq))) = asked {
            self.lead(target, seq);
        } else {
            let seqs = self.log.seqs();
            let mut window = self.log.window.get_untracked();
            window.grow_up(&seqs, older);
            self.log.window.set(window);
        }
    }

    /// The reader has seen the end of the open conversation.
    pub fn read_to_end(self) {
        let newest = untrack(|| self.log.newest());
        let (Some(conversation), Some(newest)) = (self.log.conversation.get_untracked(), newest)
        else {
            return;
        };
        let behind = untrack(|| {
            self.rows.with(conversation, |record| {
                let mine = &record.conversation.mine;
                !mine.left && (mine.read_seq < newest.seq || mine.unread > 0)
            })
        });
        if behind == Some(true) && self.ready.get_untracked() {
            self.act(Action::Read {
                conversation,
                seq: newest.seq,
                msg_no: newest.msg_no,
            });
        }
    }

    /// All of a conversation counts as read.
    pub fn read_all(self, conversation: &Conversation) {
        if conversation.mine.unread > 0 {
            self.act(Action::Read {
                conversation: conversation.id,
                seq: conversation.head,
                msg_no: conversation.head_msg_no,
            });
        }
        if conversation.mine.marked_unread {
            let change = ChangePreferences {
                marked_unread: Some(false),
                ..ChangePreferences::default()
            };
            self.prefer(conversation.id, change);
        }
    }

    /// Changes the reader's own side of a conversation.
    pub fn prefer(self, conversation: ConversationId, change: ChangePreferences) {
        self.try_to(|reply| Action::Preferences {
            conversation,
            change,
            reply,
        });
    }
}
