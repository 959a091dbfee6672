//! The server of zspchat: one door for everything that changes a conversation, a log a
//! conversation, and streams that carry it to those who are online.
//!
//! Imports go down only: [`http`] asks [`chat`] and [`accounts`]; they ask [`store`], [`bus`],
//! [`queue`] and [`presence`]; those know nothing of them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod accounts;
pub mod admin;
pub mod app_state;
pub mod bus;
pub mod chat;
pub mod clock;
pub mod config;
pub mod dead_letters;
pub mod demo;
pub mod http;
pub mod migrate;
pub mod network;
pub mod presence;
pub mod providers;
pub mod push;
pub mod queue;
pub mod random;
pub mod redis;
pub mod serve;
pub mod site;
pub mod store;
pub mod telemetry;
pub mod tls;
