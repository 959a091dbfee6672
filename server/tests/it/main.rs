//! The server, tested from outside: one binary, a module a subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bus;
mod chat;
mod database;
mod http;
mod presence;
mod process;
mod push;
mod queue;
mod raw;
mod redis;
mod simulation;
mod tls;
mod waiting;
