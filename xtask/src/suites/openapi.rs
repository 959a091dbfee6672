//! The interface for programs, by its own description: Schemathesis makes requests from the OpenAPI
//! document, good and bad ones, and compares each answer with it.

mod stage;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use services::{Postgres, PostgresOptions};

use super::counts::Counts;
use crate::project::Project;
use crate::{build, cluster, command, python};
use stage::{Server, Stage};

/// Where the settings and the list of packages are.
const FOLDER: &str = "xtask/openapi";

/// The server keeps its data in Postgres, which refuses more than SQLite does.
pub fn run(project: &Project, arguments: &[String]) -> Result<Counts> {
    let folder = project.root.join(FOLDER);
    let programs = python::programs(project, "openapi", &folder.join("requirements.txt"))?;
    cluster::provide()?;
    let program = build::server(project, build::Profile::Dev, None)?;
    let postgres = Postgres::start(&PostgresOptions::default())?;
    let server = Server::start(&program, &postgres.url("postgres"))?;
    let stage = Stage::set(server.address())?;
    let report = project.target.join("openapi.xml");
    fs::remove_file(&report).ok();
    let mut schemathesis = Command::new(programs.join("schemathesis"));
    schemathesis
        .current_dir(&project.target)
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("http://{}/api/openapi.json", server.address()))
        .args(["--report", "junit", "--report-junit-path"])
        .arg(&report)
        .args(arguments)
        .envs(stage.variables());
    let status = command::watch(
        "compare answers with the document",
        &mut schemathesis,
        |_| (),
    )?;
    let report = fs::read_to_string(&report).context("Schemathesis left no report")?;
    let counts = Counts::of_junit(&report)?.concluded(status.success());
    if counts.failed > 0 {
        eprintln!(
            "The same again, for one route: cargo xtask test openapi -- --include-path /api/v1/…"
        );
    }
    Ok(counts)
}
