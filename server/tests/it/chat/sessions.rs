//! How long sessions last.

use server::accounts::{Lasting, Origin, Sessions};

use super::scene::{DAY, MINUTE, Scene};

const LASTING: Lasting = Lasting {
    unused: 10 * DAY,
    shared: 12 * 60 * MINUTE,
    most: 25 * DAY,
};

fn sessions(scene: &Scene) -> Sessions {
    let (store, clock, random) = (&scene.store, &scene.clock, &scene.random);
    Sessions::new(store.clone(), clock.clone(), random.clone(), LASTING, None)
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_is_used_and_then_no_longer_than_it_may() {
    let scene = Scene::new().await;
    let user = scene.user("ann").await;
    let sessions = sessions(&scene);
    let token = sessions
        .begin(user, &Origin::default(), false)
        .await
        .unwrap();
    // Another node, that has seen it once only, at first.
    let other = self::sessions(&scene);
    assert!(other.find(&token).await.unwrap().is_some());
    for _ in 0..3 {
        scene.clock.advance(8 * DAY);
        assert!(sessions.find(&token).await.unwrap().is_some());
        // Its use is noted beside the request.
        let now = scene.clock.now();
        let noted = async || {
            scene.store.sessions_of(user, now).await.unwrap()[0]
                .session
                .seen_at
        };
        while noted().await < now {
            crate::waiting::moment().await;
        }
    }
    assert!(other.find(&token).await.unwrap().is_some());
    scene.clock.advance(DAY);
    assert!(sessions.find(&token).await.unwrap().is_none());
    assert!(other.find(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_on_a_shared_computer_soon() {
    let scene = Scene::new().await;
    let user = scene.user("ann").await;
    let sessions = sessions(&scene);
    let own = sessions
        .begin(user, &Origin::default(), false)
        .await
        .unwrap();
    let shared = sessions
        .begin(user, &Origin::default(), true)
        .await
        .unwrap();
    scene.clock.advance(12 * 60 * MINUTE);
    assert!(sessions.find(&shared).await.unwrap().is_none());
    scene.clock.advance(10 * DAY - 12 * 60 * MINUTE - 1);
    assert!(sessions.find(&own).await.unwrap().is_some());
    scene.clock.advance(10 * DAY);
    assert!(sessions.find(&own).await.unwrap().is_none());
}

#[tokio::test]
async fn one_that_was_ended_elsewhere_is_remembered_until_it_would_have_expired() {
    let scene = Scene::new().await;
    let user = scene.user("ann").await;
    let sessions = sessions(&scene);
    let token = sessions
        .begin(user, &Origin::default(), false)
        .await
        .unwrap();
    sessions.end_elsewhere(&[token.key()]).await.unwrap();
    assert!(sessions.find(&token).await.unwrap().is_none());
    assert_eq!(sessions.ended(&token).await.unwrap(), Some(user));
    scene.clock.advance(10 * DAY);
    sessions.tidy().await;
    assert_eq!(sessions.ended(&token).await.unwrap(), None);
}
