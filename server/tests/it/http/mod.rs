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
mod operation;
mod pages;
mod patience;
mod privacy;
mod second_factor;
mod security;
mod streams;
