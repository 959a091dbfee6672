//! Told to stop, it loses nothing that it accepted.

use std::collections::BTreeSet;

use protocol::stream::ByeReason;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::child::{Server, message};
use crate::http::app::{Person, say};

#[tokio::test]
async fn told_to_stop_it_answers_what_it_took_says_bye_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let ann = server.anybody().register("ann").await;
    let bob = server.anybody().register("bob").await;
    ann.befriend(&bob).await;
    let conversation = ann.with(&bob);
    let mut stream = bob.stream().await;
    let senders: Vec<_> = (0..8)
        .map(|n| tokio::spawn(talk(ann.clone(), bob.clone(), n)))
        .collect();
    while stream.event().await.seq < 20 {}
    server.signal("TERM").await;
    let bye = stream.bye().await;
    assert_eq!(bye.reason, ByeReason::Stopping);
    assert!(bye.retry > 0);
    assert!(stream.next().await.is_none());
    assert!(server.ended().await.success());
    server
        .logged(|line| (message(line) == "stopped").then_some(()))
        .await;

    let mut acknowledged = BTreeSet::new();
    for sender in senders {
        acknowledged.extend(sender.await.unwrap());
    }
    assert!(acknowledged.len() >= 19);
    let again = Server::start(folder.path()).await;
    let mut bob = bob;
    bob.go_to(&again.base);
    all_there_once(&bob, conversation, &acknowledged).await;
}

/// Says one thing after the other until that fails; gives what was acknowledged.
pub async fn talk(ann: Person, bob: Person, number: usize) -> Vec<String> {
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&bob));
    let mut acknowledged = Vec::new();
    loop {
        let text = format!("{number}: {}", acknowledged.len());
        let sent = ann
            .request(reqwest::Method::POST, &path)
            .json(&say(&text))
            .send();
        match sent.await {
            Ok(answer) if answer.status() == 201 => acknowledged.push(text),
            Ok(answer) if answer.status() == 503 => {
                assert!(answer.headers().contains_key("retry-after"));
                return acknowledged;
            }
            Ok(answer) => panic!("{}", answer.status()),
            // The connection is gone: nobody knows.
            Err(_) => return acknowledged,
        }
    }
}

/// All that was acknowledged is there, and nothing twice.
pub async fn all_there_once(
    reader: &Person,
    conversation: protocol::ConversationId,
    acknowledged: &BTreeSet<String>,
) {
    let mut after = 0;
    let mut kept = Vec::new();
    loop {
        let path = format!("/api/v1/conversations/{conversation}/events?after={after}");
        let page: protocol::api::events::Page = reader.get(&path).await.read();
        let seqs = page.events.iter().map(|event| event.seq);
        assert!(
            seqs.eq(after + 1..=after + page.events.len() as u64),
            "no gap"
        );
        after += page.events.len() as u64;
        kept.extend(page.events.iter().filter_map(|event| {
            let body: serde_json::Value = serde_json::from_str(event.body.get()).unwrap();
            Some(body["content"]["text"].as_str()?.to_owned())
        }));
        if after >= page.head {
            break;
        }
    }
    let once: BTreeSet<String> = kept.iter().cloned().collect();
    assert_eq!(once.len(), kept.len(), "nothing is there twice");
    let lost: Vec<_> = acknowledged.difference(&once).collect();
    assert!(lost.is_empty(), "acknowledged, but not there: {lost:?}");
}

#[tokio::test]
async fn told_twice_it_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    // A request that does not end by itself.
    let mut slow = TcpStream::connect(server.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: x\r\norigin: {}\r\n\
         content-type: application/json\r\ncontent-length: 9\r\n\r\n{{",
        server.base
    );
    slow.write_all(
        head.replace("host: x", &format!("host: {}", &server.base[7..]))
            .as_bytes(),
    )
    .await
    .unwrap();
    // It has been seen once another connection, opened later, is answered.
    assert_eq!(server.anybody().get("/healthz").await.status, 200);
    server.signal("TERM").await;
    server
        .logged(|line| (message(line) == "stopping").then_some(()))
        .await;
    server.signal("TERM").await;
    assert!(!server.ended().await.success());
    server
        .logged(|line| {
            line.as_str()?
                .starts_with("error: told twice")
                .then_some(())
        })
        .await;
}
