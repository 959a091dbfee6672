//! A real broker, and a whole server that logs to it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use server::telemetry::kafka::Kafka;
use server::telemetry::lines::Stream;
use services::Service as _;

use super::{all, config_for, is_valid, log, numbers, options, start, until};
use crate::http::app::{PASSWORD, Person};
use crate::process::child::{Server, message};

/// What is said about Kafka itself is only on stderr.
const ITSELF: &str = "server::telemetry::kafka";

/// What makes a server log to a broker, and much.
fn variables(brokers: &str) -> [(&'static str, &str); 2] {
    [
        ("ZSPCHAT_KAFKA_BROKERS", brokers),
        ("ZSPCHAT_LOG_LEVEL", "info,server=debug"),
    ]
}

/// Something of everything.
async fn live(server: &Server) -> (Person, Person) {
    let ann = server.anybody().register("ann").await;
    let ben = server.anybody().register("ben").await;
    for text in ["a word between us", "another word"] {
        ann.say(ann.with(&ann), text).await;
    }
    ann.get("/api/v1/users/nobody").await;
    let wrong = json!({"handle": "ben", "password": "a wrong password"});
    server.anybody().post("/api/v1/session", wrong).await;
    (ann, ben)
}

#[tokio::test]
async fn every_line_of_a_server_arrives_once_as_it_is_on_stderr_and_by_the_schema() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let brokers = broker.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), &variables(&brokers)).await;
    let (ann, ben) = live(&server).await;
    server.signal("TERM").await;
    assert!(server.ended().await.success());

    let config = config_for(&brokers);
    let (mut logs, audit) = (all(&config, Stream::Logs), all(&config, Stream::Audit));
    for line in logs.iter().chain(&audit) {
        assert_eq!(is_valid(line), Ok(()));
    }
    // Those are in Kafka only.
    logs.retain(|line| line["target"] != "trace");
    let arrived: Vec<&Value> = logs.iter().chain(&audit).collect();
    let mut told = BTreeMap::<_, i32>::new();
    for line in &arrived {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let line = (text("target"), text("message"), text("request"));
        *told.entry(line).or_default() += 1;
    }
    for line in server.lines() {
        let target = line["target"].as_str().unwrap_or_default().to_owned();
        if target.starts_with(ITSELF) {
            continue;
        }
        let request = line["span"]["request"].as_str().unwrap_or_default();
        let line = (target, message(&line).to_owned(), request.to_owned());
        *told.entry(line).or_default() -= 1;
    }
    told.retain(|_, difference| *difference != 0);
    assert!(told.is_empty(), "more, or fewer, in Kafka: {told:?}");
    assert!(logs.iter().any(|line| line["message"] == "stopped"));
    assert!(logs.iter().all(|line| line["target"] != "audit"));

    // Whom a request is of, and what it is about.
    let own = ann.with(&ann).to_string();
    let sent = logs
        .iter()
        .find(|line| line["conversation"] == own.as_str());
    let sent = sent.expect("a line about a conversation");
    assert_eq!(sent["user"], ann.id.to_string());
    assert!(
        sent["fields"]["route"]
            .as_str()
            .unwrap()
            .starts_with("/api")
    );

    let refused = audit
        .iter()
        .find(|line| line["fields"]["reason"] == "wrong_credentials");
    let refused = refused.expect("the log-in that was refused");
    assert_eq!(refused["fields"]["on"], ben.id.to_string());
    assert_eq!(refused["fields"]["address"], "127.0.0.1");
    assert!(refused.get("user").is_none() && refused.get("request").is_some());

    let everything: String = arrived.iter().map(ToString::to_string).collect();
    let (_, token) = &ann.browser.cookies[0];
    for secret in [PASSWORD, "a wrong password", "between us", token] {
        assert!(!everything.contains(secret), "{secret} is in a line");
    }
}

#[tokio::test]
async fn a_broker_that_is_away_costs_nothing_but_what_does_not_fit() {
    let options = services::KafkaOptions {
        proxy: true,
        ..options()
    };
    let Some(broker) = start(&options) else {
        return;
    };
    let config = server::config::Kafka {
        buffer_bytes: 64 * 1024,
        ..config_for(&broker.address().to_string())
    };
    let kafka = Kafka::start(&config).unwrap().unwrap();
    log(&kafka, 100);
    until(&kafka, "the first are sent", |it| it.sent == 100).await;
    let proxy = broker.proxy().unwrap();
    proxy.cut();
    log(&kafka, 1_000);
    let away = kafka.counted();
    assert_eq!(away.full, 1_000 - away.buffered(), "{away:?}");
    proxy.restore();
    until(&kafka, "what waited is sent", |it| it.buffered() == 0).await;
    // One that hangs is no different.
    broker.pause().unwrap();
    log(&kafka, 100);
    broker.resume();
    let counted = kafka.stop(Duration::from_mins(1));
    assert_eq!(counted.made, 1_200);
    assert_eq!(counted.full, away.full, "{counted:?}");
    assert_eq!(counted.sent, counted.made - away.full, "{counted:?}");
    let arrived: u32 = numbers(&config).values().sum();
    assert_eq!(u64::from(arrived), counted.sent);
}

#[tokio::test]
async fn what_is_sent_and_dropped_is_counted_in_the_metrics() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let brokers = broker.address().to_string();
    let server = Server::start_with(folder.path(), &variables(&brokers)).await;
    server.anybody().register("ann").await;
    let began = tokio::time::Instant::now();
    loop {
        let metrics = server.anybody().get("/metrics").await.text;
        let counted = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.trim().parse::<f64>().ok())
        };
        let sent = counted("zspchat_log_lines_sent_total ");
        let full = counted("zspchat_log_lines_dropped_total{cause=\"full\"} ");
        let waiting = counted("zspchat_log_lines_buffered ");
        if sent > Some(0.0) && full == Some(0.0) && waiting.is_some() {
            break;
        }
        assert!(began.elapsed() < super::PATIENCE, "{metrics}");
        crate::waiting::moment().await;
    }
}
