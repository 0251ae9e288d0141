//! Files in DingTalk conversations, and events of DingTalk in stream mode or over a webhook: typed
//! requests, responses and error codes. The client takes care of tokens, rate limits and safe retries.
//!
//! 钉钉会话文件（convFile 1.0）的 Rust SDK：把文件和文件链接发送到会话，以 Stream 模式或 HTTP 回调接收机器人消息、卡片回调和事件。访问凭证、限流等待和安全重试由客户端负责。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! # Send a file
//!
//! ```no_run
//! use dingtalk_convfile::file::{SendLink, SendLinkRequired};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = dingtalk_convfile::Secret::from_env("DINGTALK_APP_SECRET")?;
//!     let dingtalk = dingtalk_convfile::Client::builder("dingabc", secret).build()?;
//!     let sent = SendLink::new(SendLinkRequired {
//!         union_id: "chyxxxxx",
//!         space_id: "786xxxxx",
//!         dentry_id: "908xxxxx",
//!         open_conversation_id: "cidCxxxxx",
//!     })
//!     .send(&dingtalk)
//!     .await?;
//!     println!("{:?}", sent.file);
//!     Ok(())
//! }
//! ```
//!
//! Outside China, add `.base_url(dingtalk_convfile::DingTalk::INTERNATIONAL)` to the builder.
//!
//! A file that is not in DingTalk yet, with the feature `storage`:
//!
//! ```no_run
//! # #[cfg(feature = "storage")]
//! # async fn run(dingtalk: dingtalk_convfile::Client) -> Result<(), dingtalk_convfile::Error> {
//! use dingtalk_convfile::Upload;
//! use dingtalk_convfile::file::{SendLocalFile, SendLocalFileRequired};
//!
//! SendLocalFile::new(SendLocalFileRequired {
//!     union_id: "chyxxxxx",
//!     open_conversation_id: "cidCxxxxx",
//!     file: Upload::from_path("report.pdf"),
//! })
//! .send(&dingtalk)
//! .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Receive messages
//!
//! With the feature `long-connection`, in stream mode:
//!
//! ```no_run
//! # #[cfg(feature = "long-connection")]
//! # async fn run(dingtalk: dingtalk_convfile::Client) -> Result<(), dingtalk_convfile::Error> {
//! use dingtalk_convfile::events::connection::LongConnection;
//! use dingtalk_convfile::events::{Event, Listener};
//!
//! let robot = Listener::new(|event| async move {
//!     if let Event::RobotMessage(message) = event {
//!         println!("{:?}", message.text());
//!     }
//!     Ok::<_, dingtalk_convfile::Error>(())
//! });
//! LongConnection::new(&dingtalk).connect().run(robot).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Replies of a robot, clicks on cards and webhooks: [guide].
//!
//! # Handle errors
//!
//! ```no_run
//! # async fn run(dingtalk: dingtalk_convfile::Client) {
//! use dingtalk_convfile::ErrorCode;
//! use dingtalk_convfile::space::{GetSpace, GetSpaceRequired};
//!
//! let required = GetSpaceRequired { union_id: "chyxxxxx", open_conversation_id: "cidCxxxxx" };
//! match GetSpace::new(required).send(&dingtalk).await {
//!     Ok(found) => println!("{:?}", found.space),
//!     Err(error) if error.code() == Some(ErrorCode::ConversationNotFound) => println!("gone"),
//!     Err(error) => eprintln!("{error}"),
//! }
//! # }
//! ```
//!
//! # Test without an account
//!
//! [`openplat-mock`](https://docs.rs/openplat-mock) is a platform on your own machine. Responses and the
//! models in them also have public fields and implement [`Default`] and
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
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `storage` | `file::SendLocalFile`, which sends a file that is not in DingTalk yet |
//! | `events` | the module `events`: events and callbacks over a webhook |
//! | `long-connection` | events in stream mode; includes `events` |
//! | `examples` | the documented responses, for `openplat-mock` |
//! | `gbk` | file names in GBK, which some servers send without saying so |
//! | `reqwest` (default) | the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! # More
//!
//! - [Guide](guide): tokens and login, errors, retries and limits, events, testing, and migration from
//!   `dingtalk-stream` and the official SDKs.
//! - [Example programs](https://github.com/openplat/openplat/tree/main/crates/dingtalk-convfile/examples).
//! - An endpoint that no crate has is called by its path: [`Client::raw`](openplat_core::Client::raw).

#![doc(html_root_url = "https://docs.rs/dingtalk-convfile/latest")]
#![warn(missing_docs, unreachable_pub)]

#[cfg(feature = "events")]
pub mod events;
pub mod file;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "modules above replace those of their names")]
mod generated;
#[cfg(doc)]
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, Call, CodeExchange, DingTalk, Download, Error, ErrorKind, IfExists, Items, Pages,
    Progress, Response, Secret, UnknownValue, Upload, UserSession, UserToken, Violation,
};

/// A client for DingTalk, which all crates for DingTalk share.
///
/// Cheap to clone: clones share the connections and the token. It needs a tokio runtime when it sends.
/// `.send(&client)` sends the app's token. Functions such as `as_user` return senders with another one:
/// see the [guide].
pub type Client = openplat_core::Client<DingTalk>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<DingTalk>;
/// Sends a user's token; returned by [`Client::as_user`].
pub type AsUser = openplat_core::AsUser<DingTalk>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<DingTalk>;
