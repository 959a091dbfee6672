//! Connections that are never secured, or otherwise than people's.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Certified;
use crate::http::app::PATIENCE;

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let certified = Certified::new();
    let app = certified
        .serve_with(|config| config.patience.head = Duration::from_millis(200))
        .await;
    let address = app.running().address();
    // Nothing; the head of a record that never comes; plain http.
    for beginning in [&b""[..], &[22, 3, 1, 2, 0, 1], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
        // Cut, whether or not it was said why.
        let _ = ended.expect("it is closed");
        assert!(!answer.starts_with(b"HTTP"));
    }
    // Secured, but then nothing is asked.
    let mut silent = certified
        .trust()
        .connect(address, "localhost")
        .await
        .unwrap();
    silent.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut answer)).await;
    let _ = ended.expect("it is closed");
    assert_eq!(answer, b"");
}

#[tokio::test]
async fn nobody_waits_for_the_handshakes_of_others() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let address = app.running().address();
    let mut silent = Vec::new();
    for _ in 0..100 {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
        silent.push(connection);
    }
    let trust = certified.trust();
    let answer = trust.get(address, "localhost", "/healthz");
    // Sooner than any of those before is given up.
    let answer = tokio::time::timeout(app.config().patience.head / 2, answer).await;
    let answer = answer.expect("it is answered").unwrap();
    assert!(answer.ends_with("alive\n"), "{answer}");
}

#[tokio::test]
async fn browsers_get_http_1_and_nobody_else_but_them_is_served() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let address = app.running().address();
    let speaking = |protocols: &[&str]| certified.trust().speaking(protocols);
    let browser = speaking(&["h2", "http/1.1"]);
    let stream = browser.connect(address, "localhost").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    // Where certificates are files, no authority has anything to look for.
    for other in ["h2", "acme-tls/1"] {
        let refused = speaking(&[other]).connect(address, "localhost").await;
        assert!(refused.is_err(), "{other}");
    }
}
