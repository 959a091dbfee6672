//! A network that fails, between one node and one of its services.

use std::time::Duration;

use anyhow::{Context, Result};
use services::Proxy;

use super::{Fault, Scene};

/// How much slower it gets, each way.
pub const SLOW: Duration = Duration::from_millis(200);
/// How much longer it is frozen, at times: past every time-out.
const PAST_TIME_OUTS: Duration = Duration::from_secs(12);

pub fn cut<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let link = any(scene)?;
    link.cut();
    Ok(until_restored(link, lasts))
}

pub fn delay<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let link = any(scene)?;
    link.delay(SLOW);
    Ok(until_restored(link, lasts))
}

pub fn freeze<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let link = any(scene)?;
    link.freeze();
    let long = scene.dice.percent(50);
    Ok(until_restored(
        link,
        if long { lasts + PAST_TIME_OUTS } else { lasts },
    ))
}

fn until_restored(link: &Proxy, lasts: Duration) -> Fault<'_> {
    Fault::new(lasts, || {
        link.restore();
        Ok(())
    })
}

fn any<'a>(scene: &mut Scene<'a>) -> Result<&'a Proxy> {
    let node = scene.dice.pick(&scene.field.cluster.nodes);
    let links = node.and_then(|node| node.links()).context("no links")?;
    Ok(match scene.dice.below(3) {
        0 => &links.postgres,
        1 => &links.redis,
        _ => &links.rabbitmq,
    })
}
