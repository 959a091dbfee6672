//! A server that runs as a process of its own.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::http::app::Browser;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Server {
    process: Child,
    pub base: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Notify,
}

/// The program with these arguments, and nothing of the environment that would change what it does.
pub fn zspchat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zspchat"));
    clean(&mut command).args(arguments);
    command
}

fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("ZSPCHAT_") {
            command.env_remove(name);
        }
    }
    command.kill_on_drop(true)
}

impl Server {
    /// Serves the data of that folder at a free port.
    pub async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    /// The same, with variables.
    pub async fn start_with(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = zspchat(&serve(data));
        command.envs(variables.iter().copied());
        Self::run(command).await
    }

    /// The same, where no file may become longer than so many KiB: like a full disk.
    pub async fn start_with_room(data: &Path, kibibytes: u32) -> Self {
        // A write beyond the limit is to fail, and not to end the process by a signal.
        let script = format!(
            "trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"",
            kibibytes * 2
        );
        let mut command = Command::new("sh");
        clean(&mut command)
            .args(["-c", &script, env!("CARGO_BIN_EXE_zspchat")])
            .args(serve(data));
        Self::run(command).await
    }

    async fn run(mut command: Command) -> Self {
        let mut process = command
            .env("ZSPCHAT_LOG_FORMAT", "json")
            .env("ZSPCHAT_LIMITS_COMMANDS_PER_WINDOW", "1000000")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let mut errors = BufReader::new(process.stderr.take().unwrap()).lines();
        tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok(Some(line)) = errors.next_line().await {
                    log.lines.lock().unwrap().push(line);
                    log.more.notify_waiters();
                }
            }
        });
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        in_time("it starts", output.read_line(&mut line))
            .await
            .unwrap();
        let base = line.trim().strip_prefix("zspchat is at ");
        Self {
            base: base.expect("it says where it is").to_owned(),
            process,
            log,
        }
    }

    pub fn anybody(&self) -> Browser {
        Browser::at(&self.base)
    }

    pub fn id(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Sends it a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.id());
        let sent = Command::new("sh").args(["-c", &command]).status().await;
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        in_time("it ends", self.process.wait()).await.unwrap()
    }

    /// Waits for a line of its log of which something is wanted; lines are JSON, but for the last
    /// word of a program that fails.
    pub async fn logged<T>(&self, wanted: impl Fn(&Value) -> Option<T>) -> T {
        in_time("it is logged", async {
            loop {
                let more = self.log.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                if let Some(found) = self.lines().iter().find_map(&wanted) {
                    return found;
                }
                more.await;
            }
        })
        .await
    }

    /// What it has logged so far.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.log.lines.lock().unwrap();
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.as_str().into()))
            .collect()
    }
}

fn serve(data: &Path) -> [&str; 5] {
    ["serve", "--listen", "127.0.0.1:0", "--data", text(data)]
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a line says.
pub fn message(line: &Value) -> &str {
    line["fields"]["message"].as_str().unwrap_or_default()
}

pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, future).await;
    done.unwrap_or_else(|_| panic!("{what} within {} s", PATIENCE.as_secs()))
}

/// One sentence on stderr, nothing on stdout, and a code that is not zero.
pub async fn refuses(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = zspchat(arguments);
    let output = command.envs(variables.iter().copied()).output();
    let output = in_time("it gives up", output).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    assert!(said.starts_with("error: "), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}
