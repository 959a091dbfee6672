//! What a first visit downloads, from the list that the bundler leaves in the site.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::project::list;

/// The size of one file, or of all, in bytes.
#[derive(Clone, Copy, Default)]
pub struct Size {
    pub raw: u64,
    /// As it travels: compressed, where that makes it smaller.
    pub brotli: u64,
}

/// Every file of a site that a first visit downloads, by the address it has, with its size.
pub fn of(site: &Path) -> Result<Vec<(String, Size)>> {
    let path = site.join("site.json");
    let text =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let manifest: Value = serde_json::from_str(&text)?;
    let mut files: Vec<(String, Size)> = list(&manifest["files"])
        .filter(|file| file["later"] != true)
        .map(|file| {
            let bytes = |key: &str| file[key].as_u64().unwrap_or_default();
            let url = file["url"].as_str().unwrap_or_default().to_owned();
            (
                url,
                Size {
                    raw: bytes("raw"),
                    brotli: bytes("brotli"),
                },
            )
        })
        .collect();
    files.sort_by_key(|(_, size)| std::cmp::Reverse(size.brotli));
    Ok(files)
}

pub fn total(files: &[(String, Size)]) -> Size {
    files.iter().fold(Size::default(), |sum, (_, size)| Size {
        raw: sum.raw + size.raw,
        brotli: sum.brotli + size.brotli,
    })
}

/// A table for people.
pub fn table(files: &[(String, Size)]) -> String {
    let mut text = format!("{:>10} {:>10}\n", "raw", "brotli");
    let total = ("in total".to_owned(), total(files));
    for (name, size) in files.iter().chain([&total]) {
        let _ = writeln!(text, "{:>10} {:>10}  {name}", size.raw, size.brotli);
    }
    text
}

pub fn print(site: &Path, json: bool) -> Result<()> {
    let files = of(site)?;
    print!("{}", table(&files));
    if json {
        println!("{}", as_json(&files));
    }
    Ok(())
}

fn as_json(files: &[(String, Size)]) -> Value {
    let total = total(files);
    let files: Vec<Value> = files
        .iter()
        .map(|(name, size)| json!({ "name": name, "raw": size.raw, "brotli": size.brotli }))
        .collect();
    json!({ "files": files, "total": { "raw": total.raw, "brotli": total.brotli } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_sum_of_the_files() {
        let files = [
            ("/a".to_owned(), Size { raw: 10, brotli: 4 }),
            ("/b".to_owned(), Size { raw: 5, brotli: 5 }),
        ];
        let json = as_json(&files);
        assert_eq!(json["total"], json!({ "raw": 15, "brotli": 9 }));
        assert_eq!(
            json["files"][1],
            json!({ "name": "/b", "raw": 5, "brotli": 5 })
        );
        assert_eq!(table(&files).lines().count(), 4);
    }
}
