//! Files in DingTalk's storage spaces.
//!
//! [`UploadFile`](file::UploadFile) puts a file into a space in one call. To send a local file into
//! a conversation, use the crate `dingtalk-convfile` with its feature `storage`.
//!
//! ```no_run
//! use dingtalk_storage::Upload;
//! use dingtalk_storage::file::{UploadFile, UploadFileRequired};
//!
//! # async fn run() -> Result<(), dingtalk_storage::Error> {
//! let dingtalk = dingtalk_storage::Client::builder("dingabc", "app secret").build()?;
//! let dentry = UploadFile::new(UploadFileRequired {
//!     union_id: "chyxxxxx",
//!     space_id: "854xxxxx",
//!     file: Upload::from_path("report.pdf"),
//! })
//! .send(&dingtalk)
//! .await?;
//! println!("{}", dentry.id);
//! # Ok(())
//! # }
//! ```
//!
//! Outside China, set `.base_url(dingtalk_storage::DingTalk::INTERNATIONAL)` on the builder.
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared,
//! except for uploads.
//!
//! `openplat-mock` takes files at a route that needs no token: `mock.on_path::<DingTalk>(Method::Put,
//! "/storage/{key}").without_token()`, with an address below `mock.url()` in the upload information.

#![warn(missing_docs, unreachable_pub)]

pub mod file;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "modules above stand in for those of their names")]
mod generated;

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, Call, DingTalk, Error, ErrorKind, Progress, Response, Secret, UnknownValue, Upload,
    Violation, WithToken,
};

/// A client for DingTalk; all crates for DingTalk share it.
pub type Client = openplat_core::Client<DingTalk>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<DingTalk>;
