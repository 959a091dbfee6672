//! Events of which those who are away may have to be told.

use protocol::{ConversationId, Event, Seq};
use uuid::Uuid;

use super::super::rows::{EventRow, Hex, events, list, signed, unsigned};
use super::super::{Store, StoreError, on_pool, run_on};
use super::over_list;

/// An event, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OfflineJob {
    /// Whose log.
    pub conversation: ConversationId,
    /// Where in it.
    pub seq: Seq,
}

impl Store {
    /// The oldest jobs of the table, some of them at most.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn offline_jobs(&self, most: u32) -> Result<Vec<OfflineJob>, StoreError> {
        let rows: Vec<(Uuid, i64)> = on_pool!(self.read(), pool => sqlx::query_as(
            "SELECT conversation, seq FROM offline_jobs ORDER BY at, conversation, seq LIMIT $1",
        )
        .bind(i64::from(most))
        .fetch_all(pool))?;
        let job = |(conversation, seq)| OfflineJob {
            conversation: ConversationId(conversation),
            seq: unsigned(seq),
        };
        Ok(rows.into_iter().map(job).collect())
    }

    /// Takes jobs out of the table that are done.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn offline_jobs_done(&self, jobs: &[OfflineJob]) -> Result<(), StoreError> {
        let sql = over_list!(
            self.write(),
            "DELETE FROM offline_jobs
             WHERE (conversation, seq) IN (SELECT conversation, seq FROM listed)"
        );
        run_on!(self.write(), sqlx::query(sql).bind(keys(jobs)))?;
        Ok(())
    }

    /// The events of jobs, as far as they are still kept, as they are now.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn events_of(&self, jobs: &[OfflineJob]) -> Result<Vec<Event>, StoreError> {
        let sql = over_list!(
            self.read(),
            "SELECT e.* FROM listed l
             JOIN events e ON e.conversation = l.conversation AND e.seq = l.seq"
        );
        let rows: Vec<EventRow> = on_pool!(self.read(), pool => sqlx::query_as(sql)
            .bind(keys(jobs))
            .fetch_all(pool))?;
        Ok(events(rows)?)
    }
}

fn keys(jobs: &[OfflineJob]) -> String {
    let key = |job: &OfflineJob| (Hex(job.conversation.0), signed(job.seq));
    list(&jobs.iter().map(key).collect::<Vec<_>>())
}
