//! Builds, runs and tests the whole product: `cargo xtask`.

fn main() {}
