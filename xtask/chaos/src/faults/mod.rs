//! Faults: how each begins and ends.

mod broker;
mod kind;
mod network;
mod nodes;
mod postgres;
mod rounds;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use services::Service;
use tokio::runtime::Handle;

pub use kind::Kind;
pub use rounds::{Round, Rounds, by_kind, make};

use crate::dice::Dice;
use crate::field::Field;
use crate::people::People;

/// What a fault has at hand. All of it blocks, on a thread of its own.
pub struct Scene<'a> {
    pub field: &'a Field,
    pub people: &'a Arc<People>,
    pub dice: Dice,
    pub handle: Handle,
}

/// Ends a fault: makes everything as it was, and waits until the parts concerned answer.
type End<'a> = Box<dyn FnOnce() -> Result<()> + Send + 'a>;

/// A fault that has begun.
pub struct Fault<'a> {
    /// How long it should last.
    pub lasts: Duration,
    pub end: End<'a>,
}

impl<'a> Fault<'a> {
    fn new(lasts: Duration, end: impl FnOnce() -> Result<()> + Send + 'a) -> Self {
        Self {
            lasts,
            end: Box::new(end),
        }
    }

    /// One that is over when it has begun.
    fn over() -> Self {
        Self::new(Duration::ZERO, || Ok(()))
    }
}

impl Kind {
    /// Why it cannot be made here, or any more; `None` if it can.
    pub fn is_impossible(self, field: &Field) -> Option<&'static str> {
        match self {
            Self::ClockJump if field.clock().is_none() => Some("faketime is not installed"),
            Self::PostgresFull if field.postgres_room.is_none() => Some("nothing can be mounted"),
            Self::PostgresFull if !field.is_first_primary() => Some("the primary has no such disk"),
            Self::RabbitmqFull if field.rabbitmq_room.is_none() => Some("nothing can be mounted"),
            Self::BrokerLost if field.cluster.brokers.len() < 3 => {
                Some("there are no three brokers")
            }
            _ => None,
        }
    }

    /// Begins it.
    ///
    /// # Errors
    /// When a part does not do what is asked of it.
    pub fn begin<'a>(self, scene: &mut Scene<'a>) -> Result<Fault<'a>> {
        let field = scene.field;
        let lasts = scene.seconds(2..9);
        let broker = &field.cluster.brokers[0];
        let redis = &field.cluster.redis;
        match self {
            Self::NodeKill => nodes::kill(scene, lasts),
            Self::NodePause => nodes::pause(scene, lasts),
            Self::WriterKill => nodes::kill_a_writer(scene, lasts),
            Self::StalledKill => nodes::kill_stalled(scene, lasts),
            Self::SlowHandover => nodes::restart_slowly(scene),
            Self::RollingRestart => nodes::restart_all(scene),
            Self::PostgresKill => postgres::kill(scene, lasts),
            Self::PostgresPause => postgres::pause(scene, lasts),
            Self::PostgresFull => postgres::fill(scene, lasts),
            Self::PostgresFailover => postgres::fail_over(scene),
            Self::ClockJump => postgres::jump(scene),
            Self::RedisKill => kill(redis, lasts),
            Self::RedisPause => pause(redis, lasts),
            Self::RedisFlush => redis.run(&["FLUSHALL"]).map(|_| Fault::over()),
            Self::RabbitmqKill => broker::kill(scene, lasts),
            Self::RabbitmqPause => pause(broker, lasts),
            Self::RabbitmqPauseKill => broker::pause_and_kill(scene, lasts),
            Self::RabbitmqFull => broker::fill(scene, lasts),
            Self::QueuesKill => broker::kill_full(scene),
            Self::QueueDeleted => broker::delete_a_queue(scene),
            Self::EmptyQueueDeleted => broker::delete_an_empty_queue(scene),
            Self::BrokerLost => broker::lose_one(scene, lasts),
            Self::Cut => network::cut(scene, lasts),
            Self::Delay => network::delay(scene, lasts),
            Self::Freeze => network::freeze(scene, lasts),
            Self::Churn => {
                let (people, mut dice) = (Arc::clone(scene.people), scene.dice.split());
                scene.handle.block_on(async {
                    for _ in 0..10 {
                        crate::workload::churn(&people, &mut dice);
                        tokio::time::sleep(Duration::from_millis(300)).await;
                    }
                });
                Ok(Fault::over())
            }
        }
    }
}

impl Scene<'_> {
    fn seconds(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.dice.within(range.start * 1_000..range.end * 1_000))
    }

    /// Everybody who is there says several things at once.
    fn burst(&mut self) {
        for client in &self.people.clients {
            let here: Vec<_> = {
                let disk = client.disk();
                let records = disk.records.values();
                let here = records.filter(|record| !record.conversation.mine.left);
                here.map(|record| record.conversation.id).collect()
            };
            for _ in 0..4 {
                if let Some(id) = self.dice.pick(&here) {
                    client.say(*id, None);
                }
            }
        }
    }
}

fn kill(service: &dyn Service, lasts: Duration) -> Result<Fault<'_>> {
    service.kill()?;
    Ok(Fault::new(lasts, || service.start_again()))
}

fn pause(service: &dyn Service, lasts: Duration) -> Result<Fault<'_>> {
    service.pause()?;
    Ok(Fault::new(lasts, || {
        service.resume();
        service.wait_until_ready()
    }))
}
