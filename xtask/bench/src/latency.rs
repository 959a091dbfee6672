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
use crate::figures::Times;
use crate::people::{Pair, Person};
use crate::sends::{Acknowledged, Sender, client_id};
use crate::timetable::{Timetable, Turns};

/// How long a message may take at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long messages took that were sent by a timetable, each from its time in that.
pub struct Latency {
    pub per_second: f64,
    pub times: Times,
    pub acknowledged: Acknowledged,
}

/// Lets senders send by a timetable, and their receivers' streams be read.
///
/// # Errors
/// When a message is not acknowledged, or does not arrive.
pub async fn measure(pairs: &[Pair], timetable: Timetable) -> Result<Latency> {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let mut streams = JoinSet::new();
    for pair in pairs {
        streams.spawn(receive(pair.receiver.clone(), arrived.clone()));
    }
    drop(arrived);
    for _ in pairs {
        // Each stream says first that it is there.
        arrivals
            .recv()
            .await
            .context("a stream could not be opened")?;
    }

    let mut ready = Vec::with_capacity(pairs.len());
    for pair in pairs {
        ready.push(Sender::connect(&pair.sender, pair.conversation).await?);
    }
    let mut senders = JoinSet::new();
    for (sender, turns) in ready.into_iter().zip(timetable.begin(pairs.len())) {
        senders.spawn(send(sender, turns));
    }
    let mut sent: HashMap<ClientId, Instant> = HashMap::new();
    let mut acknowledged = Acknowledged::default();
    while let Some(sender) = senders.join_next().await {
        let (of_one, how) = sender??;
        sent.extend(of_one);
        acknowledged.add(how);
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
    Ok(Latency {
        per_second: timetable.per_second,
        times: took.into_iter().collect(),
        acknowledged,
    })
}

type Sent = Vec<(ClientId, Instant)>;

/// Sends at each turn; gives what was sent, with its time in the timetable.
async fn send(mut sender: Sender, mut turns: Turns) -> Result<(Sent, Acknowledged)> {
    let mut sent = Vec::new();
    let mut acknowledged = Acknowledged::default();
    while let Some(time) = turns.recv().await {
        let id = client_id();
        sent.push((id, time));
        acknowledged.add(sender.send(&[id]).await?);
    }
    Ok((sent, acknowledged))
}

type Arrival = (Option<ClientId>, Instant);

/// Reads a stream for ever, and tells what arrives: first nothing, when the stream is there.
async fn receive(person: Person, arrived: mpsc::UnboundedSender<Arrival>) -> Result<()> {
    let connection = Connection::open(person.at).await?;
    let stream = connection
        .into_stream("/api/v1/stream", &person.cookie)
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
