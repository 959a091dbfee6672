//! The application: rendered on the server (`ssr`), then made live in the browser (`hydrate`).

pub mod state;
