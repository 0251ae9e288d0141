//! Tests of `cargo xtask codegen`.

mod diagnostics;
mod digest;
mod features;
mod tree;
mod workspace;
