//! `group`: what a message to a group costs, by members and by streams.
//!
//! Three nodes, and groups of 50, 500 and 5,000 members, of whom the same 50 are online, with 10, 50
//! or 200 streams between them. For each message, everything that is published on the bus is counted
//! by a subscriber of its own, and the processor time of all nodes is taken from the kernel.

mod members;
mod report;
mod streams;
mod tap;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use protocol::ConversationId;
use tokio::task::JoinSet;

use crate::Bench;
use crate::cluster::{Cluster, addresses};
use crate::counters;
use crate::people::Person;
use crate::sends::{Sender, client_id};
use crate::server::Server;
use crate::timetable::{Timetable, Turns};
use crate::usage;
use streams::Streams;
use tap::Tap;

/// How many nodes there are.
const NODES: usize = 3;

/// How many members the groups have.
const SIZES: [usize; 3] = [50, 500, 5_000];

/// How many members are online, the same in each group.
const ONLINE: usize = 50;

/// How many streams they have between them.
const STREAMS: [usize; 3] = [10, 50, 200];

/// How many of them send.
const SENDERS: usize = 10;

/// How many messages there are a second.
const PER_SECOND: f64 = 100.0;

/// How often each is measured.
const ROUNDS: usize = 3;

/// How long a round takes, unless it was said.
const ROUND: Duration = Duration::from_secs(4);

/// How long one runs first, without being counted.
const WARM_UP: Duration = Duration::from_secs(2);

const DATABASE: &str = "groups";

/// A group of so many members.
struct Group {
    members: usize,
    id: ConversationId,
}

/// What was found in one round.
struct Round {
    members: usize,
    streams: usize,
    messages: u64,
    /// Publishes of the group's events that a subscriber of the bus received.
    events_published: u64,
    /// All publishes that it received.
    published: u64,
    /// All publishes, by the nodes' own count.
    published_by_nodes: f64,
    /// Processor time of all nodes.
    time: Duration,
}

pub struct Report {
    rounds: Vec<Round>,
    /// Milliseconds of processor time a second of all nodes while nobody sends, by how many streams
    /// there are.
    idle: Vec<(usize, f64)>,
}

/// # Errors
/// When a message does not arrive on each stream.
pub fn measure(bench: &Bench) -> Result<Report> {
    let time = bench.seconds.unwrap_or(ROUND);
    let runtime = &bench.runtime;
    let cluster = Cluster::start(bench.server.clone(), bench.folder.clone())?;
    cluster.postgres.create_database(DATABASE)?;
    let settings = [
        ("LIMITS_GROUP_MEMBERS", SIZES[2].to_string()),
        // A list of all members is a request.
        ("LIMITS_BODY_BYTES", "1000000".to_owned()),
        ("LIMITS_STREAMS", STREAMS[2].to_string()),
    ];
    let nodes = (1..=NODES).map(|number| cluster.node(runtime, DATABASE, number, &settings));
    let nodes = nodes.collect::<Result<Vec<_>>>()?;

    runtime.block_on(async {
        let online = members::online(&addresses(&nodes), ONLINE).await?;
        let owner = online.first().context("nobody is online")?;
        let most = SIZES[2] - ONLINE;
        let offline = members::offline(&cluster.postgres, DATABASE, most, owner.id)?;
        let mut groups = Vec::new();
        for size in SIZES {
            let id = members::group(&online, &offline[..size - ONLINE]).await?;
            groups.push(Group { members: size, id });
        }
        let tap = Tap::open(cluster.redis.address()).await?;
        let mut streams = Streams::none();
        let (mut rounds, mut idle) = (Vec::new(), Vec::new());
        for wanted in STREAMS {
            streams.open(&addresses(&nodes), &online, wanted).await?;
            tap.is_quiet().await?;
            idle.push((wanted, idle_time(&nodes, time).await?));
            for number in 0..=ROUNDS {
                let time = if number == 0 { WARM_UP } else { time };
                for group in &groups {
                    let round = round(&nodes, group, &online, &streams, &tap, time).await?;
                    if number > 0 {
                        rounds.push(round);
                    }
                }
            }
            eprintln!("  … measured with {wanted} streams");
        }
        Ok(Report { rounds, idle })
    })
}

/// Sends to a group for that long, and waits until each message has arrived on each stream.
async fn round(
    nodes: &[Server],
    group: &Group,
    online: &[Person],
    streams: &Streams,
    tap: &Tap,
    time: Duration,
) -> Result<Round> {
    let mut ready = Vec::with_capacity(SENDERS);
    for person in &online[..SENDERS] {
        ready.push(Sender::connect(person, group.id).await?);
    }
    let servers = addresses(nodes);
    let by_nodes = counters::total(&servers, "zspchat_bus_published_total").await?;
    let (all, events) = (tap.all(), tap.events());
    let used = processor_time(nodes)?;
    let arrived = streams.arrived();

    let timetable = Timetable {
        per_second: PER_SECOND,
        time,
    };
    let mut senders = JoinSet::new();
    for (sender, turns) in ready.into_iter().zip(timetable.begin(SENDERS)) {
        senders.spawn(send(sender, turns));
    }
    let mut messages = 0;
    while let Some(sent) = senders.join_next().await {
        messages += sent??;
    }
    let deliveries = messages * u64::try_from(streams.count())?;
    streams.wait_for(arrived + deliveries).await?;
    let time = processor_time(nodes)?.saturating_sub(used);
    tap.is_quiet().await?;
    Ok(Round {
        members: group.members,
        streams: streams.count(),
        messages,
        events_published: tap.events() - events,
        published: tap.all() - all,
        published_by_nodes: counters::total(&servers, "zspchat_bus_published_total").await?
            - by_nodes,
        time,
    })
}

async fn send(mut sender: Sender, mut turns: Turns) -> Result<u64> {
    let mut sent = 0;
    while turns.recv().await.is_some() {
        sender.send(&[client_id()]).await?;
        sent += 1;
    }
    Ok(sent)
}

/// Milliseconds a second, over that long.
async fn idle_time(nodes: &[Server], time: Duration) -> Result<f64> {
    let (start, used) = (Instant::now(), processor_time(nodes)?);
    tokio::time::sleep(time).await;
    let used = processor_time(nodes)?.saturating_sub(used);
    Ok(used.as_secs_f64() * 1_000.0 / start.elapsed().as_secs_f64())
}

fn processor_time(nodes: &[Server]) -> Result<Duration> {
    nodes
        .iter()
        .map(|node| usage::processor_time(node.process()))
        .sum()
}
