//! The browser's half.
