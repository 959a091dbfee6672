//! Where jobs come from: the broker, or a table.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::telling::{Shared, stopped};
use crate::queue::Job;
use crate::queue::rabbitmq::JobHandler;
use crate::store::OfflineJob;

/// Most jobs that are dealt with together.
const TOGETHER: u32 = 64;

/// How often the table is looked at unasked.
const LOOK: Duration = Duration::from_secs(5);

/// Deals with what the broker brings.
pub(super) struct FromBroker(pub(super) Shared);

impl JobHandler for FromBroker {
    fn jobs(&self, bodies: Vec<Bytes>) -> BoxFuture<'_, bool> {
        async move {
            let jobs: Vec<OfflineJob> = bodies.iter().flat_map(|body| read(body)).collect();
            for jobs in jobs.chunks(TOGETHER as usize) {
                if self.0.is_stopping() || !self.0.choose(jobs).await {
                    return false;
                }
            }
            true
        }
        .boxed()
    }
}

/// The jobs of a message; what holds none is left out.
fn read(body: &[u8]) -> Vec<OfflineJob> {
    let jobs = serde_json::from_slice::<Vec<Job>>(body).unwrap_or_else(|error| {
        tracing::warn!(%error, "a message of the offline exchange holds no jobs");
        Vec::new()
    });
    jobs.iter()
        .map(|job| OfflineJob {
            conversation: job.conversation,
            seq: job.seq,
        })
        .collect()
}

/// Deals with what the writer puts into the table, until the server stops.
pub(super) async fn from_table(shared: Shared, woken: Arc<Notify>) {
    let store = &shared.inner().store;
    let mut stop = shared.stop.clone();
    loop {
        let jobs = shared.insist(|| store.offline_jobs(TOGETHER)).await;
        let Some(jobs) = jobs else {
            return;
        };
        if jobs.is_empty() {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = woken.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            continue;
        }
        if !shared.choose(&jobs).await {
            return;
        }
        let done = || store.offline_jobs_done(&jobs);
        if shared.insist(done).await.is_none() {
            return;
        }
    }
}
