//! The suites that cargo itself runs, natively.

use std::process::Command;

use anyhow::Result;

use super::counts::Counts;
use crate::apt::{self, Need};
use crate::cluster;
use crate::command;
use crate::kafka;
use crate::project::{BROWSER, PRODUCT, Project, TOOLS};

/// What marks the simulation among the server's integration tests.
const SIMULATION: &str = "simulation";

/// An authority that speaks ACME.
const AUTHORITY: Need = Need {
    file: "/usr/bin/pebble",
    package: "pebble",
};

/// What marks the table of who may do what among them.
const AUTHORIZATION: &str = "http::authorization";

pub fn fmt(project: &Project) -> Counts {
    let formatted = command::run(
        "compare the format",
        &mut project.cargo(["fmt", "--all", "--check"]),
    );
    concluded(&formatted, "cargo fmt --all")
}

pub fn clippy(project: &Project) -> Counts {
    let natively = |packages: &[&'static str]| {
        let mut cargo = project.cargo(["clippy", "--all-targets"]);
        cargo.args(packages).args(["--", "-D", "warnings"]);
        cargo
    };
    let mut browser = project.cargo(["clippy"]);
    browser.args(BROWSER).args(["--", "-D", "warnings"]);
    let results = [
        command::run("lint the product", &mut natively(&PRODUCT)),
        command::run("lint the tools", &mut natively(&TOOLS)),
        command::run("lint the app for browsers", &mut browser),
    ];
    concluded(&results.into_iter().collect(), "cargo clippy")
}

pub fn unit(project: &Project, arguments: &[String]) -> Result<Counts> {
    let targets: Vec<&str> = ["protocol", "app", "fuzz"]
        .iter()
        .flat_map(|package| project.test_targets(package))
        .collect();
    let product = cargo_test(
        project,
        "test the product's parts",
        &PRODUCT,
        &["--lib", "--bins"],
        &targets,
        arguments,
    )?;
    cluster::provide()?;
    let tools = cargo_test(
        project,
        "test the tools",
        &TOOLS,
        &["--lib", "--bins"],
        &project.test_targets("services"),
        arguments,
    )?;
    Ok([product, tools].into_iter().sum())
}

/// The server in each of its forms, with real services.
pub fn server(project: &Project, arguments: &[String]) -> Result<Counts> {
    cluster::provide()?;
    apt::provide(&[AUTHORITY], "testing certificates")?;
    kafka::provide(project)?;
    let form = |label: &str, environment: &[(&str, &str)], parts: &[&str]| {
        let mut filter = vec!["--skip".to_owned(), SIMULATION.to_owned()];
        if !environment.is_empty() {
            // Who may do what is decided by the same code in each form.
            filter.extend(["--skip".to_owned(), AUTHORIZATION.to_owned()]);
        }
        let parts = if arguments.is_empty() { parts } else { &[] };
        filter.extend(parts.iter().map(|part| (*part).to_owned()));
        filter.extend_from_slice(arguments);
        integration(project, label, environment, &filter)
    };
    let forms = [
        form("test the server", &[], &[])?,
        form(
            "test it on Postgres",
            &[("TEST_DATABASE", "postgres")],
            &["chat::", "http::"],
        )?,
        form(
            "test it as a node of several",
            &[("TEST_NETWORK", "1")],
            &["http::"],
        )?,
    ];
    Ok(forms.into_iter().sum())
}

/// The table of who may do what, alone.
pub fn authorization(project: &Project, arguments: &[String]) -> Result<Counts> {
    let mut filter = vec![AUTHORIZATION.to_owned()];
    filter.extend_from_slice(arguments);
    integration(project, "ask every route as everybody", &[], &filter)
}

pub fn simulation(project: &Project, arguments: &[String]) -> Result<Counts> {
    let filter = if arguments.is_empty() {
        vec![SIMULATION.to_owned()]
    } else {
        arguments.to_vec()
    };
    integration(project, "simulate", &[], &filter)
}

fn integration(
    project: &Project,
    label: &str,
    environment: &[(&str, &str)],
    arguments: &[String],
) -> Result<Counts> {
    let targets = project.test_targets("server");
    if targets.is_empty() {
        eprintln!("The server has no integration tests.");
        return Ok(Counts::FAILED);
    }
    let mut cargo = test_command(project, &PRODUCT, &[], &targets);
    cargo.envs(environment.iter().copied());
    watched(label, cargo, arguments)
}

fn cargo_test(
    project: &Project,
    label: &str,
    packages: &[&'static str],
    kinds: &[&str],
    targets: &[&str],
    arguments: &[String],
) -> Result<Counts> {
    let cargo = test_command(project, packages, kinds, targets);
    watched(label, cargo, arguments)
}

fn test_command(
    project: &Project,
    packages: &[&'static str],
    kinds: &[&str],
    targets: &[&str],
) -> Command {
    let mut cargo = project.cargo(["test", "--no-fail-fast"]);
    cargo.args(packages).args(kinds);
    for target in targets {
        cargo.args(["--test", target]);
    }
    cargo
}

fn watched(label: &str, mut cargo: Command, arguments: &[String]) -> Result<Counts> {
    let mut counts = Counts::default();
    let status = command::watch(label, cargo.arg("--").args(arguments), |line| {
        counts.read(line);
    })?;
    Ok(counts.concluded(status.success()))
}

fn concluded(result: &Result<()>, by_hand: &str) -> Counts {
    if let Err(error) = result {
        eprintln!("error: {error:#}; by hand: {by_hand}");
    }
    Counts::one(result.is_ok())
}
