//! Tests of `cargo xtask codegen`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod diagnostics;
mod digest;
mod documents;
mod features;
mod listing;
mod tree;
mod workspace;
