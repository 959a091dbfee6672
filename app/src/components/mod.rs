//! Pieces of pages: data in, events out.

pub mod door;
pub mod field;
pub mod form;
pub mod hidden_fields;

pub mod avatar;
pub mod badge;
pub mod icon;
pub mod navigation;
pub mod overlay;
