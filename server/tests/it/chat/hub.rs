//! P3 and P6 where they are kept for streams: the hub; and what the sweep repairs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::mistakes::{Mistake, make};
use protocol::stream::StreamEvent;
use protocol::{CommandKind, Event};
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

/// What a stream is told of three messages of which the database refuses one, and what the log holds.
async fn told_and_stored() -> (Vec<Event>, Vec<Event>) {
    let mut scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let mut bens = scene.open(ben).await;
    scene.raw.poison().await;
    let batch = ["before", "poison", "after"].map(|text| scene.command(ada, group, send(text)));
    scene.writer.batch(&batch).await;
    scene.deliver().await;
    let told = bens.take().into_iter().filter_map(|event| match event {
        StreamEvent::Event(event) => Some(event),
        _ => None,
    });
    let stored = scene.page(ben, group).await.events;
    (told.collect(), stored[1..].to_vec())
}

#[tokio::test]
async fn what_the_database_refuses_is_never_told() {
    let (told, stored) = told_and_stored().await;
    assert_eq!((told.len(), &told), (2, &stored));
}

#[tokio::test]
async fn publishing_before_the_commit_is_noticed() {
    make(Some(Mistake::PublishBeforeCommit));
    let (told, stored) = told_and_stored().await;
    make(None);
    assert_ne!(told, stored);
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

/// Somebody's streams open while they are taken out of a group and let in again, over and over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_opens_while_its_user_goes_gets_nothing_from_between() {
    let scene = Arc::new(Scene::new().await);
    let [ada, ben, cat] = scene.friends().await;
    let group = scene.group(&[ada, ben, cat]).await;
    // Keeps the log forwarded here.
    let _others = scene.open(cat).await;
    let done = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (scene, done) = (Arc::clone(&scene), Arc::clone(&done));
        async move {
            let mut outside = Vec::new();
            for round in 0..60 {
                scene.act(ada, group, remove(&[ben])).await.unwrap();
                for n in 0..3 {
                    outside.push(scene.say(ada, group, &format!("{round}.{n}")).await.seq);
                }
                scene.act(ada, group, invite(&[ben])).await.unwrap();
            }
            done.store(true, Ordering::SeqCst);
            outside
        }
    });
    let delivering = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move {
            loop {
                scene.deliver_beside().await;
                tokio::task::yield_now().await;
            }
        }
    });
    let mut got = Vec::new();
    while !done.load(Ordering::SeqCst) {
        let mut stream = scene.open(ben).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        got.extend(stream.seqs().remove(&group).unwrap_or_default());
    }
    delivering.abort();
    let outside = writing.await.unwrap();
    let leaked: Vec<_> = got.iter().filter(|seq| outside.contains(seq)).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
}
