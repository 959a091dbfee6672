//! Compares the database with the answers that were given.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use protocol::{ClientId, ConversationId};
use services::Postgres;

use super::load::Accepted;

/// What was found wrong; all zero if nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Commands that were accepted.
    pub accepted: usize,
    /// Accepted, and not stored.
    pub lost: usize,
    /// Stored more than once.
    pub duplicated: usize,
    /// Stored before one that was sent before.
    pub reordered: usize,
    /// Logs that are not numbered 1, 2, 3 … up to their head.
    pub with_gaps: usize,
}

/// Reads all messages of the database.
///
/// # Errors
/// When it cannot be read.
pub fn check(postgres: &Postgres, database: &str, accepted: &[Accepted]) -> Result<Verdict> {
    let rows = postgres.run_sql(
        database,
        "SELECT conversation, client_id FROM events WHERE kind = 'message'
         ORDER BY conversation, seq",
    )?;
    let gaps = postgres.run_sql(
        database,
        "SELECT count(*) FROM conversations c LEFT JOIN
             (SELECT conversation, count(DISTINCT seq) AS numbers, count(*) AS events,
                 max(seq) AS last
              FROM events GROUP BY conversation) e ON e.conversation = c.id
         WHERE (c.head_seq, c.head_seq, c.head_seq) IS DISTINCT FROM (e.numbers, e.events, e.last)",
    )?;
    let verdict = compare(accepted, &read(&rows)?);
    Ok(Verdict {
        with_gaps: gaps.parse()?,
        ..verdict
    })
}

type Stored = HashMap<ConversationId, Vec<ClientId>>;

/// Rows are `conversation|client_id`.
fn read(rows: &str) -> Result<Stored> {
    let mut stored = Stored::new();
    for row in rows.lines() {
        let (conversation, id) = row.split_once('|').context("a row of two columns")?;
        let log = stored.entry(conversation.parse()?).or_default();
        log.push(id.parse()?);
    }
    Ok(stored)
}

fn compare(accepted: &[Accepted], stored: &Stored) -> Verdict {
    let mut verdict = Verdict::default();
    let none = Vec::new();
    for Accepted { conversation, ids } in accepted {
        let log = stored.get(conversation).unwrap_or(&none);
        let mut places = HashMap::with_capacity(log.len());
        for (place, id) in log.iter().enumerate() {
            places.entry(*id).or_insert(place);
        }
        verdict.accepted += ids.len();
        verdict.duplicated += log.len() - places.len();
        verdict.lost += ids.iter().filter(|id| !places.contains_key(id)).count();
        let sent: Vec<usize> = ids
            .iter()
            .filter_map(|id| places.get(id).copied())
            .collect();
        verdict.reordered += sent.windows(2).filter(|pair| pair[1] < pair[0]).count();
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sends::client_id;

    #[test]
    fn what_is_lost_repeated_or_out_of_order_is_counted() {
        let conversation = ConversationId::new(1, [1; 10]);
        let ids: Vec<ClientId> = (0..5).map(|_| client_id()).collect();
        let accepted = [Accepted {
            conversation,
            ids: ids.clone(),
        }];
        let verdict = |log: &[usize]| {
            let rows: Vec<String> = log
                .iter()
                .map(|id| format!("{conversation}|{}", ids[*id]))
                .collect();
            let found = compare(&accepted, &read(&rows.join("\n")).unwrap());
            assert_eq!(found.accepted, 5);
            (found.lost, found.duplicated, found.reordered)
        };
        assert_eq!(verdict(&[0, 1, 2, 3, 4]), (0, 0, 0));
        assert_eq!(verdict(&[0, 1, 3, 4]), (1, 0, 0));
        assert_eq!(verdict(&[0, 1, 1, 2, 3, 4]), (0, 1, 0));
        assert_eq!(verdict(&[0, 2, 1, 3, 4]), (0, 0, 1));
        assert_eq!(verdict(&[]), (5, 0, 0));
    }
}
