//! The engine, one situation a test. What any sequence of them comes to is the simulation's to show.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod catching_up;
mod checking;
mod reading;
mod sending;
mod tab;
