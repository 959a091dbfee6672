//! The HTTP interface: who asks, in what shape, and what is answered. Rules live elsewhere.

mod access_tokens;
mod accounts;
mod body;
mod caller;
mod commands;
mod connections;
mod contacts;
mod conversations;
mod cookie;
mod docs;
mod events;
mod extract;
mod health;
mod identities;
mod openapi;
mod pages;
mod problem;
mod push;
mod rates;
mod redirect;
mod request;
mod router;
mod routes;
mod security;
mod signed_in;
mod site;
mod stream;
mod tagged;
mod users;

pub use connections::accept;
pub use request::Peer;
pub use router::{Routers, all_routes, api_routes};
