//! The server, tested from outside: one binary, a module a subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chat;
mod http;
mod process;
mod raw;
mod simulation;
