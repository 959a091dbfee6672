//! Deliberate mistakes on the way over the broker: that what is checked here would find them.

use std::collections::BTreeSet;

use protocol::mistakes::{Mistake, make};
use server::queue::rabbitmq::Consumers;

use super::broker::{
    accepted, config, is_missing, publisher, shared, until, until_given, until_in_line,
};
use super::recorder::{Log, Recorder, by_node, given};

/// Makes a mistake on this thread, on which all of a test's tasks run, until it is dropped.
struct Making;

impl Making {
    fn begin(mistake: Option<Mistake>) -> Self {
        make(mistake);
        Self
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        make(None);
    }
}

/// What comes of two bodies, of which the first is accepted while their queue is gone.
async fn accepted_without_a_queue(mistake: Option<Mistake>) -> Vec<u64> {
    let prefix = mistake.map_or("without-a-queue", Mistake::name);
    let config = config(shared(), prefix, 1);
    let publisher = publisher(&config).await;
    let queue = format!("{prefix}.commands.0");
    shared().ctl(&["delete_queue", &queue]).unwrap();
    let making = Making::begin(mistake);
    accepted(&publisher, 0, 1).await;
    drop(making);
    accepted(&publisher, 0, 2).await;
    let log = Log::default();
    let consumers = Consumers::start(config, Recorder::new("a", &log));
    until("the last is there", || given(&log, 0).last() == Some(&2)).await;
    consumers.stop().await;
    given(&log, 0)
}

#[tokio::test]
async fn accepting_what_no_queue_has_taken_loses_it() {
    if is_missing() {
        return;
    }
    assert_eq!(accepted_without_a_queue(None).await, [1, 2]);
    for mistake in [
        Mistake::AcceptBeforeConfirm,
        Mistake::PublishWithoutMandatory,
    ] {
        assert_eq!(accepted_without_a_queue(Some(mistake)).await, [2]);
    }
}

/// What is stored of two bodies, of which the first was with a node that died.
async fn left_by_the_dead(mistake: Option<Mistake>) -> Vec<u64> {
    let _making = Making::begin(mistake);
    let prefix = mistake.map_or("left-by-the-dead", Mistake::name);
    let config = config(shared(), prefix, 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let dies = Recorder::new("dies", &log);
    dies.set_open(false);
    let first = Consumers::start(config.clone(), dies.clone());
    accepted(&publisher, 0, 1).await;
    until("it holds it", || dies.given() > 0).await;
    drop(first);
    let next = Consumers::start(config, Recorder::new("next", &log));
    accepted(&publisher, 0, 2).await;
    until("the last is there", || given(&log, 0).last() == Some(&2)).await;
    next.stop().await;
    given(&log, 0)
}

#[tokio::test]
async fn acknowledging_before_the_commit_loses_what_a_dead_node_held() {
    if is_missing() {
        return;
    }
    assert_eq!(left_by_the_dead(None).await, [1, 2]);
    let mistake = Mistake::AcknowledgeBeforeCommit;
    assert_eq!(left_by_the_dead(Some(mistake)).await, [2]);
}

#[tokio::test]
async fn giving_back_what_has_to_wait_lets_others_overtake_it() {
    if is_missing() {
        return;
    }
    let _making = Making::begin(Some(Mistake::NackWithRequeue));
    let config = config(shared(), Mistake::NackWithRequeue.name(), 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let waits = Recorder::new("waits", &log);
    waits.set_open(false);
    let consumers = Consumers::start(config, waits.clone());
    accepted(&publisher, 0, 1).await;
    until("it holds one", || waits.given() == 1).await;
    accepted(&publisher, 0, 2).await;
    until("it has given it back for another", || waits.given() > 1).await;
    waits.set_open(true);
    until("all is there", || given(&log, 0).len() >= 2).await;
    consumers.stop().await;
    assert_eq!(given(&log, 0), [2, 1]);
}

/// What two nodes store of more bodies than one is given at once, when the first has stored one and the
/// shard becomes the second's.
async fn handed_over(mistake: Option<Mistake>) -> Vec<u64> {
    const LAST: u64 = 600;
    const GIVEN_AT_ONCE: usize = 512;
    let _making = Making::begin(mistake);
    let prefix = mistake.map_or("handed-over", Mistake::name);
    let config = config(shared(), prefix, 1);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let has_it = Recorder::new("has it", &log);
    has_it.set_open(false);
    let first = Consumers::start(config.clone(), has_it.clone());
    accepted(&publisher, 0, 1).await;
    until("it holds one", || has_it.given() == 1).await;
    for number in 2..=LAST {
        // One by one: what comes together is one message.
        accepted(&publisher, 0, number).await;
    }
    until_given(&config, 0, GIVEN_AT_ONCE).await;
    let second = Consumers::start(config.clone(), Recorder::new("gets it", &log));
    until_in_line(&config, 0, 2).await;
    first.set_primary(BTreeSet::new());
    has_it.let_one_pass();
    let goes_on = || by_node(&log, 0).iter().any(|(node, _)| *node == "gets it");
    until("the other goes on", goes_on).await;
    has_it.set_open(true);
    let is_there = |number| given(&log, 0).contains(&number);
    until("all is there", || (1..=LAST).all(is_there)).await;
    first.stop().await;
    second.stop().await;
    given(&log, 0)
}

#[tokio::test]
async fn cancelling_instead_of_closing_lets_the_next_node_overtake() {
    if is_missing() {
        return;
    }
    assert!(handed_over(None).await.is_sorted());
    let mistake = Mistake::CancelInsteadOfClose;
    assert!(!handed_over(Some(mistake)).await.is_sorted());
}
