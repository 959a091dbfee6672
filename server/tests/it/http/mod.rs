//! The whole server, over TCP, as a browser sees it.

mod accounts;
pub mod app;
mod attacks;
mod authorization;
mod commands;
mod contacts;
mod devices;
mod limits;
pub mod log_ins;
mod notifications;
mod operation;
pub mod pages;
mod patience;
mod privacy;
mod programs;
pub mod qr;
mod second_factor;
mod security;
mod setup;
mod streams;
