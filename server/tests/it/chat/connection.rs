//! The connection to a server that a writer keeps.

use server::chat::Unavailable;

use super::scene::{Scene, event, send};
use crate::database;

#[tokio::test]
async fn a_connection_that_is_lost_costs_a_batch_at_most() {
    // To a file there is none to lose.
    if !database::is_postgres() {
        return;
    }
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    for round in 0..2 {
        scene.say(ada, group, "here").await;
        scene.raw.hang_up().await;
        let command = scene.command(ada, group, send("still here"));
        let batch = std::slice::from_ref(&command);
        let mut outcome = scene.writer.batch(batch).await.pop().unwrap();
        if let Err(Unavailable) = outcome {
            outcome = scene.writer.batch(batch).await.pop().unwrap();
        }
        assert_eq!(event(outcome.unwrap()).unwrap().seq, 3 + 2 * round);
    }
    assert_eq!(scene.page(ben, group).await.head, 5);
}
