//! A reader that never reads. (Heads and bodies that do not come are in `http::patience`.)

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::super::app::{PATIENCE, Person, TestApp};
use crate::waiting::moment;

/// Opens a stream of somebody's, with next to no room on this side, and reads nothing of it.
async fn open_and_ignore(app: &TestApp, person: &Person) -> TcpStream {
    let host = app.base.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1_024).unwrap();
    let mut connection = socket.connect(host.parse().unwrap()).await.unwrap();
    let (_, session) = &person.cookies[0];
    let head =
        format!("GET /api/v1/stream HTTP/1.1\r\nhost: {host}\r\ncookie: session={session}\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_nobody_reads_is_given_up_and_holds_up_nobody() {
    let app = TestApp::start_with(|config| config.limits.commands_per_window = u32::MAX).await;
    let [ann, bob] = app.friends().await;
    let conversation = ann.with(&bob);
    let hub = &app.running().app().chat.hub;
    let ignored = open_and_ignore(&app, &bob).await;
    let began = tokio::time::Instant::now();
    while hub.streams() == 0 {
        assert!(began.elapsed() < PATIENCE, "the stream does not open");
        moment().await;
    }
    let mut reading = bob.stream().await;
    reading.sync().await;
    // More than the connection and the server hold for it.
    let text = "a".repeat(5_000);
    let mut sent = 0_usize;
    while hub.streams() > 1 {
        assert!(sent < 4_000, "it is kept for ever");
        let said = ann.say(conversation, &text).await;
        sent += 1;
        assert_eq!(reading.event().await, said);
    }
    // The other stream of the same person misses nothing.
    let said = ann.say(conversation, "still here").await;
    assert_eq!(reading.event().await, said);
    drop(ignored);
}
