//! The simulation: many browsers, each with the real engine, against the real store, writer and hub,
//! on a network that loses, delays, repeats and reorders, with tabs and servers that die anywhere.
//!
//! A seed repeats a run exactly. What is promised (P1 to P7) is checked after every step and at the
//! end; the promises are those of `ARCHITECTURE.md`.
//!
//! `SIMULATION_SEED=n` runs one seed; `SIMULATION_RUNS=n` sets how many.

mod browser;
mod checks;
mod dice;
mod model;
mod server;
mod world;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use protocol::Kind;
use protocol::mistakes::{Mistake, make};

use world::World;

const RUNS: u64 = 1_000;
const STEPS: usize = 300;

/// One run. Returns a digest of all that was committed, to compare runs by.
async fn run(seed: u64, tampering: bool) -> u64 {
    let mut world = World::new(seed).await;
    let mut positions = checks::Positions::default();
    for step in 0..STEPS {
        world.step().await;
        world.check_step();
        if step % 10 == 0 {
            world.check_positions(&mut positions).await;
        }
    }
    if tampering {
        world.tamper().await;
    }
    world.settle().await;
    world.check_step();
    world.check_positions(&mut positions).await;
    world.check_end().await;
    let committed = world
        .conversations
        .iter()
        .flat_map(|id| world.model.log(*id));
    committed.fold(0, |sum, event| sum ^ event.digest.0)
}

impl World {
    /// Spoils what the browsers hold of what the server still keeps, and has it checked.
    async fn tamper(&mut self) {
        for browser in &mut self.browsers {
            browser.kill();
            browser.checked = 0;
            let list = self
                .server
                .store
                .conversations(browser.user)
                .await
                .expect("the list");
            for conversation in list.conversations {
                let id = conversation.id;
                let events = &mut browser.storage.events;
                let keys: Vec<_> = events
                    .range((id, conversation.floor)..=(id, u64::MAX))
                    .map(|(k, _)| *k)
                    .collect();
                for key in keys {
                    match self.dice.below(6) {
                        0 => {
                            events.remove(&key);
                        }
                        1 => {
                            if let Some(event) = events.get_mut(&key) {
                                event.sent_at += 1;
                            }
                        }
                        2 => {
                            if let Some(mut extra) = events.get(&key).cloned() {
                                extra.seq += 1_000;
                                events.insert((id, extra.seq), extra);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// What went wrong in a run, if anything did.
fn outcome(seed: u64, tampering: bool) -> Result<u64, String> {
    let run = AssertUnwindSafe(run(seed, tampering)).catch_unwind();
    block_on(run).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "something else".to_owned())
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn what_is_promised_holds_on_every_seed() {
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATION_RUNS").unwrap_or(RUNS),
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for core in 0..cores {
            let share = seeds.clone().skip(core).step_by(cores);
            scope.spawn(move || {
                for seed in share {
                    if let Err(error) = outcome(seed, seed % 4 == 3) {
                        panic!("seed {seed}: {error}\nrepeat it with SIMULATION_SEED={seed}");
                    }
                }
            });
        }
    });
}

#[test]
fn a_seed_repeats_a_run() {
    assert_eq!(outcome(12, false), outcome(12, false));
    assert_ne!(outcome(12, false), outcome(13, false));
}

/// Makes one mistake, and sees that the checks of its promise notice it within so many runs.
fn notices(mistake: Mistake, promise: &str) {
    make(Some(mistake));
    let noticed = |seed| outcome(seed, true).is_err_and(|error| error.contains(promise));
    let found = (0..200).any(noticed);
    make(None);
    assert!(found, "{mistake:?} goes unnoticed");
}

#[test]
fn a_forgetful_outbox_is_noticed() {
    notices(Mistake::ForgetUnanswered, "P1");
}

#[test]
fn a_retry_under_another_id_is_noticed() {
    notices(Mistake::NewIdOnRetry, "P2");
}

#[test]
fn sending_without_waiting_is_noticed() {
    notices(Mistake::SendTogether, "P3");
}

#[test]
fn what_follows_nothing_is_noticed_where_the_queue_loses_some() {
    notices(Mistake::FollowNothing, "P3");
}

#[test]
fn an_overlooked_gap_is_noticed() {
    notices(Mistake::OverlookGaps, "P4");
}

#[test]
fn an_overlooked_difference_is_noticed() {
    notices(Mistake::OverlookDifferences, "P5");
}

#[test]
fn a_forgotten_send_key_is_noticed() {
    notices(Mistake::ForgetSendKey, "P2");
}

#[test]
fn forwarding_without_order_is_noticed() {
    notices(Mistake::ForwardOutOfOrder, "P6");
}

#[test]
fn a_leak_is_noticed() {
    notices(Mistake::ForwardToAnyone, "P6");
}

#[test]
fn a_read_position_that_moves_back_is_noticed() {
    notices(Mistake::ReadBackwards, "P7");
}

#[test]
fn the_simulation_sees_what_it_is_to_see() {
    // A simulation in which nothing much happens would show nothing.
    let (mut messages, mut recalls, mut removals) = (0, 0, 0);
    for seed in 0..20 {
        block_on(async {
            let mut world = World::new(seed).await;
            for _ in 0..STEPS {
                world.step().await;
            }
            world.settle().await;
            for event in world
                .conversations
                .iter()
                .flat_map(|id| world.model.log(*id))
            {
                match event.kind {
                    Kind::Message => messages += 1,
                    Kind::Recall => recalls += 1,
                    Kind::Removed => removals += 1,
                    _ => {}
                }
            }
        });
    }
    assert!(
        messages > 200 && recalls > 5 && removals > 5,
        "{messages} {recalls} {removals}"
    );
}
