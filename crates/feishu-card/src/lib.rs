//! Message cards of Feishu and Lark, in their schema 2.0: typed builders, checked against the
//! platform's limits before anything is sent, and cards and posts from Markdown.
//!
//! 飞书消息卡片（schema 2.0）的构建器：发送前检查平台限制，也可以把 Markdown 转为卡片或富文本。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! ```
//! use feishu_card::{Button, ButtonStyle, Card, Header, HeaderTemplate, MarkdownText};
//! use serde_json::json;
//!
//! let card = Card::builder()
//!     .header(Header::new("Deploy 1.4.2?").template(HeaderTemplate::Orange))
//!     .element(MarkdownText::new("All **214** tests passed."))
//!     .element(
//!         Button::new("Deploy")
//!             .style(ButtonStyle::Primary)
//!             .callback(json!({ "action": "deploy", "version": "1.4.2" })),
//!     )
//!     .build()?;
//! # Ok::<(), feishu_card::CardError>(())
//! ```
//!
//! # Send a card
//!
//! With the feature `cards` of [`feishu-im`](https://docs.rs/feishu-im), a [`Card`] is the content of a
//! message:
//!
//! ```text
//! CreateMessage::with_content(ReceiveId::chat("oc_..."), card).send(&feishu).await?;
//! ```
//!
//! Otherwise, [`Card::to_json_string`] is the `content` of a message whose `msg_type` is `interactive`.
//! A click on a button is the event `card.action.trigger`, with the value that was passed to
//! [`Button::callback`]; see the
//! [guide to events](https://docs.rs/feishu-im/latest/feishu_im/guide/events).
//!
//! # Components
//!
//! | component | builder |
//! | --- | --- |
//! | the title | [`Header`] |
//! | text with a format, text without one | [`MarkdownText`], [`PlainText`] |
//! | an image, a line | [`Image`], [`Divider`] |
//! | a table | [`Table`] |
//! | a button | [`Button`] |
//! | a form, with what can be filled in | [`Form`], [`Input`], [`Select`], [`MultiSelect`] |
//! | columns, a panel that unfolds | [`ColumnSet`], [`CollapsiblePanel`] |
//! | any other component | [`Element::json`] |
//! | any other member of a component | its function `set` |
//!
//! # Markdown
//!
//! With the feature `markdown`, the type `Markdown` turns text as language models write it into as many
//! cards or posts as it takes:
//!
//! ```
//! # #[cfg(feature = "markdown")]
//! # {
//! use feishu_card::Markdown;
//!
//! let converted = Markdown::new("# Report\n\nAll **214** tests passed.").cards();
//! for note in &converted.notes {
//!     eprintln!("not shown as written: {note}");
//! }
//! assert_eq!(converted.parts.len(), 1);
//! # }
//! ```
//!
//! Put other people's words through [`escape()`] before you write them into a [`MarkdownText`].
//!
//! # Errors
//!
//! [`CardError`] says which limit a card exceeds and where. The platform would reject such a card, or
//! show only a part of it.

#![doc(html_root_url = "https://docs.rs/feishu-card/latest")]
#![warn(missing_docs, unreachable_pub)]

mod card;
mod check;
mod element;
mod escape;
mod header;
#[cfg(feature = "markdown")]
pub mod markdown;
mod size;

pub use card::{Card, CardBuilder, CardWidth};
pub use check::{CardError, CardErrorKind};
pub use element::{
    Align, Button, ButtonStyle, CollapsiblePanel, Column, ColumnSet, Divider, Element, FlexMode,
    Form, Image, Input, MarkdownText, MultiSelect, PlainText, Select, Table, TableColumn,
};
pub use escape::{escape, mention};
pub use header::{Header, HeaderTemplate};
#[cfg(feature = "markdown")]
pub use markdown::Markdown;
pub use size::Size;
