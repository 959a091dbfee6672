//! What only a browser can do: the disk, the network, other tabs.
//!
//! [`start`] is the way in. One tab at a time leads: it runs [`protocol::sync::Engine`] and has the
//! stream ([`driver`]); the others follow, and all of them read the same disk. What needs no browser
//! (the parser of the stream, the format of an exported history) also compiles natively, for its
//! tests.

#[cfg(any(test, feature = "hydrate"))]
mod archive;
#[cfg(any(test, feature = "hydrate"))]
mod sse;

#[cfg(feature = "hydrate")]
mod account;
#[cfg(feature = "hydrate")]
mod actions;
#[cfg(feature = "hydrate")]
mod asks;
#[cfg(feature = "hydrate")]
mod channel;
#[cfg(feature = "hydrate")]
mod device;
#[cfg(feature = "hydrate")]
mod disk;
#[cfg(feature = "hydrate")]
mod driver;
#[cfg(feature = "hydrate")]
mod history;
#[cfg(feature = "hydrate")]
mod http;
#[cfg(feature = "hydrate")]
mod leader;
#[cfg(feature = "hydrate")]
mod local;
#[cfg(feature = "hydrate")]
mod locks;
#[cfg(feature = "hydrate")]
mod people;
#[cfg(feature = "hydrate")]
mod presence;
#[cfg(feature = "hydrate")]
mod start;
#[cfg(feature = "hydrate")]
mod stream;
#[cfg(feature = "hydrate")]
mod tab;
#[cfg(feature = "hydrate")]
mod time;
#[cfg(feature = "hydrate")]
mod transfer;
#[cfg(feature = "hydrate")]
mod writes;

#[cfg(feature = "hydrate")]
pub use start::start;

/// Nothing listens on the server.
#[cfg(not(feature = "hydrate"))]
pub fn start(
    _: Option<protocol::api::pages::Boot>,
    _: futures::channel::mpsc::UnboundedReceiver<crate::state::port::Action>,
    _: impl Fn(crate::state::port::Update) + 'static,
) {
}
