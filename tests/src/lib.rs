//! End-to-end tests over all crates. `generated` is derived from the specs, the rest is by hand.

#![cfg(test)]

mod calls;
mod check;
mod client;
mod codes;
mod compile_fail;
mod created;
mod errors;
mod examples;
mod files;
mod grants;
#[rustfmt::skip]
#[allow(deprecated, reason = "what is deprecated has to work as well")]
mod generated;
mod in_process;
mod limits;
mod messages;
mod metrics;
mod names;
mod network;
mod old_api;
mod pacing;
mod packages;
mod pages;
#[expect(dead_code, reason = "`tests/ecosystem` also ends servers")]
mod prism;
mod raw;
mod reading;
mod readme;
mod records;
mod replies;
mod retries;
mod storage;
mod stream_mode;
mod tested;
mod tokens;
mod wire;
mod wire_im_v2;
