//! The application: rendered on the server (`ssr`), then made live in the browser (`hydrate`).

#![allow(
    clippy::needless_pass_by_value,
    clippy::large_types_passed_by_value,
    clippy::option_option,
    clippy::redundant_closure,
    clippy::similar_names,
    clippy::too_many_lines,
    clippy::unused_self,
    reason = "components take their properties by value, the state is a handful of handles that are \
              copied, and a view is one expression"
)]

mod app;
mod browser;
mod components;
mod erased;
pub mod locales;
mod pages;
mod routes;
pub mod state;
#[cfg(feature = "ssr")]
mod still;

pub use app::{App, Assets, shell};
#[cfg(feature = "ssr")]
pub use still::{
    ConfirmLogIn, Done, EnterCode, Factor, MadeToken, Notifications, NotificationsDone, QrLogIn,
    Security, Setup, StillPage, still_document,
};

/// Takes over the page that the server rendered. Called by the page's own script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Without this, a broken page says no more than `unreachable`.
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&panic.to_string().into());
    }));
    leptos::mount::hydrate_body(App);
}
