//! What browsers download besides pages and data: the site that the build made.
//!
//! The site is a folder with a `site.json` that names its files. It is built into the binary when
//! `ZSPCHAT_SITE` named it at compile time, else read at the server's start.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::{security, tagged};
use crate::app_state::AppState;

// `FILES: &[(&str, &[u8])]`: every file of the site by its path, made by the build script.
include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The service worker's script.
const WORKER: &str = "/sw.js";

/// The site, in memory.
#[derive(Debug, Clone)]
pub struct Assets {
    entry: app::Assets,
    version: String,
    files: HashMap<String, Asset>,
}

#[derive(Debug, Clone)]
struct Asset {
    content: Bytes,
    /// By Brotli, where that is smaller.
    compressed: Option<Bytes>,
    media_type: HeaderValue,
    tag: String,
    /// Its name changes with its content.
    immutable: bool,
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
pub struct AssetsError {
    place: String,
    cause: String,
}

impl Assets {
    /// The site of that folder; without one, the site of the binary, or the folder `site` beside it.
    ///
    /// `None` where there is none: pages then work without styles and script.
    ///
    /// # Errors
    /// A folder that is named but has no site, or one that is not whole.
    pub fn load(folder: Option<&Path>) -> Result<Option<Self>, AssetsError> {
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
}

fn read(folder: &Path) -> Result<Assets, AssetsError> {
    let load = |path: &str| std::fs::read(folder.join(path)).ok().map(Bytes::from);
    from_files(&folder.display().to_string(), load)
}

fn from_files(place: &str, load: impl Fn(&str) -> Option<Bytes>) -> Result<Assets, AssetsError> {
    let fail = |cause: String| AssetsError {
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
        let asset = Asset {
            content: load(path).ok_or_else(|| missing(path))?,
            compressed: load(&format!("{path}.br")),
            media_type: HeaderValue::from_static(media_type(path)),
            tag: format!("\"{hash}\""),
            immutable: path.contains(hash),
        };
        files.insert(entry.url.clone(), asset);
    }
    Ok(Assets {
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

/// The file of that path, compressed where the browser takes it so.
pub fn file(app: &AppState, request: &Parts) -> Option<Response> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let asset = app.assets.files.get(request.uri.path())?;
    let cached = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let tag = HeaderValue::from_str(&asset.tag).ok()?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cached)),
        (header::ETAG, tag),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::CONTENT_TYPE, asset.media_type.clone()),
    ];
    if tagged::has(&request.headers, &asset.tag) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let mut response = match &asset.compressed {
        Some(compressed) if takes_brotli(&request.headers) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (headers, encoding, compressed.clone()).into_response()
        }
        _ => (headers, asset.content.clone()).into_response(),
    };
    if request.uri.path() == WORKER {
        let policy = HeaderValue::from_static(security::WORKER_POLICY);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Some(response)
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.split_once(';').unwrap_or((one, "")))
        .any(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0")
        })
}
