//! The program with https, and the command that makes a certificate.

use std::fs;
use std::path::Path;

use services::{Pebble, PebbleOptions, Port};

use super::child::{Server, in_time, message, refuses, text, zspchat};
use crate::tls::Certified;
use crate::tls::client::{Trust, in_file};

/// Variables that name these files.
fn files<'a>(certificate: &'a Path, key: &'a Path) -> [(&'static str, &'a str); 2] {
    [
        ("ZSPCHAT_TLS_CERTIFICATE", text(certificate)),
        ("ZSPCHAT_TLS_KEY", text(key)),
    ]
}

#[tokio::test]
async fn without_a_certificate_that_counts_it_does_not_start() {
    let certified = Certified::new();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data"];
    let arguments = [&arguments[..], &[text(folder.path())]].concat();
    let made = &certified.made;
    let missing = folder.path().join("missing.pem");
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
    let other = Certified::new();
    let expired = Certified::at(&server::clock::Clock::manual(0));
    for (certificate, key, place, fault) in [
        (&missing, &made.key, "tls.certificate", "cannot be read"),
        (&made.certificate, &missing, "tls.key", "cannot be read"),
        (&empty, &made.key, "tls.certificate", "no whole certificate"),
        (&made.certificate, &empty, "tls.key", "no whole private key"),
        (
            &made.certificate,
            &other.made.key,
            "tls.key",
            "does not belong",
        ),
        (
            &expired.made.certificate,
            &expired.made.key,
            "tls.certificate",
            "expired at 1971-",
        ),
    ] {
        let said = refuses(&arguments, &files(certificate, key)).await;
        assert!(said.contains(place), "{said}");
        assert!(said.contains(fault), "{said}");
    }
    let [certificate, key] = files(&made.certificate, &made.key);
    let said = refuses(&arguments, &[certificate]).await;
    assert!(said.contains("set both or neither"), "{said}");
    let plain = ("ZSPCHAT_PUBLIC_URL", "http://chat.example.org");
    let said = refuses(&arguments, &[certificate, key, plain]).await;
    assert!(said.contains("https://"), "{said}");
    let said = refuses(
        &arguments,
        &[("ZSPCHAT_TLS_ACME_DOMAINS", "chat.example.org")],
    )
    .await;
    assert!(said.contains("tls.acme.accept_terms"), "{said}");
}

#[tokio::test]
async fn what_the_command_makes_is_what_the_server_needs() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("tls");
    let arguments = ["certificate", "localhost", "--folder", text(&made)];
    let output = zspchat(&arguments).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("authority.pem"), "{said}");
    let (certificate, key) = (made.join("certificate.pem"), made.join("key.pem"));
    assert!(
        said.contains(&format!("key = \"{}\"", key.display())),
        "{said}"
    );

    let metrics = Port::free().unwrap();
    let metrics = metrics.address();
    let mut variables = files(&certificate, &key).to_vec();
    let address = metrics.to_string();
    variables.push(("ZSPCHAT_METRICS_LISTEN", &address));
    let mut server = Server::start_with(folder.path(), &variables).await;
    let address = server
        .base
        .strip_prefix("https://")
        .unwrap()
        .parse()
        .unwrap();
    let trust = Trust::only(&fs::read(made.join("authority.pem")).unwrap());
    let answer = trust.get(address, "localhost", "/healthz").await.unwrap();
    assert!(answer.ends_with("alive\n"), "{answer}");
    // Metrics stay plain, and say until when the certificate counts.
    let counted = reqwest::get(format!("http://{metrics}/metrics"))
        .await
        .unwrap();
    let counted = counted.text().await.unwrap();
    let expires = counted
        .lines()
        .find_map(|line| line.strip_prefix("zspchat_tls_certificate_expires_timestamp_seconds "));
    let expires: f64 = expires.expect("it is counted").parse().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
    let now = (server::clock::Clock::system().now() / 1_000) as f64;
    let days = (expires - now) / 86_400.0;
    assert!((396.0..=397.0).contains(&days), "{days}");

    let output = zspchat(&["certificate", "--folder", text(&made)]).output();
    assert!(output.await.unwrap().status.success());
    server
        .logged(|line| (message(line) == "another certificate is in use").then_some(()))
        .await;
    let shown = trust.shown(address, "localhost").await.unwrap();
    assert_eq!(shown, in_file(&certificate));
    fs::write(&certificate, "half of one").unwrap();
    server
        .logged(|line| {
            let said = message(line);
            let kept = said.starts_with("the certificate in use is kept, since tls.certificate: ");
            kept.then_some(())
        })
        .await;
    server.signal("TERM").await;
    assert!(server.ended().await.success());
}

#[tokio::test]
async fn it_says_why_an_authority_gives_no_certificate() {
    if !Pebble::is_installed() {
        assert!(std::env::var_os("REQUIRE_SERVICES").is_none(), "no pebble");
        return;
    }
    let nobody = Port::free().unwrap();
    let pebble = Pebble::start(&PebbleOptions {
        looks_at: nobody.number(),
        seconds: None,
    });
    let pebble = pebble.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = pebble.directory();
    let variables = [
        ("ZSPCHAT_PUBLIC_URL", "https://chat.example.org"),
        ("ZSPCHAT_TLS_ACME_ACCEPT_TERMS", "true"),
        ("ZSPCHAT_TLS_ACME_DIRECTORY", &directory),
        ("ZSPCHAT_TLS_ACME_CA", text(pebble.authority())),
    ];
    let server = Server::start_with(folder.path(), &variables).await;
    assert_eq!(server.base, "https://chat.example.org");
    let said = in_time("it says so", server.logged(why)).await;
    assert!(said.contains("chat.example.org: "), "{said}");
    assert!(said.contains("Failed to connect"), "{said}");
    assert!(said.ends_with("(unauthorized)"), "{said}");
}

fn why(line: &serde_json::Value) -> Option<String> {
    let why = message(line).strip_prefix("there is no new certificate: ")?;
    Some(why.to_owned())
}
