//! Tests of the reader of vendor pages, and of what is made of them. All pages are invented.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod again;
mod changes;
mod checkout;
mod coverage;
mod damage;
mod definition;
mod drift;
mod edits;
mod fresh;
mod input;
mod kin;
mod lab;
mod limits;
mod maps;
mod new_api;
mod pages;
mod reading;
mod refresh;
mod rooms;
mod unmarked;
mod wire;
mod writing;
