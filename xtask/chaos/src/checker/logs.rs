//! P3: the logs themselves.

use protocol::Event;

use super::database::Database;
use crate::violation::{Breach, Violation};

/// Each log is numbered 1, 2, 3 …, goes on in time, counts its messages, and holds sound events; no
/// command stands in it twice.
pub fn check(database: &Database, violations: &mut Vec<Violation>) {
    for (id, log) in &database.logs {
        let mut found = |event: &Event, what: &str| {
            let what = format!("{what}: {} of {id}: {event:?}", event.seq);
            violations.push(Violation::new(Breach::Reordered, what));
        };
        let mut before: Option<&Event> = None;
        for event in log.values() {
            if event.seq != before.map_or(1, |before| before.seq + 1) {
                found(event, "there is a gap before");
            }
            if before.is_some_and(|before| before.at > event.at) {
                found(event, "time goes back");
            }
            let messages = before.map_or(0, |before| before.msg_no);
            if event.msg_no != messages + u64::from(event.is_message()) {
                found(event, "messages are counted wrongly");
            }
            if event.computed_digest() != event.digest {
                found(event, "the digest is not the event's");
            }
            before = Some(event);
        }
        let head = database.heads.get(id).copied().unwrap_or_default();
        let top = before.map_or(0, |event| event.seq);
        if head != top {
            let what = format!("the head of {id} is {head}, and its last event {top}");
            violations.push(Violation::new(Breach::Reordered, what));
        }
    }
    for ((sender, client_id), places) in &database.stored {
        if places.len() > 1 {
            let what = format!("{client_id} of {sender} is stored at {places:?}");
            violations.push(Violation::new(Breach::Duplicated, what));
        }
    }
}
