//! Sends over HTTP, one request after the other.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use protocol::{ClientId, ConversationId, Millis};
use tokio::task::JoinSet;

use crate::connection::{Answer, Connection};
use crate::figures::count;
use crate::people::{Pair, Person};

/// What everybody writes; a row of plain SQLite or Postgres holds as much.
pub const TEXT: &str = "The ferry leaves at 8:15 from the old pier, so let us meet at the bakery \
    around 7:50. I bring the tickets, you bring the tea.";

/// How long what was accepted may take to be stored.
const DRAIN: Duration = Duration::from_mins(10);

/// How long to wait before looking again whether it is.
const AGAIN: Duration = Duration::from_millis(50);

/// How many commands were acknowledged: by `201`, as committed, or by `202`, as on the broker's disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    pub stored: u64,
    pub queued: u64,
}

impl Acknowledged {
    pub fn all(self) -> u64 {
        self.stored + self.queued
    }

    pub fn add(&mut self, more: Self) {
        self.stored += more.stored;
        self.queued += more.queued;
    }
}

/// What became of a round.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub acknowledged: Acknowledged,
    /// From the first send to the last answer.
    pub sending: Duration,
    /// From the last answer until all was found to be stored.
    pub draining: Duration,
}

impl Round {
    /// How many commands a second were acknowledged.
    pub fn per_second(&self) -> f64 {
        count(self.acknowledged.all()) / self.sending.as_secs_f64()
    }
}

/// Each sender sends for that long, that many commands a request, and one request after the other.
/// Returns when as many messages are stored as were acknowledged.
///
/// # Errors
/// When something is not acknowledged, or other than what was is stored.
pub async fn round(pairs: &[Pair], time: Duration, commands: usize) -> Result<Round> {
    let mut senders = JoinSet::new();
    let mut ready = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let mut connection = Connection::open(pair.sender.at).await?;
        let before = pair.messages(&mut connection).await?;
        let before = before.context("a conversation is gone")?;
        ready.push((
            Sender::connect(&pair.sender, pair.conversation).await?,
            before,
        ));
    }
    let start = Instant::now();
    for (mut sender, before) in ready {
        senders.spawn(async move {
            let mut acknowledged = Acknowledged::default();
            while start.elapsed() < time {
                let ids: Vec<ClientId> = (0..commands).map(|_| client_id()).collect();
                acknowledged.add(sender.send(&ids).await?);
            }
            anyhow::Ok((sender.conversation, before, acknowledged))
        });
    }
    let mut acknowledged = Acknowledged::default();
    let mut expected = Vec::with_capacity(pairs.len());
    while let Some(sender) = senders.join_next().await {
        let (conversation, before, of_one) = sender??;
        acknowledged.add(of_one);
        expected.push((conversation, before + of_one.all()));
    }
    let sent = Instant::now();
    for pair in pairs {
        let all = expected.iter().find(|(id, _)| *id == pair.conversation);
        wait_for(pair, all.context("a sender is missing")?.1).await?;
    }
    Ok(Round {
        acknowledged,
        sending: sent - start,
        draining: sent.elapsed(),
    })
}

/// Waits until a conversation has so many messages.
async fn wait_for(pair: &Pair, expected: u64) -> Result<()> {
    let mut connection = Connection::open(pair.sender.at).await?;
    let start = Instant::now();
    loop {
        let stored = pair.messages(&mut connection).await?.unwrap_or_default();
        if stored == expected {
            return Ok(());
        }
        if stored > expected || start.elapsed() > DRAIN {
            bail!("{expected} messages were acknowledged, and {stored} are stored");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Somebody at their connection.
pub struct Sender {
    connection: Connection,
    conversation: ConversationId,
    path: String,
    cookie: String,
    body: String,
}

impl Sender {
    pub async fn connect(person: &Person, conversation: ConversationId) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(person.at).await?,
            conversation,
            path: format!("/api/v1/conversations/{conversation}/commands"),
            cookie: person.cookie.clone(),
            body: String::new(),
        })
    }

    /// Sends messages in one request, and waits until they are acknowledged.
    ///
    /// # Errors
    /// When one of them is not.
    pub async fn send(&mut self, ids: &[ClientId]) -> Result<Acknowledged> {
        let answer = self.ask(ids).await?;
        let acknowledged = acknowledged(&answer);
        if acknowledged.all() != u64::try_from(ids.len())? {
            bail!(
                "not acknowledged: {}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(acknowledged)
    }

    /// The same, but it is no error where some are not acknowledged.
    pub async fn try_to_send(&mut self, ids: &[ClientId]) -> Result<Acknowledged> {
        Ok(acknowledged(&self.ask(ids).await?))
    }

    async fn ask(&mut self, ids: &[ClientId]) -> Result<Answer> {
        self.body.clear();
        for (number, id) in ids.iter().enumerate() {
            self.body.push_str(if number == 0 { "" } else { "," });
            write!(
                self.body,
                r#"{{"client_id":"{id}","kind":"send","content":{{"type":"text","text":"{TEXT}"}}}}"#
            )?;
        }
        if ids.len() != 1 {
            self.body.insert(0, '[');
            self.body.push(']');
        }
        self.connection
            .ask("POST", &self.path, &self.cookie, &self.body)
            .await
    }
}

/// One command is answered by the status, an array by a status each.
fn acknowledged(answer: &Answer) -> Acknowledged {
    let times = |status: u16| match answer.status {
        200 => {
            let member = format!(r#""status":{status}"#);
            let found = answer.body.windows(member.len());
            found.filter(|bytes| *bytes == member.as_bytes()).count()
        }
        other => usize::from(other == status),
    };
    let times = |status| u64::try_from(times(status)).unwrap_or_default();
    Acknowledged {
        stored: times(201),
        queued: times(202),
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

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::api::commands::Answer as Answered;

    fn answer(status: u16, body: Vec<u8>) -> Answer {
        Answer {
            status,
            cookie: None,
            body,
        }
    }

    #[test]
    fn one_command_is_answered_by_the_status() {
        let found = |status| acknowledged(&answer(status, b"{\"status\":201}".to_vec()));
        assert_eq!((found(201).stored, found(201).queued), (1, 0));
        assert_eq!((found(202).stored, found(202).queued), (0, 1));
        assert_eq!(found(503).all(), 0);
    }

    #[test]
    fn an_array_is_answered_by_a_status_each() {
        let one = |status| Answered {
            client_id: client_id(),
            status,
            event: None,
            expired: None,
            problem: None,
        };
        let answers: Vec<Answered> = [201, 202, 503, 201].map(one).into();
        let body = serde_json::to_vec(&answers).unwrap();
        let found = acknowledged(&answer(200, body));
        assert_eq!((found.stored, found.queued), (2, 1));
    }
}
