//! `zspchat logs tail`.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{options, start};
use crate::http::app::Person;
use crate::process::child::{Server, in_time, text, zspchat};

/// What it prints, as JSON.
pub async fn tail(folder: &std::path::Path, brokers: &str, more: &[&str]) -> Vec<Value> {
    let arguments = ["logs", "tail", "--json", "--data", text(folder)];
    let mut command = zspchat(&arguments);
    command.args(more).env("ZSPCHAT_KAFKA_BROKERS", brokers);
    let output = in_time("it prints them", command.output()).await.unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn lines_are_found_by_each_filter_in_the_order_of_their_time() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let brokers = broker.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ZSPCHAT_KAFKA_BROKERS", &*brokers),
        ("ZSPCHAT_LOG_LEVEL", "info,server=debug"),
    ];
    let mut server = Server::start_with(folder.path(), &variables).await;
    let ann: Person = server.anybody().register("ann").await;
    let ben: Person = server.anybody().register("ben").await;
    ann.say(ann.with(&ann), "x").await;
    let missing = ann.get("/api/v1/users/nobody").await;
    let request = missing.json()["request_id"].as_str().unwrap().to_owned();
    let wrong = json!({"handle": "ben", "password": "a wrong password"});
    server.anybody().post("/api/v1/session", wrong).await;
    server.signal("TERM").await;
    server.ended().await;
    let found = async |more: &[&str]| tail(folder.path(), &brokers, more).await;

    let everything = found(&[]).await;
    let times: Vec<i64> = everything
        .iter()
        .map(|it| it["at"].as_i64().unwrap())
        .collect();
    assert!(times.is_sorted());
    let is_audit = |line: &Value| line["target"] == "audit";
    assert!(everything.iter().any(is_audit) && !everything.iter().all(is_audit));

    let of_request = found(&["--request", &request]).await;
    assert!(!of_request.is_empty());
    assert!(
        of_request
            .iter()
            .all(|line| line["request"] == request.as_str())
    );

    let (id, other) = (ann.id.to_string(), ben.id.to_string());
    let of_ann = found(&["--user", &id]).await;
    assert!(of_ann.len() > 2 && of_ann.len() < everything.len());
    assert!(of_ann.iter().all(|line| line["user"] == id.as_str()));
    // A handle is looked up; what was done to somebody is found too.
    let of_ben = found(&["--user", "ben", "--audit"]).await;
    let refused = |line: &Value| {
        line["fields"]["on"] == other.as_str() && line["fields"]["outcome"] == "refused"
    };
    assert!(of_ben.iter().any(refused) && of_ben.iter().all(is_audit));

    let own = ann.with(&ann).to_string();
    let of_own = found(&["--conversation", &own]).await;
    assert!(!of_own.is_empty());
    assert!(
        of_own
            .iter()
            .all(|line| line["conversation"] == own.as_str())
    );

    let serious = found(&["--level", "warn"]).await;
    assert!(
        serious
            .iter()
            .all(|line| line["level"] == "warn" || line["level"] == "error")
    );
    assert!(serious.len() < everything.len());
    assert!(found(&["--since", "0s"]).await.is_empty());

    let mut readable = zspchat(&["logs", "tail", "--audit"]);
    readable.env("ZSPCHAT_KAFKA_BROKERS", &brokers);
    let printed = in_time("it prints them", readable.output()).await.unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains(" INFO audit: register "), "{printed}");
}

#[tokio::test]
async fn what_comes_is_followed() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let brokers = broker.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = zspchat(&["logs", "tail", "--json", "--follow", "--audit"]);
    command
        .env("ZSPCHAT_KAFKA_BROKERS", &brokers)
        .stdout(Stdio::piped());
    let mut tail = command.spawn().unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let variables = [("ZSPCHAT_KAFKA_BROKERS", &*brokers)];
    let server = Server::start_with(folder.path(), &variables).await;
    for handle in ["ann", "ben"] {
        let person = server.anybody().register(handle).await;
        let line = in_time("it is printed", lines.next_line()).await;
        let line: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
        assert_eq!(line["fields"]["act"], "register");
        assert_eq!(line["user"], person.id.to_string());
    }
    tail.kill().await.unwrap();
}
