//! Rich text: [`Post`] and the elements that its lines are made of.
//!
//! ```
//! use feishu_im::content::Post;
//! use feishu_im::content::post::{CodeBlock, Element, Text};
//!
//! let post = Post::en_us("Nightly build")
//!     .line([
//!         Text::new("failed").bold().into(),
//!         Element::text(" in "),
//!         Element::link("main.rs", "https://example.com/main.rs"),
//!         Element::text(", "),
//!         Element::at("ou_1"),
//!     ])
//!     .line([CodeBlock::new("fn main() {}").language("rust")])
//!     .line(["See you tomorrow."]);
//! ```
//!
//! Pictures, videos and Markdown must each have a line of their own.
//!
//! Vendor's pages: [sending][send], [reading][read].
//!
//! [send]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#45e0953e
//! [read]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content

mod element;

use std::fmt;
use std::iter;

use std::collections::BTreeMap;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use element::{At, CodeBlock, Element, Emotion, Hr, Img, Link, Md, Media, Style, Text};

use super::lenient;

openplat_core::string_enum! {
    /// The languages of a post. What the platform takes beyond these is not documented.
    pub enum Language {
        /// Simplified Chinese.
        ZhCn = "zh_cn",
        /// English.
        EnUs = "en_us",
        /// Japanese.
        JaJp = "ja_jp",
    }
}

/// Rich text: `msg_type` `post`.
///
/// Has one body for each language; people see the one for theirs. What is read has a single body,
/// of a language that is not told. There is always at least one.
///
/// ```
/// use feishu_im::content::Content;
/// use feishu_im::content::post::{Element, Language, Post};
///
/// let post = Post::zh_cn("发布")
///     .line([Element::text("完成 "), Element::at_all()])
///     .language(Language::EnUs, "Release")
///     .line(["Done"]);
/// assert_eq!(
///     Content::from(post).to_json_string(),
///     concat!(
///         r#"{"zh_cn":{"title":"发布","content":[[{"tag":"text","text":"完成 "},{"tag":"at","user_id":"all"}]]},"#,
///         r#""en_us":{"title":"Release","content":[[{"tag":"text","text":"Done"}]]}}"#,
///     ),
/// );
///
/// let read = Content::parse("post", r#"{"title":"Release","content":[[{"tag":"hr"}]]}"#);
/// assert!(matches!(read, Content::Post(post) if post.body().language.is_none()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    // In two, so that there is always one to add lines to. Only a body that stands alone has no
    // language.
    first: Vec<Body>,
    last: Body,
    /// Fields beside the languages that this version does not know.
    pub extra: Map<String, Value>,
}

impl Post {
    /// A post in one language. The title may be empty.
    pub fn new(language: Language, title: impl Into<String>) -> Self {
        Self { first: Vec::new(), last: Body::new(language, title), extra: Map::new() }
    }

    /// A post in Simplified Chinese. The title may be empty.
    pub fn zh_cn(title: impl Into<String>) -> Self {
        Self::new(Language::ZhCn, title)
    }

    /// A post in English. The title may be empty.
    pub fn en_us(title: impl Into<String>) -> Self {
        Self::new(Language::EnUs, title)
    }

    /// A post in Japanese. The title may be empty.
    pub fn ja_jp(title: impl Into<String>) -> Self {
        Self::new(Language::JaJp, title)
    }

    /// Begins the body for another language, to which [`line`](Self::line) adds from here on.
    ///
    /// It replaces the one that the post has for this language already, and the one of a post that
    /// was read, which has no language.
    pub fn language(mut self, language: Language, title: impl Into<String>) -> Self {
        self.begin(Body::new(language, title));
        self
    }

    /// Adds a line to the language that was begun last.
    pub fn line<E: Into<Element>>(mut self, elements: impl IntoIterator<Item = E>) -> Self {
        self.last.lines.push(elements.into_iter().map(Into::into).collect());
        self
    }

    /// What the post says in each of its languages.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.first.iter().chain(iter::once(&self.last))
    }

    /// What the post says in its first language; of a post that was read, what it says.
    pub fn body(&self) -> &Body {
        self.first.first().unwrap_or(&self.last)
    }

    fn begin(&mut self, body: Body) {
        let before = std::mem::replace(&mut self.last, body);
        self.first.push(before);
        self.first.retain(|body| body.language.is_some() && body.language != self.last.language);
    }
}

/// What a [`Post`] says in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Body {
    /// The language; absent in what was read.
    #[serde(skip)]
    pub language: Option<Language>,
    /// The title, above the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The lines, each with its elements.
    #[serde(rename = "content")]
    pub lines: Vec<Vec<Element>>,
    /// The lines once more, with Markdown as it was sent. Only when read, and not always; where it
    /// is given, it is the more faithful one.
    #[serde(
        rename = "content_v2",
        default,
        deserialize_with = "lenient::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub markdown: Vec<Vec<Element>>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Body {
    fn new(language: Language, title: impl Into<String>) -> Self {
        Self {
            language: Some(language),
            title: Some(title.into()),
            lines: Vec::new(),
            markdown: Vec::new(),
            extra: Map::new(),
        }
    }
}

impl Serialize for Post {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.body().language.is_none() {
            return self.body().serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        for body in self.bodies() {
            map.serialize_entry(&body.language, body)?;
        }
        for (name, value) in &self.extra {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Post {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Post;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a post")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Post, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Post::from_fields(fields).map_err(de::Error::custom)
            }
        }

        // A map would forget in which order the languages stand.
        deserializer.deserialize_map(Fields)
    }
}

impl Post {
    fn from_fields(fields: Vec<(String, Value)>) -> Result<Self, String> {
        if fields.iter().any(|(name, _)| name == "content") {
            let body = Value::Object(fields.into_iter().collect());
            let last = Body::deserialize(body).map_err(|error| error.to_string())?;
            return Ok(Self { first: Vec::new(), last, extra: Map::new() });
        }
        // A key that stands here twice counts where it stands last.
        let mut bodies: BTreeMap<String, (usize, Body)> = BTreeMap::new();
        let mut extra = Map::new();
        for (index, (name, value)) in fields.into_iter().enumerate() {
            match Body::deserialize(&value) {
                Ok(body) => {
                    let body = Body { language: Some(Language::from(name.as_str())), ..body };
                    bodies.insert(name, (index, body));
                }
                Err(_) => drop(extra.insert(name, value)),
            }
        }
        let mut bodies: Vec<_> = bodies.into_values().collect();
        bodies.sort_by_key(|(index, _)| *index);
        let mut first: Vec<_> = bodies.into_iter().map(|(_, body)| body).collect();
        let last = first.pop().ok_or_else(|| "no language has content".to_owned())?;
        Ok(Self { first, last, extra })
    }
}
