//! The Kafka broker that tests and the bench start: a package of its own, in `xtask/kafka`.

use std::fs;

use anyhow::{Context, Result};

use crate::command;
use crate::project::Project;

/// Builds it, unless what is there was built from the same; only the program is kept.
///
/// # Errors
/// When it cannot be built.
pub fn provide(project: &Project) -> Result<()> {
    let folder = project.tools().join("kafka");
    let (program, record) = (folder.join("kafka"), folder.join("built-from"));
    let sources = project.root.join("xtask/kafka");
    let mut wanted = String::new();
    for name in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        let path = sources.join(name);
        let text = fs::read_to_string(&path);
        wanted += &text.with_context(|| format!("{} cannot be read", path.display()))?;
    }
    if program.exists() && fs::read_to_string(&record).is_ok_and(|built| built == wanted) {
        return Ok(());
    }
    let build = folder.join("build");
    let mut cargo = project.cargo(["build", "--quiet", "--locked", "--manifest-path"]);
    cargo
        .arg(sources.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&build);
    command::run("build a Kafka broker (some minutes, once)", &mut cargo)?;
    fs::copy(build.join("debug/kafka"), &program)
        .and_then(|_| fs::write(&record, wanted))
        .with_context(|| format!("{} cannot be written", program.display()))?;
    // A gigabyte that nobody needs any more.
    fs::remove_dir_all(&build).ok();
    Ok(())
}
