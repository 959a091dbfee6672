//! `site.json`, which tells the server what is in the site:
//!
//! ```json
//! { "version": "…", "js": "/pkg/zspchat.….js", "wasm": "/pkg/zspchat.….wasm", "css": "/pkg/main.….css",
//!   "files": [{ "url": "/sw.js", "raw": 1200, "brotli": 500, "sha256": "…" }, …], "inputs": "…" }
//! ```
//!
//! `version` changes with any file. A file with `"later": true` is none that a first visit downloads. `raw` and `brotli` are bytes; where they are equal, there is no
//! `.br` beside the file. `inputs` is for the bundler itself.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::site::File;

pub struct Entries {
    pub inputs: String,
    pub version: String,
    pub js: String,
    pub wasm: String,
    pub css: String,
}

pub fn of(entries: &Entries, files: &[File]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            json!({
                "url": file.url(),
                "raw": file.content.len(),
                "brotli": file.compressed.as_ref().unwrap_or(&file.content).len(),
                "sha256": file.sha256,
                "later": file.is_later(),
            })
        })
        .collect();
    json!({
        "version": entries.version,
        "js": entries.js,
        "wasm": entries.wasm,
        "css": entries.css,
        "files": files,
        "inputs": entries.inputs,
    })
}

/// Whether a site was made from these inputs, and each of its files still has its size.
pub fn is_of(site: &Path, inputs: &str) -> bool {
    let Ok(text) = fs::read_to_string(site.join("site.json")) else {
        return false;
    };
    let Ok(manifest) = serde_json::from_str::<Value>(&text) else {
        return false;
    };
    let whole = |file: &Value| {
        let path = file["url"]
            .as_str()
            .map(|url| site.join(url.trim_start_matches('/')));
        path.and_then(|path| fs::metadata(path).ok())
            .map(|data| data.len())
            == file["raw"].as_u64()
    };
    manifest["inputs"] == inputs
        && manifest["files"]
            .as_array()
            .is_some_and(|files| files.iter().all(whole))
}
