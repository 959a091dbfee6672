//! The program itself, as a process: how it starts, stops, is killed, and runs out of room; how its
//! data is moved, and restored; with whom it shares a database.

pub mod child;
mod dead_letters;
mod lively;
mod logging;
mod moving;
mod moving_refused;
mod restoring;
pub mod sharing;
mod starting;
mod stopping;
mod surviving;
mod tls;
mod traces;
mod without_database;
