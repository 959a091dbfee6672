//! What happens to it without warning.

use std::collections::BTreeSet;

use protocol::stream::{ByeReason, StreamEvent};
use reqwest::{Body, Method};
use serde_json::json;
use tokio::process::Command;

use super::child::{Server, in_time, message, text, zspchat};
use super::stopping::{all_there_once, talk};
use crate::http::app::{PASSWORD, say};

#[tokio::test]
async fn killed_in_mid_traffic_it_has_all_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let ann = server.anybody().register("ann").await;
    let mut bob = server.anybody().register("bob").await;
    ann.befriend(&bob).await;
    let mut acknowledged = BTreeSet::new();
    let mut last = 0;
    for round in 0..3 {
        let mut here = ann.clone();
        here.go_to(&server.base);
        bob.go_to(&server.base);
        let mut stream = bob.stream().await;
        let senders: Vec<_> = (0..8)
            .map(|n| tokio::spawn(talk(here.clone(), bob.clone(), round * 8 + n)))
            .collect();
        let mut arrived = 0;
        while arrived < 50 {
            let event = stream.event().await;
            // What the server had before may come once more.
            arrived += u32::from(event.seq > last);
            last = last.max(event.seq);
        }
        server.signal("KILL").await;
        assert!(!server.ended().await.success());
        for sender in senders {
            acknowledged.extend(sender.await.unwrap());
        }
        server = Server::start(folder.path()).await;
    }
    assert!(acknowledged.len() >= 3 * 42);
    bob.go_to(&server.base);
    all_there_once(&bob, ann.with(&bob), &acknowledged).await;
}

#[tokio::test]
async fn out_of_room_it_accepts_nothing_says_why_and_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with_room(folder.path(), 1_024).await;
    let ann = server.anybody().register("ann").await;
    let own = ann.with(&ann);
    let long = "long ".repeat(900);
    let mut acknowledged = BTreeSet::new();
    let (refused, command) = loop {
        let text = format!("{} {long}", acknowledged.len());
        let command = say(&text);
        let answer = ann.command(own, command.clone()).await;
        match answer.status {
            201 => assert!(acknowledged.insert(text)),
            _ => break (answer, command),
        }
        assert!(acknowledged.len() < 1_000, "there is no end of room");
    };
    refused.is_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "2");
    // The cause, and the request that got nowhere.
    let cause = server
        .logged(|line| {
            let stored = message(line) == "commands were not accepted";
            stored.then(|| {
                line["fields"]["error"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
        })
        .await;
    assert!(cause.contains("disk"), "{cause}");
    let request = refused.json()["request_id"].clone();
    server
        .logged(|line| {
            (line["span"]["request"] == request && line["level"] == "WARN").then_some(())
        })
        .await;
    let ready = server.anybody().get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert_eq!(ready.json()["away"], json!(["database"]));
    // What is there can still be read.
    let path = format!("/api/v1/conversations/{own}");
    let head = ann.get(&path).await.json()["head_msg_no"].clone();
    assert_eq!(head, acknowledged.len());

    let room = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &server.id().to_string()])
        .status();
    assert!(room.await.unwrap().success());
    assert_eq!(ann.command(own, command.clone()).await.status, 201);
    assert_eq!(ann.command(own, command).await.status, 201);
    let ready = server.anybody().get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let head = ann.get(&path).await.json()["head_msg_no"].clone();
    assert_eq!(head, acknowledged.len() + 1);
    all_there_once(&ann, own, &acknowledged).await;
}

#[tokio::test]
async fn bodies_too_large_do_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let ann = server.anybody().register("ann").await;
    let before = most_memory(&server);
    let path = format!("/api/v1/conversations/{}/commands", ann.with(&ann));
    let posts: Vec<_> = (0..16)
        .map(|_| {
            let megabyte = vec![b' '; 1024 * 1024];
            let body =
                futures::stream::iter((0..10).map(move |_| Ok::<_, String>(megabyte.clone())));
            let request = ann
                .request(Method::POST, &path)
                .header("content-type", "application/json")
                .body(Body::wrap_stream(body));
            let ann = ann.clone();
            tokio::spawn(async move { ann.send(request).await })
        })
        .collect();
    for post in posts {
        in_time("it answers", post)
            .await
            .unwrap()
            .is_problem(413, "too_large");
    }
    let grown = most_memory(&server) - before;
    assert!(grown < 32 * 1024, "{grown} KiB for 160 MiB sent");
}

/// The most memory the process ever had, in KiB.
fn most_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

#[tokio::test]
async fn a_password_is_reset_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let ann = server.anybody().register("ann").await;
    let mut stream = ann.stream().await;
    let data = text(folder.path());
    let output = zspchat(&["admin", "reset-password", "ann", "--data", data])
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let password = printed.trim().rsplit(' ').next().unwrap();
    let log_in = async |password: &str| {
        let body = json!({"handle": "ann", "password": password});
        server.anybody().post("/api/v1/session", body).await.status
    };
    assert_eq!(log_in(PASSWORD).await, 401);
    assert_eq!(log_in(password).await, 200);
    // Whoever was logged in is not any more, once the server has looked.
    let ended = stream.until(|event| match event {
        StreamEvent::Bye(bye) => Some(bye.reason),
        _ => None,
    });
    assert_eq!(
        in_time("the stream ends", ended).await,
        ByeReason::SessionEnded
    );
    ann.get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
    let lines = server.lines();
    let secret = lines.iter().any(|line| line.to_string().contains(password));
    assert!(!secret, "a password is in the log");
}
