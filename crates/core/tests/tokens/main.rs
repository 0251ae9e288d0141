//! The life of tokens, over a platform of functions and with the clock paused.

#![cfg(test)]

mod app;
mod store_app;
mod support;
mod user;
