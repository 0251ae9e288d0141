//! The runtime of the openplat SDKs: the client, its tokens, its errors and the way to the vendor.
//!
//! Depend on a vendor crate (`feishu-im`, `feishu-apaas`, `dingtalk-convfile`) rather than on this
//! one; it re-exports what its users need.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(
    not(any(feature = "feishu", feature = "dingtalk")),
    allow(dead_code, unused_imports, reason = "most of the crate serves the vendors")
)]

// The layers, lowest first: each imports only from those above it, and `tests/layers.rs` holds them
// to that.

// Secrets, time, randomness: what needs nothing else.
mod base;

// The one error type.
mod error;

// The facts that vendors document: operations, codes, rates.
mod meta;

// From bytes to types and back.
mod codec;

// One request, one response.
mod wire;

// Whether and when a call is retried.
mod flow;

// What differs between the vendors.
mod vendor;

// One app's way to one platform.
mod channel;

// Whose token is sent, and how it is fetched.
mod auth;

// A call from its operation to its output.
mod call;

// What users hold in their hands.
mod client;
// What the platform sends of its own accord.
#[cfg(feature = "events")]
pub mod events;

#[cfg(all(any(test, fuzzing), feature = "feishu", feature = "dingtalk"))]
#[doc(hidden)]
pub mod properties;

#[cfg(feature = "feishu")]
pub use auth::{Authorization, AuthorizeUrl};
pub use auth::{
    CodeExchange, Credentials, MemoryTokenStore, Token, TokenKey, TokenLock, TokenStore,
    TokenStoreError, UserSession, UserToken,
};
#[doc(hidden)]
pub use base::Masked;
pub use base::{BoxFuture, Clock, Secret, SystemClock};
pub use call::{
    AcceptsAppToken, AcceptsUserToken, Call, Items, Offset, Operation, Output, Paged, Pages,
    RawCall, RawPages, Response, Sender, Turn,
};
pub use client::{AppScope, AsUser, Client, ClientBuilder, Scoped, UserScope, WithToken};
#[doc(hidden)]
pub use codec::json_text::{self, JsonText};
#[doc(hidden)]
pub use codec::map;
pub use codec::{
    Millis, NumberText, Param, Seconds, Strictness, UnknownNumber, UnknownValue, Warning,
};
pub use error::{ApiError, Error, ErrorBuilder, ErrorKind, Violation};
pub use flow::{
    Backoff, Decision, Pacing, RetryPolicy, RetryState, StandardBackoff, StandardRetry,
};
#[doc(hidden)]
pub use meta::ApiMeta;
pub use meta::{CodeMeta, Method, OperationMeta, Rate};
#[cfg(feature = "dingtalk")]
pub use vendor::DingTalk;
#[cfg(feature = "feishu")]
pub use vendor::Feishu;
pub use vendor::Vendor;
#[cfg(feature = "reqwest")]
pub use wire::HttpTransport;
pub use wire::file::{Download, IfExists, Progress, Upload};
pub use wire::{
    Attempt, Body, BodyError, BodyFields, BuildTransport, FormFields, Parts, Socket, Transport,
    TransportBuilder, TransportError, TransportOptions, Upgrade,
};

pub use {bytes, http, http_body};

/// For the macros of this crate, and for the other crates of this repository.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::base::uuid;
    pub use crate::codec::{DecodeError, Read, fault, read, repair};
    pub use crate::codec::{deserialize_string_enum, unknown, unknown_number};
    #[cfg(feature = "events")]
    pub use crate::events::{dedupe as dedupe_event, read as read_event};
    pub use crate::wire::net::{Proxies, as_http, broken, failure};
}
