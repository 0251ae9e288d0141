//! Tests of the reader of vendor pages. All pages are invented.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod damage;
mod limits;
mod pages;
