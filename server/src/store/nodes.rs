//! Which nodes are alive, and what time it is for all of them. Only on Postgres: a file has one node.

use std::collections::BTreeSet;

use protocol::Millis;
use uuid::Uuid;

use super::pool::{Pool, connect, in_time};
use super::{Store, StoreError};
use crate::clock::Clock;

/// How long a node counts as alive after it has last said so.
const ALIVE: Millis = 10_000;

/// How long a node that is gone is remembered.
const REMEMBERED: Millis = 60 * 60 * 1_000;

/// How often it is asked what time it is, unless it answers within a millisecond.
const QUESTIONS: u32 = 8;

impl Store {
    /// Says that a writing node is alive, and gives those that are. Call it every three seconds.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn beat(&self, node: Uuid) -> Result<BTreeSet<Uuid>, StoreError> {
        let Pool::Postgres(pool) = self.write() else {
            return Ok(BTreeSet::from([node]));
        };
        let alive = sqlx::query_scalar(
            "WITH beat AS (
                 INSERT INTO nodes (id, seen_at) VALUES ($1, clock_millis())
                 ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
             ), gone AS (
                 DELETE FROM nodes WHERE seen_at < clock_millis() - $3
             )
             SELECT id FROM nodes WHERE seen_at > clock_millis() - $2 UNION SELECT $1",
        )
        .bind(node)
        .bind(ALIVE)
        .bind(REMEMBERED)
        .fetch_all(pool);
        Ok(in_time(alive).await?.into_iter().collect())
    }

    /// A node is about to end.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn leave(&self, node: Uuid) -> Result<(), StoreError> {
        if let Pool::Postgres(pool) = self.write() {
            let left = sqlx::query("DELETE FROM nodes WHERE id = $1").bind(node);
            in_time(left.execute(pool)).await?;
        }
        Ok(())
    }

    /// Sets a clock by the database's, which is the same for all nodes, if it has one.
    ///
    /// Of several answers the quickest counts: what it says was so at some moment between question and
    /// answer, and is taken for the one in the middle (F. Cristian, Probabilistic clock synchronization,
    /// 1989).
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn steer(&self, clock: &Clock) -> Result<(), StoreError> {
        let Pool::Postgres(pool) = self.read() else {
            return Ok(());
        };
        let mut connection = in_time(connect(pool.acquire())).await?;
        let (mut quickest, mut ahead) = (Millis::MAX, 0);
        for _ in 0..QUESTIONS {
            let asked = clock.now();
            let time = sqlx::query_scalar("SELECT clock_millis()").fetch_one(&mut *connection);
            let time: Millis = in_time(time).await?;
            let answered = clock.now();
            if answered - asked < quickest {
                quickest = answered - asked;
                ahead = time + quickest / 2 - answered;
            }
            if quickest <= 1 {
                break;
            }
        }
        clock.steer(clock.now() + ahead);
        Ok(())
    }
}
