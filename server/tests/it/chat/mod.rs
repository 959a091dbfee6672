//! The path of a command, without HTTP: one step at a time, with a clock that the test sets.

mod clock;
mod connection;
mod door;
mod hub;
mod membership;
mod opening;
mod reading;
mod recent;
mod retention;
mod running;
mod scene;
mod sessions;
mod streams;
