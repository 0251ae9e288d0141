//! Chats and messages of Feishu and Lark.
//!
//! A request is a struct: its constructor takes what is required, setters take the rest, and
//! [`send`](chat::LinkChat::send) makes the call through a [`Client`].
//!
//! ```no_run
//! use feishu_im::chat::{LinkChat, ValidityPeriod};
//!
//! # async fn run() -> Result<(), feishu_im::Error> {
//! let feishu = feishu_im::Client::builder("cli_a1b2c3", "app secret").build()?;
//! let link = LinkChat::new("oc_a0553eda9014c201e6969b478895c230")
//!     .validity_period(ValidityPeriod::Year)
//!     .send(&feishu)
//!     .await?;
//! println!("{:?}", link.share_link);
//! # Ok(())
//! # }
//! ```
//!
//! - Whoever sends chooses the token: `.send(&feishu)` uses the app's, fetched and renewed for
//!   you; `.send(&feishu.as_user(token))` uses a user's. An operation that does not accept the
//!   token does not compile.
//! - Outside China, set `.base_url(feishu_im::Feishu::LARK)` on the builder.
//! - An [`Error`] says what happened, where and what to do; [`ErrorCode`] names the documented
//!   codes.
//! - With the feature `events`, the module `events` receives messages, clicks on cards and changes
//!   of chats, over a webhook or, with `long-connection`, over a connection that this side opens.
//! - With the feature `cards`, `feishu_card` builds cards; with `markdown`, it makes posts and cards
//!   of Markdown.
//! - Values that the documentation does not list decode to `Unknown`, and unknown fields are
//!   ignored, so that a change on the platform does not break a running program.
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared,
//! except for uploads.
//!
//! ```
//! use feishu_im::message::{ListMessageResponse, Message};
//!
//! let mut message = Message::default();
//! message.message_id = "om_dc13264520392913993dd051dba21dcf".to_owned();
//! let mut page = ListMessageResponse::default();
//! page.items.push(message);
//! let json = r#"{"items":[{"message_id":"om_dc13264520392913993dd051dba21dcf"}]}"#;
//! assert_eq!(page, serde_json::from_str(json)?);
//! # Ok::<(), serde_json::Error>(())
//! ```

#![warn(missing_docs, unreachable_pub)]

pub mod batch_message;
pub mod bot;
pub mod card;
pub mod content;
pub mod ephemeral_card;
#[cfg(feature = "events")]
pub mod events;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "modules above stand in for those of their names")]
mod generated;
pub mod message;

/// The builders of cards, and of cards and posts from Markdown, which convert to the [`content`] of a
/// message.
#[cfg(feature = "cards")]
pub use feishu_card;
pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, AsUser, Authorization, AuthorizeUrl, Call, CodeExchange, Download, Error, ErrorKind,
    Feishu, IfExists, Items, Pages, Progress, Response, Secret, UnknownValue, Upload, UserSession,
    UserToken, Violation, WithToken,
};

/// A client for Feishu or Lark; all crates for Feishu share it.
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
