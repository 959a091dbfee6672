//! What a browser downloads, and the server that hands it out.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::project::{BROWSER, PRODUCT, Project};
use crate::toolchain::WASM;

/// How the app is always compiled for the browser: its size is what counts, in tests as well.
const BROWSER_PROFILE: &str = "wasm-release";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    /// Optimised, with the site inside the server's binary.
    Release,
}

impl Profile {
    pub fn from_release(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The name of its folder in the target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// What was built, and where it is.
pub struct Product {
    pub server: PathBuf,
}

/// Builds the site and the server beside it.
pub fn product(project: &Project, profile: Profile) -> Result<Product> {
    let site = bundle(project, profile)?;
    let site = (profile == Profile::Release).then_some(site);
    let server = server(project, profile, site)?;
    Ok(Product { server })
}

/// Builds the server alone, with this site inside its binary.
pub fn server(project: &Project, profile: Profile, site: Option<PathBuf>) -> Result<PathBuf> {
    let mut cargo = project.cargo(["build"]);
    cargo.args(PRODUCT).args(["--bin", "zspchat"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    match site {
        Some(site) => cargo.env("ZSPCHAT_SITE", site),
        None => cargo.env_remove("ZSPCHAT_SITE"),
    };
    command::run("build the server", &mut cargo)?;
    Ok(project.target.join(profile.folder()).join("zspchat"))
}

/// Builds the site, in the folder beside the server's binary.
pub fn bundle(project: &Project, profile: Profile) -> Result<PathBuf> {
    forget_another_library(project)?;
    let mut cargo = project.cargo(["build", "--lib", "--profile", BROWSER_PROFILE]);
    command::run("compile the app for browsers", cargo.args(BROWSER))?;
    command::run(
        "build the bundler",
        &mut project.cargo(["build", "-p", "bundler"]),
    )?;
    let site = project.target.join(profile.folder()).join("site");
    let mut bundler = Command::new(project.target.join("debug/bundler"));
    bundler
        .arg(
            project
                .target
                .join(WASM)
                .join(BROWSER_PROFILE)
                .join("app.wasm"),
        )
        .arg(project.root.join("style/main.css"))
        .arg(project.root.join("app/public"))
        .arg(&site);
    command::run("make the bundle", &mut bundler)?;
    Ok(site)
}

/// Cargo knows a change of the compiler, but not one of the standard library beside it: what was
/// compiled with another is of no use.
fn forget_another_library(project: &Project) -> Result<()> {
    let folder = project.target.join(WASM);
    let record = folder.join("library");
    let library = project.compiler.library()?;
    if fs::read_to_string(&record).is_ok_and(|recorded| recorded == library) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&record, library))
        .with_context(|| format!("{} cannot be written", record.display()))
}
