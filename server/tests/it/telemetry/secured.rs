//! TLS, and proving who one is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use server::config::{self, Sasl, Secret};
use server::telemetry::kafka::{Kafka, Reader};
use server::telemetry::lines::Stream;
use services::{Certificates, Folder, KafkaOptions};
use tokio::net::{TcpListener, TcpStream};

use super::{config_for, log, numbers, start};

/// Speaks TLS in front of a broker, which does not.
async fn terminate(listener: TcpListener, certificates: &Certificates, broker: SocketAddr) {
    let chain = CertificateDer::pem_file_iter(&certificates.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(client).await?;
                let mut broker = TcpStream::connect(broker).await?;
                tokio::io::copy_bidirectional(&mut client, &mut broker).await
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_go_by_tls_to_a_broker_that_asks_who_we_are() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let options = KafkaOptions {
        advertised: Some(front),
        authentication: true,
        ..KafkaOptions::default()
    };
    let Some(broker) = start(&options) else {
        return;
    };
    let folder = Folder::new("kafka-tls").unwrap();
    let certificates = Certificates::make(&folder.path().join("tls"), None).unwrap();
    terminate(listener, &certificates, broker.address()).await;
    let right = config::Kafka {
        tls: true,
        ca: Some(certificates.authority.clone()),
        sasl: Some(Sasl::Plain),
        user: Some("zspchat".to_owned()),
        password: Some(Secret::from("s3cret".to_owned())),
        ..config_for(&front.to_string())
    };
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", front.to_string())
        .set("security.protocol", "sasl_ssl")
        .set("ssl.ca.location", certificates.authority.to_str().unwrap())
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", "admin")
        .set("sasl.password", "s3cret")
        .create()
        .unwrap();
    let topic = NewTopic::new("zspchat.logs", 1, TopicReplication::Fixed(1));
    let made = admin.create_topics([&topic], &AdminOptions::new()).await;
    made.unwrap()[0].as_ref().unwrap();

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

    // Whoever does not trust the authority, does not say who it is, or speaks no TLS gets nowhere.
    let stranger = Certificates::make(&folder.path().join("other"), None).unwrap();
    let distrusts = config::Kafka {
        ca: Some(stranger.authority.clone()),
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
    for (wrong, said) in [(distrusts, "certificate"), (nameless, ""), (plain, "")] {
        let opened = tokio::task::spawn_blocking(move || {
            Reader::open(&wrong, Stream::Logs, 0).map(|_| ())
        });
        let fault = opened.await.unwrap().unwrap_err().to_string();
        assert!(fault.contains(said) && !fault.contains('\n'), "{fault}");
    }
}
