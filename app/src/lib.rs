//! The application: rendered on the server (`ssr`), then made live in the browser (`hydrate`).

mod app;
mod browser;
mod components;
pub mod locales;
mod pages;
mod routes;
pub mod state;

pub use app::{App, Assets, shell};

/// Takes over the page that the server rendered. Called by the page's own script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
