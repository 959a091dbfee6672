//! Seams: how many messages are missing from the history for good.

use super::record::Record;
use crate::event::Event;
use crate::ids::Seq;

/// What a neighbour of a gap says of the message count.
fn before(event: &Event) -> u64 {
    if event.is_message() {
        event.msg_no - 1
    } else {
        event.msg_no
    }
}

/// How many messages the server let expire before this browser had them, in the gap between two
/// events that stand next to each other in what is shown of the local history. `older` is `None` above
/// the first, `newer` is `None` below the last. What can still be fetched does not count, nor what was
/// never this reader's (before they joined, after they cleared), nor what is here but not shown: the
/// messages that the reader took out of their view.
pub fn expired_between(record: &Record, older: Option<&Event>, newer: Option<&Event>) -> u64 {
    let Some(span) = record.span else { return 0 };
    let older_seq: Seq = older.map_or(0, |event| event.seq);
    let newer_seq: Seq = newer.map_or(record.conversation.head + 1, |event| event.seq);
    if newer_seq <= older_seq + 1 {
        return 0;
    }
    let from = older.map_or(0, |event| event.msg_no).max(span.start_msg_no);
    // Up to the gap's end, or to where the server's history begins, whichever is lower.
    let to = newer
        .map_or(record.conversation.head_msg_no, before)
        .min(if newer_seq > span.floor {
            span.floor_msg_no
        } else {
            u64::MAX
        });
    let first = (older_seq + 1).max(span.start);
    let end = newer_seq.min(span.floor.max(1));
    let hidden: u64 = record
        .ranges
        .clip(first, end - 1)
        .map(|(low, high)| high - low + 1)
        .sum();
    to.saturating_sub(from).saturating_sub(hidden)
}
