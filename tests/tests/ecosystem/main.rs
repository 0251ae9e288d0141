//! The OpenAPI documents in the tools of others: Prism serves them to the clients of this workspace,
//! and a client that is generated from one of them calls the mock.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
#[path = "../../src/prism.rs"]
mod prism;
mod python;
#[path = "../../src/tested.rs"]
mod tested;
