//! Web Push: who wants to be told, and what of.

mod settings;
mod subscriptions;

pub use subscriptions::{ListedSubscription, MostSubscriptions, NewSubscription};
