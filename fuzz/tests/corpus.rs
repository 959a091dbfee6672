//! Every property, for every file of its corpus: what the readers are meant for, what they are not,
//! and what once broke one.

use std::fs;
use std::panic;
use std::path::Path;

#[test]
fn every_property_holds_for_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut broken = Vec::new();
    for (name, holds) in fuzz::ALL {
        let files = fs::read_dir(corpus.join(name)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 3, "the corpus of {name} says nothing");
        for file in files {
            let input = fs::read(&file).unwrap();
            // As it is, and cut off anywhere.
            let ends = (0..=input.len()).rev().step_by((input.len() / 64).max(1));
            for end in ends {
                if panic::catch_unwind(|| holds(&input[..end])).is_err() {
                    broken.push(format!("{}, the first {end} bytes", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn there_is_a_program_for_every_property() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    for (name, _) in fuzz::ALL {
        let program = format!("name = \"{name}\"\npath = \"targets/{name}.rs\"");
        assert!(manifest.contains(&program), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), fuzz::ALL.len());
}
