//! The runtime of the openplat SDKs: the client, its tokens, its errors and the way to the vendor.
//!
//! Depend on a vendor crate (`feishu-im`, `feishu-apaas`, `dingtalk-convfile`) rather than on this
//! one; it re-exports what its users need.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(
    not(any(feature = "feishu", feature = "dingtalk")),
    allow(dead_code, reason = "most of the crate serves the vendors")
)]

// Each module imports only from those above it; `layers` in the tests holds them to that.
mod auth;
mod base;
mod call;
mod channel;
mod client;
mod codec;
mod error;
mod flow;
#[doc(hidden)]
pub mod json_text;
mod lenient;
#[doc(hidden)]
pub mod map;
mod meta;
#[cfg(all(any(test, fuzzing), feature = "feishu", feature = "dingtalk"))]
#[doc(hidden)]
pub mod properties;
mod transport;
mod vendor;
mod wire;

#[cfg(feature = "feishu")]
pub use auth::{CodeExchange, UserToken};
pub use auth::{MemoryTokenStore, Token, TokenKey, TokenLock, TokenStore, TokenStoreError};
pub use base::{BoxFuture, Clock, Secret, SystemClock};
pub use call::{
    AcceptsAppToken, AcceptsUserToken, Call, Items, Offset, Operation, Output, Paged, Pages,
    RawCall, RawPages, Response, Sender, Turn,
};
pub use client::{AppScope, AsUser, Client, ClientBuilder, Scoped, UserScope, WithToken};
pub use codec::{Param, UnknownValue};
pub use error::{ApiError, Error, ErrorBuilder, ErrorKind, Violation};
#[doc(hidden)]
pub use json_text::JsonText;
#[doc(hidden)]
pub use meta::ApiMeta;
pub use meta::{CodeMeta, Method, OperationMeta, Rate};
pub use transport::{Transport, TransportError};
#[cfg(feature = "dingtalk")]
pub use vendor::DingTalk;
#[cfg(feature = "feishu")]
pub use vendor::Feishu;
pub use vendor::Vendor;
pub use wire::file::{Download, Progress, Upload};
pub use wire::{Body, BodyError, BodyFields, FormFields, Parts};

pub use {bytes, http, http_body};

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::codec::{deserialize_string_enum, unknown};
}
