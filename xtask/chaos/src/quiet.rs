//! Coming to rest, before the check.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::checker::heads;
use crate::client::Client;
use crate::dice::Dice;
use crate::field::Field;
use crate::people::People;
use crate::violation::{Breach, Violation};

/// How long it may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// Between looks.
const STEP: Duration = Duration::from_secs(1);

/// Every so manieth has their history spoiled.
const SPOILED: usize = 5;

/// Opens every tab, of some after their history was spoiled, and waits until every outbox is empty,
/// and everybody is connected, has all that the server has, and has found what was spoiled. Says who
/// is not there in time.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(field: &Field, people: &People, dice: &mut Dice) -> Result<Vec<Violation>> {
    for client in people.clients.iter().step_by(SPOILED) {
        client.kill().await;
        client.disk().spoil(dice);
    }
    for client in &people.clients {
        client.tell(protocol::sync::Input::Network(true));
        client.open();
    }
    let end = Instant::now() + PATIENCE;
    let mut before = None;
    loop {
        let now = tokio::task::block_in_place(|| heads(field))?;
        let unsettled: Vec<String> = people
            .clients
            .iter()
            .filter_map(|client| unsettled(client, &now))
            .collect();
        if unsettled.is_empty() && before.as_ref() == Some(&now) {
            return Ok(Vec::new());
        }
        if Instant::now() > end {
            let stuck = unsettled.into_iter();
            return Ok(stuck
                .map(|what| Violation::new(Breach::Stuck, what))
                .collect());
        }
        before = Some(now);
        sleep(STEP).await;
    }
}

/// What a client still waits for.
fn unsettled(
    client: &Client,
    heads: &std::collections::BTreeMap<protocol::ConversationId, protocol::Seq>,
) -> Option<String> {
    let name = &client.name;
    if !client.is_live() {
        return Some(format!(
            "{name} is not connected: {:?}",
            client.connection()
        ));
    }
    let disk = client.disk();
    if disk.spoiled && disk.checks == 0 {
        return Some(format!("{name} has not compared all with the server"));
    }
    if !disk.has_sent_all() {
        let waits = |entry: &&protocol::sync::Entry| {
            !matches!(entry.state, protocol::sync::EntryState::Refused(_))
        };
        let first = disk.outbox.values().find(waits);
        return Some(format!("{name} has not sent all: {first:?}"));
    }
    disk.records.values().find_map(|record| {
        let conversation = &record.conversation;
        let (id, head) = (conversation.id, conversation.head);
        let newest = heads.get(&id).copied().unwrap_or_default();
        if !conversation.mine.left && head != newest {
            return Some(format!("{name} is at {head} of {newest} in {id}"));
        }
        let from = conversation.floor.max(conversation.mine.joined_seq);
        let whole = record.ranges.covers(from, head);
        (!whole).then(|| format!("{name} has not all of {id}: {:?}", record.ranges))
    })
}
