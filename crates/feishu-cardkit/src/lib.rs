//! Cards of Feishu and Lark that change after they were sent.
//!
//! A card is created, sent once as the content of a message, and then updated as a whole or in
//! parts. A request is a struct: its constructor takes what is required, setters take the rest, and
//! [`send`](card::CreateCard::send) makes the call through a [`Client`].
//!
//! ```no_run
//! use feishu_cardkit::card::{CardType, CreateCard, CreateCardRequired};
//! use feishu_cardkit::card_element::{PatchCardElement, PatchCardElementRequired};
//! use serde_json::json;
//!
//! # async fn run(feishu: feishu_cardkit::Client) -> Result<(), feishu_cardkit::Error> {
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
//! - With the feature `streaming`, the module `streaming` writes a card while its text is being made,
//!   and keeps to all of this.
//! - An [`Error`] says what happened, where and what to do; [`ErrorCode`] names the documented
//!   codes.
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared.

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
    ApiError, Call, Error, ErrorKind, Feishu, Response, Secret, UnknownValue, Violation, WithToken,
};

/// A client for Feishu or Lark; all crates for Feishu share it.
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
