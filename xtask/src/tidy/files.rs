//! Names, lengths and kinds of files.

use super::sources::{Source, Sources};

/// Files may have this many lines.
const LONGEST: usize = 400;

/// Longer ones, each with the reason why it is not split.
const LONG: &[(&str, &str)] = &[
    ("app/src/components/composer.rs", "one form and its keys"),
    ("protocol/src/event.rs", "every kind of event with its body"),
    ("protocol/tests/wire/samples.rs", "a sample of every type"),
];

pub fn names_say_something(sources: &Sources) -> Vec<String> {
    let nothing = [
        "util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff",
    ];
    sources
        .all()
        .filter(|source| {
            source
                .path
                .split('/')
                .any(|part| nothing.contains(&part.split('.').next().unwrap_or(part)))
        })
        .map(|source| format!("{}: name it after what it is about", source.path))
        .collect()
}

pub fn are_short(sources: &Sources) -> Vec<String> {
    let listed = |path: &str| LONG.iter().any(|(long, _)| *long == path);
    sources
        .all()
        .filter(|source| ["rs", "ts", "js", "css"].contains(&source.extension()))
        .filter(|source| lines(source) > LONGEST && !listed(&source.path))
        .map(|source| {
            format!(
                "{} has {} lines: split it along an idea, or give a reason in tidy/files.rs",
                source.path,
                lines(source)
            )
        })
        .collect()
}

pub fn reasons_are_needed(sources: &Sources) -> Vec<String> {
    let is_long = |path: &str| {
        sources
            .all()
            .any(|source| source.path == path && lines(source) > LONGEST)
    };
    LONG.iter()
        .filter(|(path, _)| !is_long(path))
        .map(|(path, _)| format!("{path} is no longer long: take it off the list in tidy/files.rs"))
        .collect()
}

fn lines(source: &Source) -> usize {
    source.text.lines().count()
}

pub fn one_shell_script(sources: &Sources) -> Vec<String> {
    let is_script = |source: &Source| {
        let first = source.text.lines().next().unwrap_or_default();
        ["sh", "bash"].contains(&source.extension())
            || (first.starts_with("#!") && first.ends_with("sh"))
    };
    sources
        .all()
        .filter(|source| source.path != ".ci/run" && is_script(source))
        .map(|source| format!("{}: make it a command of xtask", source.path))
        .collect()
}

/// The product's, and that of the broker that only tests need.
const LOCKS: [&str; 2] = ["Cargo.lock", "xtask/kafka/Cargo.lock"];

pub fn one_cargo_lock(sources: &Sources) -> Vec<String> {
    sources
        .all()
        .filter(|source| source.name() == "Cargo.lock" && !LOCKS.contains(&&*source.path))
        .map(|source| {
            format!(
                "{}: make the package a member of the workspace",
                source.path
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_found_in_files_and_folders() {
        let sources = Sources::sample(&[
            ("server/src/util.rs", ""),
            ("app/src/helpers/text.rs", ""),
            ("app/src/state/utility_bill.rs", ""),
        ]);
        assert_eq!(names_say_something(&sources).len(), 2);
    }

    #[test]
    fn long_files_want_a_reason() {
        let long = "x\n".repeat(LONGEST + 1);
        let sources = Sources::sample(&[("a.rs", &long), ("b.md", &long), ("c.rs", "x\n")]);
        assert_eq!(are_short(&sources).len(), 1);
    }

    #[test]
    fn a_reason_for_a_short_file_is_found() {
        let long = "x\n".repeat(LONGEST + 1);
        let all: Vec<_> = LONG.iter().map(|(path, _)| (*path, &*long)).collect();
        assert!(reasons_are_needed(&Sources::sample(&all)).is_empty());
        assert_eq!(reasons_are_needed(&Sources::sample(&all[1..])).len(), 1);
    }

    #[test]
    fn shell_scripts_are_known_by_name_and_by_first_line() {
        let sources = Sources::sample(&[
            (".ci/run", "#!/bin/sh\n"),
            ("deploy/start", "#!/usr/bin/env bash\n"),
            ("x.sh", ""),
            ("end2end/tool.js", "#!/usr/bin/env node\n"),
        ]);
        assert_eq!(one_shell_script(&sources).len(), 2);
    }

    #[test]
    fn a_second_lock_file_is_found() {
        let sources = Sources::sample(&[("Cargo.lock", ""), ("fuzz/Cargo.lock", "")]);
        assert_eq!(one_cargo_lock(&sources).len(), 1);
    }
}
