//! The connection to a server that a writer keeps.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use server::chat::Unavailable;
use tokio::time::timeout;

use super::scene::{Scene, call, event, send};
use crate::database;
use crate::waiting::moment;

/// Processes that stand still as long as this is there.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn new(processes: &[i32]) -> Self {
        let processes: Vec<Pid> = processes
            .iter()
            .copied()
            .filter_map(Pid::from_raw)
            .collect();
        for process in &processes {
            kill_process(*process, Signal::STOP).unwrap();
        }
        Self(processes)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = kill_process(*process, Signal::CONT);
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_made_again_at_once() {
    // To a file there is none to lose.
    if !database::is_postgres() {
        return;
    }
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    // The first is decided by what the batch before has left, the other reads first.
    for (round, said) in [send("still here"), call("you too?", &[ben])]
        .into_iter()
        .enumerate()
    {
        scene.say(ada, group, "here").await;
        scene.raw.hang_up().await;
        let said = scene.act(ada, group, said).await.unwrap();
        assert_eq!(said.seq, 3 + 2 * u64::try_from(round).unwrap());
    }
    assert_eq!(scene.page(ben, group).await.head, 5);
}

#[tokio::test]
async fn a_connection_that_falls_silent_costs_one_batch() {
    if !database::is_postgres() {
        return;
    }
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let frozen = Frozen::new(&scene.raw.others().await);
    let command = scene.command(ada, group, call("are you there?", &[ben]));
    let batch = std::slice::from_ref(&command);
    assert!(matches!(
        scene.writer.batch(batch).await.pop(),
        Some(Err(Unavailable))
    ));
    let outcome = scene.writer.batch(batch).await.pop().unwrap();
    assert_eq!(event(outcome.unwrap()).unwrap().seq, 2);
    scene.writer.close().await;
    drop(frozen);
}

#[tokio::test]
async fn connections_that_have_fallen_silent_do_not_hold_up_the_end() {
    if !database::is_postgres() {
        return;
    }
    let scene = Scene::new().await;
    scene.friends::<2>().await;
    let frozen = Frozen::new(&scene.raw.others().await);
    // Given up on the way, a connection goes back to its pool, which asks it whether it is still there.
    let asked = timeout(Duration::from_millis(100), scene.store.ping()).await;
    assert!(asked.is_err());
    moment().await;
    let closed = timeout(Duration::from_secs(30), scene.store.close()).await;
    assert!(closed.is_ok());
    drop(frozen);
}
