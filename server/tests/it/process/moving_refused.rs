//! What is not moved, and where nothing is moved to.

use super::child::{Server, text};
use super::lively::{migrate, run, stop};
use crate::database;
use crate::queue::broker::is_missing;
use crate::raw::Raw;

/// A folder with a database of one person.
async fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    server.anybody().register("ann").await;
    stop(server).await;
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_there_or_in_use_is_not_moved() {
    let empty = tempfile::tempdir().unwrap();
    let arguments = [
        "migrate",
        "sqlite-to-postgres",
        "--data",
        text(empty.path()),
    ];
    let refused = run(&arguments, &[]).await.refused();
    assert!(refused.contains("database.url is not set"), "{refused}");
    // Nobody listens there: the source is looked at first.
    let nowhere = "postgres://postgres@127.0.0.1:1/none";
    let refused = migrate(empty.path(), nowhere).await.refused();
    assert!(refused.contains("there is no database at"), "{refused}");
    assert!(!empty.path().join("zspchat.db").exists());
    let used = tempfile::tempdir().unwrap();
    let server = Server::start(used.path()).await;
    let refused = migrate(used.path(), nowhere).await.refused();
    assert!(refused.contains("in use by another zspchat"), "{refused}");
    stop(server).await;
    let refused = migrate(used.path(), nowhere).await.refused();
    assert!(refused.contains("none at 127.0.0.1:1"), "{refused}");
    assert!(refused.contains("cannot be opened"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_somebody_elses_is_left_alone() {
    if is_missing() {
        return;
    }
    let postgres = database::server();
    let ours = folder().await;
    let name = database::empty();
    let url = postgres.url(&name);

    // Another installation.
    let other = Server::start_with(ours.path(), &[("ZSPCHAT_DATABASE_URL", &url)]).await;
    stop(other).await;
    let steps = "SELECT count(*), max(version) FROM _sqlx_migrations";
    postgres
        .run_sql(&name, "DELETE FROM _sqlx_migrations WHERE version > 1")
        .unwrap();
    let refused = migrate(ours.path(), &url).await.refused();
    assert!(refused.contains("holds another installation"), "{refused}");
    assert!(refused.contains(&name), "{refused}");
    // Not even its schema is changed.
    assert_eq!(postgres.run_sql(&name, steps).unwrap(), "1|1");

    // One who is not in the file, where the rest may be half of ours.
    let name = database::empty();
    let url = postgres.url(&name);
    migrate(ours.path(), &url).await.worked();
    postgres
        .run_sql(
            &name,
            "UPDATE installation SET moving = TRUE;
             INSERT INTO users (id, number, handle, role, name, version, account_version, created_at)
             VALUES (gen_random_uuid(), 20000, 'eve', 'user', 'Eve', 1, 1, 1)",
        )
        .unwrap();
    let refused = migrate(ours.path(), &url).await.refused();
    assert!(
        refused.contains("users that are not in the file"),
        "{refused}"
    );
    let users = "SELECT string_agg(handle, ' ' ORDER BY handle) FROM users";
    assert_eq!(postgres.run_sql(&name, users).unwrap(), "ann eve");

    // One to which something is being moved.
    let name = database::empty();
    let url = postgres.url(&name);
    let held = Raw::server(&url).await;
    held.hold_move().await;
    let refused = migrate(ours.path(), &url).await.refused();
    assert!(refused.contains("being moved to the database"), "{refused}");
    held.close().await;
    migrate(ours.path(), &url).await.worked();
}
