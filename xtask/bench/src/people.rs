//! Who sends, and who receives.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use protocol::api::accounts::Me;
use protocol::{ConversationId, UserId};
use serde_json::{Value, json};

use crate::connection::Connection;

/// Two people and their conversation, in which the first sends and the second receives.
#[derive(Clone)]
pub struct Pair {
    pub address: SocketAddr,
    pub sender: Person,
    pub receiver: Person,
    pub conversation: ConversationId,
}

#[derive(Clone)]
pub struct Person {
    pub id: UserId,
    /// Proves who they are.
    pub cookie: String,
}

/// Registers that many pairs, each of which becomes contacts.
pub async fn pairs(address: SocketAddr, count: usize) -> Result<Vec<Pair>> {
    let mut connection = Connection::open(address).await?;
    let mut pairs = Vec::with_capacity(count);
    for number in 0..count {
        let sender = register(&mut connection, &format!("sender{number}")).await?;
        let receiver = register(&mut connection, &format!("receiver{number}")).await?;
        befriend(&mut connection, &sender, &receiver).await?;
        pairs.push(Pair {
            address,
            conversation: ConversationId::direct(sender.id, receiver.id),
            sender,
            receiver,
        });
    }
    Ok(pairs)
}

async fn register(connection: &mut Connection, handle: &str) -> Result<Person> {
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
