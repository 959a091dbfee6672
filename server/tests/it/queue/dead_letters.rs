//! Dead letters.

use server::queue::rabbitmq::Consumers;
use server::queue::rabbitmq::dead_letters::{DeadLetterError, DeadLetters};

use super::broker::{accepted, config, is_missing, publisher, shared, until};
use super::recorder::{Log, Recorder, given};

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_kept_shown_and_replayed() {
    if is_missing() {
        return;
    }
    let config = config(shared(), "letters", 2);
    let publisher = publisher(&config).await;
    let log = Log::default();
    let consumers = Consumers::start(config.clone(), Recorder::with_dead("a", &log, &[3, 5, 8]));
    for number in 0..10 {
        accepted(&publisher, 1, number).await;
    }
    until("all is there", || given(&log, 1).len() >= 10).await;
    // What follows a dead letter goes on; stopping acknowledges all of it.
    consumers.stop().await;

    let letters = DeadLetters::open(config.clone()).await.unwrap();
    let list = letters.list(100).await.unwrap();
    let bodies: Vec<_> = list.iter().map(|letter| letter.body.clone()).collect();
    assert_eq!(bodies, ["3", "5", "8"]);
    assert!(list.iter().all(|letter| letter.shard == 1 && letter.at > 0));
    assert_eq!(list[0].reason, "3 is dead");
    assert_eq!(letters.list(2).await.unwrap(), list[..2]);

    assert_eq!(letters.show(list[1].id).await.unwrap(), list[1]);
    letters.replay(list[1].id).await.unwrap();
    let gone = letters.show(list[1].id).await;
    assert!(matches!(gone, Err(DeadLetterError::Unknown)));
    letters.remove(list[0].id).await.unwrap();
    assert_eq!(letters.list(100).await.unwrap(), [list[2].clone()]);
    letters.close().await;

    let again = Log::default();
    let consumers = Consumers::start(config, Recorder::new("b", &again));
    until("it is there again", || !given(&again, 1).is_empty()).await;
    assert_eq!(given(&again, 1), [5]);
    consumers.stop().await;
}
