//! `cargo xtask fuzz`: looks for input of which a property does not hold, by libFuzzer.
//!
//! Does what cargo-fuzz does for a compiler that is no nightly one: every build is instrumented by the
//! compiler itself, in a folder of its own, and linked with libFuzzer, which is compiled along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::apt::{self, Need};
use crate::command;
use crate::project::{Project, list};

#[derive(Args)]
pub struct Options {
    /// Which readers of input; all when none is named
    readers: Vec<String>,
    /// How long each is tried
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Try this one file instead, such as one that was found
    #[arg(long)]
    input: Option<PathBuf>,
}

/// libFuzzer is written in C++.
const NEEDS: [Need; 1] = [Need {
    file: "/usr/bin/c++",
    package: "g++",
}];

/// What libFuzzer steers by: which edges of the program were taken how often, and what was compared
/// with what. The first is what all of the workspace is compiled with.
const FLAGS: [&str; 9] = [
    "--cfg=erase_components",
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
];

/// The largest input that is tried, in bytes.
const LONGEST: u32 = 4_096;
/// How long one input may take, in seconds.
const SLOWEST: u32 = 5;
/// The most memory that a program may take, in MiB.
const MEMORY: u32 = 1_024;

/// Tries each reader for a while; all that are named are tried, whatever is found meanwhile.
///
/// # Errors
/// When a property was broken: names the input, and how to try it again.
pub fn run(project: &Project, options: &Options) -> Result<()> {
    let all = readers(project);
    let readers = if options.readers.is_empty() {
        &all
    } else {
        &options.readers
    };
    if let Some(unknown) = readers.iter().find(|name| !all.contains(name)) {
        bail!("there is no reader {unknown}; there are {}", all.join(", "));
    }
    apt::provide(&NEEDS, "libFuzzer")?;
    let programs = build(project)?;
    let place = Place::in_target(project);
    if let Some(input) = &options.input {
        let [reader] = readers.as_slice() else {
            bail!("name the one reader that the file is for");
        };
        let mut program = Command::new(programs.join(reader));
        return command::run(&format!("try {}", input.display()), program.arg(input));
    }
    let mut broken = Vec::new();
    for reader in readers {
        let mut program = place.program(&programs, project, reader, options.seconds)?;
        if let Err(error) = command::run(&format!("fuzz {reader}"), &mut program) {
            eprintln!(
                "error: {error:#}\n  try it again: cargo xtask fuzz {reader} --input FILE\n  \
                 once it holds, keep it: cp FILE fuzz/corpus/{reader}/"
            );
            broken.push(reader.as_str());
        }
    }
    ensure!(broken.is_empty(), "not all holds: {}", broken.join(", "));
    println!("Every property held: {}.", readers.join(", "));
    Ok(())
}

/// The programs of the package `fuzz`.
fn readers(project: &Project) -> Vec<String> {
    list(&project.metadata()["packages"])
        .filter(|package| package["name"] == "fuzz")
        .flat_map(|package| list(&package["targets"]))
        .filter(|target| list(&target["kind"]).any(|kind| kind == "bin"))
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect()
}

/// Builds all programs, and gives the folder they are in.
fn build(project: &Project) -> Result<PathBuf> {
    let host = project.compiler.host()?;
    let folder = project.target.join("fuzz");
    let mut cargo = project.cargo(["build", "--profile", "fuzz", "-p", "fuzz", "--bins"]);
    cargo
        .args(["--features", "fuzz/libfuzzer", "--target", &host])
        .arg("--target-dir")
        .arg(&folder)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    command::run("build the programs that are fuzzed", &mut cargo)?;
    Ok(folder.join(host).join("fuzz"))
}

/// Where inputs are that were made up.
struct Place {
    /// Those that led to something new, by reader: kept for the next time.
    found: PathBuf,
    /// Those of which a property does not hold.
    broken: PathBuf,
}

impl Place {
    fn in_target(project: &Project) -> Self {
        let folder = project.target.join("fuzz");
        Self {
            found: folder.join("found"),
            broken: folder.join("broken"),
        }
    }

    fn program(
        &self,
        programs: &Path,
        project: &Project,
        reader: &str,
        seconds: u32,
    ) -> Result<Command> {
        let found = self.found.join(reader);
        for folder in [&found, &self.broken] {
            fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let mut program = Command::new(programs.join(reader));
        program
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!("-timeout={SLOWEST}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg(format!(
                "-artifact_prefix={}/{reader}-",
                self.broken.display()
            ))
            .args(["-verbosity=0", "-print_final_stats=1"])
            .arg(found)
            .arg(project.root.join("fuzz/corpus").join(reader));
        Ok(program)
    }
}
