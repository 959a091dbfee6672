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
//! - Every [`Effect::Connect`] ends in one [`Input::Disconnected`]; every other question to the
//!   server in exactly one input that answers it.
//! - What is sent is first written to the disk's outbox, by whichever tab, and then told to the
//!   engine by [`Input::Queued`]. [`Effect::Post`] fixes the request's bytes on the disk before the
//!   request leaves, so that a repeat, by this tab or a later one, sends the same bytes.
//! - When a tab dies, the next engine starts from what is on the disk, by [`Input::Opened`].

mod calibration;
mod engine;
mod log;
mod outbox;
mod port;
mod ranges;
mod record;
mod seam;

pub use engine::Engine;
pub use port::{Connection, Effect, Failure, Input, Posted, PullReason, Show, Timer};
pub use ranges::Ranges;
pub use record::{Disk, Entry, EntryState, Meta, Record, Span};
pub use seam::expired_between;
