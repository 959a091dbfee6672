//! Puts the site that `ZSPCHAT_SITE` names, if it names one, into the binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../migrations");
    println!("cargo::rerun-if-env-changed=ZSPCHAT_SITE");
    let mut list = String::from(
        "/// Every file of the site by its path; none where no site is built in.\n\
         static FILES: &[(&str, &[u8])] = &[\n",
    );
    if let Some(site) = env::var_os("ZSPCHAT_SITE") {
        let site = fs::canonicalize(site)?;
        println!(
            "cargo::rerun-if-changed={}",
            site.join("site.json").display()
        );
        for file in files(&site)? {
            let path = file.strip_prefix(&site).map_err(io::Error::other)?;
            let path = path.to_string_lossy();
            let file = file.to_string_lossy();
            let _ = writeln!(list, "    ({path:?}, include_bytes!({file:?})),");
        }
    }
    list.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("site.rs"), list)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
