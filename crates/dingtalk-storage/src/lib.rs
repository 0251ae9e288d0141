//! Files in DingTalk's storage spaces: typed requests, responses and error codes. The client takes care
//! of tokens, rate limits and safe retries.
//!
//! 钉钉存储（storage 1.0）的 Rust SDK：一次调用把文件上传到空间。访问凭证、限流等待和安全重试由客户端负责。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! # Upload a file
//!
//! ```no_run
//! use dingtalk_storage::Upload;
//! use dingtalk_storage::file::{UploadFile, UploadFileRequired};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = dingtalk_storage::Secret::from_env("DINGTALK_APP_SECRET")?;
//!     let dingtalk = dingtalk_storage::Client::builder("dingabc", secret).build()?;
//!     let dentry = UploadFile::new(UploadFileRequired {
//!         union_id: "chyxxxxx",
//!         space_id: "854xxxxx",
//!         file: Upload::from_path("report.pdf"),
//!     })
//!     .send(&dingtalk)
//!     .await?;
//!     println!("{}", dentry.id);
//!     Ok(())
//! }
//! ```
//!
//! Outside China, add `.base_url(dingtalk_storage::DingTalk::INTERNATIONAL)` to the builder. To send a
//! local file into a conversation, use [`dingtalk-convfile`](https://docs.rs/dingtalk-convfile) with its
//! feature `storage`.
//!
//! # Handle errors
//!
//! An [`Error`] says what happened, where and what to do; [`ErrorCode`] names the documented codes. The
//! upload is retried, unless the file is a stream.
//!
//! # Test without an account
//!
//! [`openplat-mock`](https://docs.rs/openplat-mock) takes files at a route that needs no token:
//! `mock.on_path::<DingTalk>(Method::Put, "/storage/{key}").without_token()`, with an address below
//! `mock.url()` in the upload information. Responses and the models in them have public fields and
//! implement [`Default`] and [`Deserialize`](serde::Deserialize), so that a test can build them.
//! Requests can be compared, except for uploads.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `examples` | the documented responses, for `openplat-mock` |
//! | `reqwest` (default) | the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! # More
//!
//! - [Guide to DingTalk](https://docs.rs/dingtalk-convfile/latest/dingtalk_convfile/guide): tokens,
//!   logins, errors, events and testing.
//! - The client is the same type as in the other DingTalk crates: one client serves all of them.

#![doc(html_root_url = "https://docs.rs/dingtalk-storage/latest")]
#![warn(missing_docs, unreachable_pub)]

pub mod file;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "modules above replace those of their names")]
mod generated;

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, Call, DingTalk, Error, ErrorKind, Progress, Response, Secret, UnknownValue, Upload,
    Violation,
};

/// A client for DingTalk, which all crates for DingTalk share.
///
/// Cheap to clone: clones share the connections and the token. It needs a tokio runtime when it sends.
/// `.send(&client)` sends the app's token. Functions such as `as_user` return senders with another one:
/// see the [guide to DingTalk](https://docs.rs/dingtalk-convfile/latest/dingtalk_convfile/guide).
pub type Client = openplat_core::Client<DingTalk>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<DingTalk>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<DingTalk>;
