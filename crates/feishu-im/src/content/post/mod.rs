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
//! Images, videos and Markdown must each have a line of their own.
//!
//! Vendor's pages: [sending][send], [reading][read].
//!
//! [send]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#45e0953e
//! [read]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content

mod element;

use std::iter;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub use element::{At, CodeBlock, Element, Emotion, Hr, Img, Link, Md, Media, Style, Text};

use super::members::{Fields, Members, Writer, as_object, json, members};

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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Post {
    // In two parts, so that there is always a body to add lines to. Only a single body has no
    // language.
    first: Vec<Body>,
    last: Body,
    /// The files outside the languages. Only when read; see [`attachments`](Self::attachments).
    pub files: Vec<Attachment>,
    /// Members outside the languages that this version does not know.
    pub extra: Map<String, Value>,
}

impl Post {
    /// Creates a post in one language. The title may be empty.
    pub fn new(language: Language, title: impl Into<String>) -> Self {
        Self { last: Body::new(language, title), ..Self::default() }
    }

    /// Creates a post in Simplified Chinese. The title may be empty.
    pub fn zh_cn(title: impl Into<String>) -> Self {
        Self::new(Language::ZhCn, title)
    }

    /// Creates a post in English. The title may be empty.
    pub fn en_us(title: impl Into<String>) -> Self {
        Self::new(Language::EnUs, title)
    }

    /// Creates a post in Japanese. The title may be empty.
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

    /// Returns the text of the post in each of its languages.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.first.iter().chain(iter::once(&self.last))
    }

    /// Returns the text of the post in its first language.
    pub fn body(&self) -> &Body {
        self.first.first().unwrap_or(&self.last)
    }

    /// Returns the files and folders that were sent together with the text, of a post that was
    /// read.
    ///
    /// ```
    /// use feishu_im::content::Content;
    ///
    /// let content = r#"{"content":[],"files":[{"file_key":"file_1","file_name":"r.pdf"}]}"#;
    /// let Content::Post(post) = Content::parse("post", content) else { panic!("not a post") };
    /// let names: Vec<_> = post.attachments().flat_map(|file| &file.file_name).collect();
    /// assert_eq!(names, ["r.pdf"]);
    /// ```
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        self.files.iter().chain(self.bodies().flat_map(|body| &body.files))
    }

    fn begin(&mut self, body: Body) {
        let before = std::mem::replace(&mut self.last, body);
        self.first.push(before);
        self.first.retain(|body| body.language.is_some() && body.language != self.last.language);
    }
}

/// The text of a [`Post`] in one language.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Body {
    /// The language; absent in what was read.
    pub language: Option<Language>,
    /// The title, above the text.
    pub title: Option<String>,
    /// The lines, each with its elements.
    pub lines: Vec<Vec<Element>>,
    /// The lines once more, with Markdown as it was sent. Only when read, and not always; where it
    /// is given, it is the more faithful one.
    pub markdown: Vec<Vec<Element>>,
    /// The files sent together with the text. Only when read; see [`Post::attachments`].
    pub files: Vec<Attachment>,
    /// Members that this version does not know, and those that are not of the documented form.
    pub extra: Map<String, Value>,
}

impl Body {
    fn new(language: Language, title: impl Into<String>) -> Self {
        Self { language: Some(language), title: Some(title.into()), ..Self::default() }
    }
}

impl Members for Body {
    fn read(mut fields: Fields) -> Self {
        let Lines(lines) = fields.take_always("content");
        let Lines(markdown) = fields.take("content_v2");
        Self {
            language: None,
            title: fields.take("title"),
            lines,
            markdown,
            files: fields.take("files"),
            extra: fields.rest(),
        }
    }

    fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    fn write<M: SerializeMap>(&self, writer: &mut Writer<'_, M>) -> Result<(), M::Error> {
        writer.optional("title", &self.title)?;
        writer.always("content", &self.lines)?;
        writer.optional("content_v2", &self.markdown)?;
        writer.optional("files", &self.files)
    }
}

as_object! { Body }

members! {
    /// A file or a folder that was sent together with the text of a [`Post`].
    ///
    /// [`Message::resources`](crate::message::Message::resources) downloads a file, and
    /// [`Message::folders`](crate::message::Message::folders) finds what is in a folder.
    pub struct Attachment {
        /// The key of the file or the folder.
        file_key: Option<String>,
        /// The name.
        file_name: Option<String>,
        /// Whether it is a folder.
        is_folder: Option<bool>,
    }
}

/// Lines of elements. Elements outside a line make up one.
#[derive(Default, PartialEq)]
struct Lines(Vec<Vec<Element>>);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut lines = Vec::new();
        let mut is_open = false;
        for item in Vec::<Box<RawValue>>::deserialize(deserializer)? {
            match serde_json::from_str::<Option<Vec<Element>>>(item.get()) {
                Ok(line) => {
                    lines.push(line.unwrap_or_default());
                    is_open = false;
                }
                Err(_) => {
                    let element = Element::deserialize(&*item).map_err(de::Error::custom)?;
                    match lines.last_mut().filter(|_| is_open) {
                        Some(line) => line.push(element),
                        None => lines.push(vec![element]),
                    }
                    is_open = true;
                }
            }
        }
        Ok(Self(lines))
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
        let mut writer = Writer::new(map, &self.extra);
        writer.optional("files", &self.files)?;
        writer.end()
    }
}

impl<'de> Deserialize<'de> for Post {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self::read)
    }
}

impl Post {
    fn read(fields: Fields) -> Self {
        let fields = unwrapped(fields);
        let is_body = ["content", "content_v2"].iter().any(|name| fields.has(name));
        let is_language = |(name, raw): &(String, Box<RawValue>)| !is_body && is_body_of(name, raw);
        let (bodies, rest): (Vec<_>, Vec<_>) = fields.into_iter().partition(is_language);
        let mut rest = Fields::new(rest);
        let mut first: Vec<_> = bodies.into_iter().filter_map(body).collect();
        match first.pop() {
            Some(last) => Self { first, last, files: rest.take("files"), extra: rest.rest() },
            None => Self { last: Body::read(rest), ..Self::default() },
        }
    }
}

/// Returns the fields in a wrapper that the platform refuses when it is sent, and returns at times.
///
/// Attachments may stand next to the wrapper.
fn unwrapped(fields: Fields) -> Fields {
    let is_wrapper = fields.names().all(|name| matches!(name, "post" | "files"));
    let inner = fields.get("post").filter(|_| is_wrapper).and_then(json);
    let Some(inner) = inner.and_then(|inner| serde_json::from_str::<Fields>(&inner).ok()) else {
        return fields;
    };
    if inner.has("files") && fields.has("files") {
        return fields;
    }
    let beside = fields.into_iter().filter(|(name, _)| name != "post");
    Fields::new(beside.chain(inner).collect())
}

/// Whether a member is what the post says in the language of that name.
fn is_body_of(name: &str, raw: &RawValue) -> bool {
    let Ok(fields) = serde_json::from_str::<Fields>(raw.get()) else { return false };
    let has_lines = fields.get("content").is_some_and(|lines| lines.starts_with('['));
    let is_locale = name.len() == 5 && name.as_bytes()[2] == b'_';
    let members = ["title", "content", "content_v2", "files"];
    has_lines || (is_locale && members.iter().any(|name| fields.has(name)))
}

fn body((name, raw): (String, Box<RawValue>)) -> Option<Body> {
    let body: Body = serde_json::from_str(raw.get()).ok()?;
    Some(Body { language: Some(Language::from(name)), ..body })
}
