//! What the app's WebAssembly and its script call each other's functions.
//!
//! wasm-bindgen gives each function that the script lends a name that ends in a hash, so that those
//! of different crates never meet. Hashes do not compress, and each stands on both sides. Here, where
//! all of them are known, a number does.

use std::collections::HashMap;
use std::convert::Infallible;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{ImportSectionReader, Parser, Payload};

/// The same module and script, with a number for each function that the one lends the other. A name
/// that does not stand in the script just once, before a colon at the beginning of a line, stays.
pub fn shortened(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let name = import?.name.to_owned();
                if script.matches(&name).count() == 1 {
                    let number = names.len();
                    names.entry(name).or_insert(number);
                }
            }
        }
    }
    let at = |line: &str| names.get_key_value(line.split_once(": ")?.0);
    let found: HashMap<String, String> = script
        .lines()
        .filter_map(at)
        .map(|(name, number)| (name.clone(), number.to_string()))
        .collect();
    let mut short = String::with_capacity(script.len());
    for line in script.lines() {
        match line
            .split_once(": ")
            .and_then(|(name, rest)| Some((found.get(name)?, rest)))
        {
            Some((number, rest)) => short.extend([number, ": ", rest, "\n"]),
            None => short.extend([line, "\n"]),
        }
    }
    let mut module = Module::new();
    Renamed { names: found }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow!("functions cannot be renamed: {error}"))?;
    Ok((module.finish(), short))
}

struct Renamed {
    /// The new name of each that gets one.
    names: HashMap<String, String>,
}

impl Reencode for Renamed {
    type Error = Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for import in section.into_imports() {
            let import = import?;
            let kind = self.entity_type(import.ty)?;
            let name = self
                .names
                .get(import.name)
                .map_or(import.name, String::as_str);
            imports.import(import.module, name, kind);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{EntityType, TypeSection};

    use super::*;

    fn wasm(names: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for name in names {
            imports.import("./app.js", name, EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }

    #[test]
    fn both_sides_get_the_same_number() {
        let script = "const lent = {\n__wbg_add_01ab: function() {\n},\n__wbg_body_23cd: f,\n};\n";
        let (module, script) =
            shortened(&wasm(&["__wbg_body_23cd", "__wbg_add_01ab"]), script).unwrap();
        assert_eq!(script, "const lent = {\n1: function() {\n},\n0: f,\n};\n");
        assert_eq!(module, wasm(&["0", "1"]));
    }

    #[test]
    fn what_is_named_elsewhere_too_keeps_its_name() {
        let script = "const lent = {\nthrown: f,\n};\nlent.thrown();\n";
        let given = wasm(&["thrown", "unknown"]);
        assert_eq!(
            shortened(&given, script).unwrap(),
            (given, script.to_owned())
        );
    }
}
