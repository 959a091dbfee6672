//! What reads input from outside, and what must hold whatever comes: more than that nothing breaks.
//!
//! A module a reader, each with one function `holds`, which panics where its property does not. The
//! tests ask it about every file of `corpus/`; `cargo xtask fuzz` lets libFuzzer look for more.
//!
//! Most of the readers are private to the server or to the app. They are taken in here by their files,
//! as they are: so nothing has to be opened for this, and none of the rest has to be compiled.

#![allow(
    dead_code,
    unused_imports,
    reason = "of the files taken in, only what reads is tried here"
)]

pub mod archive;
pub mod bus;
pub mod commands;
pub mod config;
pub mod envelope;
pub mod forms;
pub mod frames;
pub mod headers;
pub mod ids;
pub mod pack;
pub mod pages;
pub mod text;
pub mod tokens;

// As the files taken in know each other.
#[path = "../../server/src/chat/outcome.rs"]
mod chat;
mod http;
#[path = "../../server/src/random.rs"]
mod random;
mod telemetry;

/// A property: it panics for an input of which it does not hold.
pub type Property = fn(&[u8]);

/// All of them, by the names of their folders in `corpus/`.
pub const ALL: [(&str, Property); 13] = [
    ("archive", archive::holds),
    ("bus", bus::holds),
    ("commands", commands::holds),
    ("config", config::holds),
    ("envelope", envelope::holds),
    ("forms", forms::holds),
    ("frames", frames::holds),
    ("headers", headers::holds),
    ("ids", ids::holds),
    ("pack", pack::holds),
    ("pages", pages::holds),
    ("text", text::holds),
    ("tokens", tokens::holds),
];
