//! From a vendor's page to a spec.
//!
//! `read` turns a page into facts, `specs` turns facts into specs, and `command` has it done for
//! `cargo xtask distill` and `cargo xtask drift`. Each imports only from those named before it.

pub mod command;
pub mod read;
pub mod specs;

pub use read::facts::{Endpoint, Page, Param, Reading};
pub use read::report::RemarkKind;
pub use read::{read, read_all};
