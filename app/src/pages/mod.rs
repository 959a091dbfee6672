//! What is at the app's addresses.

pub mod chats;
pub mod contacts;
pub mod log_in;
pub mod not_found;
pub mod register;
pub mod settings;
