//! The whole server, over TCP, as a browser sees it.

mod accounts;
pub mod app;
mod commands;
mod contacts;
mod devices;
mod limits;
mod operation;
mod pages;
mod patience;
mod privacy;
mod security;
mod streams;
