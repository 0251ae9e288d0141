//! The long connection: the upgrade of the built-in transport, and what flows over it.

#![cfg(test)]

mod chaos;
mod dingtalk;
mod endpoint;
mod events;
mod framing;
mod lifecycle;
mod replay;
mod support;
mod transport;
mod waits;
