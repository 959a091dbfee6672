//! Makes the site: all that a browser downloads besides pages and data.
//!
//! `bundler APP.wasm MAIN.css PUBLIC SITE` fills the folder SITE with
//! - `pkg/`: the app's script and WebAssembly and the styles, with a hash in each name, so that
//!   they can be served as immutable;
//! - the files of the folder PUBLIC, under their own names; in its `sw.js`, `__VERSION__` becomes a
//!   hash over the whole site and `__FILES__` a JSON list of the addresses of its files, but for those
//!   of the folder `later/`, which no first visit downloads;
//! - for each file that it makes smaller, `NAME.br` beside it: Brotli at its best level, made once;
//! - `site.json`, which the server reads (see [`manifest`]).
//!
//! It does nothing when SITE was made from the very same input.

mod app;
mod manifest;
mod names;
mod order;
mod scripts;
mod site;
mod styles;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    match bundle() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bundle() -> Result<()> {
    let [wasm, css, public, out] = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("usage: bundler APP.wasm MAIN.css PUBLIC SITE")?;
    let inputs =
        site::fingerprint(&[&wasm, css.parent().context("no folder of styles")?, &public])?;
    if manifest::is_of(&out, &inputs) {
        return Ok(());
    }
    let mut site = site::Site::default();
    let app = app::generate(&wasm)?;
    let js = site.add_hashed("zspchat", "js", app.script);
    let wasm = site.add_hashed("zspchat", "wasm", app.wasm);
    for (path, content) in app.snippets {
        site.add(&format!("pkg/{path}"), content);
    }
    let css = site.add_hashed("main", "css", styles::minified(&css)?);
    site.add_folder(&public)?;
    let version = site.seal();
    let entries = manifest::Entries {
        inputs,
        version,
        js,
        wasm,
        css,
    };
    site.write(&out, &entries)
}
