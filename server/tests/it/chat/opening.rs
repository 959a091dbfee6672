//! Opening a database says in one sentence what is wrong.

use server::clock::Clock;
use server::random::Random;
use server::store::{DatabaseConfig, OpenError, SqliteConfig, Store};

use super::scene::Scene;
use crate::database;

async fn open(config: &SqliteConfig) -> Result<Store, OpenError> {
    open_any(&DatabaseConfig::Sqlite(config.clone())).await
}

async fn open_any(config: &DatabaseConfig) -> Result<Store, OpenError> {
    Store::open(config, &Clock::system(), &Random::system()).await
}

#[tokio::test]
async fn what_was_fixed_stays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let config = database::new(&folder.path().join("deep/er"));
    let first = open_any(&config).await.unwrap();
    let history_id = first.history_id();
    first.close().await;
    drop(first);
    let second = open_any(&config).await.unwrap();
    assert_eq!(second.history_id(), history_id);
    assert_eq!(second.installation().shards, 16);
}

#[tokio::test]
async fn a_database_is_open_once() {
    let scene = Scene::new().await;
    let DatabaseConfig::Sqlite(mut config) = scene.database.clone() else {
        return;
    };
    let refused = open(&config).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    config.exclusive = false;
    open(&config).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let scene = Scene::new().await;
    scene.raw.make_newer().await;
    let mut config = scene.database.clone();
    if let DatabaseConfig::Sqlite(config) = &mut config {
        config.exclusive = false;
    }
    let refused = open_any(&config).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::Newer { step: 9999, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("newer version of zspchat"));
}

#[tokio::test]
async fn another_file_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zspchat.db");
    std::fs::write(&file, "a letter, not a database ".repeat(100)).unwrap();
    let refused = open(&SqliteConfig::file(&file)).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NotADatabase { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = open(&SqliteConfig::file(file.join("zspchat.db")))
        .await
        .unwrap_err();
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused}");
    assert!(refused.to_string().contains(&file.display().to_string()));
}

#[tokio::test]
async fn commits_are_on_the_disk() {
    let scene = Scene::new().await;
    if database::is_postgres() {
        return;
    }
    assert_eq!(scene.raw.journal_mode().await, "wal");
}
