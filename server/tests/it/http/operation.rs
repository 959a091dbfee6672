//! What whoever runs the server sees.

use serde_json::json;

use super::app::TestApp;

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
