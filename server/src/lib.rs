//! The server of zspchat: one door for everything that changes a conversation, a log a
//! conversation, and streams that carry it to those who are online.
//!
//! Imports go down only: [`chat`] asks [`store`], [`bus`], [`queue`] and [`presence`]; those know
//! nothing of it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bus;
pub mod chat;
pub mod clock;
pub mod presence;
pub mod queue;
pub mod random;
pub mod store;
