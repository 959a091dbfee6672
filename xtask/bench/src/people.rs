//! Who sends, and who receives.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use protocol::api::accounts::Me;
use protocol::{ConversationId, UserId};
use serde_json::{Value, json};

use crate::connection::Connection;

/// How long a conversation may take to be there, where it is made by way of a queue.
const MADE: Duration = Duration::from_secs(20);

/// How long to wait before looking for it again.
const AGAIN: Duration = Duration::from_millis(20);

/// Two people and their conversation, in which the first sends and the second receives.
#[derive(Clone)]
pub struct Pair {
    pub sender: Person,
    pub receiver: Person,
    pub conversation: ConversationId,
}

#[derive(Clone)]
pub struct Person {
    pub id: UserId,
    /// The node they use.
    pub at: SocketAddr,
    /// Proves who they are.
    pub cookie: String,
}

/// Registers that many pairs, each of which becomes contacts: the first at the first node, and so
/// on, round.
pub async fn pairs(nodes: &[SocketAddr], count: usize) -> Result<Vec<Pair>> {
    eprintln!("  … {count} pairs of people get to know each other");
    let mut pairs = Vec::with_capacity(count);
    for (number, node) in (0..count).zip(nodes.iter().cycle()) {
        let mut connection = Connection::open(*node).await?;
        let sender = register(&mut connection, &format!("sender{number}")).await?;
        let receiver = register(&mut connection, &format!("receiver{number}")).await?;
        befriend(&mut connection, &sender, &receiver).await?;
        let pair = Pair {
            conversation: ConversationId::direct(sender.id, receiver.id),
            sender,
            receiver,
        };
        pair.wait(&mut connection).await?;
        pairs.push(pair);
    }
    Ok(pairs)
}

impl Pair {
    /// Waits until the conversation is there.
    async fn wait(&self, connection: &mut Connection) -> Result<()> {
        let made = async {
            while self.messages(connection).await?.is_none() {
                tokio::time::sleep(AGAIN).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(MADE, made)
            .await
            .context("a conversation was not made")?
    }

    /// How many messages the conversation has, by the server's own account; `None` where there is no
    /// such conversation.
    pub async fn messages(&self, connection: &mut Connection) -> Result<Option<u64>> {
        let path = format!("/api/v1/conversations/{}", self.conversation);
        let answer = connection
            .ask("GET", &path, &self.sender.cookie, "")
            .await?;
        match answer.status {
            200 => {
                let conversation: Value = serde_json::from_slice(&answer.body)?;
                Ok(conversation["head_msg_no"].as_u64())
            }
            404 => Ok(None),
            _ => bail!("no conversation: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
}

/// Makes an account and logs it in.
pub async fn register(connection: &mut Connection, handle: &str) -> Result<Person> {
    let body = json!({ "handle": handle, "password": "a long password" }).to_string();
    let answer = connection
        .ask("POST", "/api/v1/accounts", "", &body)
        .await?;
    if answer.status != 201 {
        bail!(
            "{handle} cannot register: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    let me: Me = serde_json::from_slice(&answer.body)?;
    Ok(Person {
        id: me.user.id,
        at: connection.address(),
        cookie: answer.cookie.context("registering gave no session")?,
    })
}

async fn befriend(connection: &mut Connection, one: &Person, other: &Person) -> Result<()> {
    let body = json!({ "user": other.id }).to_string();
    let asked = connection
        .ask("POST", "/api/v1/contact_requests", &one.cookie, &body)
        .await?;
    let request: Value = serde_json::from_slice(&asked.body)?;
    let id = request["id"]
        .as_str()
        .context("no request to become contacts")?;
    let path = format!("/api/v1/contact_requests/{id}/accept");
    let accepted = connection.ask("POST", &path, &other.cookie, "{}").await?;
    if accepted.status != 200 {
        bail!("accepting: {}", String::from_utf8_lossy(&accepted.body));
    }
    Ok(())
}
