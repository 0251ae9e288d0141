//! An invented API: one operation for each feature of the generator, so that what it generates is
//! compiled and run. Not published.

#![warn(missing_docs, unreachable_pub)]

#[rustfmt::skip]
mod generated;

pub use generated::error_code::ErrorCode;
pub use generated::*;
pub use openplat_core;
pub use openplat_core::{Error, Upload};

/// The client of the examples in the docs.
pub type Client = openplat_core::Client<openplat_core::Feishu>;
