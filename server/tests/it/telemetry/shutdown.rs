//! A server that ends while Kafka is away, or that cannot use what is configured.

use services::Service as _;

use super::{options, start};
use crate::process::child::{Server, message, refuses, text};

#[tokio::test]
async fn lines_that_cannot_be_sent_are_told_when_it_ends() {
    let Some(broker) = start(&options()) else {
        return;
    };
    let brokers = broker.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ZSPCHAT_KAFKA_BROKERS", &*brokers),
        ("ZSPCHAT_KAFKA_FLUSH_SECONDS", "1"),
    ];
    let mut server = Server::start_with(folder.path(), &variables).await;
    broker.kill().unwrap();
    server.anybody().register("ann").await;
    server.signal("TERM").await;
    assert!(server.ended().await.success());
    let unsent = server
        .logged(|line| line["fields"]["unsent"].as_u64())
        .await;
    assert!(unsent > 0);
    let lines = server.lines();
    let last = lines.last().map(message);
    assert_eq!(last, Some("not all log lines were sent to Kafka"));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no-ca.pem");
    let brokers = ("ZSPCHAT_KAFKA_BROKERS", "127.0.0.1:9");
    for (variables, said) in [
        (
            vec![
                brokers,
                ("ZSPCHAT_KAFKA_TLS", "true"),
                ("ZSPCHAT_KAFKA_CA", text(&missing)),
            ],
            "no-ca.pem",
        ),
        (
            vec![brokers, ("ZSPCHAT_KAFKA_SASL", "scram-sha-512")],
            "kafka.user",
        ),
        (vec![("ZSPCHAT_KAFKA_BROKERS", "kafka")], "not an address"),
    ] {
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            text(folder.path()),
        ];
        let refused = refuses(&arguments, &variables).await;
        assert!(refused.contains(said), "{refused}");
    }
    let away = refuses(&["logs", "tail"], &[brokers]).await;
    assert!(away.contains("kafka: "), "{away}");
    let none = refuses(&["logs", "tail"], &[]).await;
    assert!(none.contains("kafka.brokers is not set"), "{none}");
}
