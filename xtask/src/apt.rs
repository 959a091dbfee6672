//! Packages of Debian and Ubuntu, installed when something first needs them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::command;

/// A file something needs, and the package it is in.
pub struct Need {
    pub file: &'static str,
    pub package: &'static str,
}

/// Installs the packages of those files that are missing.
///
/// # Errors
/// When one is missing and cannot be installed: names the one command that would do it.
pub fn provide(needs: &[Need], what_for: &str) -> Result<()> {
    let missing: Vec<&str> = needs
        .iter()
        .filter(|need| !Path::new(need.file).exists())
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing, what_for)
}

/// Whether all of these packages are installed; false where there is no dpkg.
pub fn installed(packages: &[&str]) -> bool {
    command::output(
        Command::new("dpkg-query")
            .args(["-W", "-f", "${db:Status-Status}\n"])
            .args(packages),
    )
    .is_some_and(|states| states.lines().all(|state| state == "installed"))
}

/// Whether the package lists know all of these packages, after an update if they do not at first.
pub fn available(packages: &[&str]) -> bool {
    let known = || {
        packages.iter().all(|package| {
            command::output(Command::new("apt-cache").args(["show", "--no-all-versions", package]))
                .is_some_and(|text| !text.is_empty())
        })
    };
    known() || (update().is_ok() && known())
}

/// Installs packages without starting any of their services.
pub fn install(packages: &[&str], what_for: &str) -> Result<()> {
    let by_hand = format!(
        "apt-get install --no-install-recommends {}",
        packages.join(" ")
    );
    if !command::succeeds(Command::new("apt-get").arg("--version")) {
        bail!(
            "{what_for} needs what Debian calls {}: install it, then try again",
            packages.join(", ")
        );
    }
    let Some(mut apt) = as_root("env") else {
        bail!("{what_for} needs packages; install them by:\n  sudo {by_hand}");
    };
    // A list that is out of date may still do: the installation tells.
    let _ = update();
    let _no_services = NoServices::hold()?;
    apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install"])
        .args(["-y", "--no-install-recommends"])
        .args(packages);
    command::run(
        &format!("install {} for {what_for}", packages.join(" ")),
        &mut apt,
    )
    .with_context(|| format!("try it by hand:\n  sudo {by_hand}"))
}

/// A command run as root: directly, or by a `sudo` that asks nothing. `None` when neither works.
pub fn as_root(program: &str) -> Option<Command> {
    if command::output(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(Command::new(program));
    }
    if !command::succeeds(Command::new("sudo").args(["-n", "true"])) {
        return None;
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    Some(sudo)
}

/// Asks for newer package lists, once in the life of this program.
fn update() -> Result<()> {
    static UPDATED: AtomicBool = AtomicBool::new(false);
    if UPDATED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let mut apt = as_root("apt-get").context("needs root")?;
    command::run("update the package lists", apt.args(["update", "-q"]))
}

/// While this lives, installing a package starts no service (Debian's `policy-rc.d`).
struct NoServices(bool);

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn hold() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self(false)); // The machine has a policy of its own.
        }
        let draft = std::env::temp_dir().join(format!("zspchat-policy-{}", std::process::id()));
        fs::write(&draft, "#!/bin/sh\nexit 101\n").context("no room for a temporary file")?;
        let mut install = as_root("install").context("needs root")?;
        let done = command::run(
            "hold services back",
            install.arg("-m755").arg(&draft).arg(POLICY),
        );
        fs::remove_file(&draft).ok();
        done.map(|()| Self(true))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.0
            && let Some(mut remove) = as_root("rm")
            && let Err(error) =
                command::run("let services start again", remove.args(["-f", POLICY]))
        {
            eprintln!("warning: remove {POLICY} by hand: {error:#}");
        }
    }
}
