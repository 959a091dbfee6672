//! Who takes a connection and then their time is let go.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::app::{PATIENCE, TestApp};

/// Sends the beginning of something and then nothing; gives what was answered until the end.
async fn trickle(app: &TestApp, beginning: &str) -> String {
    let address = app.base.strip_prefix("http://").unwrap();
    let beginning = beginning.replace("{address}", address);
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(beginning.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
    ended.expect("it is closed").unwrap();
    String::from_utf8(answer).unwrap()
}

async fn impatient() -> TestApp {
    let short = Duration::from_millis(200);
    TestApp::start_with(|config| {
        config.patience.head = short;
        config.patience.body = short;
    })
    .await
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let app = impatient().await;
    let answer = trickle(&app, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nx-more: ").await;
    assert_eq!(answer, "");
    assert_eq!(app.anybody().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_asks_nothing_more_is_closed() {
    let app = impatient().await;
    let answer = trickle(&app, "GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("alive\n"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let app = impatient().await;
    let head = "POST /api/v1/session HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
        content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"handle\":";
    let answer = trickle(&app, head).await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("did not arrive whole"), "{answer}");
    assert_eq!(app.anybody().get("/healthz").await.status, 200);
}
