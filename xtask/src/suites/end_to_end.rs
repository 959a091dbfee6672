//! People in real browsers, by Playwright; and afterwards, what the servers have logged meanwhile.

mod secrets;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use services::{Postgres, PostgresOptions, RabbitMq, RabbitMqOptions, Redis, RedisOptions};

use super::counts::Counts;
use crate::apt::{self, Need};
use crate::cluster;
use crate::project::{Project, TOOLS};
use crate::{build, command};
use secrets::Kept;

/// The program that is a push service.
const PUSH_SERVICE: &str = "push-service";

/// What the browser needs to show every script, and the tests to try every emoji and to look into
/// the server's database.
pub const NEEDS: [Need; 5] = [
    Need {
        file: "/usr/bin/chromium",
        package: "chromium",
    },
    Need {
        file: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        package: "fonts-noto-cjk",
    },
    Need {
        file: "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
        package: "fonts-noto-color-emoji",
    },
    Need {
        file: "/usr/share/unicode/emoji/emoji-test.txt",
        package: "unicode-data",
    },
    Need {
        file: "/usr/bin/sqlite3",
        package: "sqlite3",
    },
];

/// With `--cluster` among the arguments, what is named is played on a cluster only.
pub fn run(project: &Project, arguments: &[String]) -> Result<Counts> {
    let (named, rest): (Vec<_>, Vec<_>) = arguments
        .iter()
        .cloned()
        .partition(|argument| argument == "--cluster");
    let (on_cluster_only, arguments) = (!named.is_empty(), rest);
    let folder = project.root.join("end2end");
    apt::provide(&NEEDS, "the end-to-end tests")?;
    packages(&folder)?;
    let product = build::product(project, build::Profile::Dev)?;
    push_service(project)?;
    let types = command::run(
        "check the types",
        in_folder(&folder, "node_modules/.bin/tsc").arg("--noEmit"),
    );
    if let Err(error) = &types {
        eprintln!("error: {error:#}");
    }
    let mut played = vec![Counts::one(types.is_ok())];
    let logs = logs(project);
    fs::remove_dir_all(&logs).ok();
    if !on_cluster_only {
        played.push(play(project, &folder, &product, None, &arguments)?);
    }
    if on_cluster_only || arguments.is_empty() {
        cluster::provide()?;
        let shared = Shared::start()?;
        let specs = if arguments.is_empty() {
            ON_A_CLUSTER
                .map(|name| format!("tests/{name}.spec.ts"))
                .into()
        } else {
            arguments
        };
        played.push(play(project, &folder, &product, Some(&shared), &specs)?);
    }
    played.push(search(&logs));
    Ok(played.into_iter().sum())
}

/// Where the fixtures keep what servers log, and what must not be in there.
fn logs(project: &Project) -> PathBuf {
    project.target.join("end2end-logs")
}

/// Looks for what people wrote, and prove themselves by, in all that the servers have logged.
fn search(logs: &Path) -> Counts {
    let found = match Kept::read(logs) {
        Ok(kept) => {
            eprintln!("▸ look for {}", kept.size());
            kept.found()
        }
        Err(error) => vec![format!("{error:#}")],
    };
    for line in &found {
        eprintln!("error: what no log line may hold: {line}");
    }
    Counts::one(found.is_empty())
}

/// Builds the push service that browsers of the tests are told by.
fn push_service(project: &Project) -> Result<()> {
    let mut cargo = project.cargo(["build"]);
    cargo.args(TOOLS).args(["--bin", PUSH_SERVICE]);
    command::run("build the push service", &mut cargo)
}

/// What is played with the people on different nodes: once more, what depends on how events travel;
/// and what happens when a service is away.
const ON_A_CLUSTER: [&str; 8] = [
    "away",
    "talk",
    "return",
    "new-group",
    "history",
    "outbox",
    "crash",
    "devices",
];

/// The services that all clusters of the tests share.
struct Shared {
    postgres: Postgres,
    redis: Redis,
    broker: RabbitMq,
}

impl Shared {
    fn start() -> Result<Self> {
        Ok(Self {
            postgres: Postgres::start(&PostgresOptions::default())?,
            redis: Redis::start(&RedisOptions::default())?,
            broker: RabbitMq::start(&RabbitMqOptions::default())?,
        })
    }

    /// As the fixtures read it.
    fn addresses(&self) -> String {
        serde_json::json!({
            "postgres": self.postgres.url("postgres"),
            "redis": self.redis.url(),
            "amqp": self.broker.url(),
        })
        .to_string()
    }
}

fn play(
    project: &Project,
    folder: &Path,
    product: &build::Product,
    shared: Option<&Shared>,
    arguments: &[String],
) -> Result<Counts> {
    let report = project.target.join("end2end.json");
    fs::remove_file(&report).ok();
    let mut playwright = in_folder(folder, "node_modules/.bin/playwright");
    playwright
        .arg("test")
        .args(arguments)
        .env("ZSPCHAT_BIN", &product.server)
        .env("ZSPCHAT_LOGS", logs(project))
        .env(
            "ZSPCHAT_PUSH_SERVICE",
            project.target.join("debug").join(PUSH_SERVICE),
        )
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let mut label = "play in browsers";
    if let Some(shared) = shared {
        playwright.env("ZSPCHAT_SERVICES", shared.addresses());
        label = "play on a cluster";
    }
    let status = command::watch(label, &mut playwright, |_| ())?;
    let report = fs::read_to_string(&report).context("Playwright left no report")?;
    Ok(Counts::of_playwright(&report)?.concluded(status.success()))
}

/// Installs what `package-lock.json` names, unless just that is installed.
pub fn packages(folder: &Path) -> Result<()> {
    if env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .all(|path| !path.join("npm").exists())
    {
        apt::install(&["nodejs", "npm"], "the end-to-end tests")?;
    }
    let wanted = fs::read_to_string(folder.join("package-lock.json"))
        .context("end2end lacks its lock file")?;
    let record = folder.join("node_modules/.installed-from.json");
    if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // The browser is Debian's: none is to be downloaded.
    let mut npm = in_folder(folder, "npm");
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .args(["ci", "--no-audit", "--no-fund"]);
    command::run("install the packages of the end-to-end tests", &mut npm)?;
    fs::write(record, wanted).context("node_modules cannot be written to")
}

/// A program, given by name or by its path in this folder, that works in it.
fn in_folder(folder: &Path, program: &str) -> Command {
    let path = if program.contains('/') {
        folder.join(program)
    } else {
        program.into()
    };
    let mut command = Command::new(path);
    command.current_dir(folder);
    command
}
