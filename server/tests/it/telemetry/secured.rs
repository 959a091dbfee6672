//! TLS, and proving who one is.

mod door;

use services::{Certificates, Folder, KafkaOptions};
use std::time::Duration;
use tokio::net::TcpListener;

use server::config::{self, Sasl, Secret};
use server::telemetry::kafka::{Kafka, Reader};
use server::telemetry::lines::Stream;

use super::{config_for, log, numbers, options, start};

#[tokio::test(flavor = "multi_thread")]
async fn lines_go_by_tls_to_a_broker_that_asks_who_we_are() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let options = KafkaOptions {
        advertised: Some(front),
        ..options()
    };
    let Some(broker) = start(&options) else {
        return;
    };
    let folder = Folder::new("kafka-tls").unwrap();
    let certificates = Certificates::make(&folder.path().join("tls"), None).unwrap();
    door::keep(listener, &certificates, broker.port());
    let password = |text: &str| Some(Secret::from(text.to_owned()));
    let right = config::Kafka {
        tls: true,
        ca: Some(certificates.authority.clone()),
        sasl: Some(Sasl::Plain),
        user: Some(door::USER.to_owned()),
        password: password(door::PASSWORD),
        ..config_for(&front.to_string())
    };
    let written = right.clone();
    let counted = tokio::task::spawn_blocking(move || {
        let kafka = Kafka::start(&written).unwrap().unwrap();
        log(&kafka, 100);
        kafka.stop(Duration::from_secs(30))
    });
    assert_eq!(counted.await.unwrap().sent, 100);
    let read = right.clone();
    let found = tokio::task::spawn_blocking(move || numbers(&read));
    assert_eq!(found.await.unwrap().len(), 100);

    // Whoever does not trust the authority, is not who they say, does not say it, or speaks no TLS gets
    // nowhere.
    let stranger = Certificates::make(&folder.path().join("other"), None).unwrap();
    let distrusts = config::Kafka {
        ca: Some(stranger.authority.clone()),
        ..right.clone()
    };
    let pretends = config::Kafka {
        password: password("a guess"),
        ..right.clone()
    };
    let nameless = config::Kafka {
        sasl: None,
        user: None,
        password: None,
        ..right.clone()
    };
    let plain = config::Kafka {
        tls: false,
        ca: None,
        ..right
    };
    let wrong = [
        (distrusts, "certificate"),
        (pretends, "guess again"),
        (nameless, ""),
        (plain, ""),
    ];
    // Side by side, since it takes each a while to give up.
    let tries = wrong.map(|(wrong, said)| {
        let open = move || Reader::open(&wrong, Stream::Logs, 0).map(|_| ());
        (tokio::task::spawn_blocking(open), said)
    });
    for (opened, said) in tries {
        let fault = opened.await.unwrap().unwrap_err().to_string();
        assert!(fault.contains(said) && !fault.contains('\n'), "{fault}");
    }
}
