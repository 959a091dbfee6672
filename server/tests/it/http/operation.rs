//! What whoever runs the server sees.

use std::path::Path;
use std::process::Output;

use serde_json::json;
use tokio::process::Command;

use super::app::TestApp;

async fn zspchat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zspchat"))
        .args(arguments)
        .env_remove("ZSPCHAT_CONFIG")
        .output()
        .await
        .unwrap()
}

/// One sentence on stderr, and a code that is not zero.
async fn refuses(arguments: &[&str]) -> String {
    let output = zspchat(arguments).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.starts_with("error: "), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn it_says_in_one_sentence_why_it_does_not_start() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path());
    let taken = app.base.strip_prefix("http://").unwrap();
    let said = refuses(&["serve", "--listen", taken, "--data", data]).await;
    assert!(
        said.contains(taken) && said.contains("another program"),
        "{said}"
    );
    let said = refuses(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        text(app.folder()),
    ])
    .await;
    assert!(said.contains("in use"), "{said}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    let said = refuses(&["serve", "--listen", "127.0.0.1:0", "--data", text(&below)]).await;
    assert!(said.contains("cannot be written"), "{said}");
    std::fs::write(
        folder.path().join("zspchat.db"),
        "something else altogether".repeat(99),
    )
    .unwrap();
    let said = refuses(&["serve", "--listen", "127.0.0.1:0", "--data", data]).await;
    assert!(said.contains("not a zspchat database"), "{said}");
    let said = refuses(&["serve", "--listen", "nowhere"]).await;
    assert!(said.contains("listen"), "{said}");
    let said = refuses(&["serve", "--listen", "127.0.0.1:0", "--site", data]).await;
    assert!(said.contains("site.json"), "{said}");
    let config = folder.path().join("zspchat.toml");
    std::fs::write(&config, "colour = 'red'\n").unwrap();
    let said = refuses(&["config", "check", "--config", text(&config)]).await;
    assert!(said.contains("colour"), "{said}");
    let empty = tempfile::tempdir().unwrap();
    let said = refuses(&[
        "admin",
        "reset-password",
        "ann",
        "--data",
        text(empty.path()),
    ])
    .await;
    assert!(said.contains("no database"), "{said}");
}

#[tokio::test]
async fn the_configuration_is_checked_and_printed() {
    let output = zspchat(&["config", "check", "--listen", "127.0.0.1:4321"]).await;
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("listen = \"127.0.0.1:4321\""), "{printed}");
    assert!(printed.contains("[limits]"), "{printed}");
}

#[tokio::test]
async fn health_readiness_and_counts_can_be_asked_for() {
    let app = TestApp::start().await;
    let nobody = app.anybody();
    assert_eq!(nobody.get("/healthz").await.status, 200);
    let ready = nobody.get("/readyz").await;
    assert_eq!(
        (ready.status, &ready.json()["state"]),
        (200, &json!("ready"))
    );
    let proxied = nobody
        .request(reqwest::Method::GET, "/metrics")
        .header("x-forwarded-for", "10.0.0.1");
    assert_eq!(nobody.send(proxied).await.status, 404);
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let app = TestApp::start().await;
    let nobody = app.anybody();
    let document = nobody.get("/api/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/pull"]["post"].is_object());
    let page = nobody.get("/api/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("/api/v1/calibrate"));
}

#[tokio::test]
async fn the_demonstration_is_lively_and_set_up_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = server::config::Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: folder.path().to_owned(),
        ..Default::default()
    };
    for _ in 0..2 {
        let server = server::serve::start(config.clone(), true).await.unwrap();
        let store = &server.app().store;
        let emma = store.credentials("emma").await.unwrap().unwrap().user();
        assert_eq!(store.contacts(emma).await.unwrap().len(), 3);
        let list = store.conversations(emma).await.unwrap().conversations;
        assert_eq!(list.len(), 5);
        assert!(
            list.iter()
                .any(|one| one.mine.unread > 0 && one.mine.mention_seq > 0)
        );
        let lin = store.credentials("lin").await.unwrap().unwrap().user();
        let first = store.conversations(lin).await.unwrap().conversations;
        assert!(
            first
                .iter()
                .any(|one| one.mine.unread > 0 && one.mine.mention_seq > 0)
        );
        let now = server.app().clock.now();
        assert!(
            list.iter()
                .all(|one| now - one.last_at < 2 * 24 * 60 * 60 * 1_000)
        );
        server.stop().await;
    }
}
