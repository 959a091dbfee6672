//! The tasks that tell.

use std::sync::Arc;
use std::time::Duration;

use protocol::Millis;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::client::Client;
use super::jobs::{self, FromBroker};
use super::sending::Sender;
use super::{Inner, Push};
use crate::presence::Presence;
use crate::queue::rabbitmq::{RabbitMqConfig, Subscriber};
use crate::store::StoreError;

/// What the queue of jobs is called.
const QUEUE: &str = "web-push";

/// The kinds of events that people want to be told of.
pub(super) const KINDS: &[&str] = &["message", "created", "invited"];

/// How long what is being sent may take when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// How long to wait before the database is tried again.
pub(super) const DATABASE_AGAIN: Duration = Duration::from_secs(1);

/// Tells those who are away, until it is stopped.
pub struct Telling {
    stop: watch::Sender<bool>,
    subscriber: Option<Subscriber>,
    tasks: Vec<JoinHandle<()>>,
}

/// What all tasks share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) push: Push,
    pub(super) presence: Presence,
    /// Woken where there is something to send.
    pub(super) to_send: Arc<Notify>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Push {
    /// Begins to tell, as one of those who share what the broker brings, or from the table of jobs.
    /// `None` where there are no keys, or other nodes do it.
    pub fn start(&self, presence: Presence, broker: Option<RabbitMqConfig>) -> Option<Telling> {
        self.0.keys.as_ref()?;
        if broker.is_none() && self.0.jobs.is_none() {
            return None;
        }
        let (stop, stopped) = watch::channel(false);
        let shared = Shared {
            push: self.clone(),
            presence,
            to_send: Arc::default(),
            stop: stopped,
        };
        let mut tasks = vec![tokio::spawn(
            Sender::new(shared.clone(), Client::new()).run(),
        )];
        if let Some(woken) = &self.0.jobs {
            let table = jobs::from_table(shared.clone(), Arc::clone(woken));
            tasks.push(tokio::spawn(table));
        }
        let subscriber = broker.map(|config| {
            let handler = Arc::new(FromBroker(shared));
            Subscriber::start(config, QUEUE, KINDS, handler)
        });
        Some(Telling {
            stop,
            subscriber,
            tasks,
        })
    }
}

impl Telling {
    /// Stops: what is under way is finished, if that does not take long. All else waits in the database
    /// or with the broker.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Some(subscriber) = self.subscriber {
            subscriber.stop().await;
        }
        for mut task in self.tasks {
            if tokio::time::timeout(LAST, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// Waits until the server stops.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever held the other end is gone otherwise.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Shared {
    pub(super) fn inner(&self) -> &Inner {
        &self.push.0
    }

    pub(super) fn now(&self) -> Millis {
        self.inner().clock.now()
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits, unless the server stops.
    pub(super) async fn rest(&self, duration: Duration) {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = stopped(&mut stop) => {}
            () = tokio::time::sleep(duration) => {}
        }
    }

    /// Asks the database for something until it gives it; `None` where the server stops before.
    pub(super) async fn insist<T, F>(&self, ask: impl Fn() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut told = false;
        loop {
            match ask().await {
                Ok(given) => return Some(given),
                Err(error) if told => {
                    tracing::debug!(%error, "those who are away still cannot be told");
                }
                Err(error) => {
                    told = true;
                    tracing::warn!(%error, "those who are away cannot be told for the moment");
                }
            }
            self.rest(DATABASE_AGAIN).await;
            if self.is_stopping() {
                return None;
            }
        }
    }
}
