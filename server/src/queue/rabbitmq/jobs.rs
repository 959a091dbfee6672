//! Publishing jobs to the exchange `{prefix}.offline`.
//!
//! Those of one kind that are published together go into few messages: for the broker a message costs
//! far more than its bytes do. All of it waits for its confirms together. Nothing is mandatory: where no
//! queue is bound, a job goes nowhere, and is confirmed at once. A queue that refuses one, since its
//! owner has made it so, loses that job and holds nobody up.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel};
use protocol::Millis;

use super::config::RabbitMqConfig;
use super::connection::Link;
use super::keeper::Keeper;
use super::limit::{ANSWER, Failure, answer};
use super::publisher::NotAccepted;
use super::topology::{declare_exchange, exchange};
use crate::queue::Job;

/// Most jobs in a message, so that whoever deals with it is done before long.
const TOGETHER: usize = 64;

/// Publishes jobs, on a connection of its own, which is opened in the background, and again whenever it
/// is lost.
pub struct JobPublisher {
    config: Arc<RabbitMqConfig>,
    keeper: Keeper,
    /// The channel, and the connection that it belongs to.
    channel: Mutex<Option<(Arc<Link>, Channel)>>,
}

impl JobPublisher {
    /// Starts connecting.
    pub fn start(config: RabbitMqConfig) -> Self {
        let config = Arc::new(config);
        Self {
            keeper: Keeper::start(Arc::clone(&config), "jobs"),
            config,
            channel: Mutex::default(),
        }
    }

    /// Publishes jobs, to be kept so long at most, in milliseconds. After `Ok` they are on the broker's
    /// disk, in each queue that is bound for them.
    ///
    /// It answers within five seconds.
    ///
    /// # Errors
    /// They were not accepted, as far as is known: all may be published again.
    pub async fn publish(&self, jobs: &[Job], kept: Millis) -> Result<(), NotAccepted> {
        if jobs.is_empty() {
            return Ok(());
        }
        let published = async {
            let channel = self.channel().await.map_err(|_| NotAccepted::Away)?;
            let mut under_way = Vec::new();
            for jobs in messages(jobs) {
                let mut sent = send(&channel, &self.config, jobs, kept).boxed();
                // The first poll queues the frames: it is made here, so that they are queued in order.
                match (&mut sent).now_or_never() {
                    Some(done) => done.map_err(|_| NotAccepted::Away)?,
                    None => under_way.push(sent),
                }
            }
            let confirmed = join_all(under_way).await;
            let lost = confirmed.iter().any(Result::is_err);
            if lost { Err(NotAccepted::Away) } else { Ok(()) }
        };
        let published = tokio::time::timeout(ANSWER, published).await;
        let published = published.unwrap_or(Err(NotAccepted::TimedOut));
        if published.is_err() {
            // Whatever is under way there is not waited for.
            self.kept().take();
        }
        published
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.kept().take();
        self.keeper.close().await;
    }

    async fn channel(&self) -> Result<Channel, Failure> {
        let link = self.keeper.link();
        let link = link.ok_or_else(|| Failure::Settings("not connected".to_owned()))?;
        if let Some((of, channel)) = &*self.kept()
            && Arc::ptr_eq(of, &link)
            && channel.status().connected()
        {
            return Ok(channel.clone());
        }
        let channel = link.channel().await?;
        declare_exchange(&channel, &self.config).await?;
        answer(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        self.kept().replace((link, channel.clone()));
        Ok(channel)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Arc<Link>, Channel)>> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those of each kind, in order, in as few messages as may be.
fn messages(jobs: &[Job]) -> Vec<Vec<&Job>> {
    let mut messages: Vec<Vec<&Job>> = Vec::new();
    for job in jobs {
        let last = messages.iter_mut().rfind(|of| of[0].kind == job.kind);
        match last.filter(|of| of.len() < TOGETHER) {
            Some(of) => of.push(job),
            None => messages.push(vec![job]),
        }
    }
    messages
}

/// Publishes a message of one kind of jobs, and waits until the broker has said something about them.
async fn send(
    channel: &Channel,
    config: &RabbitMqConfig,
    jobs: Vec<&Job>,
    kept: Millis,
) -> Result<(), lapin::Error> {
    const PERSISTENT: u8 = 2;
    let body = serde_json::to_vec(&jobs).expect("a job holds numbers, strings and ids");
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_expiration(kept.max(0).to_string().into());
    let options = BasicPublishOptions::default();
    let kind = jobs[0].kind.as_str().into();
    let publish = channel.basic_publish(exchange(config), kind, options, &body, properties);
    publish.await?.await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{ConversationId, UserId};

    #[test]
    fn jobs_of_one_kind_go_together_and_in_order_but_not_too_many() {
        let job = |(kind, seq): (&str, u64)| Job {
            conversation: ConversationId::new(1, [1; 10]),
            seq,
            kind: kind.to_owned(),
            at: 1,
            sender: UserId::new(1, [1; 10]),
            mentions: Vec::new(),
            mention_all: false,
        };
        let seqs = |jobs: &[Job]| -> Vec<Vec<u64>> {
            let messages = messages(jobs);
            let seqs = messages.iter().map(|of| of.iter().map(|job| job.seq));
            seqs.map(Iterator::collect).collect()
        };
        let jobs = [("message", 1), ("recall", 2), ("message", 3)].map(job);
        assert_eq!(seqs(&jobs), [vec![1, 3], vec![2]]);
        let many: Vec<Job> = (0..130).map(|seq| job(("message", seq))).collect();
        let seqs = seqs(&many);
        assert_eq!(seqs.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 2]);
        assert!(seqs.concat().is_sorted());
        assert!(messages(&[]).is_empty());
    }
}
