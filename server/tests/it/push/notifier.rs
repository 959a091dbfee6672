//! A second subscriber: the program of the documents.

use std::path::PathBuf;
use std::process::Stdio;

use protocol::Event;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use services::{RabbitMq, RabbitMqOptions};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::scene::{LONGEST, Scene, texts, until};
use server::config::SecretUrl;

/// Where cargo puts the examples of what it tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().and_then(std::path::Path::parent).unwrap();
    folder.join("examples").join("notifier")
}

struct Notifier {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Notifier {
    async fn start(url: &str, prefix: &str) -> Self {
        let mut process = Command::new(program())
            .args([url, prefix])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut notifier = Self { process, lines };
        assert_eq!(notifier.line().await, "ready");
        notifier
    }

    async fn line(&mut self) -> String {
        let line = timeout(LONGEST, self.lines.next_line()).await;
        line.expect("a line in time").unwrap().unwrap()
    }

    /// Its next job is that of an event.
    async fn is_told(&mut self, event: &Event) {
        let job: Value = serde_json::from_str(&self.line().await).unwrap();
        assert_eq!(job["conversation"], event.conversation.to_string());
        assert_eq!(job["seq"], event.seq, "{job}");
        assert_eq!(job["kind"], "message");
        assert_eq!(job["sender"], event.sender.to_string());
        assert!(!job.to_string().contains("secret words"), "{job}");
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().unwrap().cast_signed();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_joins_a_running_server_and_holds_nobody_up() {
    if !crate::database::is_networked() {
        return;
    }
    let broker = RabbitMq::start(&RabbitMqOptions::default()).unwrap();
    let url = broker.url();
    let scene = Scene::with(None, |config| {
        config.amqp.url = Some(SecretUrl::from(url.clone()));
    })
    .await;
    let prefix = scene.app.config().amqp.prefix.clone();
    let [ann, bob] = scene.app.friends().await;
    let chat = ann.with(&bob);
    let browser = scene.subscribe(&bob).await;
    scene.warm_up(&ann, chat, &browser).await;

    let mut notifier = Notifier::start(&url, &prefix).await;
    let one = ann.say(chat, "one, in secret words").await;
    notifier.is_told(&one).await;
    until("he is told", || texts(&scene.service, &browser).len() == 2).await;

    // One that does nothing any more is not waited for, neither by chat nor by Web Push.
    notifier.signal(Signal::STOP);
    let mut said = Vec::new();
    for number in 0..40 {
        said.push(ann.say(chat, &number.to_string()).await);
    }
    until("he is told", || texts(&scene.service, &browser).len() == 42).await;
    // Killed with some of them in its hands, it gets them again.
    notifier.signal(Signal::KILL);
    notifier.process.wait().await.unwrap();
    let mut notifier = Notifier::start(&url, &prefix).await;
    let last = ann.say(chat, "the last").await;
    let mut told: Vec<u64> = Vec::new();
    while told.last() != Some(&last.seq) {
        let job: Value = serde_json::from_str(&notifier.line().await).unwrap();
        told.push(job["seq"].as_u64().unwrap());
    }
    for event in said {
        let times = told.iter().filter(|seq| **seq == event.seq).count();
        assert_eq!(times, 1, "{} in {told:?}", event.seq);
    }
}
