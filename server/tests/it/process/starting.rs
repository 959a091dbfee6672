//! What keeps it from starting, it says in one sentence.

use std::path::Path;

use serde_json::json;

use super::child::{Server, refuses, text, zspchat};
use crate::http::app::TestApp;
use crate::raw::Raw;

async fn does_not_serve(data: &Path) -> String {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", text(data)];
    refuses(&arguments, &[]).await
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path());
    let taken = app.base.strip_prefix("http://").unwrap();
    let arguments = ["serve", "--listen", taken, "--data", data];
    let said = refuses(&arguments, &[]).await;
    assert!(said.contains(taken), "{said}");
    assert!(said.contains("another program uses this port"), "{said}");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let said = refuses(&arguments, &[("ZSPCHAT_METRICS_LISTEN", taken)]).await;
    assert!(said.contains(taken), "{said}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    // The last one nobody may write to, not even root.
    for data in [&file, &file.join("data"), Path::new("/proc/zspchat")] {
        let said = does_not_serve(data).await;
        assert!(said.contains(text(data)), "{said}");
        assert!(said.contains("cannot be written to"), "{said}");
    }
}

#[tokio::test]
async fn a_database_of_another_server_is_left_to_it() {
    let app = TestApp::start().await;
    let said = does_not_serve(app.folder()).await;
    assert!(said.contains("in use by another zspchat"), "{said}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    server.signal("TERM").await;
    assert!(server.ended().await.success());
    let file = folder.path().join("zspchat.db");
    let raw = Raw::file(&file).await;
    raw.make_newer().await;
    raw.close().await;
    let before = std::fs::read(&file).unwrap();
    let said = does_not_serve(folder.path()).await;
    assert!(said.contains("newer version of zspchat"), "{said}");
    assert!(said.contains(text(&file)), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zspchat.db");
    std::fs::write(&file, "something else altogether".repeat(99)).unwrap();
    let said = does_not_serve(folder.path()).await;
    assert!(said.contains("is not a zspchat database"), "{said}");
}

#[tokio::test]
async fn a_setting_at_fault_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path());
    let said = refuses(&["serve", "--listen", "nowhere"], &[]).await;
    assert!(said.contains("--listen"), "{said}");
    let said = refuses(&["serve"], &[("ZSPCHAT_LISTEM", "127.0.0.1:0")]).await;
    assert!(said.contains("ZSPCHAT_LISTEM"), "{said}");
    let said = refuses(&["serve"], &[("ZSPCHAT_LIMITS_TEXT_CHARS", "many")]).await;
    assert!(said.contains("ZSPCHAT_LIMITS_TEXT_CHARS"), "{said}");
    let said = refuses(&["serve"], &[("ZSPCHAT_MISTAKE", "typing")]).await;
    assert!(said.contains("ZSPCHAT_MISTAKE"), "{said}");
    let config = folder.path().join("zspchat.toml");
    for (content, fault) in [
        ("colour = 'red'\n", "colour"),
        ("[limits]\ntext = 1\n", "text"),
        ("listen = \n", "line 1"),
        ("\n\n[retention\n", "line 3"),
    ] {
        std::fs::write(&config, content).unwrap();
        for action in [["config", "check"].as_slice(), &["serve"]] {
            let arguments = [action, &["--config", text(&config)]].concat();
            let said = refuses(&arguments, &[]).await;
            assert!(said.contains(text(&config)), "{said}");
            assert!(said.contains(fault), "{said}");
        }
    }
    let said = refuses(&["serve", "--listen", "127.0.0.1:0", "--site", data], &[]).await;
    assert!(said.contains("site.json"), "{said}");
}

#[tokio::test]
async fn a_mistake_that_is_asked_for_is_made_on_every_thread() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("ZSPCHAT_MISTAKE", "read-backwards")];
    let server = Server::start_with(folder.path(), &variables).await;
    let ann = server.anybody().register("ann").await;
    let own = ann.with(&ann);
    let last = ann.say(own, "read").await.seq;
    let path = format!("/api/v1/conversations/{own}/read");
    for seq in [last, last - 1, last] {
        let mine = ann.put(&path, json!({ "seq": seq })).await.json();
        assert_eq!(mine["read_seq"], seq);
    }
}

#[tokio::test]
async fn a_password_is_reset_where_there_is_an_account_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = text(folder.path());
    let arguments = ["admin", "reset-password", "ann", "--data", data];
    let said = refuses(&arguments, &[]).await;
    assert!(said.contains("no database"), "{said}");
    assert!(said.contains(data), "{said}");
    assert!(!folder.path().join("zspchat.db").exists());
    let _server = Server::start(folder.path()).await;
    let said = refuses(&arguments, &[]).await;
    assert!(said.contains("no account with the handle ann"), "{said}");
}

#[tokio::test]
async fn the_configuration_is_checked_and_printed() {
    let output = zspchat(&["config", "check", "--listen", "127.0.0.1:4321"])
        .env("ZSPCHAT_RETENTION_DAYS", "7")
        .output()
        .await
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("listen = \"127.0.0.1:4321\""), "{printed}");
    assert!(printed.contains("[retention]\ndays = 7"), "{printed}");
    assert!(printed.contains("[limits]"), "{printed}");
}
