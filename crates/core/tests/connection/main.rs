//! The long connection: what flows over it.

#![cfg(test)]

mod chaos;
mod dingtalk;
mod endpoint;
mod events;
mod framing;
mod lifecycle;
mod replay;
mod support;
mod waits;
