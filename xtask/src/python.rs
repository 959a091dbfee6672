//! Programs written in Python, each in an environment of its own in the target folder, with exactly
//! the packages that a list names by version and hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::{apt, command};

/// Succeeds where Python is new enough for the lists, and can make environments.
const USABLE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// The folder of the programs that a list of packages brings, installed unless just that list is.
///
/// # Errors
/// When Python, or one of the packages, cannot be installed.
pub fn programs(project: &Project, name: &str, list: &Path) -> Result<PathBuf> {
    let environment = project.tools().join(name);
    let programs = environment.join("bin");
    let wanted =
        fs::read_to_string(list).with_context(|| format!("{} cannot be read", list.display()))?;
    let record = environment.join("installed-from.txt");
    if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    let mut make = Command::new(python(name)?);
    make.args(["-m", "venv", "--clear"]).arg(&environment);
    command::run(&format!("make an environment for {name}"), &mut make)?;
    let mut install = Command::new(programs.join("python"));
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--require-hashes", "--only-binary", ":all:", "-r"])
        .arg(list);
    command::run(&format!("install the packages of {name}"), &mut install)?;
    fs::write(&record, wanted)
        .with_context(|| format!("{} cannot be written", record.display()))?;
    Ok(programs)
}

/// The first Python that will do; Debian's, where there is none yet.
fn python(name: &str) -> Result<&'static str> {
    let usable = |python| command::succeeds(Command::new(python).args(["-c", USABLE]));
    if usable("python3") {
        return Ok("python3");
    }
    apt::install(&["python3", "python3-venv"], name)?;
    usable("/usr/bin/python3")
        .then_some("/usr/bin/python3")
        .with_context(|| format!("{name} needs Python 3.11 or newer, as python3"))
}
