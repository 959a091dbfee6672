//! What is at the app's addresses.

pub mod chats;
