//! Nodes that fail.

use std::time::Duration;

use anyhow::Result;
use services::{Proxy, Service};

use super::broker::{gather, to_postgres};
use super::network::SLOW;
use super::{Fault, Scene};

/// How long the nodes are watched for which of them stores most.
const WATCH: Duration = Duration::from_millis(500);
/// How long after the beginning of a burst a writer is killed, in milliseconds.
const INTO_THE_BURST: std::ops::Range<u64> = 5..150;
/// How long the others may take to find that a node is back, and to hand shards over to it: they look
/// every three seconds.
const FOUND: Duration = Duration::from_secs(5);

pub fn kill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let node = any(scene);
    super::kill(&scene.field.cluster.nodes[node], lasts)
}

pub fn pause<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let node = any(scene);
    // Long enough, at times, that others take it for dead.
    let more = if scene.dice.percent(40) { 12 } else { 0 };
    super::pause(
        &scene.field.cluster.nodes[node],
        lasts + Duration::from_secs(more),
    )
}

pub fn kill_a_writer<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let before = stored(scene);
    std::thread::sleep(WATCH);
    let after = stored(scene);
    let most = (0..after.len()).max_by_key(|node| after[*node].saturating_sub(before[*node]));
    let node = &scene.field.cluster.nodes[most.unwrap_or(0)];
    scene.burst();
    std::thread::sleep(Duration::from_millis(scene.dice.within(INTO_THE_BURST)));
    super::kill(node, lasts)
}

/// Keeps the database away until much has been delivered, and kills a node that holds some of it.
pub fn kill_stalled<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    gather(scene);
    let node = any(scene);
    let node = &scene.field.cluster.nodes[node];
    node.kill()?;
    let links = to_postgres(scene);
    Ok(Fault::new(lasts, move || {
        links.into_iter().for_each(Proxy::restore);
        node.start_again()
    }))
}

/// Slows the database down, so that much is under way when the others hand shards over to a node that
/// comes back.
pub fn restart_slowly<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    let links = to_postgres(scene);
    for link in &links {
        link.delay(SLOW);
    }
    let node = any(scene);
    let node = &scene.field.cluster.nodes[node];
    node.stop()?;
    node.start_again()?;
    scene.burst();
    Ok(Fault::new(FOUND, move || {
        links.into_iter().for_each(Proxy::restore);
        Ok(())
    }))
}

pub fn restart_all<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    for node in &scene.field.cluster.nodes {
        node.stop()?;
        node.start_again()?;
    }
    Ok(Fault::over())
}

fn any(scene: &mut Scene<'_>) -> usize {
    scene.dice.below(scene.field.cluster.nodes.len())
}

/// How many events each node has stored, by its own count.
fn stored(scene: &Scene<'_>) -> Vec<u64> {
    let count = |address| {
        let url = format!("http://{address}/metrics");
        let text = scene.handle.block_on(async {
            let response = reqwest::get(url).await.ok()?;
            response.text().await.ok()
        });
        let line = "zspchat_events_stored_total ";
        let number = text?
            .lines()
            .find_map(|it| it.strip_prefix(line)?.trim().parse::<f64>().ok())?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count"
        )]
        Some(number as u64)
    };
    let nodes = scene.field.cluster.nodes.iter();
    nodes
        .map(|node| count(node.address()).unwrap_or_default())
        .collect()
}
