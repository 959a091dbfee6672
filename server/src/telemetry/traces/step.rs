//! What is done for a request in one place.

use protocol::{ClientId, ConversationId, Seq, StreamId, UserId};
use tokio::time::Instant;

use super::{Trace, tracer};

/// What steps are called, in the order in which a message takes them.
pub mod names {
    /// From a request's head to its answer's.
    pub const REQUEST: &str = "request";
    /// From the command's being handed to the broker until the broker has confirmed it.
    pub const QUEUE: &str = "queue";
    /// From the command's being taken by the writer until it is committed, or refused.
    pub const WRITE: &str = "write";
    /// From the event's being handed to the bus until Redis has taken it.
    pub const PUBLISH: &str = "publish";
    /// From the event's reaching a node until all streams of that node have it in front of them.
    pub const DELIVER: &str = "deliver";
    /// From there until one stream's connection has taken it.
    pub const STREAM: &str = "stream";
}

/// Something that is done for a request, from its beginning on. It is told when it ends; dropped
/// before, it never was.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub(super) trace: Trace,
    pub(super) id: u64,
    pub(super) name: &'static str,
    began: Instant,
}

/// What a step was about, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Whose command or stream.
    pub user: Option<UserId>,
    /// Where.
    pub conversation: Option<ConversationId>,
    /// The event in its log.
    pub seq: Option<Seq>,
    /// The command.
    pub client_id: Option<ClientId>,
    /// The stream.
    pub stream: Option<StreamId>,
    /// Of a request.
    pub route: Option<&'a str>,
    /// The status of an answer, or the reason of a refusal.
    pub outcome: Option<&'a str>,
    /// How many took part: commands of a batch, streams of a node.
    pub count: Option<usize>,
    /// Whether the server is at fault for what became of it.
    pub failed: bool,
}

impl Trace {
    /// Begins a step, now.
    pub fn step(self, name: &'static str) -> Step {
        Step::since(self, name, Instant::now())
    }
}

impl Step {
    /// A step that began earlier.
    pub fn since(trace: Trace, name: &'static str, began: Instant) -> Self {
        Self {
            trace,
            id: tracer::step_id(),
            name,
            began,
        }
    }

    /// For what comes next.
    pub fn trace(&self) -> Trace {
        Trace {
            id: self.trace.id,
            step: self.id,
        }
    }

    /// It ends now.
    pub fn end(self, about: &About<'_>) {
        tracer::tell(&self, self.began.elapsed(), about);
    }
}

impl About<'_> {
    /// With its names, as they stand in log lines and exported spans.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("user", self.user.map(|id| id.to_string())),
            ("conversation", self.conversation.map(|id| id.to_string())),
            ("client_id", self.client_id.map(|id| id.to_string())),
            ("stream", self.stream.map(|id| id.to_string())),
            ("route", self.route.map(str::to_owned)),
            ("outcome", self.outcome.map(str::to_owned)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Likewise.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let seq = self.seq.and_then(|seq| i64::try_from(seq).ok());
        let count = self.count.and_then(|count| i64::try_from(count).ok());
        [("seq", seq), ("count", count)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}
