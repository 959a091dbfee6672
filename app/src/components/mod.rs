//! Pieces of pages: data in, events out.

pub mod avatar;
pub mod badge;
pub mod icon;
pub mod navigation;
pub mod overlay;
