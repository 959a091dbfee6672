//! The program itself, as a process: how it starts, stops, is killed, and runs out of room.

mod child;
mod logging;
mod starting;
mod stopping;
mod surviving;
