//! Web Push, end to end: a push service that decrypts what it gets.

mod scene;
mod subscribing;
