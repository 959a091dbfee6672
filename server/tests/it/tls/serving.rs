//! What people get by https.

use protocol::stream::ByeReason;
use serde_json::json;
use server::config::PublicUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Certified;
use crate::http::app::{PASSWORD, TestApp, say};

#[tokio::test]
async fn people_talk_by_https_and_their_cookies_are_for_it_alone() {
    let certified = Certified::new();
    let app = certified.serve().await;
    assert!(app.base.starts_with("https://"), "{}", app.base);
    let register = json!({"handle": "ann", "password": PASSWORD});
    let mut nobody = certified.anybody(&app).await;
    let answer = nobody.post("/api/v1/accounts", register).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");
    // Nobody said under which name this host is reached, and what else is there.
    assert_eq!(answer.header("strict-transport-security"), "");
    nobody.keep(&answer);
    assert_eq!(nobody.get("/api/v1/me").await.status, 200);

    let bob = certified.anybody(&app).await.register("bob").await;
    let mut stream = bob.stream().await;
    stream.sync().await;
    let own = bob.with(&bob);
    let sent = bob.say(own, "by https").await;
    assert_eq!(stream.event().await.seq, sent.seq);
}

#[tokio::test]
async fn a_page_by_plain_http_is_another_site() {
    let certified = Certified::new();
    let app = certified.serve().await;
    let mut ann = certified.anybody(&app).await.register("ann").await;
    let own = ann.with(&ann);
    let host = ann.base.strip_prefix("http://").unwrap().to_owned();
    for origin in [format!("http://{host}"), "https://evil.example".to_owned()] {
        ann.browser.origin = Some(origin);
        let refused = ann.command(own, say("forged")).await;
        refused.is_problem(403, "foreign_origin");
    }
    ann.browser.origin = Some(format!("https://{host}"));
    assert_eq!(ann.command(own, say("honest")).await.status, 201);
}

#[tokio::test]
async fn told_to_stop_it_says_bye_to_streams_and_waits_for_no_handshake() {
    let certified = Certified::new();
    let mut app = certified.serve().await;
    let ann = certified.anybody(&app).await.register("ann").await;
    let mut stream = ann.stream().await;
    stream.sync().await;
    let mut silent = TcpStream::connect(app.running().address()).await.unwrap();
    silent.write_all(&[22, 3, 1]).await.unwrap();
    // It has been seen once another connection, opened later, is answered.
    assert_eq!(ann.get("/api/v1/me").await.status, 200);
    let began = tokio::time::Instant::now();
    app.stop().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
    assert_eq!(stream.bye().await.reason, ByeReason::Stopping);
    assert!(stream.next().await.is_none());
}

/// Says this by plain http; gives the answer.
async fn plainly(app: &TestApp, head: &str) -> String {
    let address = app.running().redirect_address().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn plain_http_is_led_to_https_at_the_configured_host_only() {
    let certified = Certified::new();
    let app = certified
        .serve_with(|config| {
            let url = PublicUrl::try_from("https://chat.example.org".to_owned());
            config.public_url = Some(url.unwrap());
            config.tls.redirect = Some("127.0.0.1:0".parse().unwrap());
        })
        .await;
    for (head, location) in [
        (
            "GET /chats?a=b HTTP/1.1\r\nhost: chat.example.org",
            "/chats?a=b",
        ),
        ("GET /login HTTP/1.1\r\nhost: evil.example", "/login"),
        (
            "GET http://evil.example/x HTTP/1.1\r\nhost: evil.example",
            "/x",
        ),
        ("GET //evil.example HTTP/1.1\r\nhost: x", "//evil.example"),
        ("OPTIONS * HTTP/1.1\r\nhost: x", "/"),
        (
            "POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 0",
            "/login",
        ),
    ] {
        let answer = plainly(&app, head).await;
        assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
        let expected = format!("location: https://chat.example.org{location}\r\n");
        assert!(answer.contains(&expected), "{head}: {answer}");
    }
    let mut nobody = certified.anybody(&app).await;
    nobody.origin = Some("https://chat.example.org".to_owned());
    let answer = nobody.get("/login").await;
    assert_eq!(answer.status, 200);
    let header = answer.header("strict-transport-security");
    assert!(header.contains("max-age"), "{header}");
}
