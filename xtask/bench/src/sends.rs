//! Sends over HTTP, one command a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use protocol::{ClientId, Millis};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::people::Pair;

/// What everybody writes; a row of plain SQLite holds it as well.
pub const TEXT: &str = "The ferry leaves at 8:15 from the old pier, so let us meet at the bakery \
    around 7:50. I bring the tickets, you bring the tea.";

/// Each sender sends one message after the other for that long; gives how many were acknowledged
/// a second.
pub async fn round(pairs: &[Pair], time: Duration) -> Result<f64> {
    let mut senders = JoinSet::new();
    let mut ready = Vec::with_capacity(pairs.len());
    for pair in pairs {
        ready.push((Sender::connect(pair).await?, messages(pair).await?));
    }
    let start = Instant::now();
    for (mut sender, before) in ready {
        senders.spawn(async move {
            let mut acknowledged = 0;
            while start.elapsed() < time {
                sender.send(client_id()).await?;
                acknowledged += 1;
            }
            anyhow::Ok((sender.pair, before + acknowledged, acknowledged))
        });
    }
    let mut done = Vec::with_capacity(pairs.len());
    while let Some(sender) = senders.join_next().await {
        done.push(sender??);
    }
    let seconds = start.elapsed().as_secs_f64();
    for (pair, expected, _) in &done {
        let stored = messages(pair).await?;
        if stored != *expected {
            bail!("{expected} messages were acknowledged, and {stored} are stored");
        }
    }
    let acknowledged: u64 = done.iter().map(|(_, _, acknowledged)| acknowledged).sum();
    Ok(count(acknowledged) / seconds)
}

/// Somebody at their connection.
pub struct Sender {
    connection: Connection,
    pair: Pair,
    path: String,
}

impl Sender {
    pub async fn connect(pair: &Pair) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(pair.address).await?,
            path: format!("/api/v1/conversations/{}/commands", pair.conversation),
            pair: pair.clone(),
        })
    }

    /// Sends one message, and waits until it is acknowledged.
    pub async fn send(&mut self, id: ClientId) -> Result<()> {
        let command = format!(
            r#"{{"client_id":"{id}","kind":"send","content":{{"type":"text","text":"{TEXT}"}}}}"#
        );
        let cookie = &self.pair.sender.cookie;
        let answer = self
            .connection
            .ask("POST", &self.path, cookie, &command)
            .await?;
        if answer.status != 201 {
            bail!(
                "not acknowledged: {}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(())
    }
}

/// An id that was never used.
pub fn client_id() -> ClientId {
    static USED: AtomicU64 = AtomicU64::new(0);
    let mut unique = [0; 10];
    unique[2..].copy_from_slice(&USED.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    ClientId::new(
        Millis::try_from(now.as_millis()).unwrap_or_default(),
        unique,
    )
}

/// How many messages a conversation has, by the server's own account.
async fn messages(pair: &Pair) -> Result<u64> {
    let mut connection = Connection::open(pair.address).await?;
    let path = format!("/api/v1/conversations/{}", pair.conversation);
    let answer = connection
        .ask("GET", &path, &pair.sender.cookie, "")
        .await?;
    let conversation: Value = serde_json::from_slice(&answer.body)?;
    match conversation["head_msg_no"].as_u64() {
        Some(messages) => Ok(messages),
        None => bail!("no conversation: {}", String::from_utf8_lossy(&answer.body)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub fn count(things: u64) -> f64 {
    things as f64
}
