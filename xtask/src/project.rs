//! Where things are, and how cargo is called on them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;
use crate::toolchain::Compiler;

/// The packages of the product, and those that measure it and try its readers. Always selected
/// together: cargo then unifies their features the same way each time, and nothing is compiled twice.
pub const PRODUCT: [&str; 10] = [
    "-p", "protocol", "-p", "app", "-p", "server", "-p", "bench", "-p", "fuzz",
];

/// The packages that build the product, and what it is tried with.
pub const TOOLS: [&str; 8] = [
    "-p", "xtask", "-p", "bundler", "-p", "services", "-p", "chaos",
];

/// How the app is compiled for the browser.
pub const BROWSER: [&str; 7] = [
    "-p",
    "app",
    "--no-default-features",
    "--features",
    "hydrate",
    "--target",
    "wasm32-unknown-unknown",
];

pub struct Project {
    pub root: PathBuf,
    /// Cargo's target folder, wherever the environment or a configuration puts it.
    pub target: PathBuf,
    pub compiler: Compiler,
    metadata: Value,
}

impl Project {
    /// Finds the workspace that this program was called in.
    pub fn locate(compiler: Compiler) -> Result<Self> {
        let root = root();
        let text = command::output(compiler.cargo(&root).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))
        .context("`cargo metadata` failed: run it by hand to see why")?;
        let metadata: Value =
            serde_json::from_str(&text).context("`cargo metadata` printed no JSON")?;
        let target = metadata["target_directory"]
            .as_str()
            .context("no target_directory")?
            .into();
        Ok(Self {
            root,
            target,
            compiler,
            metadata,
        })
    }

    /// A cargo command in the root of the workspace, by the compiler used for everything.
    pub fn cargo<I: IntoIterator<Item = &'static str>>(&self, arguments: I) -> Command {
        let mut command = self.compiler.cargo(&self.root);
        command.args(arguments);
        command
    }

    /// Where programs are that were installed for the project alone: kept as long as the target folder.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The names of a package's integration test binaries.
    pub fn test_targets(&self, package: &str) -> Vec<&str> {
        list(&self.metadata["packages"])
            .filter(|candidate| candidate["name"] == package)
            .flat_map(|package| list(&package["targets"]))
            .filter(|target| list(&target["kind"]).any(|kind| kind == "test"))
            .filter_map(|target| target["name"].as_str())
            .collect()
    }

    /// What `cargo metadata` says about the workspace.
    pub fn metadata(&self) -> &Value {
        &self.metadata
    }
}

/// The root of the workspace. Cargo names it at run time, which stays right when several
/// checkouts share one target folder.
pub fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest
        .parent()
        .map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The elements of a JSON array; of anything else none.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
