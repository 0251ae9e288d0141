use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::check::{self, CardError};
use crate::element::{Element, Node, words};
use crate::header::Header;
use crate::size::Size;

words! {
    /// The width of a card.
    pub enum CardWidth {
        /// Up to 600 pixels.
        Default = "default",
        /// Up to 400 pixels.
        Compact = "compact",
        /// As wide as the chat.
        Fill = "fill",
    }
}

/// A card of schema 2.0 that is within the platform's limits.
///
/// It is built by [`builder`](Self::builder), or read from JSON by [`from_json`](Self::from_json).
/// Clients older than 7.20 show the title alone.
///
/// See [the structure of a card][structure] in the Feishu documentation.
///
/// [structure]: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-structure
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Card(Value);

impl Card {
    /// Returns a builder of an empty card.
    pub fn builder() -> CardBuilder {
        CardBuilder { card: Node::default().with("schema", "2.0"), elements: Vec::new() }
    }

    /// Checks the JSON of a card, as the platform's card builder exports it.
    ///
    /// # Errors
    ///
    /// Returns a [`CardError`] if the platform would reject the card: if it is not of schema 2.0,
    /// or exceeds one of the documented limits. Members that the platform does not know are not
    /// noticed.
    pub fn from_json(card: impl Into<Value>) -> Result<Self, CardError> {
        let card = card.into();
        check::check(&card)?;
        Ok(Self(card))
    }

    /// Returns the JSON of the card.
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// Returns the JSON of the card.
    pub fn into_json(self) -> Value {
        self.0
    }

    /// Returns the JSON of the card as a string, which is what a request carries.
    pub fn to_json_string(&self) -> String {
        self.to_string()
    }

    /// Returns the size of the card, in the measures of the platform's limits.
    pub fn size(&self) -> Size {
        Size::of(&self.0)
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Builds a [`Card`].
///
/// ```
/// use feishu_card::{Card, Header, MarkdownText};
///
/// let card = Card::builder()
///     .header(Header::new("Weather"))
///     .summary("Sunny in Hangzhou")
///     .element(MarkdownText::new("Hangzhou: **sunny**, 24 °C"))
///     .build()?;
/// assert_eq!(card.size().elements, 2);
/// # Ok::<(), feishu_card::CardError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct CardBuilder {
    card: Node,
    elements: Vec<Element>,
}

impl CardBuilder {
    /// Sets the title.
    pub fn header(self, header: Header) -> Self {
        Self { card: self.card.with("header", header.into_json()), ..self }
    }

    /// Adds a component below those that the card has.
    pub fn element(mut self, element: impl Into<Element>) -> Self {
        self.elements.push(element.into());
        self
    }

    /// Adds components below those that the card has.
    pub fn elements<E: Into<Element>>(mut self, elements: impl IntoIterator<Item = E>) -> Self {
        self.elements.extend(elements.into_iter().map(Into::into));
        self
    }

    /// Sets the line that the list of chats shows. Defaults to the title, or the first text.
    pub fn summary(self, summary: impl Into<String>) -> Self {
        self.config("summary", json!({ "content": summary.into() }))
    }

    /// Sets the address that a click on the card opens.
    pub fn link(self, url: impl Into<String>) -> Self {
        Self { card: self.card.with("card_link", json!({ "url": url.into() })), ..self }
    }

    /// Sets the width. Defaults to [`CardWidth::Default`].
    pub fn width(self, width: CardWidth) -> Self {
        self.config("width_mode", width)
    }

    /// Sets a member of the card's `config`, such as `streaming_mode` or `enable_forward`.
    pub fn config(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { card: self.card.with_in("config", name, value), ..self }
    }

    /// Builds the card.
    ///
    /// # Errors
    ///
    /// Returns a [`CardError`] if the card exceeds one of the platform's documented limits.
    pub fn build(self) -> Result<Card, CardError> {
        Card::from_json(self.assemble().0)
    }

    /// Builds a card that is known to be within the limits.
    pub(crate) fn assemble(self) -> Card {
        let elements: Vec<Value> = self.elements.into_iter().map(Element::into_json).collect();
        Card(self.card.with("body", json!({ "elements": elements })).into_json())
    }
}
