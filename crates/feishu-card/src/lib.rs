//! Message cards of Feishu and Lark, in their schema 2.0: typed builders, checked against the
//! platform's limits before anything is sent.
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
//! With the feature `cards` of `feishu-im`, a [`Card`] is the content of a message. Without it,
//! [`Card::to_json_string`] is the `content` of a message whose `msg_type` is `interactive`.
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
//! With the feature `markdown`, the type `Markdown` turns a text as assistants write it into as
//! many cards or posts as it takes.

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
