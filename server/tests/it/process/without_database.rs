//! Started while its database is away, it says so and waits.

use std::process::Stdio;

use reqwest::header::CONTENT_SECURITY_POLICY;
use serde_json::{Value, json};
use services::Proxy;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::child::{in_time, message, text, zspchat};
use crate::database;
use crate::http::app::Browser;
use crate::waiting::moment;

/// A server that waits, and the way to its database.
struct Waiting {
    process: Child,
    base: String,
    database: Proxy,
    _folder: TempDir,
}

impl Waiting {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = database::server();
        let database = Proxy::start(postgres.address()).unwrap();
        database.cut();
        let url = postgres.url_at(database.address(), &database::empty());
        let data = text(folder.path());
        let mut process = zspchat(&["serve", "--listen", "127.0.0.1:0", "--data", data])
            .env("ZSPCHAT_DATABASE_URL", url)
            .env("ZSPCHAT_LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = async {
            while let Some(line) = log.next_line().await.unwrap() {
                let line: Value = serde_json::from_str(&line).unwrap();
                if message(&line) == "answering 503 until there is a database" {
                    return line["fields"]["address"].as_str().unwrap().to_owned();
                }
            }
            panic!("it ended");
        };
        let address = in_time("it waits", address).await;
        // Its log must not stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self {
            process,
            base: format!("http://{address}"),
            database,
            _folder: folder,
        }
    }

    /// Tells it to stop, and waits until it has.
    async fn stop(mut self) {
        let id = self.process.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.unwrap().success());
        let ended = in_time("it ends", self.process.wait()).await.unwrap();
        assert!(ended.success());
    }
}

#[tokio::test]
async fn it_says_so_until_the_database_is_there() {
    let server = Waiting::start().await;
    let anybody = Browser::at(&server.base);
    assert_eq!(anybody.get("/healthz").await.status, 200);
    let ready = anybody.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["state"], "starting");
    assert_eq!(ready.json()["away"], json!(["database"]));
    assert_eq!(anybody.get("/metrics").await.status, 200);
    for path in ["/api/v1/session", "/login", "/pkg/zspchat.css"] {
        let answer = anybody.get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.header("retry-after"), "2", "{path}");
        let policy = answer.header(CONTENT_SECURITY_POLICY.as_str());
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    }
    let refused = anybody.post("/api/v1/accounts", json!({})).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["code"], "unavailable");

    server.database.restore();
    let serves = async {
        while anybody.get("/readyz").await.json()["state"] != "ready" {
            moment().await;
        }
    };
    in_time("it serves", serves).await;
    let ann = anybody.register("ann").await;
    ann.say(ann.with(&ann), "hello").await;
    server.stop().await;
}

#[tokio::test]
async fn told_to_stop_meanwhile_it_ends() {
    Waiting::start().await.stop().await;
}
