//! Groups and their members.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use protocol::{ConversationId, UserId};
use serde_json::{Value, json};
use services::Postgres;

use crate::connection::Connection;
use crate::people::{Person, register};
use crate::sends::client_id;

/// How long a group may take to be there.
const MADE: Duration = Duration::from_secs(30);

/// How long to wait before looking for it again.
const AGAIN: Duration = Duration::from_millis(50);

/// Registers people who are going to be online: the first at the first node, and so on, round.
pub async fn online(nodes: &[SocketAddr], count: usize) -> Result<Vec<Person>> {
    eprintln!("  … {count} people register");
    let mut online = Vec::with_capacity(count);
    for (number, node) in (0..count).zip(nodes.iter().cycle()) {
        let mut connection = Connection::open(*node).await?;
        online.push(register(&mut connection, &format!("online{number}")).await?);
    }
    Ok(online)
}

/// Makes accounts that nobody can log in to, straight in the database: each password would cost the
/// time of hashing it. Then everybody becomes a contact of the one who will invite them.
pub fn offline(
    postgres: &Postgres,
    database: &str,
    count: usize,
    owner: UserId,
) -> Result<Vec<UserId>> {
    let ids = postgres.run_sql(
        database,
        &format!(
            "INSERT INTO users (id, number, handle, role, name, version, account_version, created_at)
             SELECT gen_random_uuid(), 1000000 + n, 'offline' || n, 'user', 'Offline', 1, 1,
                 clock_millis()
             FROM generate_series(1, {count}) n RETURNING id;
             INSERT INTO contacts (owner, peer, since)
             SELECT '{owner}', id, clock_millis() FROM users WHERE id <> '{owner}'
             UNION ALL SELECT id, '{owner}', clock_millis() FROM users WHERE id <> '{owner}'"
        ),
    )?;
    let ids = ids.lines().map(|id| id.parse().context("an id is none"));
    ids.collect()
}

/// Makes a group of these, the first of whom invites the others. It is asked for again until it is
/// there: at first it may only be in the queue.
pub async fn group(online: &[Person], offline: &[UserId]) -> Result<ConversationId> {
    let owner = online.first().context("nobody is online")?;
    let members: Vec<UserId> = online.iter().map(|one| one.id).collect();
    let members = [&members[1..], offline].concat();
    let id = ConversationId(client_id().0);
    let path = format!("/api/v1/conversations/{id}");
    let body = json!({ "name": "A group", "members": members }).to_string();
    let mut connection = Connection::open(owner.at).await?;
    let start = Instant::now();
    loop {
        let answer = connection.ask("PUT", &path, &owner.cookie, &body).await?;
        if answer.status == 201 {
            let group: Value = serde_json::from_slice(&answer.body)?;
            let found = group["member_count"].as_u64();
            if found != u64::try_from(members.len() + 1).ok() {
                bail!("a group has {found:?} members");
            }
            return Ok(id);
        }
        if start.elapsed() > MADE {
            bail!(
                "a group was not made: {}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        tokio::time::sleep(AGAIN).await;
    }
}
