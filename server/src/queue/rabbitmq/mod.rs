//! The queue of several nodes: RabbitMQ. The only place that names lapin.
//!
//! It carries opaque bodies, each in the queue of its shard, `{prefix}.commands.{shard}`.
//!
//! - After [`Publisher::publish`] returns `Ok`, the body is on the broker's disk: it is persistent,
//!   the broker has confirmed it, and it was not returned for want of a queue.
//! - Each accepted body reaches a [`Handler`] at least once. What was not acknowledged is delivered
//!   again, in order, to the next consumer.
//! - Bodies of one shard that are published one after the other reach the handler in that order.
//!   A repeat may follow later.
//!
//! Beside that, the topic exchange `{prefix}.offline` carries a job an event to whoever has bound a
//! queue to it (see `jobs`, `subscriber`).
//!
//! What this rests on, as measured with RabbitMQ 3.10:
//!
//! - A publish to a queue that does not exist is confirmed all the same, and only `basic.return`
//!   tells (see `round`).
//! - A channel that closes hands over in order; `basic.cancel` and `basic.nack` do not. So neither
//!   is ever sent (see `line`).
//! - The broker stops reading a connection that publishes during an alarm. So consuming, publishing
//!   and dead letters each have a connection of their own.
//!
//! RabbitMQ 4 gives quorum queues a delivery limit of 20 unless a policy takes it away
//! (`delivery-limit: -1`); with the limit, it would drop accepted bodies while the database is away.
//! lapin logs each returned message with its body: its target has to be filtered out of the logs.

mod backoff;
mod config;
mod connection;
mod consumers;
pub mod dead_letters;
mod dial;
mod handler;
mod jobs;
mod keeper;
mod lane;
mod limit;
mod line;
mod pack;
mod primaries;
mod publisher;
mod round;
mod stop;
mod subscriber;
mod topology;

pub use config::{QueueType, RabbitMqConfig};
pub use consumers::Consumers;
pub use handler::{Handler, Verdict};
pub use jobs::JobPublisher;
pub use keeper::State;
pub use primaries::primaries;
pub use publisher::{NotAccepted, Publisher};
pub use subscriber::{JobHandler, Subscriber};
