//! People in real browsers, by Playwright.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::counts::Counts;
use crate::apt::{self, Need};
use crate::project::Project;
use crate::{build, command};

/// What the browser needs to show every script, and the tests to try every emoji and to look into
/// the server's database.
const NEEDS: [Need; 5] = [
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

pub fn run(project: &Project, arguments: &[String]) -> Result<Counts> {
    let folder = project.root.join("end2end");
    apt::provide(&NEEDS, "the end-to-end tests")?;
    packages(&folder)?;
    let product = build::product(project, build::Profile::Dev)?;
    let types = command::run(
        "check the types",
        in_folder(&folder, "node_modules/.bin/tsc").arg("--noEmit"),
    );
    if let Err(error) = &types {
        eprintln!("error: {error:#}");
    }
    let played = play(project, &folder, &product, arguments)?;
    Ok([Counts::one(types.is_ok()), played].into_iter().sum())
}

fn play(
    project: &Project,
    folder: &Path,
    product: &build::Product,
    arguments: &[String],
) -> Result<Counts> {
    let report = project.target.join("end2end.json");
    fs::remove_file(&report).ok();
    let mut playwright = in_folder(folder, "node_modules/.bin/playwright");
    playwright
        .arg("test")
        .args(arguments)
        .env("ZSPCHAT_BIN", &product.server)
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let status = command::watch("play in browsers", &mut playwright, |_| ())?;
    let report = fs::read_to_string(&report).context("Playwright left no report")?;
    Ok(Counts::of_playwright(&report)?.concluded(status.success()))
}

/// Installs what `package-lock.json` names, unless just that is installed.
fn packages(folder: &Path) -> Result<()> {
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
