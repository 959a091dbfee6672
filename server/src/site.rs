//! What browsers download besides pages and data: the site that the build made.
//!
//! The site is a folder with a `site.json` that names its files. It is built into the binary when
//! `ZSPCHAT_SITE` named it at compile time, else read at the server's start.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;

// `FILES: &[(&str, &[u8])]`: every file of the site by its path, made by the build script.
include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The site, in memory.
#[derive(Debug, Clone)]
pub struct Site {
    entry: app::Assets,
    version: String,
    files: HashMap<String, File>,
}

/// One of its files.
#[derive(Debug, Clone)]
pub struct File {
    /// What is in it.
    pub content: Bytes,
    /// The same by Brotli, where that is smaller.
    pub compressed: Option<Bytes>,
    /// What kind of file it is.
    pub media_type: &'static str,
    /// Changes with its content.
    pub tag: String,
    /// Whether its name does so too.
    pub immutable: bool,
}

/// `site.json`.
#[derive(Deserialize)]
struct Manifest {
    version: String,
    js: String,
    wasm: String,
    css: String,
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    url: String,
    sha256: String,
}

/// Why a site cannot be served, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("the site {place} cannot be served: {cause}")]
pub struct SiteError {
    place: String,
    cause: String,
}

impl Site {
    /// The site of that folder; without one, the site of the binary, or the folder `site` beside it.
    ///
    /// `None` where there is none: pages then work without styles and script.
    ///
    /// # Errors
    /// A folder that is named but has no site, or one that is not whole.
    pub fn load(folder: Option<&Path>) -> Result<Option<Self>, SiteError> {
        if let Some(folder) = folder {
            return read(folder).map(Some);
        }
        if !FILES.is_empty() {
            let built_in: HashMap<&str, &'static [u8]> = FILES.iter().copied().collect();
            let load = |path: &str| built_in.get(path).map(|file| Bytes::from_static(file));
            return from_files("of this binary", load).map(Some);
        }
        let beside: Option<PathBuf> = std::env::current_exe()
            .ok()
            .and_then(|binary| Some(binary.parent()?.join("site")));
        match beside {
            Some(folder) if folder.join("site.json").exists() => read(&folder).map(Some),
            _ => Ok(None),
        }
    }

    /// No site: pages have neither styles nor script.
    pub fn none() -> Self {
        Self {
            entry: app::Assets {
                js: String::new(),
                wasm: String::new(),
                css: String::new(),
            },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files: HashMap::new(),
        }
    }

    /// Where a page finds its script and styles.
    pub fn entry(&self) -> &app::Assets {
        &self.entry
    }

    /// Changes with any file of the site.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file of that path, if there is one.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }
}

fn read(folder: &Path) -> Result<Site, SiteError> {
    let load = |path: &str| std::fs::read(folder.join(path)).ok().map(Bytes::from);
    from_files(&folder.display().to_string(), load)
}

fn from_files(place: &str, load: impl Fn(&str) -> Option<Bytes>) -> Result<Site, SiteError> {
    let fail = |cause: String| SiteError {
        place: place.to_owned(),
        cause,
    };
    let missing = |path: &str| fail(format!("{path} is missing"));
    let manifest = load("site.json").ok_or_else(|| missing("site.json"))?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| fail(format!("site.json cannot be read: {error}")))?;
    let mut files = HashMap::new();
    for entry in &manifest.files {
        let path = entry.url.trim_start_matches('/');
        let hash = entry.sha256.get(..16).unwrap_or(&entry.sha256);
        let file = File {
            content: load(path).ok_or_else(|| missing(path))?,
            compressed: load(&format!("{path}.br")),
            media_type: media_type(path),
            tag: format!("\"{hash}\""),
            immutable: path.contains(hash),
        };
        files.insert(entry.url.clone(), file);
    }
    Ok(Site {
        entry: app::Assets {
            js: manifest.js,
            wasm: manifest.wasm,
            css: manifest.css,
        },
        version: manifest.version,
        files,
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
