//! One connection.

use std::net::Shutdown;
use std::time::Duration;

use futures::StreamExt;
use lapin::{Channel, Connection, Event};
use socket2::Socket;
use tokio::sync::watch;

use super::config::RabbitMqConfig;
use super::dial::dial;
use super::limit::{Failure, answer};
use super::topology;

/// How often to look whether the connection is still there.
const LOOK: Duration = Duration::from_secs(1);

/// An open connection.
pub(super) struct Link {
    connection: Connection,
    /// Another handle of its socket: lapin may wait for a frozen broker without end, and only
    /// closing the socket ends that.
    socket: Socket,
    blocked: watch::Sender<bool>,
}

impl Link {
    /// Connects, and makes the queues that are missing.
    pub(super) async fn open(config: &RabbitMqConfig, role: &'static str) -> Result<Self, Failure> {
        let (connection, socket) = dial(config, role).await?;
        let link = Self {
            connection,
            socket,
            blocked: watch::Sender::new(false),
        };
        let channel = link.channel().await?;
        topology::declare_all(&channel, config).await?;
        answer(channel.close(200, "".into())).await?;
        Ok(link)
    }

    /// A new channel.
    pub(super) async fn channel(&self) -> Result<Channel, Failure> {
        answer(self.connection.create_channel()).await
    }

    /// Whether the broker takes nothing.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Waits until the broker takes nothing.
    pub(super) async fn blocked(&self) {
        let mut blocked = self.blocked.subscribe();
        // It cannot be closed: this holds the sender.
        let _ = blocked.wait_for(|blocked| *blocked).await;
    }

    /// Gives the connection up, without a word to the broker.
    pub(super) fn abort(&self) {
        // It may be closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Says goodbye; what was sent before is dealt with by then.
    pub(super) async fn close(&self) {
        // Whoever does not answer is left without.
        let _ = answer(self.connection.close(200, "".into())).await;
        self.abort();
    }

    /// Follows the connection, from this call on, until it is lost; tells why.
    pub(super) fn until_lost(&self) -> impl Future<Output = String> {
        let mut events = Box::pin(self.connection.events_listener());
        async move {
            let mut look = tokio::time::interval(LOOK);
            loop {
                tokio::select! {
                    event = events.next() => match event {
                        // An error of one channel is told as well.
                        Some(Event::Error(error)) if !self.connection.status().connected() => {
                            return error.to_string();
                        }
                        Some(event) => self.note(event),
                        None => return "closed".to_owned(),
                    },
                    // A connection that the broker closes without an error has no event.
                    _ = look.tick() => if !self.connection.status().connected() {
                        return "closed".to_owned();
                    },
                }
            }
        }
    }

    fn note(&self, event: Event) {
        match event {
            Event::ConnectionBlocked(reason) => {
                tracing::warn!(reason, "RabbitMQ takes no messages");
                self.blocked.send_replace(true);
            }
            Event::ConnectionUnblocked => {
                tracing::info!("RabbitMQ takes messages again");
                self.blocked.send_replace(false);
            }
            _ => {}
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.abort();
    }
}
