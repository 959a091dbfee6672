//! The order of the functions in the app's WebAssembly.
//!
//! Much of the code is there many times over with small differences, once for each type it was
//! compiled for. Brotli names a repeat by how far back it is, and one that is as far back as the last
//! almost for free: a download with similar functions next to each other is 6 % smaller. Any order
//! means the same.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::convert::Infallible;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// How many bytes of code are compared as one.
const SHINGLE: usize = 6;

/// What more functions than this have in common tells nothing of any of them.
const COMMON: usize = 400;

/// The same module, its functions ordered so that each is followed by the one most like it.
pub fn by_likeness(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = chain(&bodies);
    let mut places = vec![0; order.len()];
    for (place, function) in (imported..).zip(&order) {
        places[*function] = place;
    }
    let mut module = Module::new();
    Reordered {
        imported,
        order,
        places,
    }
    .parse_core_module(&mut module, Parser::new(0), wasm)
    .map_err(|error| anyhow!("functions cannot be ordered: {error}"))?;
    Ok(module.finish())
}

/// From the largest on, always to the one that has most in common with the last (the larger part of
/// what the two have together), and to the largest left where none has anything.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let shingles: Vec<Vec<&[u8]>> = bodies.iter().map(|body| shingles(body)).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, shingles) in shingles.iter().enumerate() {
        for shingle in shingles {
            holders.entry(shingle).or_default().push(function);
        }
    }
    holders.retain(|_, functions| functions.len() <= COMMON);
    let mut largest_first: Vec<usize> = (0..bodies.len()).collect();
    largest_first.sort_by_key(|function| Reverse(bodies[*function].len()));

    let mut order = Vec::with_capacity(bodies.len());
    let mut placed = vec![false; bodies.len()];
    let mut shared = vec![0_usize; bodies.len()];
    for start in largest_first {
        let mut next = (!placed[start]).then_some(start);
        while let Some(function) = next {
            placed[function] = true;
            order.push(function);
            let mut alike = Vec::new();
            let holders = shingles[function].iter().filter_map(|it| holders.get(it));
            for other in holders.flatten().copied().filter(|it| !placed[*it]) {
                if shared[other] == 0 {
                    alike.push(other);
                }
                shared[other] += 1;
            }
            next = alike.iter().copied().max_by(|a, b| {
                let together =
                    |it: usize| shingles[function].len() + shingles[it].len() - shared[it];
                // As fractions, without dividing.
                let (left, right) = (shared[*a] * together(*b), shared[*b] * together(*a));
                left.cmp(&right).then(b.cmp(a))
            });
            for other in alike {
                shared[other] = 0;
            }
        }
    }
    order
}

fn shingles(body: &[u8]) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = body.windows(SHINGLE.min(body.len()).max(1)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

struct Reordered {
    /// How many functions come from outside: they stay where they are, before the others.
    imported: u32,
    /// Which function stands at each place.
    order: Vec<usize>,
    /// The new index of each function.
    places: Vec<u32>,
}

impl Reencode for Reordered {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(match index.checked_sub(self.imported) {
            Some(function) => self.places[function as usize],
            None => index,
        })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for function in &self.order {
            functions.function(types[*function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section
            .into_iter()
            .collect::<Result<Vec<FunctionBody>, _>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_followed_by_the_one_most_like_it() {
        let bodies: [&[u8]; 4] = [
            b"0123456789abcdef",
            b"something else, and longer",
            b"0123456789abcdeX",
            b"something else, and longes",
        ];
        assert_eq!(chain(&bodies), [1, 3, 0, 2]);
    }

    #[test]
    fn every_function_has_one_place() {
        let bodies: [&[u8]; 5] = [b"", b"a", b"", b"abcdefgh", b"a"];
        let mut order = chain(&bodies);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn whoever_names_a_function_finds_it_again() {
        // (import "i" (func)) and three functions: 1 calls 3 and is exported, 2 and 3 are alike.
        let wasm = wasm(&[&[0x10, 0x03], &ADDS_ONE, &ADDS_TWO]);
        let ordered = by_likeness(&wasm).unwrap();
        assert_ne!(ordered, wasm);
        let exported = exported(&ordered);
        let called = calls(&ordered, exported)[0];
        assert_eq!(body(&ordered, called), body(&wasm, 3));
    }

    const ADDS_ONE: [u8; 9] = [0x41, 0x07, 0x41, 0x07, 0x6a, 0x41, 0x01, 0x6a, 0x1a];
    const ADDS_TWO: [u8; 11] = [
        0x41, 0x07, 0x41, 0x07, 0x6a, 0x41, 0x02, 0x6a, 0x1a, 0x01, 0x01,
    ];

    fn wasm(codes: &[&[u8]]) -> Vec<u8> {
        use wasm_encoder::{
            EntityType, ExportKind, ExportSection, Function, ImportSection, TypeSection,
        };
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("i", "f", EntityType::Function(0));
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for bytes in codes {
            functions.function(0);
            let mut function = Function::new([]);
            function.raw(bytes.iter().copied());
            function.instructions().end();
            code.function(&function);
        }
        let mut exports = ExportSection::new();
        exports.export("run", ExportKind::Func, 1);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&exports)
            .section(&code);
        module.finish()
    }

    fn exported(wasm: &[u8]) -> u32 {
        Parser::new(0)
            .parse_all(wasm)
            .find_map(|payload| match payload.unwrap() {
                Payload::ExportSection(section) => {
                    section.into_iter().next().map(|it| it.unwrap().index)
                }
                _ => None,
            })
            .unwrap()
    }

    /// The code of a function; 0 is the imported one.
    fn body(wasm: &[u8], index: u32) -> &[u8] {
        let mut bodies =
            Parser::new(0)
                .parse_all(wasm)
                .filter_map(|payload| match payload.unwrap() {
                    Payload::CodeSectionEntry(body) => Some(body.as_bytes()),
                    _ => None,
                });
        bodies.nth(index as usize - 1).unwrap()
    }

    fn calls(wasm: &[u8], index: u32) -> Vec<u32> {
        let body = body(wasm, index);
        let reader = wasmparser::BinaryReader::new(body, 0);
        let operators = FunctionBody::new(reader).get_operators_reader().unwrap();
        operators
            .into_iter()
            .filter_map(|operator| match operator.unwrap() {
                wasmparser::Operator::Call { function_index } => Some(function_index),
                _ => None,
            })
            .collect()
    }
}
