//! The long connection: the upgrade of the built-in transport, and what flows over it.

#![cfg(test)]

mod transport;
