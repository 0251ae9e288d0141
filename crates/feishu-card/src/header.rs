use serde_json::{Value, json};

use crate::element::{Node, plain_text, words};

words! {
    /// The color of a [`Header`].
    pub enum HeaderTemplate {
        /// Blue.
        Blue = "blue",
        /// Light blue.
        Wathet = "wathet",
        /// Turquoise.
        Turquoise = "turquoise",
        /// Green.
        Green = "green",
        /// Yellow.
        Yellow = "yellow",
        /// Orange.
        Orange = "orange",
        /// Red.
        Red = "red",
        /// Carmine.
        Carmine = "carmine",
        /// Violet.
        Violet = "violet",
        /// Purple.
        Purple = "purple",
        /// Indigo.
        Indigo = "indigo",
        /// Gray.
        Grey = "grey",
        /// The color of the card.
        Default = "default",
    }
}

/// The title of a card.
///
/// ```
/// use feishu_card::{Header, HeaderTemplate};
///
/// let header = Header::new("Build 214")
///     .subtitle("main")
///     .template(HeaderTemplate::Green)
///     .tag("passed", "green");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Header(Node);

impl Header {
    /// Creates a title, of which clients show at most 4 lines.
    pub fn new(title: impl Into<String>) -> Self {
        Self(Node::default().with("title", plain_text(title)))
    }

    /// Sets the line below the title.
    pub fn subtitle(self, subtitle: impl Into<String>) -> Self {
        self.set("subtitle", plain_text(subtitle))
    }

    /// Sets the color. Defaults to [`HeaderTemplate::Default`].
    pub fn template(self, template: HeaderTemplate) -> Self {
        self.set("template", template)
    }

    /// Adds a tag behind the title, in a color such as `blue` or `neutral`. There can be at most
    /// 3.
    pub fn tag(self, text: impl Into<String>, color: impl Into<String>) -> Self {
        let tag = json!({ "tag": "text_tag", "text": plain_text(text), "color": color.into() });
        Self(self.0.push("text_tag_list", tag))
    }

    /// Sets the icon before the title, by its token in the platform's library, such as
    /// `chat-forbidden_outlined`.
    pub fn icon(self, token: impl Into<String>) -> Self {
        self.set("icon", json!({ "tag": "standard_icon", "token": token.into() }))
    }

    /// Sets a member of the header by its name in the JSON of the card.
    pub fn set(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self(self.0.with(name, value))
    }

    pub(crate) fn into_json(self) -> Value {
        self.0.into_json()
    }
}
