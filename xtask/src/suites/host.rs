//! The suites that cargo itself runs, natively.

use anyhow::Result;

use super::counts::Counts;
use crate::command;
use crate::project::{BROWSER, PRODUCT, Project, TOOLS};

/// What marks the simulation among the server's integration tests.
const SIMULATION: &str = "simulation";

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
    let targets: Vec<&str> = ["protocol", "app"]
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
    let tools = cargo_test(
        project,
        "test the tools",
        &TOOLS,
        &["--bins"],
        &[],
        arguments,
    )?;
    Ok([product, tools].into_iter().sum())
}

pub fn server(project: &Project, arguments: &[String]) -> Result<Counts> {
    let mut filter = vec!["--skip".to_owned(), SIMULATION.to_owned()];
    filter.extend_from_slice(arguments);
    integration(project, "test the server", &filter)
}

pub fn simulation(project: &Project, arguments: &[String]) -> Result<Counts> {
    let filter = if arguments.is_empty() {
        vec![SIMULATION.to_owned()]
    } else {
        arguments.to_vec()
    };
    integration(project, "simulate", &filter)
}

fn integration(project: &Project, label: &str, arguments: &[String]) -> Result<Counts> {
    let targets = project.test_targets("server");
    if targets.is_empty() {
        eprintln!("The server has no integration tests.");
        return Ok(Counts::FAILED);
    }
    cargo_test(project, label, &PRODUCT, &[], &targets, arguments)
}

fn cargo_test(
    project: &Project,
    label: &str,
    packages: &[&'static str],
    kinds: &[&str],
    targets: &[&str],
    arguments: &[String],
) -> Result<Counts> {
    let mut cargo = project.cargo(["test", "--no-fail-fast"]);
    cargo.args(packages).args(kinds);
    for target in targets {
        cargo.args(["--test", target]);
    }
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
