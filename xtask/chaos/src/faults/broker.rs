//! A broker that fails.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use services::{Proxy, RabbitMq, Service};
use tokio::time::Instant;

use super::{Fault, Scene};
use crate::workload::programs;

/// How much room is left on a full disk, in bytes: less than RabbitMQ asks for.
const LEFT: u64 = 8 * 1024 * 1024;
/// How long commands gather in the queues.
const GATHER: Duration = Duration::from_secs(4);
/// How long a queue may take to be empty.
const EMPTIED: Duration = Duration::from_secs(30);
/// What the queues of the shards are called.
const QUEUE: &str = "zspchat.commands";

pub fn kill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let brokers = &scene.field.cluster.brokers;
    for broker in brokers {
        broker.kill()?;
    }
    Ok(Fault::new(lasts, move || {
        RabbitMq::start_all_again(brokers)
    }))
}

/// What was sent to it meanwhile is gone.
pub fn pause_and_kill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let brokers = &scene.field.cluster.brokers;
    for broker in brokers {
        broker.pause()?;
    }
    Ok(Fault::new(lasts, move || {
        for broker in brokers {
            broker.kill()?;
        }
        RabbitMq::start_all_again(brokers)
    }))
}

pub fn fill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let room = scene.field.rabbitmq_room.as_ref();
    let room = room.context("no room of its own")?;
    let broker = &scene.field.cluster.brokers[0];
    let ballast = room.fill(LEFT)?;
    // It looks at its disk every so often.
    Ok(Fault::new(lasts + Duration::from_secs(5), move || {
        drop(ballast);
        if !broker.is_running() {
            broker.launch()?;
        }
        broker.wait_until_ready()
    }))
}

/// Keeps the database away until the queues have filled, and kills the broker then.
pub fn kill_full<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    gather(scene);
    let brokers = &scene.field.cluster.brokers;
    for broker in brokers {
        broker.kill()?;
    }
    let links = to_postgres(scene);
    Ok(Fault::new(Duration::from_secs(1), move || {
        RabbitMq::start_all_again(brokers)?;
        links.into_iter().for_each(Proxy::restore);
        Ok(())
    }))
}

/// Keeps the database away until the queues have filled, and deletes one that has something in it:
/// a group's, since programs keep nothing that they could send again.
pub fn delete_a_queue<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    gather(scene);
    let group = scene.dice.pick(&scene.people.groups).context("no group")?;
    let queue = format!("{QUEUE}.{}", group.id.shard(scene.people.shards));
    scene.field.cluster.brokers[0].ctl(&["delete_queue", &queue])?;
    let links = to_postgres(scene);
    Ok(Fault::new(Duration::from_secs(1), move || {
        links.into_iter().for_each(Proxy::restore);
        Ok(())
    }))
}

/// Deletes the queue of a program that has said nothing lately, and lets it speak at once.
pub fn delete_an_empty_queue<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    let (program, id) = scene.people.programs.last().context("no program")?;
    let queue = format!("{QUEUE}.{}", id.shard(scene.people.shards));
    let broker = &scene.field.cluster.brokers[0];
    let empty = format!("{queue}\t0");
    let end = Instant::now() + EMPTIED;
    // What is still being handled counts too.
    while !broker
        .ctl(&["list_queues", "name", "messages"])?
        .lines()
        .any(|line| line == empty)
    {
        ensure!(Instant::now() < end, "{queue} is not empty");
    }
    broker.ctl(&["delete_queue", &queue])?;
    // It gives up in time where it is never accepted.
    let over = AtomicBool::new(true);
    let said = programs::say(program, *id, &mut scene.dice, &over);
    scene.handle.block_on(said);
    Ok(Fault::over())
}

pub fn lose_one<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let brokers = &scene.field.cluster.brokers;
    let broker = scene.dice.pick(brokers).context("no broker")?;
    super::kill(broker, lasts + Duration::from_secs(5))
}

pub fn gather(scene: &mut Scene<'_>) {
    to_postgres(scene).into_iter().for_each(Proxy::cut);
    scene.burst();
    std::thread::sleep(GATHER);
}

pub fn to_postgres<'a>(scene: &Scene<'a>) -> Vec<&'a Proxy> {
    let nodes = scene.field.cluster.nodes.iter();
    let links = nodes.filter_map(|node| node.links());
    links.map(|links| &links.postgres).collect()
}
