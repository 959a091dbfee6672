//! What the browser and the server of zspchat agree on.
//!
//! Everything here is pure: no I/O, no clock, no randomness, no async, no web. The same code runs in
//! the server, in WebAssembly and in the simulation.
//!
//! - [`ids`], [`event`], [`command`], [`problem`], [`limits`], [`stream`] and [`api`] are the wire
//!   contract;
//! - [`conversation`] holds the rules of a conversation, [`conversation::decide`];
//! - [`sync`] is the browser's half: what keeps a local history equal to the server's.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod api;
pub mod command;
pub mod conversation;
pub mod event;
pub mod ids;
pub mod json;
pub mod limits;
pub mod mistakes;
pub mod problem;
pub mod stream;
pub mod sync;

pub use command::{Command, CommandKind};
pub use event::{Body, Content, Event, Kind};
pub use ids::{
    ClientId, ConversationId, Digest, HistoryId, Millis, RequestId, Seq, StreamId, UserId,
};
pub use limits::Limits;
pub use problem::{Code, FieldError, Problem};
