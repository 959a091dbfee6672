//! All parts running as tasks.

use std::sync::Arc;

use protocol::stream::{ByeReason, StreamEvent};
use server::chat::{Chat, Outcome, Submitted, Unavailable, Wait};

use super::scene::{Scene, send};

fn start(scene: &Scene) -> Chat {
    Chat::start(
        scene.store.clone(),
        scene.clock.clone(),
        scene.random.clone(),
        scene.settings.clone(),
        Arc::new(|_| Box::pin(async { Vec::new() })),
        Arc::new(|_| ()),
        None,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_stored_once_and_arrive_in_order() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let chat = start(&scene);
    let mut stream = chat.hub.open(ben, [0; 32], None).await.unwrap();
    let sends: Vec<_> = (0..200)
        .map(|n| {
            let command = scene.command(ada, group, send(&n.to_string())).submitted;
            let ingest = chat.ingest.clone();
            tokio::spawn(
                async move { ingest.submit(ada, group, vec![command], Wait::Moment).await },
            )
        })
        .collect();
    for sent in sends {
        let outcome = sent.await.unwrap().pop().unwrap().unwrap();
        assert!(matches!(outcome, Outcome::Stored(_)));
    }
    let mut seqs = Vec::new();
    while seqs.len() < 200 {
        let frame = stream.next().await.unwrap();
        let text = std::str::from_utf8(&frame).unwrap();
        if let Some(data) = text.strip_prefix("event: event\ndata: ") {
            let StreamEvent::Event(event) = StreamEvent::parse("event", data).unwrap() else {
                panic!("{text}");
            };
            // A sweep while the stream opened may have told of the group's creation once more.
            if event.seq > 1 {
                seqs.push(event.seq);
            }
        }
    }
    assert_eq!(seqs, (2..202).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_loses_nothing_that_was_accepted() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let chat = start(&scene);
    let mut stream = chat.hub.open(ben, [0; 32], None).await.unwrap();
    let sends: Vec<_> = (0..100)
        .map(|n| {
            let command = scene.command(ada, group, send(&n.to_string())).submitted;
            let ingest = chat.ingest.clone();
            tokio::spawn(
                async move { ingest.submit(ada, group, vec![command], Wait::Moment).await },
            )
        })
        .collect();
    chat.stop().await;
    let mut stored = 0;
    for sent in sends {
        match sent.await.unwrap().pop().unwrap() {
            Ok(Outcome::Stored(_)) => stored += 1,
            Err(Unavailable) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(scene.page(ben, group).await.head, 1 + stored);
    let late: Submitted = scene.command(ada, group, send("late")).submitted;
    assert!(matches!(
        chat.ingest
            .submit(ada, group, vec![late], Wait::Moment)
            .await[..],
        [Err(Unavailable)]
    ));
    let mut frames = Vec::new();
    while let Some(frame) = stream.next().await {
        frames.push(String::from_utf8(frame.to_vec()).unwrap());
    }
    let bye = frames.pop().unwrap();
    let data = bye.strip_prefix("event: bye\ndata: ").unwrap();
    let StreamEvent::Bye(bye) = StreamEvent::parse("bye", data).unwrap() else {
        panic!("{data}");
    };
    assert_eq!(bye.reason, ByeReason::Stopping);
    let events = frames
        .iter()
        .filter_map(|frame| frame.strip_prefix("event: event\ndata: "))
        .map(|data| StreamEvent::parse("event", data).unwrap());
    let seqs = events.map(|event| match event {
        StreamEvent::Event(event) => event.seq,
        other => panic!("{other:?}"),
    });
    // The group's creation may come once more: it was just before the stream opened.
    assert!(seqs.filter(|seq| *seq > 1).eq(2..2 + stored));
}
