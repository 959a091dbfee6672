//! The form in which a node is told what became of commands: JSON.

use std::sync::Arc;

use bytes::Bytes;
use protocol::api::commands::ExpiredEvent;
use protocol::{Code, Event};
use serde::{Deserialize, Serialize};

use crate::bus::Encoded;
use crate::chat::Outcome;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written<E> {
    Stored(E),
    Expired(ExpiredEvent),
    Refused(String),
}

/// One outcome a command, in order.
pub(super) fn write(outcomes: &[Outcome]) -> Bytes {
    let written: Vec<Written<&Event>> = outcomes.iter().filter_map(written).collect();
    serde_json::to_vec(&written)
        .expect("events hold numbers, strings, ids and JSON")
        .into()
}

fn written(outcome: &Outcome) -> Option<Written<&Event>> {
    match outcome {
        Outcome::Stored(encoded) => Some(Written::Stored(&encoded.event)),
        Outcome::StoredExpired(expired) => Some(Written::Expired(*expired)),
        Outcome::Refused(code) => Some(Written::Refused(code.as_str().to_owned())),
        // Never what became of a command.
        Outcome::Queued => None,
    }
}

/// What another node wrote; `None` if it cannot be read, as by an earlier version of this program.
pub(super) fn read(answers: &[u8]) -> Option<Vec<Outcome>> {
    let written: Vec<Written<Event>> = serde_json::from_slice(answers).ok()?;
    let outcomes = written.into_iter().map(|one| match one {
        Written::Stored(event) => Outcome::Stored(Arc::new(Encoded::new(event))),
        Written::Expired(expired) => Outcome::StoredExpired(expired),
        Written::Refused(code) => Outcome::Refused(Code::from_name(&code)),
    });
    Some(outcomes.collect())
}
