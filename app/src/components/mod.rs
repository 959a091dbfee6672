//! Pieces of pages: data in, events out.

pub mod door;
pub mod field;
pub mod form;
pub mod hidden_fields;
pub mod page;
pub mod picker;
pub mod section;
pub mod toggle;
pub mod user_card;

pub mod avatar;
pub mod badge;
pub mod bubble;
pub mod composer;
pub mod conversation_row;
pub mod emoji;
mod emoji_table;
pub mod gesture;
pub mod icon;
pub mod mentions;
pub mod message;
pub mod message_log;
pub mod message_menu;
pub mod navigation;
pub mod notices;
pub mod offer;
pub mod outgoing;
pub mod overlay;
mod scroll;
pub mod search;
