//! Maintainers' commands. Depends on no SDK crate: code that does not compile must not keep the
//! generator from being built.

pub mod bench;
pub mod cargo;
pub mod catalog;
pub mod changelog;
pub mod changes;
pub mod ci;
pub mod codegen;
pub mod console;
pub mod coverage;
pub mod distill;
pub mod files;
pub mod generate;
pub mod git;
pub mod new_api;
pub mod openapi;
pub mod operations;
pub mod refresh;
pub mod release;
pub mod shell;
pub mod target;
pub mod words;
