//! The components of a card. Each builder fills an object of the card's JSON, so that what has no
//! function of its own can be set by its name.

mod button;
mod container;
mod input;
mod table;
mod text;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub use button::{Button, ButtonStyle};
pub use container::{CollapsiblePanel, Column, ColumnSet, FlexMode, Form};
pub use input::{Input, MultiSelect, Select};
pub use table::{Table, TableColumn};
pub use text::{Divider, Image, MarkdownText, PlainText};

/// A component of a card.
///
/// All builders of this crate convert to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Element(Value);

impl Element {
    /// Creates a component from its JSON, for components without a builder.
    ///
    /// ```
    /// use feishu_card::{Card, Element};
    /// use serde_json::json;
    ///
    /// let person = json!({ "tag": "person", "user_id": "ou_1", "show_name": true });
    /// let card = Card::builder().element(Element::json(person)).build()?;
    /// # Ok::<(), feishu_card::CardError>(())
    /// ```
    pub fn json(component: impl Into<Value>) -> Self {
        Self(component.into())
    }

    #[cfg(feature = "markdown")]
    pub(crate) fn as_json(&self) -> &Value {
        &self.0
    }

    pub(crate) fn into_json(self) -> Value {
        self.0
    }
}

/// The object of a component.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Node(Map<String, Value>);

impl Node {
    pub(crate) fn new(tag: &str) -> Self {
        Self::default().with("tag", tag)
    }

    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Sets a member of the object that the member `of` is.
    pub(crate) fn with_in(
        mut self,
        of: &str,
        name: impl Into<String>,
        value: impl Into<Value>,
    ) -> Self {
        let inner = self.0.entry(of).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            inner.insert(name.into(), value.into());
        }
        self
    }

    /// Adds to the list that the member `name` is.
    pub(crate) fn push(mut self, name: &str, value: impl Into<Value>) -> Self {
        let list = self.0.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(value.into());
        }
        self
    }

    pub(crate) fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

pub(crate) fn plain_text(content: impl Into<String>) -> Value {
    json!({ "tag": "plain_text", "content": content.into() })
}

/// Defines a builder, with the functions that all components have.
macro_rules! component {
    ($(#[$meta:meta])* pub struct $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name($crate::element::Node);

        impl $name {
            /// Sets the ID by which the component can be updated later: a letter, then letters,
            /// digits and underscores, at most 20 characters, unique in the card.
            pub fn element_id(self, element_id: impl Into<String>) -> Self {
                self.set("element_id", element_id.into())
            }

            /// Sets the outer margin, from -99 to 99 pixels: `4px` for all sides, `4px 0px` for top
            /// and bottom, left and right, or all four from the top clockwise.
            pub fn margin(self, margin: impl Into<String>) -> Self {
                self.set("margin", margin.into())
            }

            /// Sets a member of the component by its name in the JSON of the card. The platform
            /// rejects a card with a member that it does not know.
            pub fn set(
                self,
                name: impl Into<String>,
                value: impl Into<serde_json::Value>,
            ) -> Self {
                Self(self.0.with(name, value))
            }
        }

        impl From<$name> for $crate::Element {
            fn from(component: $name) -> Self {
                Self::json(component.0.into_json())
            }
        }
    };
}

/// Defines an enum of words, which a component has as a string.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl From<$name> for serde_json::Value {
            fn from(word: $name) -> Self {
                Self::from(match word { $( $name::$variant => $word, )* })
            }
        }
    };
}

pub(crate) use {component, words};

words! {
    /// The horizontal alignment of text.
    pub enum Align {
        /// Left.
        Left = "left",
        /// Centered.
        Center = "center",
        /// Right.
        Right = "right",
    }
}
