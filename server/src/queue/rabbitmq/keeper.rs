//! A connection that is opened again whenever it is lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::config::RabbitMqConfig;
use super::connection::Link;
use super::limit::Failure;
use super::stop::stopped;

/// A connection that lasted this long was a good one: the next attempt comes soon.
const LASTED: Duration = Duration::from_secs(5);

/// How the broker is, as far as this connection can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connected.
    Up,
    /// Not connected.
    Away,
    /// Connected, but the broker takes nothing: it is short of memory or of disk.
    Blocked,
}

/// Keeps a connection open until it is closed or dropped.
pub(super) struct Keeper {
    links: watch::Receiver<Option<Arc<Link>>>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts connecting. `role` is the connection's name in the broker's lists and in the logs.
    pub(super) fn start(config: Arc<RabbitMqConfig>, role: &'static str) -> Self {
        let (sender, links) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(keep(config, role, sender, stopped));
        Self {
            links,
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// The connection of the moment: none while the broker is away.
    pub(super) fn links(&self) -> watch::Receiver<Option<Arc<Link>>> {
        self.links.clone()
    }

    /// The connection of the moment.
    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.links.borrow().clone()
    }

    pub(super) fn state(&self) -> State {
        match self.link() {
            None => State::Away,
            Some(link) if link.is_blocked() => State::Blocked,
            Some(_) => State::Up,
        }
    }

    /// Closes the connection, and opens none any more.
    pub(super) async fn close(&self) {
        self.stop.send_replace(true);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            // A panic in it was reported where it happened.
            let _ = task.await;
        }
    }
}

async fn keep(
    config: Arc<RabbitMqConfig>,
    role: &'static str,
    links: watch::Sender<Option<Arc<Link>>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut backoff = Backoff::new();
    // One line when the broker is lost, one when it is back.
    let mut away = false;
    loop {
        let opened = tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            opened = Link::open(&config, role) => opened,
        };
        match opened {
            Ok(link) => {
                tracing::info!(role, "connected to RabbitMQ");
                let since = Instant::now();
                let link = Arc::new(link);
                let lost = link.until_lost();
                links.send_replace(Some(Arc::clone(&link)));
                let lost = tokio::select! {
                    biased;
                    () = stopped(&mut stop) => None,
                    error = lost => Some(error),
                };
                links.send_replace(None);
                let Some(error) = lost else {
                    link.close().await;
                    return;
                };
                link.abort();
                tracing::warn!(role, error, "the connection to RabbitMQ is lost");
                away = true;
                if since.elapsed() >= LASTED {
                    backoff.reset();
                }
            }
            Err(failure @ Failure::OtherArguments(_)) => complain(&failure),
            Err(error) if !away => {
                tracing::warn!(role, %error, "RabbitMQ cannot be reached; trying again");
                away = true;
            }
            Err(error) => tracing::debug!(role, %error, "RabbitMQ cannot be reached"),
        }
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = backoff.wait() => {}
        }
    }
}

/// Says what to do about a queue that exists with other arguments.
pub(super) fn complain(failure: &Failure) {
    use std::error::Error;
    tracing::error!(
        cause = failure.source().map(ToString::to_string),
        "{failure}: configure the old arguments again, or let the queue drain and delete it; it is then made again"
    );
}
