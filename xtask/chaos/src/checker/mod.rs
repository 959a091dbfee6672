//! The checker: compares every answer, the database and every history with what is promised.

mod database;
mod histories;
mod logs;
mod screens;
mod sends;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;

pub use database::{Positions, heads, positions};

use crate::browsers::Dump;
use crate::client::Said;
use crate::field::Field;
use crate::people::People;
use crate::violation::{Breach, Violation};
use database::Database;
use histories::History;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Commands that were answered with `201` or `202`.
    pub accepted: usize,
    /// Of those, how many had `202` as an answer.
    pub queued: usize,
    pub events: usize,
    pub refused: usize,
    /// Messages that were written in real browsers.
    pub in_browsers: usize,
    pub violations: Vec<Violation>,
}

impl Findings {
    pub fn count(&self, breach: Breach) -> usize {
        let found = self.violations.iter();
        found.filter(|violation| violation.breach == breach).count()
    }
}

/// Looks at everything, once all has come to rest. `browsers` is what real ones hold.
///
/// # Errors
/// When the database does not answer.
pub fn check(field: &Field, people: &People, browsers: &[Dump]) -> Result<Findings> {
    let (database, mut violations) = Database::read(field)?;
    let answers = people.answers.all();
    logs::check(&database, &mut violations);
    sends::check(&database, people, &answers, &mut violations);
    for client in &people.clients {
        histories::check(&database, &History::of(client), &mut violations);
    }
    for browser in browsers {
        screens::check(&database, browser, &mut violations);
        histories::check(&database, &History::dumped(browser), &mut violations);
    }
    let accepted = |only_queued: bool| {
        let said = |said| match said {
            Said::Stored(_) => !only_queued,
            Said::Queued => true,
            _ => false,
        };
        let accepted = answers.iter().filter(|answer| said(answer.said));
        let keys: HashSet<_> = accepted.map(|it| (it.sender, it.client_id)).collect();
        keys.len()
    };
    Ok(Findings {
        accepted: accepted(false),
        queued: accepted(true),
        events: database.logs.values().map(BTreeMap::len).sum(),
        refused: database.refused.len(),
        in_browsers: browsers.iter().map(|browser| browser.said.len()).sum(),
        violations,
    })
}

/// P7: whether anybody's read position is now before where it was.
pub fn check_positions(before: &Positions, now: &Positions, violations: &mut Vec<Violation>) {
    for (key, old) in before {
        let new = now.get(key).copied().unwrap_or_default();
        if new < *old {
            let (conversation, user) = key;
            let what = format!("{user} had read to {old} in {conversation}, and now to {new}");
            violations.push(Violation::new(Breach::MovedBack, what));
        }
    }
}
