//! A stream's life, and what it carries beside logs.

use protocol::stream::{Account, ByeReason, PresenceState, StreamEvent};

use super::scene::{MINUTE, Scene, Stream};

fn reason(stream: &mut Stream) -> Option<ByeReason> {
    match stream.take().pop() {
        Some(StreamEvent::Bye(bye)) => Some(bye.reason),
        _ => None,
    }
}

fn presences(stream: &mut Stream) -> Vec<(protocol::UserId, PresenceState)> {
    let presence = |event| match event {
        StreamEvent::Presence(presence) => Some((presence.user, presence.state)),
        _ => None,
    };
    stream.take().into_iter().filter_map(presence).collect()
}

#[tokio::test]
async fn the_ninth_stream_ends_the_oldest() {
    let scene = Scene::new().await;
    let ada = scene.user("ada").await;
    let mut streams = Vec::new();
    for _ in 0..9 {
        streams.push(scene.open(ada).await);
    }
    assert_eq!(reason(&mut streams[0]), Some(ByeReason::TooManyStreams));
    assert_eq!(reason(&mut streams[1]), None);
    assert_eq!(scene.hub.streams(), 8);
}

#[tokio::test]
async fn a_dropped_stream_is_forgotten() {
    let scene = Scene::new().await;
    let ada = scene.user("ada").await;
    drop(scene.open(ada).await);
    assert_eq!(scene.hub.streams(), 0);
}

#[tokio::test]
async fn ending_a_session_ends_its_streams() {
    let scene = Scene::new().await;
    let ada = scene.user("ada").await;
    let [mut here, mut there] = [scene.open(ada).await, scene.open(ada).await];
    scene.hub.end_session(here.session);
    assert_eq!(reason(&mut here), Some(ByeReason::SessionEnded));
    assert_eq!(reason(&mut there), None);
}

#[tokio::test]
async fn heartbeats_come_and_ask_whether_the_session_holds() {
    let scene = Scene::new().await;
    let ada = scene.user("ada").await;
    let [mut here, mut there] = [scene.open(ada).await, scene.open(ada).await];
    here.take();
    scene.clock.advance(19_000);
    scene.hub.tick().await;
    assert!(here.take().is_empty());
    scene.clock.advance(11_000);
    scene.end_in_database(there.session);
    scene.hub.tick().await;
    let now = scene.clock.now();
    assert!(matches!(here.take()[..], [StreamEvent::Heartbeat(beat)] if beat.now == now));
    assert_eq!(reason(&mut there), Some(ByeReason::SessionEnded));
}

#[tokio::test]
async fn a_stream_that_does_not_keep_up_is_ended_not_skipped() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let mut slow = scene.open(ben).await;
    let mut quick = scene.open(ben).await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        scene.say(ada, direct, &"x".repeat(20_000)).await;
        scene.deliver().await;
        seen.extend(quick.seqs().remove(&direct).unwrap_or_default());
    }
    assert!(seen.into_iter().eq(2..22));
    let seqs = slow.seqs().remove(&direct).unwrap();
    let last = *seqs.last().unwrap();
    assert!(last < 21 && seqs.into_iter().eq(2..=last));
    assert_eq!(scene.hub.streams(), 1);
    // Or by time.
    let mut late = scene.open(ben).await;
    scene.say(ada, direct, "short").await;
    scene.deliver().await;
    scene.clock.advance(10_001);
    scene.hub.tick().await;
    assert_eq!(reason(&mut late), Some(ByeReason::TooSlow));
}

#[tokio::test]
async fn a_server_that_stops_says_bye_also_to_who_comes() {
    let scene = Scene::new().await;
    let ada = scene.user("ada").await;
    let mut before = scene.open(ada).await;
    scene.hub.stop();
    let mut after = scene.open(ada).await;
    assert_eq!(reason(&mut before), Some(ByeReason::Stopping));
    assert_eq!(reason(&mut after), Some(ByeReason::Stopping));
    assert_eq!(after.frames.next().await, None);
    assert_eq!(scene.hub.streams(), 0);
}

#[tokio::test]
async fn typing_reaches_the_others_at_most_every_three_seconds() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let [mut adas, mut bens] = [scene.open(ada).await, scene.open(ben).await];
    adas.take();
    bens.take();
    scene.reads.typing(ada, direct).await.unwrap();
    scene.clock.advance(2_999);
    scene.reads.typing(ada, direct).await.unwrap();
    scene.deliver().await;
    assert!(matches!(bens.take()[..], [StreamEvent::Typing(typing)] if typing.user == ada));
    assert!(adas.take().is_empty());
    scene.clock.advance(1);
    scene.reads.typing(ada, direct).await.unwrap();
    scene.deliver().await;
    assert_eq!(bens.take().len(), 1);
}

#[tokio::test]
async fn reading_here_is_told_there() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    scene.say(ada, direct, "one").await;
    scene.say(ada, direct, "two").await;
    let [mut adas, mut bens] = [scene.open(ada).await, scene.open(ben).await];
    adas.take();
    bens.take();
    scene.reads.read_to(ben, direct, 2).await.unwrap();
    scene.reads.read_to(ben, direct, 1).await.unwrap();
    scene.deliver().await;
    assert!(
        matches!(bens.take()[..], [StreamEvent::Read(read)] if (read.seq, read.msg_no) == (2, 1))
    );
    assert!(adas.take().is_empty());
}

#[tokio::test]
async fn only_mutual_contacts_learn_who_is_online() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let eve = scene.user("eve").await;
    scene.contacts(eve, ada).await;
    scene.remove_contact(ada, eve).await;
    let [mut bens, mut eves] = [scene.open(ben).await, scene.open(eve).await];
    for stream in [&mut bens, &mut eves] {
        stream.take();
    }
    let watch = async |user, stream: &Stream, of| {
        let done = scene.hub.watch(user, stream.frames.id(), vec![of]).await;
        done.unwrap()
    };
    assert!(watch(ben, &bens, ada).await);
    assert!(watch(eve, &eves, ada).await);
    assert!(!watch(eve, &bens, ada).await);
    assert_eq!(presences(&mut bens), [(ada, PresenceState::Offline)]);
    let adas = scene.open(ada).await;
    scene.deliver().await;
    assert_eq!(presences(&mut bens), [(ada, PresenceState::Online)]);
    drop(adas);
    scene.clock.advance(MINUTE);
    scene.hub.tick().await;
    scene.deliver().await;
    assert_eq!(presences(&mut bens), [(ada, PresenceState::Offline)]);
    assert_eq!(presences(&mut eves), []);
}

#[tokio::test]
async fn presence_follows_contacts_and_hiding() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let mut bens = scene.open(ben).await;
    let _adas = scene.open(ada).await;
    scene
        .hub
        .watch(ben, bens.frames.id(), vec![ada])
        .await
        .unwrap();
    scene.deliver().await;
    bens.take();
    scene.presence.set_invisible(ada, true);
    scene.deliver().await;
    assert_eq!(presences(&mut bens), [(ada, PresenceState::Offline)]);
    scene.presence.set_invisible(ada, false);
    scene.remove_contact(ada, ben).await;
    let changed = Account {
        contacts: true,
        ..Account::default()
    };
    scene.bus.publish_account(ben, changed);
    scene.deliver().await;
    assert_eq!(
        presences(&mut bens),
        [(ada, PresenceState::Online), (ada, PresenceState::Unknown)]
    );
    scene.contacts(ada, ben).await;
    scene.bus.publish_account(ben, changed);
    scene.deliver().await;
    assert_eq!(presences(&mut bens), [(ada, PresenceState::Online)]);
}
