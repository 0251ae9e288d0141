//! The runtime of the openplat SDKs for Feishu/Lark and DingTalk: client, tokens, transport, retries,
//! rate limits, files, events and errors.
//!
//! Programs depend on a vendor crate, such as [`feishu-im`](https://docs.rs/feishu-im) or
//! [`dingtalk-convfile`](https://docs.rs/dingtalk-convfile). It re-exports the types that its users need,
//! and this crate as `openplat_core`: `openplat_core::ErrorKind` is `feishu_im::ErrorKind` as well. The
//! guides are there, too: [tokens and login](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens),
//! [errors, retries and limits](https://docs.rs/feishu-im/latest/feishu_im/guide/errors),
//! [events](https://docs.rs/feishu-im/latest/feishu_im/guide/events),
//! [testing](https://docs.rs/feishu-im/latest/feishu_im/guide/testing), and
//! [one guide to all of this for DingTalk](https://docs.rs/dingtalk-convfile/latest/dingtalk_convfile/guide).
//!
//! Depend on this crate itself to write a transport, a token store or another part of a client, or to
//! call an API that no crate covers:
//!
//! ```no_run
//! # #[cfg(feature = "feishu")]
//! # async fn run() -> Result<(), openplat_core::Error> {
//! use openplat_core::{Client, Feishu, Method};
//! use serde_json::Value;
//!
//! let feishu = Client::<Feishu>::builder("cli_a1b2c3", "app secret").build()?;
//! let path = "/open-apis/contact/v3/users/{user_id}";
//! let found: Value = feishu.raw(Method::Get, path).value("user_id", "ou_...").send().await?;
//! println!("{}", found["user"]["name"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Calls
//!
//! A [`Client`] sends operations. A [`Call`] is a future with conditions of its own, such as
//! [`timeout`](Call::timeout); [`Call::with_meta`] also returns status, headers and log ID.
//! [`RawCall`] is a call by method and path. [`Pages`] and [`Items`] are streams over paginated
//! operations. [`Operation`] is the trait behind the requests of the vendor crates.
//!
//! # Tokens
//!
//! A client fetches and renews the token of its app. [`AsUser`] sends a user's token, [`UserSession`]
//! keeps and refreshes one, [`WithToken`] sends a token of the app that came from elsewhere. A
//! [`TokenStore`] shares tokens between processes.
//!
//! # Files
//!
//! An [`Upload`] is read from memory, a path or a stream; a [`Download`] goes to memory, a path, a
//! writer or a stream. Both report their [`Progress`].
//!
//! # Errors
//!
//! Every call returns an [`Error`]: its [`ErrorKind`] says who can fix it, [`Error::code`] is the
//! documented code, and [`ApiError`] is everything that the platform returned.
//!
//! # Retries and limits
//!
//! [`StandardRetry`] retries what is safe to retry, with the waits of [`StandardBackoff`]. A rate limit
//! that one call meets holds back the others. [`Pacing`] keeps to the documented rates from the start.
//!
//! # Extension points
//!
//! | trait | what it decides | passed to |
//! | --- | --- | --- |
//! | [`Operation`] | a request of your own | [`Sender::call`] |
//! | [`Transport`] | how bytes travel | [`transport`](ClientBuilder::transport), [`layer`](ClientBuilder::layer) |
//! | [`BuildTransport`] | the transport that a client builds from its own options | [`over`](ClientBuilder::over) |
//! | [`TokenStore`] | where tokens are kept | [`token_store`](ClientBuilder::token_store) |
//! | [`Credentials`] | whose token is sent | [`as_user_with`](Client::as_user_with) |
//! | [`RetryPolicy`] | whether a failed call is retried | [`retry_policy`](ClientBuilder::retry_policy) |
//! | [`Backoff`] | how long it waits | [`backoff`](ClientBuilder::backoff) |
//! | [`Clock`] | what time it is | [`clock`](ClientBuilder::clock) |
//! | [`Metrics`](metrics::Metrics) | what is counted | [`metrics`](ClientBuilder::metrics), `Listener::metrics` |
//! | [`Param`] | how a value is written in a path, a query or a form | [`RawCall::value`], [`RawCall::query`] |
//! | `events::Seen` | which events were handled | `Listener::seen` |
//! | `events::Handler` | what is done with an event | `Listener::new` |
//!
//! # Features
//!
//! Vendor crates switch these on, or have features of the same names. docs.rs shows all of them.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `feishu` | `Feishu`, the client's functions for it, `Authorization`, `AuthorizeUrl` |
//! | `dingtalk` | `DingTalk`, and the client's functions for it |
//! | `events` | the module `events`, with webhooks |
//! | `long-connection` | `events::connection` |
//! | `reqwest` (default) | `HttpTransport`, the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//! | `gzip`, `http2`, `socks` | compressed responses, HTTP/2 and SOCKS proxies of the built-in transport |
//! | `webpki-roots` | the certificate authorities that Mozilla trusts, in addition to the system's |
//! | `reqwest-client` | `ClientBuilder::reqwest_client`; exempt from semantic versioning |
//! | `gbk` | file names in GBK, which some servers send without saying so |
//!
//! Needs tokio with timers and I/O. WebAssembly is not supported: files and TLS need an operating
//! system.

#![doc(html_root_url = "https://docs.rs/openplat-core/latest")]
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

// Facts that a program can count.
pub mod metrics;

// From bytes to types and back.
mod codec;

// One request, one response.
mod wire;

// Whether and when a call is retried.
mod flow;

// The differences between the vendors.
mod vendor;

// One app's way to one platform.
mod channel;

// Whose token is sent, and how it is fetched.
mod auth;

// A call from its operation to its output.
mod call;

// The types that users hold.
mod client;
// Messages that the platform sends on its own.
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
#[doc(hidden)]
pub use call::OperationOf;
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
    Millis, NumberText, Param, Record, Seconds, Strictness, UnknownNumber, UnknownValue, Warning,
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
    pub use crate::debug_as_display;
    #[cfg(feature = "events")]
    pub use crate::events::{dedupe as dedupe_event, read as read_event};
    pub use crate::wire::net::{Proxies, as_http, broken, failure};
}
