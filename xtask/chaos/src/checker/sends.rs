//! P1, P2, P3: what became of everything that was sent, and of everything that was answered.

use std::collections::{BTreeMap, HashSet};

use protocol::sync::EntryState;
use protocol::{ConversationId, Seq};

use super::database::Database;
use crate::client::{Answered, Client, Said, Written};
use crate::people::People;
use crate::violation::{Breach, Violation};

pub fn check(
    database: &Database,
    people: &People,
    answers: &[Answered],
    violations: &mut Vec<Violation>,
) {
    let programs = people.programs.iter().map(|(program, _)| program);
    for client in people.clients.iter().chain(programs) {
        check_written(database, client, answers, violations);
    }
    // What was answered several times is found once.
    let mut found = HashSet::new();
    for answer in answers {
        if let Some(violation) = check_answer(database, answer)
            && found.insert((answer.sender, answer.client_id, violation.breach))
        {
            violations.push(violation);
        }
    }
}

/// What was written on a device is stored once, in the order of writing, or was refused and says so.
pub fn check_written(
    database: &Database,
    client: &Client,
    answers: &[Answered],
    violations: &mut Vec<Violation>,
) {
    let said = |written: &Written| {
        let mine =
            |it: &&Answered| it.sender == client.user && written.client_ids.contains(&it.client_id);
        let said = answers.iter().filter(mine);
        let said: Vec<_> = said
            .map(|it| format!("{:?} at {}", it.said, it.at))
            .collect();
        format!("{written:?}, answered {}", said.join(", "))
    };
    let was_refused = |written: &Written| {
        let mut mine = answers.iter().filter(|it| it.sender == client.user);
        mine.any(|it| {
            written.client_ids.contains(&it.client_id) && matches!(it.said, Said::Refused(_))
        })
    };
    let disk = client.disk();
    let mut last: BTreeMap<ConversationId, (&Written, Seq)> = BTreeMap::new();
    for written in &disk.written {
        let keys = written.client_ids.iter().map(|id| (client.user, *id));
        let stored: Vec<_> = keys
            .filter_map(|key| database.stored.get(&key))
            .flatten()
            .collect();
        let state = disk.outbox.get(&written.position).map(|entry| entry.state);
        let refused = matches!(state, Some(EntryState::Refused(_)));
        let mut found = |breach, what: &str| {
            let what = format!("{}, {what}: {}", client.name, said(written));
            violations.push(Violation::new(breach, what));
        };
        let place = match stored.as_slice() {
            [] => {
                match state {
                    _ if refused => {}
                    // A program has no outbox that would show it.
                    None if was_refused(written) => {}
                    None => found(Breach::Lost, "neither stored nor refused"),
                    Some(_) => found(Breach::Stuck, "still in the outbox"),
                }
                continue;
            }
            [place] => *place,
            many => {
                found(Breach::Duplicated, &format!("stored at {many:?}"));
                continue;
            }
        };
        match state {
            None => {}
            Some(EntryState::Refused(_)) => {
                found(Breach::Differing, "stored, and said to be refused");
            }
            Some(_) => found(Breach::Stuck, "stored, and still in the outbox"),
        }
        let id = written.conversation;
        match last.get(&id) {
            Some((before, seq)) if place.1 < *seq => {
                let what = format!(
                    "stored at {}, and at {seq} {}, before",
                    place.1,
                    said(before)
                );
                found(Breach::Reordered, &what);
            }
            _ => {
                last.insert(id, (written, place.1));
            }
        }
    }
}

/// Whoever was told that a command was accepted can rely on it.
pub fn check_answer(database: &Database, answer: &Answered) -> Option<Violation> {
    let key = (answer.sender, answer.client_id);
    let places = database.stored.get(&key).map_or(&[][..], Vec::as_slice);
    let (breach, what) = match answer.said {
        Said::Stored(seq) if !places.contains(&(answer.conversation, seq)) => {
            (Breach::Lost, format!("it stands at {places:?}"))
        }
        Said::Queued if places.is_empty() && !database.refused.contains_key(&key) => {
            (Breach::Lost, "neither stored nor refused".to_owned())
        }
        Said::Refused(_) if !places.is_empty() => {
            (Breach::Differing, format!("it stands at {places:?}"))
        }
        _ => return None,
    };
    Some(Violation::new(breach, format!("{what}: {answer:?}")))
}
