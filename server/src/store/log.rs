//! Pages of logs, and calibration.

use protocol::api::events::{Calibrate, Calibrated, Page, PageQuery, Pull, Pulled, RangeDigest};
use protocol::{ConversationId, Digest, Event, Seq, UserId};

use super::membership::{Floor, Span, floor, mine};
use super::pool::{Work, on};
use super::rows::{EventRow, events, signed};
use super::{Store, StoreError};

/// Most events of a page.
const PAGE_EVENTS: usize = 500;
/// Events of a page that asks for no number.
const PAGE_EVENTS_DEFAULT: usize = 100;
/// Most bytes of an answer; a single larger event is still given.
const ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// An event's bytes beside its body, about.
const EVENT_BYTES: usize = 400;

impl Store {
    /// A page of the log as far as the reader may have it; `None` to who was never a member.
    ///
    /// It may hold fewer events than asked for where they are large: `from` and `to` tell.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn page(
        &self,
        user: UserId,
        conversation: ConversationId,
        query: PageQuery,
    ) -> Result<Option<Page>, StoreError> {
        let mut tx = self.reading().await?;
        page(&mut tx, user, conversation, query, ANSWER_BYTES).await
    }

    /// Pages of many logs, 2 MiB at most.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn pull(&self, user: UserId, pull: &Pull) -> Result<Pulled, StoreError> {
        let mut tx = self.reading().await?;
        let mut pulled = Pulled::default();
        let mut room = ANSWER_BYTES;
        for one in &pull.conversations {
            if room == 0 {
                pulled.left.push(one.id);
                continue;
            }
            let query = PageQuery {
                after: Some(one.after),
                before: None,
                limit: Some(one.limit),
            };
            if let Some(page) = page(&mut tx, user, one.id, query, room).await? {
                let bytes: usize = page.events.iter().map(weight).sum();
                room = room.saturating_sub(bytes + EVENT_BYTES);
                pulled.pages.push(page);
            }
        }
        Ok(pulled)
    }

    /// Digests of what is kept, for this reader, of the ranges asked for.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn calibrate(
        &self,
        user: UserId,
        calibrate: &Calibrate,
    ) -> Result<Calibrated, StoreError> {
        let mut tx = self.reading().await?;
        let mut ranges = Vec::with_capacity(calibrate.ranges.len());
        for range in &calibrate.ranges {
            let Some(row) = mine(&mut tx, range.conversation, user).await? else {
                continue;
            };
            let span = row.span();
            let floor = floor(&mut tx, range.conversation, span).await?;
            let from = range.from.max(floor.seq);
            let to = range.to.min(span.head);
            let digests: Vec<(i64,)> = on!(&mut tx, c => sqlx::query_as(
                "SELECT digest FROM events WHERE conversation = $1 AND seq >= $2 AND seq <= $3",
            )
            .bind(range.conversation.0)
            .bind(signed(from))
            .bind(signed(to))
            .fetch_all(c))?;
            let digest = digests.into_iter().fold(Digest::default(), |sum, (one,)| {
                sum ^ Digest(one.cast_unsigned())
            });
            ranges.push(RangeDigest {
                conversation: range.conversation,
                from,
                to,
                digest,
            });
        }
        Ok(Calibrated {
            history_id: self.history_id(),
            ranges,
        })
    }
}

fn weight(event: &Event) -> usize {
    event.body.get().len() + EVENT_BYTES
}

async fn page(
    work: &mut Work,
    user: UserId,
    conversation: ConversationId,
    query: PageQuery,
    room: usize,
) -> Result<Option<Page>, StoreError> {
    let Some(row) = mine(work, conversation, user).await? else {
        return Ok(None);
    };
    let span = row.span();
    let floor = floor(work, conversation, span).await?;
    let limit = query
        .limit
        .unwrap_or(PAGE_EVENTS_DEFAULT)
        .clamp(1, PAGE_EVENTS);
    let first = query
        .after
        .map_or(floor.seq, |after| floor.seq.max(after.saturating_add(1)));
    let last = query
        .before
        .map_or(span.head, |before| span.head.min(before.saturating_sub(1)));
    let forward = query.after.is_some();
    let rows: Vec<EventRow> = on!(work, c => sqlx::query_as(if forward {
        "SELECT * FROM events WHERE conversation = $1 AND seq >= $2 AND seq <= $3
         ORDER BY seq LIMIT $4"
    } else {
        "SELECT * FROM events WHERE conversation = $1 AND seq >= $2 AND seq <= $3
         ORDER BY seq DESC LIMIT $4"
    })
    .bind(conversation.0)
    .bind(signed(first))
    .bind(signed(last))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(c))?;
    let found = rows.len();
    let mut events = fitting(events(rows)?, room);
    let whole = events.len() == found && found < limit;
    if !forward {
        events.reverse();
    }
    let (from, to) = bounds(&events, (first, last), forward, whole);
    Ok(Some(made(conversation, events, (from, to), floor, span)))
}

/// As many events from the front as there is room for, one at least.
fn fitting(mut events: Vec<Event>, room: usize) -> Vec<Event> {
    let mut bytes = 0;
    let fitting = events
        .iter()
        .take_while(|event| {
            bytes += weight(event);
            bytes <= room
        })
        .count();
    events.truncate(fitting.max(1));
    events
}

/// What stretch of the one asked for the events cover.
fn bounds(events: &[Event], asked: (Seq, Seq), forward: bool, whole: bool) -> (Seq, Seq) {
    match (events.first(), events.last()) {
        (Some(_), Some(last)) if forward && !whole => (asked.0, last.seq),
        (Some(first), Some(_)) if !whole => (first.seq, asked.1),
        _ => asked,
    }
}

fn made(
    conversation: ConversationId,
    events: Vec<Event>,
    (from, to): (Seq, Seq),
    floor: Floor,
    span: Span,
) -> Page {
    Page {
        conversation,
        events,
        from,
        to,
        floor: floor.seq,
        floor_msg_no: floor.msg_no,
        start: span.start,
        start_msg_no: span.start_msg_no,
        head: span.head,
        head_msg_no: span.head_msg_no,
    }
}
