//! Files in DingTalk conversations.
//!
//! ```no_run
//! use dingtalk_convfile::file::{SendLink, SendLinkRequired};
//!
//! # async fn run() -> Result<(), dingtalk_convfile::Error> {
//! let dingtalk = dingtalk_convfile::Client::builder("dingabc", "app secret").build()?;
//! let sent = SendLink::new(SendLinkRequired {
//!     union_id: "chyxxxxx",
//!     space_id: "786xxxxx",
//!     dentry_id: "908xxxxx",
//!     open_conversation_id: "cidCxxxxx",
//! })
//! .send(&dingtalk)
//! .await?;
//! println!("{:?}", sent.file);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `storage`, `file::SendLocalFile` sends a file that is not in DingTalk yet.
//!
//! Outside China, set `.base_url(dingtalk_convfile::DingTalk::INTERNATIONAL)` on the builder.
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared.
//!
//! ```
//! use dingtalk_convfile::file::{ConversationFile, SendLinkResponse};
//!
//! let mut file = ConversationFile::default();
//! file.name = Some("plan.pdf".to_owned());
//! let mut sent = SendLinkResponse::default();
//! sent.file = Some(file);
//! assert_eq!(sent, serde_json::from_str(r#"{"file":{"name":"plan.pdf"}}"#)?);
//! # Ok::<(), serde_json::Error>(())
//! ```

#![warn(missing_docs, unreachable_pub)]

#[cfg(feature = "events")]
pub mod events;
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
    ApiError, AsUser, Call, CodeExchange, DingTalk, Download, Error, ErrorKind, IfExists, Items,
    Pages, Progress, Response, Secret, UnknownValue, Upload, UserSession, UserToken, Violation,
    WithToken,
};

/// A client for DingTalk.
pub type Client = openplat_core::Client<DingTalk>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<DingTalk>;
