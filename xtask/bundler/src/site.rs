//! The files of the site, gathered in memory and written at once.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};
use brotlic::{CompressionMode, Quality, WindowSize};
use sha2::{Digest, Sha256};

use crate::manifest::{self, Entries};
use crate::scripts;

pub struct File {
    /// Its path in the site.
    path: String,
    pub content: Vec<u8>,
    /// By Brotli, if that is smaller.
    pub compressed: Option<Vec<u8>>,
    pub sha256: String,
}

impl File {
    pub fn url(&self) -> String {
        format!("/{}", self.path)
    }

    /// Whether it belongs to a page that few visit: nothing else asks for it, and nothing keeps it.
    pub fn is_later(&self) -> bool {
        self.path.starts_with(LATER)
    }
}

#[derive(Default)]
pub struct Site {
    files: Vec<File>,
}

/// The service worker's template.
const WORKER: &str = "sw.js";

/// The folder of what a first visit does not download.
const LATER: &str = "later/";

impl Site {
    pub fn add(&mut self, path: &str, content: Vec<u8>) {
        let sha256 = hex(&Sha256::digest(&content));
        self.files.push(File {
            path: path.to_owned(),
            content,
            compressed: None,
            sha256,
        });
    }

    /// Adds a file with its hash in its name; gives its address.
    pub fn add_hashed(&mut self, stem: &str, extension: &str, content: Vec<u8>) -> String {
        let hash = hex(&Sha256::digest(&content));
        let path = format!("pkg/{stem}.{}.{extension}", &hash[..16]);
        self.add(&path, content);
        format!("/{path}")
    }

    /// Adds all files of a folder, if it exists, under their own names; scripts as they travel.
    pub fn add_folder(&mut self, folder: &Path) -> Result<()> {
        for path in walk(folder)? {
            let name = path
                .strip_prefix(folder)
                .expect("it was found in the folder");
            let mut content =
                fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            if path.extension().is_some_and(|it| it == "js") {
                let script = String::from_utf8(content)?;
                let stripped = scripts::stripped(&script)
                    .with_context(|| format!("{} cannot be stripped", path.display()))?;
                content = stripped.into_bytes();
            }
            self.add(&name.to_string_lossy(), content);
        }
        Ok(())
    }

    /// Puts the version and the list of files into the service worker, and compresses everything.
    /// Gives the version.
    pub fn seal(&mut self) -> String {
        let mut hash = Sha256::new();
        for file in &self.files {
            hash.update(format!("{} {}\n", file.path, file.sha256));
        }
        let version = hex(&hash.finalize())[..16].to_owned();
        if let Some(at) = self.files.iter().position(|file| file.path == WORKER) {
            let template = self.files.remove(at);
            let kept = self.files.iter().filter(|file| !file.is_later());
            let addresses: Vec<String> = kept.map(File::url).collect();
            let script = String::from_utf8_lossy(&template.content)
                .replace("__VERSION__", &version)
                .replace("__FILES__", &serde_json::json!(addresses).to_string());
            self.add(WORKER, script.into_bytes());
        }
        thread::scope(|scope| {
            for file in &mut self.files {
                scope.spawn(|| file.compressed = compress(&file.content));
            }
        });
        version
    }

    /// Writes the site in place of an older one.
    pub fn write(&self, folder: &Path, entries: &Entries) -> Result<()> {
        let draft = folder.with_extension("new");
        remove(&draft)?;
        for file in &self.files {
            let path = draft.join(&file.path);
            fs::create_dir_all(path.parent().expect("it is in the draft"))?;
            fs::write(&path, &file.content)?;
            if let Some(compressed) = &file.compressed {
                fs::write(format!("{}.br", path.display()), compressed)?;
            }
        }
        fs::write(
            draft.join("site.json"),
            manifest::of(entries, &self.files).to_string(),
        )?;
        remove(folder)?;
        fs::rename(&draft, folder)
            .with_context(|| format!("{} cannot be put in place", folder.display()))
    }
}

/// A hash over the contents of files and folders, and over this program.
pub fn fingerprint(inputs: &[&Path]) -> Result<String> {
    let mut hash = Sha256::new();
    let program = std::env::current_exe()?;
    for input in inputs.iter().copied().chain([program.as_path()]) {
        for path in walk(input)? {
            let content =
                fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            hash.update(format!("{}\n{}\n", path.display(), content.len()));
            hash.update(content);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// The files below a path, in a fixed order; the path itself if it is a file, none if there is none.
fn walk(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        files.extend(walk(&entry)?);
    }
    Ok(files)
}

/// At the best level, in the common window; `None` if that makes it no smaller.
fn compress(content: &[u8]) -> Option<Vec<u8>> {
    let mut compressed = vec![0; content.len()];
    let (quality, window) = (Quality::best(), WindowSize::default());
    let length = brotlic::compress(
        content,
        &mut compressed,
        quality,
        window,
        CompressionMode::Generic,
    )
    .ok()?;
    compressed.truncate(length);
    (length < content.len()).then_some(compressed)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("bundler-{name}-{}", std::process::id()));
        remove(&folder).unwrap();
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn entries(site: &Site, inputs: &str) -> Entries {
        let url = site.files[0].url();
        Entries {
            inputs: inputs.into(),
            version: "1".into(),
            js: url.clone(),
            wasm: url.clone(),
            css: url,
        }
    }

    #[test]
    fn a_name_follows_its_content() {
        let mut site = Site::default();
        let one = site.add_hashed("main", "css", b"a".to_vec());
        let other = site.add_hashed("main", "css", b"b".to_vec());
        assert_eq!(one, "/pkg/main.ca978112ca1bbdca.css");
        assert_ne!(one, other);
    }

    #[test]
    fn the_service_worker_learns_of_every_other_file_of_a_first_visit() {
        let mut site = Site::default();
        site.add(
            WORKER,
            b"const V = '__VERSION__'; const F = __FILES__;".to_vec(),
        );
        site.add("icon.svg", b"<svg/>".to_vec());
        site.add("later/page.js", b"f();".to_vec());
        let version = site.seal();
        let worker = site.files.iter().find(|file| file.path == WORKER).unwrap();
        let script = String::from_utf8(worker.content.clone()).unwrap();
        assert_eq!(
            script,
            format!("const V = '{version}'; const F = [\"/icon.svg\"];")
        );
    }

    #[test]
    fn the_version_follows_every_file() {
        let version_with = |content: &[u8]| {
            let mut site = Site::default();
            site.add(WORKER, b"__VERSION__".to_vec());
            site.add("a", content.to_vec());
            site.seal()
        };
        assert_eq!(version_with(b"1"), version_with(b"1"));
        assert_ne!(version_with(b"1"), version_with(b"2"));
    }

    #[test]
    fn a_written_site_is_recognised_until_something_changes() {
        let folder = folder("write");
        let out = folder.join("site");
        let mut site = Site::default();
        site.add("long.txt", vec![b'a'; 5_000]);
        site.add("short.txt", b"a".to_vec());
        site.seal();
        site.write(&out, &entries(&site, "inputs")).unwrap();
        assert!(out.join("long.txt.br").exists());
        assert!(!out.join("short.txt.br").exists());
        assert!(manifest::is_of(&out, "inputs"));
        assert!(!manifest::is_of(&out, "other inputs"));
        fs::remove_file(out.join("short.txt")).unwrap();
        assert!(!manifest::is_of(&out, "inputs"));
        site.write(&out, &entries(&site, "inputs")).unwrap();
        assert!(manifest::is_of(&out, "inputs"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_fingerprint_follows_content_and_names() {
        let folder = folder("fingerprint");
        fs::write(folder.join("a"), "1").unwrap();
        let first = fingerprint(&[&folder]).unwrap();
        assert_eq!(first, fingerprint(&[&folder]).unwrap());
        fs::write(folder.join("a"), "2").unwrap();
        let second = fingerprint(&[&folder]).unwrap();
        fs::rename(folder.join("a"), folder.join("b")).unwrap();
        let third = fingerprint(&[&folder]).unwrap();
        assert!(first != second && second != third);
        fs::remove_dir_all(folder).unwrap();
    }
}
