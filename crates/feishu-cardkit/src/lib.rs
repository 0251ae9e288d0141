//! Cards of Feishu and Lark that change after they were sent, and cards that show a text while it is
//! being generated.
//!
//! 飞书卡片（cardkit）的 Rust SDK：卡片发送后可以整体或局部更新，也可以边生成边显示文本。更新的编号和频率、限流等待和安全重试由客户端负责。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! # Show a text while it is being generated
//!
//! With the feature `streaming`. `tokens` is a stream of strings, such as a language model returns:
//!
//! ```no_run
//! # #[cfg(feature = "streaming")]
//! # async fn run(
//! #     feishu: feishu_cardkit::Client,
//! #     tokens: impl futures_util::Stream<Item = String>,
//! # ) -> Result<(), feishu_cardkit::Error> {
//! use feishu_cardkit::streaming::StreamingCard;
//!
//! StreamingCard::reply(&feishu, "om_...").stream(tokens).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The card numbers and paces its updates, continues in another card when one is full, and always ends
//! the streaming. [Example program](https://github.com/openplat/openplat/blob/main/crates/feishu-cardkit/examples/streaming_card.rs).
//!
//! # Update a card in parts
//!
//! A card is created, sent once as the content of a message, and then updated:
//!
//! ```no_run
//! use feishu_cardkit::card::{CardType, CreateCard, CreateCardRequired};
//! use feishu_cardkit::card_element::{PatchCardElement, PatchCardElementRequired};
//! use serde_json::json;
//!
//! # async fn run() -> Result<(), feishu_cardkit::Error> {
//! let feishu = feishu_cardkit::Client::builder("cli_a1b2c3", "app secret").build()?;
//! let card = json!({
//!     "schema": "2.0",
//!     "body": { "elements": [{ "tag": "markdown", "element_id": "state", "content": "Running" }] },
//! });
//! let required = CreateCardRequired { kind: CardType::CardJson, data: &card.to_string() };
//! let card_id = CreateCard::new(required).send(&feishu).await?.card_id;
//!
//! // Send it: `feishu_im::message::CreateMessage` with a `feishu_im::content::CardEntity`.
//!
//! let change = json!({ "content": "**Passed**" });
//! let required = PatchCardElementRequired {
//!     card_id: &card_id,
//!     element_id: "state",
//!     partial_element: &change.to_string(),
//!     sequence: 1,
//! };
//! PatchCardElement::new(required).send(&feishu).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - Cards, elements, settings and actions are JSON in a string.
//! - The updates of a card are numbered, whichever operation makes them: each `sequence` is greater
//!   than the one before, starting from 1. A number that was sent is spent, even if the update
//!   failed.
//! - A card takes at most 10 updates per second, and 30 KB of JSON with 200 elements, texts included.
//! - Only the app that created a card can send and update it, within 14 days.
//!
//! The module `streaming` takes care of all of this.
//!
//! # Handle errors and test
//!
//! An [`Error`] says what happened, where and what to do; [`ErrorCode`] names the documented codes.
//! [`openplat-mock`](https://docs.rs/openplat-mock) is a platform on your own machine. Responses and the
//! models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `streaming` | the module `streaming` |
//! | `examples` | the documented responses, for `openplat-mock` |
//! | `reqwest` (default) | the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! # More
//!
//! - Guides, in `feishu-im`: [tokens and login](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens),
//!   [errors, retries and limits](https://docs.rs/feishu-im/latest/feishu_im/guide/errors),
//!   [events](https://docs.rs/feishu-im/latest/feishu_im/guide/events) and
//!   [testing](https://docs.rs/feishu-im/latest/feishu_im/guide/testing).
//! - The client is the same type as in the other Feishu crates: one client serves all of them.

#![doc(html_root_url = "https://docs.rs/feishu-cardkit/latest")]
#![warn(missing_docs, unreachable_pub)]

#[rustfmt::skip]
mod generated;
#[cfg(feature = "streaming")]
pub mod streaming;

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, Call, Error, ErrorKind, Feishu, Response, Secret, UnknownValue, Violation,
};

/// A client for Feishu or Lark, which all crates for Feishu share.
///
/// Cheap to clone: clones share the connections and the token. It needs a tokio runtime when it sends.
/// `.send(&client)` sends the app's token. Functions such as `as_user` return senders with another one:
/// see the [guide to tokens](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens).
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<Feishu>;
