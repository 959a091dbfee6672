//! The app's WebAssembly, and the script that loads it.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{names, order, scripts};

pub struct App {
    pub script: Vec<u8>,
    pub wasm: Vec<u8>,
    /// Scripts that crates bring along, by their path beside `script`, which imports them.
    pub snippets: Vec<(String, Vec<u8>)>,
}

/// Generates what `wasm-bindgen --target web` would. The script asks its caller where the
/// WebAssembly is: `init({ module_or_path: … })`.
pub fn generate(compiled: &Path) -> Result<App> {
    let mut output = Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("no bindings can be made for {}", compiled.display()))?;
    let mut snippets = Vec::new();
    for (folder, scripts) in output.snippets() {
        for (number, script) in scripts.iter().enumerate() {
            snippets.push((
                format!("snippets/{folder}/inline{number}.js"),
                script.clone().into_bytes(),
            ));
        }
    }
    for (path, script) in output.local_modules() {
        snippets.push((format!("snippets/{path}"), script.clone().into_bytes()));
    }
    snippets.sort();
    let script = scripts::stripped(output.js())?;
    let wasm = order::by_likeness(&output.wasm_mut().emit_wasm())?;
    let (wasm, script) = names::shortened(&wasm, &script)?;
    Ok(App {
        script: script.into_bytes(),
        wasm,
        snippets,
    })
}
