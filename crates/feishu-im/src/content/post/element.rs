use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::content::members::{Fields, Members, Writer, as_object, members, value};
use crate::message_reaction::Emoji;

openplat_core::string_enum! {
    /// A style of words. The platform ignores a style that it does not know.
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

/// One line for each element, so that none of the directions can forget one.
macro_rules! elements {
    ($( $(#[$meta:meta])* $variant:ident($type:ty) = $tag:literal, )*) => {
        /// A part of a line.
        ///
        /// Its functions make the common ones; what has options is made by its own type. Strings
        /// convert to text.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Element {
            $( $(#[$meta])* $variant($type), )*
            /// An element that this version does not know, as it is on the wire.
            Unknown(Value),
        }

        impl Element {
            fn read(tag: &str, fields: Fields) -> Option<Self> {
                match tag {
                    $( $tag => Some(Self::$variant(<$type>::read(fields))), )*
                    _ => None,
                }
            }
        }

        impl Serialize for Element {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(element) => tagged($tag, element, serializer), )*
                    Self::Unknown(element) => element.serialize(serializer),
                }
            }
        }

        $(
            impl From<$type> for Element {
                fn from(element: $type) -> Self {
                    Self::$variant(element)
                }
            }
        )*
    };
}

elements! {
    /// Words.
    Text(Text) = "text",
    /// A link.
    Link(Link) = "a",
    /// A mention.
    At(At) = "at",
    /// An image.
    Img(Img) = "img",
    /// A video.
    Media(Media) = "media",
    /// An emoji of the platform.
    Emotion(Emotion) = "emotion",
    /// Code.
    CodeBlock(CodeBlock) = "code_block",
    /// A horizontal line.
    Hr(Hr) = "hr",
    /// Markdown. Only when sent, and in [`Body::markdown`](super::Body::markdown).
    Md(Md) = "md",
}

fn tagged<T: Members, S: Serializer>(
    tag: &str,
    element: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut writer = Writer::new(serializer.serialize_map(None)?, element.extra());
    writer.optional("tag", &tag)?;
    element.write(&mut writer)?;
    writer.end()
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let known = serde_json::from_str(raw.get()).ok().and_then(|mut fields: Fields| {
            let tag: String = fields.take("tag");
            Self::read(&tag, fields)
        });
        Ok(known.unwrap_or_else(|| Self::Unknown(value(&raw))))
    }
}

impl Element {
    /// Words without a style. Shown as they are: nothing in them is a tag.
    pub fn text(text: impl Into<String>) -> Self {
        Text::new(text).into()
    }

    /// Creates a link. The platform rejects a post with an invalid address.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Link::new(text, href).into()
    }

    /// Mentions a person by open ID, union ID or user ID.
    pub fn at(user_id: impl Into<String>) -> Self {
        At::new(user_id).into()
    }

    /// Mentions all members, which the chat must allow.
    pub fn at_all() -> Self {
        At::all().into()
    }

    /// Creates an image, alone in its line.
    pub fn img(image_key: impl Into<String>) -> Self {
        Img::new(image_key).into()
    }

    /// Creates a video without a cover, alone in its line.
    pub fn media(file_key: impl Into<String>) -> Self {
        Media::new(file_key).into()
    }

    /// Creates an emoji of the platform, such as [`Emoji::Smile`] or `"SMILE"`.
    pub fn emotion(emoji: impl Into<Emoji>) -> Self {
        Emotion::new(emoji).into()
    }

    /// Creates a block of code in no particular language.
    pub fn code_block(text: impl Into<String>) -> Self {
        CodeBlock::new(text).into()
    }

    /// Creates a horizontal line.
    pub fn hr() -> Self {
        Hr::new().into()
    }

    /// Creates Markdown, alone in its line.
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

members! {
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
    pub struct Text {
        /// The words.
        text: String = always,
        /// Whether entities in the words, such as `&nbsp;`, are the characters they stand for.
        un_escape: Option<bool>,
        /// The styles of the words.
        style: Vec<Style>,
    }
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

members! {
    /// A link: `a`.
    pub struct Link {
        /// The words.
        text: String = always,
        /// The address.
        href: Option<String>,
        /// The styles of the words.
        style: Vec<Style>,
    }
}

impl Link {
    /// Creates a link. The platform rejects a post with an invalid address.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(href.into()), style: Vec::new(), extra: Map::new() }
    }
}

/// A mention: `at`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct At {
    /// When sent, the open ID, union ID or user ID, or `all` for all members. When read, the `key`
    /// of one of the `mentions` of the message, such as `@_user_1`, or `@_all`. Where the platform
    /// gave an object of several IDs, the first of them; the object is in `extra`.
    pub user_id: Option<String>,
    /// The name, often empty when read.
    pub user_name: Option<String>,
    /// The styles of the name.
    pub style: Vec<Style>,
    /// Members that this version does not know, and those that are not of the documented form.
    pub extra: Map<String, Value>,
}

impl Members for At {
    fn read(mut fields: Fields) -> Self {
        let user_id: Option<String> = fields.take("user_id");
        let user_name = fields.take("user_name");
        let style = fields.take("style");
        let extra = fields.rest();
        let user_id = user_id.or_else(|| first_id(extra.get("user_id")?));
        Self { user_id, user_name, style, extra }
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn write<M: SerializeMap>(&self, writer: &mut Writer<'_, M>) -> Result<(), M::Error> {
        writer.optional("user_id", &self.user_id)?;
        writer.optional("user_name", &self.user_name)?;
        writer.optional("style", &self.style)
    }
}

as_object! { At }

/// The ID of a person who is named by an object of IDs, as events do.
fn first_id(ids: &Value) -> Option<String> {
    let ids = ["open_id", "user_id", "union_id"].map(|name| ids.get(name).and_then(Value::as_str));
    ids.into_iter().flatten().find(|id| !id.is_empty()).map(str::to_owned)
}

impl At {
    /// Mentions a person by open ID, union ID or user ID.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self {
            user_id: Some(user_id.into()),
            user_name: None,
            style: Vec::new(),
            extra: Map::new(),
        }
    }

    /// Mentions all members, which the chat must allow.
    pub fn all() -> Self {
        Self::new("all")
    }

    /// Returns `true` if all members are mentioned, as it is sent or as it is read.
    pub fn is_all(&self) -> bool {
        matches!(self.user_id.as_deref(), Some("all" | "@_all"))
    }
}

members! {
    /// An image: `img`.
    pub struct Img {
        /// The key that uploading the image returned.
        image_key: Option<String>,
    }
}

impl Img {
    /// Creates an image that this app uploaded as one for messages, alone in its line.
    pub fn new(image_key: impl Into<String>) -> Self {
        Self { image_key: Some(image_key.into()), extra: Map::new() }
    }
}

members! {
    /// A video: `media`.
    pub struct Media {
        /// The key that uploading the video returned, as a file of type `mp4`.
        file_key: Option<String>,
        /// The image that users see before they play the video.
        image_key: Option<String>,
    }
}

impl Media {
    /// Creates a video that this app uploaded, alone in its line.
    pub fn new(file_key: impl Into<String>) -> Self {
        Self { file_key: Some(file_key.into()), image_key: None, extra: Map::new() }
    }

    /// Sets the image that users see before they play the video, uploaded as one for messages.
    pub fn cover(mut self, image_key: impl Into<String>) -> Self {
        self.image_key = Some(image_key.into());
        self
    }
}

members! {
    /// An emoji of the platform: `emotion`.
    pub struct Emotion {
        /// The name of the emoji, as of [`Emoji`].
        emoji_type: Option<String>,
    }
}

impl Emotion {
    /// Creates an element of an emoji.
    pub fn new(emoji: impl Into<Emoji>) -> Self {
        Self { emoji_type: Some(emoji.into().to_string()), extra: Map::new() }
    }
}

members! {
    /// Code: `code_block`.
    pub struct CodeBlock {
        /// The language, in any case of letters: `rust`, `GO`, `json`, `shell` and so on. Plain text
        /// if absent.
        language: Option<String>,
        /// The code.
        text: String = always,
    }
}

impl CodeBlock {
    /// Creates a block of code in no particular language.
    pub fn new(text: impl Into<String>) -> Self {
        Self { language: None, text: text.into(), extra: Map::new() }
    }

    /// Colors the code as in this language.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }
}

members! {
    /// A horizontal line: `hr`.
    pub struct Hr {}
}

impl Hr {
    /// Creates a horizontal line.
    pub fn new() -> Self {
        Self::default()
    }
}

members! {
    /// Markdown: `md`.
    ///
    /// The platform knows mentions (see [`mention`](crate::content::mention)), links, lists, code,
    /// quotes, lines, and bold, italic, underlined (`~so~`) and struck-out (`~~so~~`) words. When read,
    /// it has been taken apart into other elements.
    ///
    /// It knows no tables: the platform drops one without an error, and with it, the message can come
    /// out empty. Use a [`Card`](crate::content::Card) for a table.
    pub struct Md {
        /// The Markdown.
        text: String = always,
    }
}

impl Md {
    /// Creates Markdown, alone in its line. Other people's words in it may mention and link.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), extra: Map::new() }
    }
}
