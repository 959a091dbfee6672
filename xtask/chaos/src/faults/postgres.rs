//! A database that fails.

use std::time::Duration;

use anyhow::{Context, Result};
use services::{Postgres, Service};

use super::{Fault, Scene};
use crate::field::Field;

/// How long a disk is full at least.
const ENOUGH: Duration = Duration::from_secs(4);
/// How far a clock jumps, in seconds.
const JUMP: u64 = 3_600;
/// How long it is wrong, in seconds: the nodes look at it every ten.
const WRONG: std::ops::Range<u64> = 5..25;
/// How long the old primary stays dead before the standby takes over.
const TAKE_OVER: std::ops::Range<u64> = 200..2_000;

pub fn kill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let field = scene.field;
    field.primary(Service::kill)?;
    Ok(Fault::new(lasts, || field.primary(Service::start_again)))
}

pub fn pause<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let field = scene.field;
    // Long enough, at times, that the nodes give up.
    let more = if scene.dice.percent(40) { 10 } else { 0 };
    field.primary(Service::pause)?;
    Ok(Fault::new(lasts + Duration::from_secs(more), || {
        field.primary(|postgres| {
            postgres.resume();
            postgres.wait_until_ready()
        })
    }))
}

pub fn fill<'a>(scene: &mut Scene<'a>, lasts: Duration) -> Result<Fault<'a>> {
    let field: &Field = scene.field;
    let room = field.postgres_room.as_ref().context("no room of its own")?;
    let ballast = room.fill(0)?;
    // What is written now wants room.
    scene.burst();
    Ok(Fault::new(lasts + ENOUGH, move || {
        drop(ballast);
        let postgres = &field.cluster.postgres;
        // It ends where it cannot write its own log.
        if !postgres.is_running() {
            postgres.launch()?;
        }
        postgres.wait_until_ready()
    }))
}

/// The standby is there before, as it is in life; when the primary has died, it takes over.
pub fn fail_over<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    let field = scene.field;
    let standby = field.primary(Postgres::standby)?;
    field.primary(Service::kill)?;
    let wait = Duration::from_millis(scene.dice.within(TAKE_OVER));
    Ok(Fault::new(wait, move || {
        standby.promote()?;
        field.set_primary(standby);
        Ok(())
    }))
}

pub fn jump<'a>(scene: &mut Scene<'a>) -> Result<Fault<'a>> {
    let clock = scene.field.clock().context("no clock of its own")?;
    clock.put_ahead(JUMP)?;
    Ok(Fault::new(scene.seconds(WRONG), || clock.put_ahead(0)))
}
