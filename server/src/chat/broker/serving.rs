//! The side of the node that serves a shard.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use protocol::stream::Outcome as Told;
use protocol::{Code, Millis};

use super::answers;
use super::envelope::Envelope;
use crate::bus::{Bus, Message, Payload, Topic};
use crate::chat::ingest::Lanes;
use crate::chat::{Accepted, Outcome};
use crate::queue;
use crate::queue::Job;
use crate::queue::rabbitmq::{Handler, JobPublisher, Verdict};
use crate::telemetry::metrics::OFFLINE_JOBS;

/// How long to wait before the database is tried again, at first and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How often jobs are published before the commands that they came of are left to come again.
const JOB_ATTEMPTS: usize = 5;

/// Most commands handed to the writer together.
const TOGETHER: usize = 256;

/// Hands what was delivered to this node's writers, each of which takes what has gathered of its shards
/// into one batch, tells what became of it, and has each event carried to those who tell people who are
/// away.
pub struct Serving {
    lanes: Lanes,
    bus: Arc<dyn Bus>,
    jobs: Arc<JobPublisher>,
    /// How long jobs are kept, in milliseconds.
    kept: Millis,
}

impl Serving {
    /// In front of the writers' queues.
    pub fn new(
        lanes: Lanes,
        bus: Arc<dyn Bus>,
        jobs: Arc<JobPublisher>,
        retention_days: u32,
    ) -> Self {
        Self {
            lanes,
            bus,
            jobs,
            kept: Millis::from(retention_days) * 24 * 60 * 60 * 1_000,
        }
    }

    /// Stores commands of a shard in order, however long the database is away.
    async fn store(&self, shard: u32, commands: &[Accepted]) -> Vec<Outcome> {
        let queue = self.lanes.of(shard);
        let mut outcomes = Vec::with_capacity(commands.len());
        let mut wait = AGAIN.0;
        while outcomes.len() < commands.len() {
            let rest = &commands[outcomes.len()..];
            let next = rest[..rest.len().min(TOGETHER)].to_vec();
            let answers = match queue.push(next) {
                Ok(answers) => answers.await.unwrap_or_default(),
                Err(queue::Closed) => Vec::new(),
            };
            let before = outcomes.len();
            outcomes.extend(answers.into_iter().map_while(Result::ok));
            if outcomes.len() > before {
                wait = AGAIN.0;
            } else {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(AGAIN.1);
            }
        }
        outcomes
    }

    async fn serve(&self, shard: u32, bodies: Vec<Bytes>) -> Vec<Verdict> {
        let mut verdicts = vec![Verdict::Done; bodies.len()];
        let mut envelopes = Vec::with_capacity(bodies.len());
        for (body, verdict) in bodies.iter().zip(&mut verdicts) {
            match Envelope::read(body) {
                Ok(envelope) => envelopes.push((envelope, verdict)),
                Err(error) => *verdict = Verdict::Dead(error.to_string()),
            }
        }
        let commands: Vec<Accepted> = envelopes
            .iter()
            .flat_map(|(envelope, _)| envelope.commands.iter().cloned())
            .collect();
        let mut outcomes = self.store(shard, &commands).await.into_iter();
        let (mut told, mut jobs) = (Vec::new(), Vec::new());
        for (envelope, verdict) in envelopes {
            let outcomes: Vec<Outcome> = outcomes.by_ref().take(envelope.commands.len()).collect();
            for (command, outcome) in envelope.commands.iter().zip(&outcomes) {
                if let Outcome::Stored(encoded) = outcome {
                    jobs.push(Job::of(&encoded.event));
                }
                if let Outcome::Refused(code) = outcome {
                    if *code == Code::Rejected {
                        *verdict = Verdict::Dead("the database refuses it".to_owned());
                    }
                    told.push(refused(command, *code));
                }
            }
            told.push(Message {
                topic: Topic::Node(envelope.node),
                payload: Payload::Answers {
                    request: envelope.request,
                    answers: answers::write(&outcomes),
                },
            });
        }
        // Whoever waits for an answer does not wait for the jobs.
        self.bus.publish(told);
        if !self.publish(&jobs).await {
            // Found stored when they come again, they become jobs then.
            return vec![Verdict::Again; verdicts.len()];
        }
        verdicts
    }

    /// Publishes jobs; tells whether the broker has them.
    async fn publish(&self, jobs: &[Job]) -> bool {
        let mut wait = AGAIN.0;
        for _ in 0..JOB_ATTEMPTS {
            match self.jobs.publish(jobs, self.kept).await {
                Ok(()) => {
                    let count = u64::try_from(jobs.len()).unwrap_or(0);
                    metrics::counter!(OFFLINE_JOBS).increment(count);
                    return true;
                }
                Err(error) => tracing::debug!(%error, "jobs were not published"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 4).min(AGAIN.1);
        }
        tracing::warn!(
            jobs = jobs.len(),
            "jobs were not published; their commands come again"
        );
        false
    }
}

/// What a sender's browsers are told who may have been answered that it is queued.
fn refused(command: &Accepted, code: Code) -> Message {
    Message {
        topic: Topic::User(command.sender),
        payload: Payload::Outcome(Told {
            conversation: command.conversation,
            client_id: command.submitted.command.client_id,
            seq: None,
            refused: Some(code),
        }),
    }
}

impl Handler for Serving {
    fn batch(&self, shard: u32, bodies: Vec<Bytes>) -> BoxFuture<'_, Vec<Verdict>> {
        self.serve(shard, bodies).boxed()
    }
}
