//! The text files of the checkout: those that git tracks or would add.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

pub struct Source {
    /// Its path from the root of the workspace.
    pub path: String,
    pub text: String,
}

pub struct Sources(Vec<Source>);

impl Sources {
    /// # Errors
    /// Outside a git checkout.
    pub fn of(root: &Path) -> Result<Self> {
        let mut git = Command::new("git");
        git.current_dir(root)
            .args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let paths =
            command::output(&mut git).context("`git ls-files` failed: this is no checkout")?;
        // Pictures are no text, and a file may be deleted but not yet so in git.
        let read = |path: &str| {
            Some(Source {
                path: path.to_owned(),
                text: fs::read_to_string(root.join(path)).ok()?,
            })
        };
        Ok(Self(paths.lines().filter_map(read).collect()))
    }

    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// Those below a folder, such as `server/src/`.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = &Source> {
        self.all()
            .filter(move |source| source.path.starts_with(folder))
    }

    #[cfg(test)]
    pub fn sample(files: &[(&str, &str)]) -> Self {
        let source = |(path, text): &(&str, &str)| Source {
            path: (*path).into(),
            text: (*text).into(),
        };
        Self(files.iter().map(source).collect())
    }
}

impl Source {
    pub fn extension(&self) -> &str {
        self.name()
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(&*self.path, |(_, name)| name)
    }

    /// Its lines of code with their numbers: without comments that fill a line.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let comment = |line: &str| {
            ["//", "/*", "* ", "*/"]
                .iter()
                .any(|start| line.trim_start().starts_with(start))
        };
        (1..)
            .zip(self.text.lines())
            .filter(move |(_, line)| !comment(line))
    }

    /// The lines in which one of these words stands by itself, as breaches of a rule.
    pub fn naming<'a>(
        &'a self,
        words: &'a [&str],
        advice: &'a str,
    ) -> impl Iterator<Item = String> + 'a {
        self.code().filter_map(move |(number, line)| {
            let word = words.iter().find(|word| holds_word(line, word))?;
            Some(format!("{}:{number} names `{word}`: {advice}", self.path))
        })
    }
}

/// Whether a word occurs that is no part of a longer name.
pub fn holds_word(line: &str, word: &str) -> bool {
    let in_name = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let starts = !word.starts_with(in_name) || !before.is_some_and(in_name);
        let ends = !word.ends_with(in_name) || !after.is_some_and(in_name);
        starts && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_part_of_a_longer_one() {
        assert!(holds_word("use axum::Router;", "axum"));
        assert!(holds_word("use std::fs;", "std::fs"));
        assert!(!holds_word("use axum_extra::x;", "axum"));
        assert!(!holds_word("let operands = 1;", "rand"));
        assert!(holds_word("println!(x)", "println!"));
    }

    #[test]
    fn comments_are_no_code() {
        let sources = Sources::sample(&[("a.rs", "//! axum\n/// axum\nuse axum;\n")]);
        let breaches: Vec<String> = sources
            .all()
            .flat_map(|source| source.naming(&["axum"], "no"))
            .collect();
        assert_eq!(breaches, ["a.rs:3 names `axum`: no"]);
    }
}
