//! Web Push, end to end: a push service that decrypts what it gets.

mod away;
mod faults;
mod killed;
mod notifier;
mod scene;
mod subscribing;
mod wishes;
