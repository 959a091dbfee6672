//! What is at the app's addresses.

pub mod chats;
pub mod contacts;
pub mod log_in;
pub mod register;
