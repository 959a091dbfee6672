//! One conversation's log, as far as it is here.

use litemap::LiteMap;

use super::record::{Record, Span};
use crate::api::conversations::Conversation;
use crate::api::events::Page;
use crate::event::{Body, Event, Kind};
use crate::ids::{Digest, Millis, Seq, UserId};
use crate::mistakes::{Mistake, made};
use crate::stream::Head;

/// How many digests of the newest events are remembered, to notice another version of one.
const DIGESTS: usize = 256;

/// What the engine knows of one conversation.
#[derive(Debug)]
pub(super) struct Log {
    /// As on the disk, or about to be.
    pub record: Record,
    /// A pull brought nothing for the lowest gap: it is not asked for again before the next `sync`.
    pub stuck: bool,
    /// The newest page was asked for, and has not come yet.
    pub asking_newest: bool,
    /// The server has not confirmed the read position.
    pub read_unsent: bool,
    /// The server's history is another: its list's word on the head is taken, even if it is lower.
    pub rebase: Option<Told>,
    /// Targets of the recalls seen since the start: an older version of one may still be under way.
    recalled: LiteMap<Seq, ()>,
    digests: LiteMap<Seq, Digest>,
}

/// Where a log ended by the last event that came on the stream since the server's history is another: a
/// list that is still under way may have been read before it.
#[derive(Debug, Default)]
pub(super) struct Told {
    head: Seq,
    head_msg_no: u64,
    last_at: Millis,
}

/// What taking in events came to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// To be written.
    pub events: Vec<Event>,
    /// Messages held already that were recalled: to be erased before the events are written.
    pub erased: Vec<Seq>,
    /// Something changed that the events alone do not tell whole: ask for the list.
    pub refresh: bool,
    /// An event differs from the one held under its seq.
    pub differs: bool,
}

impl Log {
    pub fn new(record: Record) -> Self {
        Self {
            record,
            stuck: false,
            asking_newest: false,
            read_unsent: false,
            rebase: None,
            recalled: LiteMap::new(),
            digests: LiteMap::new(),
        }
    }

    pub fn of(conversation: Conversation) -> Self {
        let read_msg_no = conversation
            .head_msg_no
            .saturating_sub(conversation.mine.unread);
        Self::new(Record {
            conversation,
            ranges: super::Ranges::default(),
            read_msg_no,
            span: None,
        })
    }

    /// The lowest stretch that the server still keeps and that is not here.
    pub fn gap(&self) -> Option<(Seq, Seq)> {
        let head = self.record.conversation.head;
        self.record.ranges.first_gap(self.first_kept(), head)
    }

    /// The smallest seq that the server still keeps for the reader.
    fn first_kept(&self) -> Seq {
        let conversation = &self.record.conversation;
        let mine = &conversation.mine;
        conversation
            .floor
            .max(mine.joined_seq)
            .max(mine.cleared_seq + 1)
            .max(1)
    }

    /// What is to be fetched: the lowest gap; without one, the last event, if what comes with it is
    /// wanted.
    pub fn wanted(&self) -> Option<(Seq, Seq)> {
        let head = self.record.conversation.head;
        self.gap()
            .or_else(|| (!self.is_counted()).then_some((head, head)))
    }

    /// Whether it is known how many messages are missing below what the server keeps, and which never
    /// were the reader's. A page says so; but where nothing is left to be fetched, none comes by
    /// itself.
    fn is_counted(&self) -> bool {
        let floor = self.first_kept();
        let mine = &self.record.conversation.mine;
        let start = mine.joined_seq.max(mine.cleared_seq + 1);
        let follows = floor == 1 || self.record.ranges.contains(floor - 1);
        match self.record.span {
            Some(span) => span.start >= start && (follows || span.floor >= floor),
            None => follows,
        }
    }

    /// Takes in events, and that all from `cover.0` to `cover.1` is then here.
    pub fn take(&mut self, me: UserId, events: Vec<Event>, cover: (Seq, Seq)) -> Taken {
        let mut taken = Taken::default();
        for event in events {
            if self.record.ranges.contains(event.seq) {
                let differs = self
                    .digests
                    .get(&event.seq)
                    .is_some_and(|held| *held != event.digest);
                taken.differs |= differs
                    && !self.recalled.contains_key(&event.seq)
                    && event.kind != Kind::Recalled;
                continue;
            }
            self.note(me, &event, &mut taken);
            taken.events.push(event);
        }
        for event in &mut taken.events {
            *event = self.current(event.clone());
            self.digests.insert(event.seq, event.digest);
        }
        while self.digests.len() > DIGESTS
            && let Some((seq, _)) = self.digests.first()
        {
            let oldest = *seq;
            self.digests.remove(&oldest);
        }
        let from = if made(Mistake::OverlookGaps) {
            1
        } else {
            cover.0
        };
        self.record.ranges.insert(from, cover.1);
        self.count_unread();
        taken
    }

    /// The event as it is now: an older version may arrive after its recall.
    pub fn current(&self, event: Event) -> Event {
        if event.kind == Kind::Message && self.recalled.contains_key(&event.seq) {
            event.recalled()
        } else {
            event
        }
    }

    /// Lets the record follow an event that is new here.
    fn note(&mut self, me: UserId, event: &Event, taken: &mut Taken) {
        let held = &self.record.ranges;
        let conversation = &mut self.record.conversation;
        if event.seq > conversation.head {
            conversation.head = event.seq;
            conversation.head_msg_no = event.msg_no;
            conversation.last_at = event.at;
        }
        if event.is_preview()
            && conversation
                .last
                .as_ref()
                .is_none_or(|last| last.seq < event.seq)
        {
            conversation.last = Some(event.clone());
        }
        match event.body() {
            Body::Message(_) if event.sender == me => {
                self.read_to(event.seq, event.msg_no);
                self.record.conversation.mine.marked_unread = false;
            }
            Body::Message(message) => {
                let mine = &mut conversation.mine;
                let called = message.mention_all || message.mentions.contains(&me);
                if called
                    && event.seq > mine.read_seq
                    && (mine.mention_seq == 0 || event.seq < mine.mention_seq)
                {
                    mine.mention_seq = event.seq;
                }
            }
            Body::Recall(recall) => {
                self.recalled.insert(recall.target, ());
                self.digests.remove(&recall.target);
                if held.contains(recall.target) {
                    taken.erased.push(recall.target);
                }
                if let Some(last) = conversation.last.take_if(|last| last.seq == recall.target) {
                    conversation.last = Some(if last.kind == Kind::Message {
                        last.recalled()
                    } else {
                        last
                    });
                }
            }
            Body::Renamed(renamed) => conversation.name = renamed.name,
            Body::Announced(announced) => conversation.announcement = announced.announcement,
            Body::AllMuted(muted) => conversation.mute_all = muted.on,
            Body::Recalled => {}
            Body::Created(_)
            | Body::Invited(_)
            | Body::Removed(_)
            | Body::Left(_)
            | Body::RoleSet(_)
            | Body::Transferred(_)
            | Body::MemberMuted(_)
            | Body::NicknameSet(_)
            | Body::Unknown => taken.refresh = true,
        }
    }

    /// Remembers an event of the stream for as long as the list is awaited that may be older.
    pub fn tell(&mut self, event: &Event) {
        if let Some(told) = &mut self.rebase
            && event.seq > told.head
        {
            told.head = event.seq;
            told.head_msg_no = event.msg_no;
            told.last_at = event.at;
        }
    }

    /// Moves the read position, never back. Says whether it moved.
    pub fn read_to(&mut self, seq: Seq, msg_no: u64) -> bool {
        let mine = &mut self.record.conversation.mine;
        let moved = seq > mine.read_seq;
        if moved {
            mine.read_seq = seq;
            if mine.mention_seq <= seq {
                mine.mention_seq = 0;
            }
            self.record.read_msg_no = self.record.read_msg_no.max(msg_no);
        }
        self.count_unread();
        moved
    }

    fn count_unread(&mut self) {
        let conversation = &mut self.record.conversation;
        conversation.mine.unread = conversation
            .head_msg_no
            .saturating_sub(self.record.read_msg_no);
    }

    /// Takes in what a page says besides its events.
    pub fn take_bounds(&mut self, page: &Page) {
        self.record.span = Some(Span {
            start: page.start,
            start_msg_no: page.start_msg_no,
            floor: page.floor,
            floor_msg_no: page.floor_msg_no,
        });
        let conversation = &mut self.record.conversation;
        conversation.floor = conversation.floor.max(page.floor);
        if page.head > conversation.head {
            conversation.head = page.head;
            conversation.head_msg_no = page.head_msg_no;
        }
        self.count_unread();
    }

    /// Takes in a head of a `sync`.
    pub fn take_head(&mut self, head: &Head) {
        let read_msg_no = head.head_msg_no.saturating_sub(head.unread);
        self.read_to(head.read_seq, read_msg_no);
        let conversation = &mut self.record.conversation;
        conversation.floor = conversation.floor.max(head.floor);
        if head.head > conversation.head {
            conversation.head = head.head;
            conversation.head_msg_no = head.head_msg_no;
        }
        self.read_unsent |= conversation.mine.read_seq > head.read_seq;
        self.count_unread();
    }

    /// Takes in the conversation as the server tells it, which may be older than the events that
    /// came since. Says up to which seq the reader cleared it, if that is new, and what was cut off
    /// above the server's head.
    pub fn take_summary(&mut self, new: Conversation) -> (Option<Seq>, Option<Seq>) {
        let old = std::mem::replace(&mut self.record.conversation, new);
        let conversation = &mut self.record.conversation;
        let (read_seq, unread) = (conversation.mine.read_seq, conversation.mine.unread);
        let server_read_msg_no = conversation.head_msg_no.saturating_sub(unread);
        if old.mine.version > conversation.mine.version {
            conversation.mine = old.mine.clone();
        }
        let mut cut = None;
        if let Some(told) = self.rebase.take() {
            if self
                .record
                .ranges
                .top()
                .is_some_and(|top| top > conversation.head)
            {
                self.record.ranges.remove(conversation.head + 1, Seq::MAX);
                cut = Some(conversation.head + 1);
            }
            // What came since is fetched anew, with what was under its seq.
            if told.head > conversation.head {
                conversation.head = told.head;
                conversation.head_msg_no = told.head_msg_no;
                conversation.last_at = told.last_at;
            }
            self.record.read_msg_no = server_read_msg_no;
            self.digests.clear();
            self.recalled.clear();
        } else {
            conversation.floor = conversation.floor.max(old.floor);
            if old.head > conversation.head {
                conversation.head = old.head;
                conversation.head_msg_no = old.head_msg_no;
                conversation.last_at = old.last_at;
            }
            let newer = |last: &Event| {
                conversation
                    .last
                    .as_ref()
                    .is_none_or(|new| new.seq < last.seq)
            };
            if old.last.as_ref().is_some_and(newer) {
                conversation.last.clone_from(&old.last);
            }
            conversation.mine.read_seq = conversation.mine.read_seq.max(old.mine.read_seq);
            self.record.read_msg_no = self.record.read_msg_no.max(server_read_msg_no);
            self.read_unsent |= conversation.mine.read_seq > read_seq;
        }
        if conversation.mine.mention_seq <= conversation.mine.read_seq {
            conversation.mine.mention_seq = 0;
        }
        let cleared = conversation.mine.cleared_seq;
        let cleared = (cleared > old.mine.cleared_seq).then_some(cleared);
        if let Some(to) = cleared {
            self.record.ranges.remove(0, to);
            self.record.conversation.last.take_if(|last| last.seq <= to);
        }
        self.count_unread();
        (cleared, cut)
    }
}
