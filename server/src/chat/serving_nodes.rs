//! A node that serves shards, among others that do.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::bus::NodeId;
use crate::queue::rabbitmq::{Consumers, primaries};
use crate::store::Store;

/// How often a node says that it is alive, and looks which others are.
const BEAT: Duration = Duration::from_secs(3);

/// How long to wait for the batches under way: the writer may be waiting for the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves its share of the shards, and hands them over at its end.
pub(super) struct ServingNode {
    consumers: Arc<Consumers>,
    store: Store,
    node: NodeId,
    beating: JoinHandle<()>,
}

impl ServingNode {
    /// Takes a share of the shards, which follows how many nodes there are.
    pub fn start(consumers: Consumers, store: Store, node: NodeId, shards: u32) -> Self {
        let consumers = Arc::new(consumers);
        let beating = tokio::spawn(beat(Arc::clone(&consumers), store.clone(), node, shards));
        Self {
            consumers,
            store,
            node,
            beating,
        }
    }

    /// Gives its shards to others. What it has not acknowledged they get again.
    pub async fn stop(self) {
        self.beating.abort();
        if let Err(error) = self.store.leave(self.node.0).await {
            tracing::debug!(%error, "the other nodes were not told");
        }
        if tokio::time::timeout(PATIENCE, self.consumers.stop())
            .await
            .is_err()
        {
            tracing::warn!("the database is away: what was delivered goes to another node");
        }
    }
}

async fn beat(consumers: Arc<Consumers>, store: Store, node: NodeId, shards: u32) {
    let mut interval = tokio::time::interval(BEAT);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        match store.beat(node.0).await {
            Ok(alive) => {
                let mine = primaries(&alive, shards)
                    .into_iter()
                    .filter(|(_, primary)| *primary == node.0);
                consumers.set_primary(mine.map(|(shard, _)| shard).collect());
            }
            // The shares stay as they are: whoever serves a shard goes on.
            Err(error) => tracing::debug!(%error, "the other nodes are not known"),
        }
    }
}
