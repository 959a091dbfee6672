//! P1 to P3 for real browsers, whose outbox is seen from outside only.

use std::collections::{BTreeMap, HashSet};

use protocol::command::CommandKind;
use protocol::sync::EntryState;
use protocol::{Content, ConversationId, Seq};

use super::database::Database;
use crate::browsers::Dump;
use crate::violation::{Breach, Violation};

pub fn check(database: &Database, dump: &Dump, violations: &mut Vec<Violation>) {
    let mut found = |breach, what: String| {
        let what = format!("{}: {what}", dump.name);
        violations.push(Violation::new(breach, what));
    };
    let mut refused = HashSet::new();
    for entry in &dump.outbox {
        match (&entry.state, &entry.command) {
            (
                EntryState::Refused(_),
                CommandKind::Send {
                    content: Content::Text { text },
                    ..
                },
            ) => {
                refused.insert(text.as_str());
            }
            (EntryState::Refused(_), _) => {}
            _ => found(Breach::Stuck, format!("still in the outbox: {entry:?}")),
        }
    }
    let mut last: BTreeMap<ConversationId, Seq> = BTreeMap::new();
    for said in &dump.said {
        // A message that was recalled has no text any more; people in browsers recall none.
        let written = format!(
            "{{\"content\":{{\"type\":\"text\",\"text\":\"{}\"}}}}",
            said.text
        );
        let log = database.logs.get(&said.conversation);
        let events = log.into_iter().flat_map(BTreeMap::values);
        let seqs: Vec<Seq> = events
            .filter(|event| event.sender == dump.user && event.body.get() == written)
            .map(|event| event.seq)
            .collect();
        match seqs.as_slice() {
            [] if refused.contains(said.text.as_str()) => {}
            [] => found(
                Breach::Lost,
                format!("{said:?} is neither stored nor refused"),
            ),
            [seq] => {
                let before = last.insert(said.conversation, *seq).unwrap_or_default();
                if *seq < before {
                    found(
                        Breach::Reordered,
                        format!("{said:?} stands at {seq}, after {before}"),
                    );
                }
            }
            many => found(
                Breach::Duplicated,
                format!("{said:?} is stored at {many:?}"),
            ),
        }
    }
    let mut shown = HashSet::new();
    for text in &dump.shown {
        if !shown.insert(text) {
            found(
                Breach::Duplicated,
                format!("{text:?} is on the screen twice"),
            );
        }
    }
}
