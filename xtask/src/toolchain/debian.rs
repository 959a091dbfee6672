//! Debian's own Rust, which packages the sources of the standard library but not its build for
//! WebAssembly: that is made here, once for each version of the compiler, without a network; and for
//! size, which rustup's is not: 3 % less to download.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Compiler, WASM};
use crate::{apt, command};

const PACKAGES: [&str; 7] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
    "rust-web-clippy",
    "rustfmt-web",
];
const SOURCES: &str = "/usr/lib/rustlib/src/rust/library";
const LIBRARIES: &str = "/usr/lib/rustlib/wasm32-unknown-unknown";
/// The name under which rustup knows this compiler.
const TOOLCHAIN: &str = "debian";

pub fn ready() -> Result<Compiler> {
    if !apt::installed(&PACKAGES) {
        if !apt::available(&PACKAGES) {
            bail!(
                "the compiler lacks the target for browsers; add it by:\n  rustup target add {WASM}"
            );
        }
        if apt::as_root("true").is_none() {
            bail!(
                "the compiler lacks the target for browsers; set it up by:\n  {}",
                as_root_by_hand()
            );
        }
        apt::install(&PACKAGES, "a compiler that can build for browsers")?;
    }
    let compiler = link()?;
    if is_outdated(compiler) || !compiler.compiles_for_wasm()? {
        build_library()?;
    }
    if !compiler.compiles_for_wasm()? {
        bail!(
            "{compiler} still cannot compile for {WASM}: see `rustc --print target-libdir --target {WASM}`"
        );
    }
    Ok(compiler)
}

/// Where it is recorded by which compiler and how the library was built. It is of use to no other.
fn stamp() -> PathBuf {
    Path::new(LIBRARIES).join("rustc-version")
}

/// Whether the compiler is Debian's, and the library beside it was made here, but by an earlier one or
/// in another way.
pub fn is_outdated(compiler: Compiler) -> bool {
    sysroot(compiler).as_deref() == Some("/usr")
        && fs::read_to_string(stamp()).is_ok_and(|recorded| Some(recorded) != maker())
}

/// Whether the compiler is Debian's, with a library that was made here.
pub fn has_library_made_here(compiler: Compiler) -> bool {
    sysroot(compiler).as_deref() == Some("/usr") && stamp().exists()
}

fn sysroot(compiler: Compiler) -> Option<String> {
    command::output(compiler.command("rustc").args(["--print", "sysroot"]))
}

fn maker() -> Option<String> {
    let version = command::output(
        Command::new("/usr/bin/rustc")
            .env_remove("RUSTUP_TOOLCHAIN")
            .arg("-V"),
    );
    version.map(|version| format!("{version}, for size"))
}

fn build_library() -> Result<()> {
    let maker = maker().context("/usr/bin/rustc does not run")?;
    if apt::as_root("true").is_none() {
        bail!(
            "the library for browsers is yet to be built; do it by:\n  {}",
            as_root_by_hand()
        );
    }
    let folder = env::temp_dir().join(format!("zspchat-sysroot-{}", std::process::id()));
    let vendor = format!("source.vendored.directory=\"{SOURCES}/vendor\"");
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .current_dir(SOURCES)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env(
            "PATH",
            format!("/usr/bin:{}", env::var("PATH").unwrap_or_default()),
        )
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "RUSTFLAGS",
            "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes",
        )
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
        .env("CARGO_TARGET_DIR", &folder)
        .args([
            "build",
            "--quiet",
            "--release",
            "--offline",
            "--locked",
            "-Zavoid-dev-deps",
        ])
        .args(["--target", WASM, "-p", "sysroot"])
        .args(["--features", "optimize_for_size"])
        .args([
            "--config",
            "source.crates-io.replace-with=\"vendored\"",
            "--config",
            &vendor,
        ]);
    let built = command::run(
        "build the standard library for browsers (about half a minute)",
        &mut cargo,
    )
    .and_then(|()| put_in_place(&folder.join(WASM).join("release/deps"), &maker));
    fs::remove_dir_all(&folder).ok();
    built
}

fn put_in_place(built: &Path, maker: &str) -> Result<()> {
    let library = Path::new(LIBRARIES).join("lib");
    let draft = built.join("rustc-version");
    fs::write(&draft, maker)?;
    let rlibs: Vec<PathBuf> = fs::read_dir(built)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .collect();
    let root = |program| apt::as_root(program).context("needs root");
    command::run(
        "remove an older library",
        root("rm")?.arg("-rf").arg(LIBRARIES),
    )?;
    command::run("make its folder", root("mkdir")?.arg("-p").arg(&library))?;
    command::run(
        "put the library in place",
        root("cp")?.args(&rlibs).arg(&library),
    )?;
    command::run("record its compiler", root("cp")?.arg(&draft).arg(stamp()))
}

/// Makes rustup know Debian's compiler; without rustup, it is the active one already.
fn link() -> Result<Compiler> {
    if !command::succeeds(Command::new("rustup").arg("--version")) {
        return Ok(Compiler::Active);
    }
    let compiler = Compiler::Named(TOOLCHAIN);
    if sysroot(compiler).as_deref() != Some("/usr") {
        let mut rustup = Command::new("rustup");
        command::run(
            "tell rustup of Debian's compiler",
            rustup.args(["toolchain", "link", TOOLCHAIN, "/usr"]),
        )?;
    }
    Ok(compiler)
}

fn as_root_by_hand() -> String {
    let program =
        env::current_exe().map_or_else(|_| "xtask".to_owned(), |path| path.display().to_string());
    format!("sudo env \"PATH=$PATH\" {program} setup")
}
