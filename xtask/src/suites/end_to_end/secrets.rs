//! Whether what people wrote, or prove themselves by, is in any log of the servers they used.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Shorter ones are words that log lines hold too: in bytes, of which a Chinese character has three.
const SHORTEST: usize = 8;

/// What the fixtures have kept: a log a server, and what was sent meanwhile.
#[derive(Debug, Default)]
pub struct Kept {
    logs: Vec<(PathBuf, String)>,
    secrets: BTreeSet<String>,
}

impl Kept {
    /// Reads the folder that the fixtures wrote to.
    ///
    /// # Errors
    /// When it cannot be read, or there is nothing in it to look at or to look for.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut kept = Self::default();
        let entries = fs::read_dir(folder)
            .with_context(|| format!("no logs were kept in {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let bytes = fs::read(&path)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if path.extension().is_some_and(|extension| extension == "log") {
                kept.logs.push((path, text));
            } else {
                let secrets: Vec<String> = serde_json::from_str(&text)
                    .with_context(|| format!("{} is no list", path.display()))?;
                kept.secrets.extend(secrets);
            }
        }
        kept.secrets.retain(|secret| secret.len() >= SHORTEST);
        ensure!(
            kept.logs.iter().any(|(_, log)| !log.is_empty()) && !kept.secrets.is_empty(),
            "there is nothing in {} to look for, or to look at",
            folder.display()
        );
        Ok(kept)
    }

    /// How much there is of both.
    pub fn size(&self) -> String {
        let bytes: usize = self.logs.iter().map(|(_, log)| log.len()).sum();
        format!(
            "{} texts, tokens and passwords in {} logs of {} MB",
            self.secrets.len(),
            self.logs.len(),
            bytes / 1_000_000
        )
    }

    /// What is in a log and must not be, with the line.
    pub fn found(&self) -> Vec<String> {
        let starts = Starts::of(&self.secrets);
        let mut found = BTreeSet::new();
        for (path, log) in &self.logs {
            for (at, secret) in starts.within(log.as_bytes()) {
                let start = log[..at].rfind('\n').map_or(0, |end| end + 1);
                let line = log[start..].lines().next().unwrap_or_default();
                found.insert(format!("{secret:?} in {}: {line}", path.display()));
            }
        }
        found.into_iter().collect()
    }
}

/// Texts to look for, by their first bytes: there are thousands of them, and many megabytes of logs.
struct Starts {
    texts: HashMap<[u8; SHORTEST], Vec<String>>,
    /// Whether a text may begin with these two bytes.
    may_begin: Vec<bool>,
}

impl Starts {
    /// Each as it is, and as it stands in quotes.
    fn of(secrets: &BTreeSet<String>) -> Self {
        let mut starts = Self {
            texts: HashMap::new(),
            may_begin: vec![false; 1 << 16],
        };
        for secret in secrets {
            let quoted = format!("{secret:?}");
            let quoted = &quoted[1..quoted.len() - 1];
            for text in BTreeSet::from([secret.as_str(), quoted]) {
                if let Some(start) = text.as_bytes().first_chunk() {
                    let texts = starts.texts.entry(*start).or_default();
                    texts.push(text.to_owned());
                    starts.may_begin[pair(start)] = true;
                }
            }
        }
        starts
    }

    /// Where they are, and which.
    fn within<'a>(&'a self, log: &'a [u8]) -> impl Iterator<Item = (usize, &'a str)> {
        let may_begin = |at: &usize| self.may_begin[pair(&log[*at..])];
        let places = (0..log.len().saturating_sub(SHORTEST - 1)).filter(may_begin);
        places.flat_map(|at| {
            let rest = &log[at..];
            let texts = rest.first_chunk().and_then(|start| self.texts.get(start));
            let is_there = |text: &&String| rest.starts_with(text.as_bytes());
            let texts = texts.into_iter().flatten().filter(is_there);
            texts.map(move |text| (at, text.as_str()))
        })
    }
}

/// The first two bytes, as a number.
fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_logged_is_found_as_it_is_and_in_quotes() {
        let folder = services::Folder::new("secrets").unwrap();
        let path = folder.path().join("of-one-test");
        fs::create_dir(&path).unwrap();
        let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
        assert!(Kept::read(&path).is_err());
        write(
            "1.log",
            "one\nINFO said: text=\"so he \\\"said\\\"\" more\n",
        );
        write("1.secrets.json", r#"["one", "nowhere to be found"]"#);
        assert_eq!(Kept::read(&path).unwrap().found(), Vec::<String>::new());
        write("2.secrets.json", r#"["so he \"said\""]"#);
        let found = Kept::read(&path).unwrap().found();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("more"), "{found:?}");
        write("3.log", "你好，世界\n");
        write("3.secrets.json", r#"["你好，世界"]"#);
        assert_eq!(Kept::read(&path).unwrap().found().len(), 2);
    }
}
