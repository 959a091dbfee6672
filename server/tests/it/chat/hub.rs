//! P3 and P6 where they are kept for streams: the hub; and what the sweep repairs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::CommandKind;
use protocol::stream::StreamEvent;
use server::bus::{Message, Payload};

use super::scene::{Scene, invite, remove, send};

/// A switch for a bus that loses events.
fn losing(what: fn(&Message) -> bool) -> (Arc<AtomicBool>, impl Fn(&Message) -> bool) {
    let lost = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&lost);
    (lost, move |message: &Message| {
        switch.load(Ordering::SeqCst) && what(message)
    })
}

fn is_event(message: &Message) -> bool {
    matches!(message.payload, Payload::Event(_))
}

#[tokio::test]
async fn events_reach_all_members_streams_in_order() {
    let mut scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let [mut adas, mut bens, mut bens_other, mut cyns] = [
        scene.open(ada).await,
        scene.open(ben).await,
        scene.open(ben).await,
        scene.open(cyn).await,
    ];
    for n in 0..5 {
        scene.say(ada, group, &n.to_string()).await;
    }
    scene.deliver().await;
    for stream in [&mut adas, &mut bens, &mut bens_other] {
        assert_eq!(stream.seqs().remove(&group), Some(vec![2, 3, 4, 5, 6]));
    }
    assert!(cyns.seqs().is_empty());
}

#[tokio::test]
async fn a_gap_is_filled_before_what_follows_it() {
    let (lost, loses) = losing(is_event);
    let mut scene = Scene::losing(loses).await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let mut bens = scene.open(ben).await;
    lost.store(true, Ordering::SeqCst);
    scene.say(ada, direct, "lost").await;
    scene.say(ada, direct, "lost too").await;
    lost.store(false, Ordering::SeqCst);
    scene.say(ada, direct, "found").await;
    scene.deliver().await;
    assert_eq!(bens.seqs().remove(&direct), Some(vec![2, 3, 4]));
}

#[tokio::test]
async fn the_sweep_finds_what_nothing_follows() {
    let (lost, loses) = losing(|_| true);
    let mut scene = Scene::losing(loses).await;
    let [ada, ben, cyn] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let mut bens = scene.open(ben).await;
    let mut cyns = scene.open(cyn).await;
    lost.store(true, Ordering::SeqCst);
    scene.say(ada, direct, "lost").await;
    let group = scene.group(&[ada, ben, cyn]).await;
    scene.say(ada, group, "a whole group lost").await;
    scene.deliver().await;
    assert!(bens.seqs().is_empty());
    scene.clock.advance(10_000);
    scene.hub.sweep().await.unwrap();
    let mut seqs = bens.seqs();
    assert_eq!(seqs.remove(&direct), Some(vec![2]));
    assert_eq!(seqs.remove(&group), Some(vec![1, 2]));
    assert_eq!(cyns.seqs().remove(&group), Some(vec![1, 2]));
    scene.hub.sweep().await.unwrap();
    assert!(bens.seqs().is_empty());
}

#[tokio::test]
async fn newcomers_get_the_log_from_their_coming_on() {
    let mut scene = Scene::new().await;
    let [ada, ben, cyn, dan] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let mut cyns = scene.open(cyn).await;
    // To a node where nobody is a member, and to one where somebody is.
    scene.say(ada, group, "before").await;
    scene.act(ada, group, invite(&[cyn])).await.unwrap();
    scene.say(ada, group, "hello cyn").await;
    scene.deliver().await;
    let mut dans = scene.open(dan).await;
    scene.act(ada, group, invite(&[dan])).await.unwrap();
    scene.say(ada, group, "hello dan").await;
    scene.deliver().await;
    assert_eq!(cyns.seqs().remove(&group), Some(vec![3, 4, 5, 6]));
    assert_eq!(dans.seqs().remove(&group), Some(vec![5, 6]));
}

#[tokio::test]
async fn who_is_removed_hears_of_it_and_then_nothing() {
    let (lost, loses) = losing(is_event);
    let mut scene = Scene::losing(loses).await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    let [mut bens, mut cyns] = [scene.open(ben).await, scene.open(cyn).await];
    // The removal is lost, and comes only by what follows it.
    lost.store(true, Ordering::SeqCst);
    scene.act(ada, group, remove(&[cyn])).await.unwrap();
    lost.store(false, Ordering::SeqCst);
    scene.say(ada, group, "about cyn").await;
    scene.deliver().await;
    assert_eq!(cyns.seqs().remove(&group), Some(vec![2]));
    assert_eq!(bens.seqs().remove(&group), Some(vec![2, 3]));
    // Back again, and gone by themselves.
    scene.act(ada, group, invite(&[cyn])).await.unwrap();
    scene.act(cyn, group, CommandKind::Leave).await.unwrap();
    scene.say(ada, group, "bye").await;
    scene.deliver().await;
    assert_eq!(cyns.seqs().remove(&group), Some(vec![4, 5]));
}

#[tokio::test]
async fn a_removal_and_a_return_that_come_late_do_not_mix_up() {
    let (lost, loses) = losing(|_| true);
    let mut scene = Scene::losing(loses).await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    let mut bens = scene.open(ben).await;
    let mut cyns = scene.open(cyn).await;
    lost.store(true, Ordering::SeqCst);
    scene.act(ada, group, remove(&[cyn])).await.unwrap();
    scene.say(ada, group, "without cyn").await;
    scene.act(ada, group, invite(&[cyn])).await.unwrap();
    // A new stream of Cyn's knows only the new membership.
    let mut cyns_other = scene.open(cyn).await;
    lost.store(false, Ordering::SeqCst);
    scene.say(ada, group, "hello again").await;
    scene.deliver().await;
    assert_eq!(bens.seqs().remove(&group), Some(vec![2, 3, 4, 5]));
    let seqs = cyns.seqs().remove(&group).unwrap();
    assert!(!seqs.contains(&3) && seqs.ends_with(&[4, 5]), "{seqs:?}");
    let seqs = cyns_other.seqs().remove(&group).unwrap();
    assert!(!seqs.contains(&3) && seqs.ends_with(&[4, 5]), "{seqs:?}");
}

#[tokio::test]
async fn nothing_between_sync_and_the_first_event_is_missed() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    // On its way before the stream opens, and delivered after.
    scene.say(ada, direct, "on its way").await;
    let mut bens = scene.open(ben).await;
    scene.say(ada, direct, "after").await;
    scene.deliver().await;
    let received = bens.take();
    let StreamEvent::Sync(sync) = &received[0] else {
        panic!("sync comes first: {received:?}");
    };
    assert_eq!(sync.heads[0].head, 2);
    assert_eq!(sync.heads[0].unread, 1);
    let [StreamEvent::Event(event)] = &received[1..] else {
        panic!("one event: {received:?}");
    };
    assert_eq!(event.seq, 3);
}

#[tokio::test]
async fn sync_tells_what_changed_since() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    scene.direct(ada, ben).await;
    scene.clock.advance(super::scene::DAY);
    let group = scene.group(&[ada, ben]).await;
    let since = scene.clock.now();
    let mut subscription = scene.hub.open(ben, [1; 32], Some(since)).await.unwrap();
    let frame = subscription.take().unwrap();
    let text = std::str::from_utf8(&frame).unwrap();
    assert!(text.starts_with(&format!("id: {since}\nevent: sync\ndata: ")));
    let data = text.trim_end().rsplit("data: ").next().unwrap();
    let StreamEvent::Sync(sync) = StreamEvent::parse("sync", data).unwrap() else {
        panic!("{text}");
    };
    assert!(!sync.complete);
    assert_eq!(sync.heads.len(), 1);
    assert_eq!(sync.heads[0].conversation, group);
}

#[tokio::test]
async fn a_stored_command_that_is_repeated_is_told_once() {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let mut bens = scene.open(ben).await;
    let command = scene.command(ada, direct, send("once"));
    scene.repeat(&command).await.unwrap();
    scene.repeat(&command).await.unwrap();
    scene.deliver().await;
    assert_eq!(bens.seqs().remove(&direct), Some(vec![2]));
}
