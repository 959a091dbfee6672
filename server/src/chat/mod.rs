//! The path of a command, and of the event it becomes.
//!
//! [`Ingest`] queues it, [`Writer`] decides and commits it in a batch, the bus carries it to the
//! [`Hub`], which forwards each conversation's log in order to the streams of its members.
//! [`Chat`] holds the parts together and runs their tasks.

mod audit;
mod broker;
mod fold;
mod hub;
mod ingest;
mod outcome;
mod reads;
mod recent;
mod retention;
mod running;
mod serving_nodes;
mod writer;

use std::sync::Arc;

use protocol::Limits;
use tokio::sync::Notify;

pub use broker::Door;
pub use hub::{Hub, SessionCheck, SessionKey, Subscription};
pub use ingest::Ingest;
pub use outcome::{Accepted, Outcome, Submitted, Unavailable, Wait};
pub use reads::{Reads, ReadsError};
pub use retention::retain;
pub use running::{Chat, SessionForgetter};
pub use writer::Writer;

/// What the chat needs to know of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Limits in force.
    pub limits: Limits,
    /// How many days events are kept.
    pub retention_days: u32,
    /// Who tells those who are away, where no broker carries the jobs for that: woken when some were
    /// stored.
    pub offline_jobs: Option<Arc<Notify>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            retention_days: 3,
            offline_jobs: None,
        }
    }
}
