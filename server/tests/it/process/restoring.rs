//! A backup is restored: the history gets a new id, by itself where that can be seen.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use services::{Postgres, PostgresOptions, Service as _};

use super::child::{Server, in_time, text};
use super::lively::{done, run, stop};
use crate::database;
use crate::http::app::Person;
use crate::queue::broker::is_missing;
use crate::raw::Raw;
use crate::waiting::moment;

/// The history's id, and how many events of a conversation with oneself there are, by what a browser
/// asks to compare.
async fn compared(person: &Person) -> (String, u64) {
    let range = json!({
        "conversation": person.with(person), "from": 1, "to": 99, "digest": "0000000000000000",
    });
    let asked = person.post("/api/v1/calibrate", json!({"ranges": [range]}));
    let answer = done(asked.await).json();
    let history = answer["history_id"].as_str().unwrap().to_owned();
    (history, answer["ranges"][0]["to"].as_u64().unwrap())
}

/// Runs a program of Postgres's.
fn tool(name: &str, arguments: &[&str]) {
    let output = Command::new(name).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_is_another_place_of_the_history() {
    if is_missing() {
        return;
    }
    let postgres = database::server();
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.url(&database::empty());
    let start =
        async |url: &str| Server::start_with(folder.path(), &[("ZSPCHAT_DATABASE_URL", url)]).await;
    let server = start(&url).await;
    let mut ann = server.anybody().register("ann").await;
    ann.say(ann.with(&ann), "in the backup").await;
    let before = compared(&ann).await;

    // Beside the running server.
    let dump = folder.path().join("dump");
    tool("pg_dump", &["-Fc", "-f", text(&dump), "-d", &url]);
    let lost = ann.say(ann.with(&ann), "after the backup").await;
    stop(server).await;
    let restored = postgres.url(&database::empty());
    tool(
        "pg_restore",
        &["--exit-on-error", "-d", &restored, text(&dump)],
    );

    let server = start(&restored).await;
    ann.go_to(&server.base);
    let after = compared(&ann).await;
    assert_ne!(after.0, before.0);
    assert_eq!(after.1, lost.seq - 1);
    let other = ann.say(ann.with(&ann), "instead").await;
    assert_eq!(other.seq, lost.seq);
    stop(server).await;
    // Once only.
    let server = start(&restored).await;
    ann.go_to(&server.base);
    assert_eq!(compared(&ann).await.0, after.0);
    // Where it cannot be seen, whoever restores it says so, and servers that run follow.
    run(
        &["admin", "restored"],
        &[("ZSPCHAT_DATABASE_URL", &restored)],
    )
    .await
    .worked();
    let followed = async {
        while compared(&ann).await.0 == after.0 {
            moment().await;
        }
    };
    in_time("it follows", followed).await;
    stop(server).await;
    // The one that the backup was made of is still what it was.
    let server = start(&url).await;
    ann.go_to(&server.base);
    assert_eq!(compared(&ann).await, (before.0, lost.seq));
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_is_another_place_of_the_history() {
    if is_missing() {
        return;
    }
    let primary = Postgres::start(&PostgresOptions::default()).unwrap();
    primary.create_database("chat").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let start =
        async |url: &str| Server::start_with(folder.path(), &[("ZSPCHAT_DATABASE_URL", url)]).await;
    let server = start(&primary.url("chat")).await;
    let mut ann = server.anybody().register("ann").await;
    let said = ann.say(ann.with(&ann), "on both").await;
    let before = compared(&ann).await;
    let standby = primary.standby().unwrap();
    // So much to write that the first checkpoint after this takes minutes.
    let much = "CREATE TABLE much AS SELECT repeat('x', 500) FROM generate_series(1, 50000)";
    primary.run_sql("chat", much).unwrap();
    stop(server).await;
    primary.kill().unwrap();
    standby.promote().unwrap();
    // From the first moment on, when the last checkpoint is still one of before.
    let server = start(&standby.url("chat")).await;
    ann.go_to(&server.base);
    let after = compared(&ann).await;
    assert_ne!(after.0, before.0);
    assert_eq!(after.1, said.seq);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_file_is_what_its_operator_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut ann = server.anybody().register("ann").await;
    ann.say(ann.with(&ann), "in the backup").await;
    let before = compared(&ann).await;

    let copy = folder.path().join("backup.db");
    let raw = Raw::file(&folder.path().join("zspchat.db")).await;
    raw.copy_to(&copy).await;
    raw.close().await;
    let lost = ann.say(ann.with(&ann), "after the backup").await;
    let restored = |folder: &Path| {
        let folder = folder.to_owned();
        async move { run(&["admin", "restored", "--data", text(&folder)], &[]).await }
    };
    let refused = restored(folder.path()).await.refused();
    assert!(refused.contains("in use by another zspchat"), "{refused}");
    stop(server).await;

    let other = tempfile::tempdir().unwrap();
    let refused = restored(other.path()).await.refused();
    assert!(refused.contains("there is no database at"), "{refused}");
    std::fs::copy(&copy, other.path().join("zspchat.db")).unwrap();
    restored(other.path()).await.worked();
    let server = Server::start(other.path()).await;
    ann.go_to(&server.base);
    let after = compared(&ann).await;
    assert_ne!(after.0, before.0);
    assert_eq!(after.1, lost.seq - 1);
    stop(server).await;
}
