//! What becomes of the old.

use protocol::Millis;
use protocol::api::events::PageQuery;
use server::chat::{Outcome, retain};

use super::scene::{DAY, Scene, send};
use crate::database;

/// How long after its time something is let go of: Postgres does so by whole days.
fn too_old() -> Millis {
    if database::is_postgres() { DAY } else { 1 }
}

#[tokio::test]
async fn events_go_after_their_days_and_the_floor_tells() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let old: Vec<_> = (0..1_200)
        .map(|n| scene.command(ada, direct, send(&n.to_string())))
        .collect();
    for batch in old.chunks(200) {
        scene.writer.batch(batch).await;
    }
    scene.clock.advance(3 * DAY);
    scene.say(ada, direct, "kept").await;
    scene.clock.advance(too_old());
    let deleted = retain(&scene.store, &scene.clock, &scene.settings)
        .await
        .unwrap();
    assert_eq!(deleted.events, 1_201);
    let page = scene.page(ben, direct).await;
    assert_eq!(page.events.len(), 1);
    assert_eq!((page.start, page.start_msg_no), (1, 0));
    assert_eq!((page.floor, page.floor_msg_no), (1_202, 1_200));
    assert_eq!((page.from, page.to), (1_202, 1_202));
    let from_the_start = PageQuery {
        after: Some(0),
        ..PageQuery::default()
    };
    assert_eq!(scene.page_by(ben, direct, from_the_start).await, page);
    // What has expired is still unread, and can still be read away.
    assert_eq!(scene.mine(ben, direct).await.unread, 1_201);
    let mine = scene.reads.read_to(ben, direct, 1_202).await.unwrap();
    assert_eq!(mine.unread, 0);
}

#[tokio::test]
async fn with_nothing_kept_the_floor_is_behind_the_head() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let command = scene.command(ada, direct, send("gone"));
    scene.repeat(&command).await.unwrap();
    scene.clock.advance(4 * DAY);
    retain(&scene.store, &scene.clock, &scene.settings)
        .await
        .unwrap();
    let page = scene.page(ben, direct).await;
    assert_eq!((page.floor, page.floor_msg_no, page.head), (3, 1, 2));
    assert!(page.from > page.to && page.events.is_empty());
    let heads = scene.store.heads(ben).await.unwrap();
    assert_eq!(heads.standings[0].head.floor, 3);
    let listed = scene
        .store
        .conversation(ben, direct)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((listed.floor, listed.last), (3, None));
    // A late repeat is told where it was.
    let outcome = scene.writer.batch(&[command]).await.pop().unwrap().unwrap();
    assert!(matches!(outcome, Outcome::StoredExpired(expired) if expired.seq == 2));
    // And the log goes on where it was.
    assert_eq!(scene.say(ben, direct, "again").await.seq, 3);
}

#[tokio::test]
async fn records_of_commands_stay_for_as_long_as_they_may_be_repeated() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    scene.direct(ada, ben).await;
    scene.clock.advance(8 * DAY);
    retain(&scene.store, &scene.clock, &scene.settings)
        .await
        .unwrap();
    assert_eq!(scene.raw.send_keys().await, 1);
    scene.clock.advance(too_old());
    retain(&scene.store, &scene.clock, &scene.settings)
        .await
        .unwrap();
    assert_eq!(scene.raw.send_keys().await, 0);
}
