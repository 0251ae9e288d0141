//! Tests of `cargo xtask openapi`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod contents;
mod document;
mod schema;
mod small;
