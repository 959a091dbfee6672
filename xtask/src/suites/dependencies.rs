//! What the product is made of besides its own sources: licences, origins, and what must not be there.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::counts::Counts;
use crate::command;
use crate::project::Project;

/// Of cargo-deny. Known weaknesses are not among the checks: where they are listed cannot be reached
/// from everywhere that tests run.
const VERSION: &str = "0.20.2";

const CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

/// Each check counts as one test.
pub fn check(project: &Project) -> Result<Counts> {
    let deny = cargo_deny(project)?;
    let judge = |check: &str| {
        let mut deny = Command::new(&deny);
        deny.current_dir(&project.root).args([
            "--workspace",
            "--locked",
            "check",
            "--hide-inclusion-graph",
            check,
        ]);
        let ran = command::run(&format!("check {check} by deny.toml"), &mut deny);
        if let Err(error) = &ran {
            eprintln!("error: {error:#}; deny.toml says what is allowed, and why");
        }
        Counts::one(ran.is_ok())
    };
    Ok(CHECKS.into_iter().map(judge).sum())
}

/// The program, compiled once for as long as the target folder is kept.
fn cargo_deny(project: &Project) -> Result<PathBuf> {
    let folder = project.tools().join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if program.exists() {
        return Ok(program);
    }
    let mut install = project.cargo(["install", "--quiet", "--locked", "--debug"]);
    install
        .args(["--version", VERSION, "cargo-deny", "--root"])
        .arg(&folder)
        // It runs for a second: what counts is how soon it is compiled.
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    command::run("compile cargo-deny", &mut install)?;
    Ok(program)
}
