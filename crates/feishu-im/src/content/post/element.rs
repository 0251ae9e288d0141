use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::lenient;

openplat_core::string_enum! {
    /// How words look. The platform ignores a style that it does not know.
    pub enum Style {
        /// Bold.
        Bold = "bold",
        /// Underlined.
        Underline = "underline",
        /// Struck out.
        LineThrough = "lineThrough",
        /// Italic.
        Italic = "italic",
    }
}

/// A part of a line.
///
/// Its functions make the common ones; what has options is made by its own type. Strings convert
/// to text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "tag", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Element {
    /// Words.
    Text(Text),
    /// A link.
    #[serde(rename = "a")]
    Link(Link),
    /// A mention.
    At(At),
    /// A picture.
    Img(Img),
    /// A video.
    Media(Media),
    /// An emoji of the platform.
    Emotion(Emotion),
    /// Code.
    CodeBlock(CodeBlock),
    /// A horizontal line.
    Hr(Hr),
    /// Markdown. Only when sent, and in [`Body::markdown`](super::Body::markdown).
    Md(Md),
    /// An element that this version does not know, as it stands on the wire.
    #[serde(untagged)]
    Unknown(Value),
}

impl Element {
    /// Words without a style. Shown as they are: nothing in them is a tag.
    pub fn text(text: impl Into<String>) -> Self {
        Text::new(text).into()
    }

    /// A link. The platform refuses a post with an address that is not valid.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Link::new(text, href).into()
    }

    /// Mentions a person by open id, union id or user id.
    pub fn at(user_id: impl Into<String>) -> Self {
        At::new(user_id).into()
    }

    /// Mentions everybody, which the chat must allow.
    pub fn at_all() -> Self {
        At::all().into()
    }

    /// A picture, alone in its line.
    pub fn img(image_key: impl Into<String>) -> Self {
        Img::new(image_key).into()
    }

    /// A video without a picture to stand for it, alone in its line.
    pub fn media(file_key: impl Into<String>) -> Self {
        Media::new(file_key).into()
    }

    /// An emoji of the platform, such as `SMILE`.
    pub fn emotion(emoji_type: impl Into<String>) -> Self {
        Emotion::new(emoji_type).into()
    }

    /// Code in no particular language.
    pub fn code_block(text: impl Into<String>) -> Self {
        CodeBlock::new(text).into()
    }

    /// A horizontal line.
    pub fn hr() -> Self {
        Hr::new().into()
    }

    /// Markdown, alone in its line.
    pub fn md(text: impl Into<String>) -> Self {
        Md::new(text).into()
    }
}

impl From<&str> for Element {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Element {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

macro_rules! into_element {
    ($( $type:ident => $variant:ident, )*) => {
        $(
            impl From<$type> for Element {
                fn from(element: $type) -> Self {
                    Self::$variant(element)
                }
            }
        )*
    };
}

into_element! {
    Text => Text,
    Link => Link,
    At => At,
    Img => Img,
    Media => Media,
    Emotion => Emotion,
    CodeBlock => CodeBlock,
    Hr => Hr,
    Md => Md,
}

macro_rules! styles {
    ($( $type:ident, )*) => {
        $(
            impl $type {
                /// Adds a style.
                pub fn style(mut self, style: Style) -> Self {
                    self.style.push(style);
                    self
                }

                /// Makes it bold.
                pub fn bold(self) -> Self {
                    self.style(Style::Bold)
                }

                /// Underlines it.
                pub fn underline(self) -> Self {
                    self.style(Style::Underline)
                }

                /// Strikes it out.
                pub fn line_through(self) -> Self {
                    self.style(Style::LineThrough)
                }

                /// Makes it italic.
                pub fn italic(self) -> Self {
                    self.style(Style::Italic)
                }
            }
        )*
    };
}

styles! { Text, Link, At, }

/// Words: `text`.
///
/// ```
/// use feishu_im::content::post::Text;
///
/// assert_eq!(
///     serde_json::to_string(&Text::new("all <well>").bold().italic())?,
///     r#"{"text":"all <well>","style":["bold","italic"]}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Text {
    /// The words.
    pub text: String,
    /// Whether entities in the words, such as `&nbsp;`, are the characters they stand for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub un_escape: Option<bool>,
    /// How they look.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub style: Vec<Style>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Text {
    /// Words that are shown as they are.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), un_escape: None, style: Vec::new(), extra: Map::new() }
    }

    /// Takes entities in the words, such as `&nbsp;`, for the characters they stand for.
    pub fn un_escape(mut self) -> Self {
        self.un_escape = Some(true);
        self
    }
}

/// A link: `a`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The words.
    pub text: String,
    /// The address.
    pub href: String,
    /// How the words look.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub style: Vec<Style>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Link {
    /// A link. The platform refuses a post with an address that is not valid.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into(), style: Vec::new(), extra: Map::new() }
    }
}

/// A mention: `at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct At {
    /// When sent, the open id, union id or user id, or `all` for everybody. When read, the `key`
    /// of one of the `mentions` of the message, such as `@_user_1`, or `@_all`.
    pub user_id: String,
    /// The name, often empty when read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// How the name looks.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub style: Vec<Style>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl At {
    /// Mentions a person by open id, union id or user id.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), user_name: None, style: Vec::new(), extra: Map::new() }
    }

    /// Mentions everybody, which the chat must allow.
    pub fn all() -> Self {
        Self::new("all")
    }

    /// Whether everybody is mentioned, as it is sent or as it is read.
    pub fn is_all(&self) -> bool {
        matches!(self.user_id.as_str(), "all" | "@_all")
    }
}

/// A picture: `img`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Img {
    /// What uploading the picture gave.
    pub image_key: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Img {
    /// A picture that this app uploaded as one for messages, alone in its line.
    pub fn new(image_key: impl Into<String>) -> Self {
        Self { image_key: image_key.into(), extra: Map::new() }
    }
}

/// A video: `media`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Media {
    /// What uploading the video gave, as a file of type `mp4`.
    pub file_key: String,
    /// The picture that people see before they play the video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_key: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Media {
    /// A video that this app uploaded, alone in its line.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self { file_key: file_key.into(), image_key: None, extra: Map::new() }
    }

    /// The picture that people see before they play the video, uploaded as one for messages.
    pub fn cover(mut self, image_key: impl Into<String>) -> Self {
        self.image_key = Some(image_key.into());
        self
    }
}

/// An emoji of the platform: `emotion`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Emotion {
    /// Which one, such as `SMILE`; see [the vendor's list][emoji].
    ///
    /// [emoji]: https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message-reaction/emojis-introduce
    pub emoji_type: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Emotion {
    /// The emoji of this type.
    pub fn new(emoji_type: impl Into<String>) -> Self {
        Self { emoji_type: emoji_type.into(), extra: Map::new() }
    }
}

/// Code: `code_block`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CodeBlock {
    /// The language, in any case of letters: `rust`, `GO`, `json`, `shell` and so on. Plain text
    /// if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The code.
    pub text: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl CodeBlock {
    /// Code in no particular language.
    pub fn new(text: impl Into<String>) -> Self {
        Self { language: None, text: text.into(), extra: Map::new() }
    }

    /// Colours the code as in this language.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }
}

/// A horizontal line: `hr`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hr {
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Hr {
    /// A horizontal line.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Markdown: `md`.
///
/// The platform knows mentions (see [`mention`](crate::content::mention)), links, lists, code,
/// quotes, lines, and bold, italic, underlined (`~so~`) and struck-out (`~~so~~`) words. When read,
/// it has been taken apart into other elements.
///
/// It knows no tables: the platform drops one without an error, and with it, the message can come
/// out empty. Use a [`Card`](crate::content::Card) for a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Md {
    /// The Markdown.
    pub text: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Md {
    /// Markdown, alone in its line. Other people's words in it may mention and link.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), extra: Map::new() }
    }
}
