//! What the openplat SDKs share: the client, its tokens, its errors and the way to the vendor.
//!
//! Depend on a vendor crate (`feishu-im`, `feishu-apaas`, `dingtalk-convfile`) rather than on this
//! one; it re-exports what its users need.

#![warn(missing_docs, unreachable_pub)]
#![cfg_attr(
    not(any(feature = "feishu", feature = "dingtalk")),
    allow(dead_code, reason = "most of the crate serves the vendors")
)]

mod body;
mod call;
mod channel;
mod client;
mod clock;
mod error;
mod execute;
mod file;
#[doc(hidden)]
pub mod json_text;
mod lenient;
#[doc(hidden)]
pub mod map;
mod operation;
mod page;
mod parts;
#[cfg(all(any(test, fuzzing), feature = "feishu", feature = "dingtalk"))]
#[doc(hidden)]
pub mod properties;
mod retry;
mod secret;
mod string_enum;
mod token;
mod transport;
mod vendor;

pub use body::{Body, BodyError};
pub use call::{Call, CallWithMeta, Output, Response, Sender};
pub use client::{AsUser, Client, ClientBuilder, WithToken};
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, Error, ErrorKind, Violation};
pub use file::{Download, Progress, Upload};
#[doc(hidden)]
pub use json_text::JsonText;
#[doc(hidden)]
pub use operation::ApiMeta;
pub use operation::{
    AcceptsAppToken, AcceptsUserToken, CodeMeta, Method, Operation, OperationMeta,
};
pub use page::{Items, Paged, Pages};
#[doc(hidden)]
pub use page::{Offset, Turn};
pub use parts::Param;
#[doc(hidden)]
pub use parts::{BodyFields, FormFields, Parts};
pub use secret::Secret;
pub use string_enum::UnknownValue;
pub use token::{MemoryTokenStore, Token, TokenKey, TokenLock, TokenStore, TokenStoreError};
pub use transport::{BoxFuture, Transport, TransportError};
#[cfg(feature = "dingtalk")]
pub use vendor::DingTalk;
pub use vendor::Vendor;
#[cfg(feature = "feishu")]
pub use vendor::{CodeExchange, Feishu, UserToken};

pub use {bytes, http, http_body};

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    pub use crate::string_enum::{__deserialize as deserialize_string_enum, __unknown as unknown};
}
