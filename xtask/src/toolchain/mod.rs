//! The one compiler that everything is built with, for this machine and for WebAssembly.
//!
//! In this order: the active toolchain, if it can compile for WebAssembly; Debian's own Rust, with
//! a standard library for WebAssembly built from its packaged sources; else the user is told what
//! to type. Nothing here downloads a toolchain.

mod debian;

use std::env;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::apt::{self, Need};
use crate::command;

pub const WASM: &str = "wasm32-unknown-unknown";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// Whatever `cargo` is by default.
    Active,
    /// A toolchain of rustup by this name.
    Named(&'static str),
}

/// What Kafka's client, which is in C, is built by and links to.
const LIBRARIES: [Need; 4] = [
    Need {
        file: "/usr/include/openssl/ssl.h",
        package: "libssl-dev",
    },
    Need {
        file: "/usr/bin/pkg-config",
        package: "pkg-config",
    },
    Need {
        file: "/usr/bin/make",
        package: "make",
    },
    Need {
        file: "/usr/bin/g++",
        package: "g++",
    },
];

/// A compiler that can do all that is needed, and the libraries that it links to, set up if they were
/// not.
///
/// # Errors
/// When something is missing and cannot be set up: names the one command that would do it.
pub fn ready() -> Result<Compiler> {
    // Whoever says where it is has it elsewhere.
    if env::var_os("OPENSSL_DIR").is_none() {
        apt::provide(&LIBRARIES, "building the server")?;
    }
    compiler()
}

fn compiler() -> Result<Compiler> {
    if Compiler::Active.compiles_for_wasm()? && !debian::is_outdated(Compiler::Active) {
        return Ok(Compiler::Active);
    }
    debian::ready()
}

impl Compiler {
    /// A cargo command by this compiler.
    pub fn cargo(self, folder: &Path) -> Command {
        let mut command = self.command("cargo");
        command.current_dir(folder);
        command
    }

    /// Whether its standard library for browsers is built for size.
    pub fn has_small_library(self) -> bool {
        debian::has_library_made_here(self)
    }

    /// The standard library for browsers, told apart from any other: the names of its files.
    ///
    /// # Errors
    /// When the compiler does not run.
    pub fn library(self) -> Result<String> {
        let mut rustc = self.command("rustc");
        rustc.args(["--print", "target-libdir", "--target", WASM]);
        let folder = command::output(&mut rustc).context("rustc does not run")?;
        let files = fs::read_dir(&folder).with_context(|| format!("{folder} cannot be read"))?;
        let mut names: Vec<String> = files
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names.join("\n"))
    }

    /// The machine that it compiles for by itself, such as `x86_64-unknown-linux-gnu`.
    ///
    /// # Errors
    /// When the compiler does not run.
    pub fn host(self) -> Result<String> {
        let version = command::output(self.command("rustc").arg("-vV"));
        let version = version.context("rustc does not run")?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        host.map(str::to_owned)
            .context("rustc does not say what machine this is")
    }

    fn command(self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("RUSTUP_AUTO_INSTALL", "0");
        // What `cargo run` told this program about itself is not meant for the next cargo.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text == "CARGO"
                || text.starts_with("CARGO_MANIFEST")
                || text.starts_with("CARGO_PKG_")
            {
                command.env_remove(name);
            }
        }
        if let Self::Named(name) = self {
            command.env("RUSTUP_TOOLCHAIN", name);
        }
        command
    }

    /// Tries it on one line: also finds a library that an older compiler left behind.
    fn compiles_for_wasm(self) -> Result<bool> {
        let folder = env::temp_dir().join(format!("zspchat-probe-{}", std::process::id()));
        fs::create_dir_all(&folder).context("no room for temporary files")?;
        let source = folder.join("probe.rs");
        fs::write(&source, "pub fn probe() -> String { String::new() }\n")?;
        let works = command::succeeds(
            self.command("rustc")
                .args([
                    "--crate-type",
                    "lib",
                    "--emit",
                    "metadata",
                    "--target",
                    WASM,
                    "--out-dir",
                ])
                .arg(&folder)
                .arg(&source)
                .stdin(Stdio::null()),
        );
        fs::remove_dir_all(&folder).ok();
        Ok(works)
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("the active toolchain"),
            Self::Named(name) => write!(f, "toolchain `{name}`"),
        }
    }
}
