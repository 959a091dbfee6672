//! The browser's half: keeps a local history equal to the server's.
//!
//! [`Engine`] is a state machine without clocks, storage or network:
//! `step(now, input) -> effects`. A driver (the browser's, or a simulation's) carries the effects
//! out and hands back what came of them.
//!
//! # Rules for a driver
//! - Effects are carried out in the order given. One that writes ([`Effect::Store`],
//!   [`Effect::Replace`], [`Effect::Erase`], [`Effect::Prune`], [`Effect::Clear`],
//!   [`Effect::SaveRecord`], [`Effect::SaveEntry`], [`Effect::RemoveEntry`], [`Effect::SaveMeta`])
//!   is finished before the next begins; one that asks the server is begun and not waited for.
//! - [`Effect::Connect`] ends the stream that is open, of which nothing more is passed on, not even
//!   that it ended. A stream that ends otherwise, or cannot be opened, is one
//!   [`Input::Disconnected`]; every other question to the server is answered by exactly one input.
//! - [`Effect::Show`] comes after the writes it tells of: what is shown is on the disk.
//! - What is sent is first written to the disk's outbox, by whichever tab, and then told to the
//!   engine by [`Input::Queued`]. [`Effect::Post`] fixes the request's bytes on the disk before the
//!   request leaves, so that a repeat, by this tab or a later one, sends the same bytes.
//! - When a tab dies, the next engine starts from what is on the disk, by [`Input::Opened`].

mod calibration;
mod catching_up;
mod checking;
mod engine;
mod log;
mod outbox;
mod port;
mod ranges;
mod record;
mod seam;
mod sending;

pub use engine::Engine;
pub use port::{Connection, Effect, Failure, Input, Posted, Show, Ticket, Timer};
pub use ranges::Ranges;
pub use record::{Disk, Entry, EntryState, Meta, Record, Span};
pub use seam::expired_between;
