//! How long a message takes from being sent to arriving on another person's stream.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use protocol::ClientId;
use protocol::stream::StreamEvent;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::people::Pair;
use crate::sends::{Sender, client_id};

/// How many messages are sent a second.
pub const RATE: u32 = 200;

/// For how long.
const TIME: Duration = Duration::from_secs(20);

/// How long a message may take at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long each message took, the shortest first.
pub struct Latency(Vec<Duration>);

/// Messages are sent by a timetable, whether or not those before have arrived, and each takes from
/// its time in that: a server that stands still for a while is charged for all who wait meanwhile.
pub async fn measure(pairs: &[Pair]) -> Result<Latency> {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let mut streams = JoinSet::new();
    for pair in pairs {
        streams.spawn(receive(pair.clone(), arrived.clone()));
    }
    drop(arrived);
    for _ in pairs {
        // Each stream says first that it is there.
        arrivals
            .recv()
            .await
            .context("a stream could not be opened")?;
    }

    let mut senders = JoinSet::new();
    let mut turns = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let (turn, mut times) = mpsc::unbounded_channel();
        let mut sender = Sender::connect(pair).await?;
        turns.push(turn);
        senders.spawn(async move {
            let mut sent = Vec::new();
            while let Some(time) = times.recv().await {
                let id = client_id();
                sent.push((id, time));
                sender.send(id).await?;
            }
            anyhow::Ok(sent)
        });
    }
    // The runtime's timer only knows milliseconds.
    std::thread::spawn(move || timetable(&turns));

    let mut sent: HashMap<ClientId, Instant> = HashMap::new();
    while let Some(sender) = senders.join_next().await {
        sent.extend(sender??);
    }
    let mut took = Vec::with_capacity(sent.len());
    while !sent.is_empty() {
        let arrival = tokio::time::timeout(PATIENCE, arrivals.recv()).await;
        let Ok(Some((Some(id), at))) = arrival else {
            bail!("{} messages did not arrive on a stream", sent.len());
        };
        if let Some(time) = sent.remove(&id) {
            took.push(at - time);
        }
    }
    took.sort_unstable();
    Ok(Latency(took))
}

fn timetable(turns: &[mpsc::UnboundedSender<Instant>]) {
    let messages = RATE * u32::try_from(TIME.as_secs()).unwrap_or(1);
    let start = Instant::now();
    for (number, turn) in (0..messages).zip(turns.iter().cycle()) {
        let time = start + number * (Duration::from_secs(1) / RATE);
        std::thread::sleep(time.saturating_duration_since(Instant::now()));
        // A sender that has failed has said why.
        let _ = turn.send(time);
    }
}

type Arrival = (Option<ClientId>, Instant);

/// Reads a stream for ever, and tells what arrives: first nothing, when the stream is there.
async fn receive(pair: Pair, arrived: mpsc::UnboundedSender<Arrival>) -> Result<()> {
    let connection = Connection::open(pair.address).await?;
    let stream = connection
        .into_stream("/api/v1/stream", &pair.receiver.cookie)
        .await?;
    let mut lines = BufReader::new(stream).lines();
    let mut name = String::new();
    while let Some(line) = lines.next_line().await? {
        let at = Instant::now();
        if let Some(event) = line.strip_prefix("event: ") {
            event.clone_into(&mut name);
        } else if let Some(data) = line.strip_prefix("data: ") {
            match StreamEvent::parse(&name, data)? {
                StreamEvent::Sync(_) => arrived.send((None, at))?,
                StreamEvent::Event(event) => arrived.send((Some(event.client_id), at))?,
                _ => {}
            }
        }
    }
    Ok(())
}

impl Latency {
    pub fn messages(&self) -> usize {
        self.0.len()
    }

    /// How long so many of a hundred took at most, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0
            .get(rank - 1)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let latency = Latency((1..=200).map(Duration::from_millis).collect());
        assert!((latency.percentile(50) - 100.0).abs() < 1e-9);
        assert!((latency.percentile(99) - 198.0).abs() < 1e-9);
        assert!((latency.percentile(100) - 200.0).abs() < 1e-9);
        assert!(Latency(Vec::new()).percentile(50).abs() < 1e-9);
    }
}
