//! Keeping the connections.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ::redis::aio::PubSubSink;
use ::redis::{Msg, RedisError};
use futures::future::{BoxFuture, FutureExt as _, OptionFuture};
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::Shared;
use super::channels::{Arrival, Operation, Published};
use super::connect::{Client, Pair, ping, timed_out};
use crate::random::Random;

/// How often Redis is asked whether it is there.
const PING: Duration = Duration::from_secs(1);

/// How long Redis may take to confirm channels.
const CONFIRM: Duration = Duration::from_secs(5);

/// How many channels are subscribed by one command when all are.
const CHANNELS: usize = 1_000;

/// How many messages are handed on together at most.
const TOGETHER: usize = 256;

/// How long to wait after the first attempt, in milliseconds, and after many.
const FIRST_WAIT: u64 = 100;
const LONGEST_WAIT: u64 = 5_000;

/// How long a connection must last for the next attempt to count as the first.
const STEADY: Duration = Duration::from_secs(10);

/// The task that connects, tells when Redis is lost, and connects again.
pub(super) struct Link {
    pub client: Client,
    pub shared: Arc<Shared>,
    pub operations: mpsc::UnboundedReceiver<Operation>,
    pub arrived: mpsc::UnboundedSender<Arrival>,
    pub random: Random,
}

impl Link {
    /// Runs until it is aborted.
    pub(super) async fn keep(mut self) {
        let mut wait = FIRST_WAIT;
        let mut is_told = false;
        loop {
            let cause = match self.connect().await {
                Ok(pair) => {
                    if is_told {
                        tracing::info!("Redis is back");
                        is_told = false;
                    }
                    let began = Instant::now();
                    let lost = self.serve(pair).await;
                    self.shared.commands.send_replace(None);
                    // One that is lost again and again is not asked ten times a second.
                    if began.elapsed() >= STEADY {
                        wait = FIRST_WAIT;
                    }
                    lost
                }
                Err(cause) => cause,
            };
            self.shared.channels.close(&mut self.operations);
            if !is_told {
                tracing::warn!(%cause, "Redis is away");
                is_told = true;
            }
            // Half of it at least, so that nodes do not all come at once.
            let millis = self.random.within(wait / 2..wait + 1);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Connects, subscribes all channels that are wanted, and says that Redis is there.
    async fn connect(&mut self) -> Result<Pair, RedisError> {
        let mut pair = self.client.open().await?;
        for channels in self.shared.channels.open().chunks(CHANNELS) {
            tokio::time::timeout(CONFIRM, pair.sink.subscribe(channels))
                .await
                .unwrap_or_else(|_| Err(timed_out()))?;
        }
        self.shared.has_refused.store(false, Ordering::SeqCst);
        self.shared.connections.fetch_add(1, Ordering::SeqCst);
        // Nothing is published over the new connection before this, so nothing that it says arrives
        // ahead of it.
        let _ = self.arrived.send(Arrival::Back);
        self.shared
            .commands
            .send_replace(Some(pair.commands.clone()));
        Ok(pair)
    }

    /// Hands on what arrives and carries out operations, until Redis is lost; says how.
    async fn serve(&mut self, pair: Pair) -> RedisError {
        let Pair {
            commands,
            sink,
            published,
        } = pair;
        let mut published = published.ready_chunks(TOGETHER);
        let mut confirming = FuturesUnordered::new();
        let mut pinging: Option<BoxFuture<'_, _>> = None;
        let mut due = tokio::time::interval(PING);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                messages = published.next() => {
                    let Some(messages) = messages else { return closed() };
                    let messages = messages.iter().map(read).collect();
                    let _ = self.arrived.send(Arrival::Published(messages));
                }
                Some(operation) = self.operations.recv() => {
                    let mut confirmed = carry_out(sink.clone(), operation).boxed();
                    // Looked at once here, by which it is sent: so they go in order.
                    match futures::poll!(&mut confirmed) {
                        std::task::Poll::Ready(Ok(())) => {}
                        std::task::Poll::Ready(Err(error)) => return error,
                        std::task::Poll::Pending => confirming.push(confirmed),
                    }
                }
                Some(confirmed) = confirming.next() => {
                    if let Err(error) = confirmed {
                        return error;
                    }
                }
                _ = due.tick(), if pinging.is_none() => {
                    pinging = Some(ping(commands.clone(), sink.clone()).boxed());
                }
                Some(pong) = OptionFuture::from(pinging.as_mut()) => {
                    pinging = None;
                    if let Err(error) = pong {
                        return error;
                    }
                }
            }
        }
    }
}

/// Asks for channels, or for them no more, and waits for the confirmation.
async fn carry_out(mut sink: PubSubSink, operation: Operation) -> Result<(), RedisError> {
    let confirmed = match operation {
        Operation::Subscribe(channels, answer) => {
            let confirmed = tokio::time::timeout(CONFIRM, sink.subscribe(channels)).await;
            if matches!(confirmed, Ok(Ok(()))) {
                // Who asked may be gone.
                let _ = answer.send(());
            }
            confirmed
        }
        Operation::Unsubscribe(channels) => {
            tokio::time::timeout(CONFIRM, sink.unsubscribe(channels)).await
        }
    };
    confirmed.unwrap_or_else(|_| Err(timed_out()))
}

fn read(message: &Msg) -> Published {
    Published {
        channel: message.get_channel_name().to_owned(),
        payload: message.get_payload_bytes().to_vec(),
    }
}

fn closed() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
}
