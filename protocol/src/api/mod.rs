//! Requests and answers of the HTTP interface, a file a noun.

pub mod access_tokens;
pub mod accounts;
pub mod commands;
pub mod contacts;
pub mod conversations;
pub mod events;
pub mod identities;
pub mod pages;
pub mod push;

/// Names the user a browser's request is meant for, so that nothing is done in another's name when
/// the account was changed in another tab. Answered `409 wrong_account` if it is not the session's.
pub const USER_HEADER: &str = "zspchat-user";

/// Names a command of the same sender, with `POST conversations/{id}/commands`: what is posted is taken
/// only after that one was stored or refused, else answered `409 out_of_order`. For what comes after a
/// `202`: should the broker lose the one, the other does not overtake it.
pub const AFTER_HEADER: &str = "zspchat-after";

/// A cookie that is there while others use this browser too: nothing is to stay in it.
pub const SHARED_COOKIE: &str = "shared";

/// A cookie that is there once notifications were offered in this browser: they are offered once.
pub const OFFERED_COOKIE: &str = "notifications-offered";

/// Where all resources are.
pub const ROOT: &str = "/api/v1";
