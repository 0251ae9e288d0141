use std::borrow::Cow;

use serde_json::Map;

use super::members::members;

members! {
    /// Text, with mentions: `msg_type` `text`.
    ///
    /// [`new`](Self::new) and [`plain`](Self::plain) show text as it is, line breaks included, also
    /// if it looks like a mention; so text that someone else wrote can mention no one. Two things
    /// in it are the platform's: a web address becomes a link, and so does `[words](address)`.
    /// There is no escape for these, neither here nor in Markdown: to show other people's text
    /// without links of their making, send a [`Post`](super::Post) with
    /// [`Element::text`](super::post::Element::text).
    ///
    /// ```
    /// use feishu_im::content::{Content, Text};
    ///
    /// let text = Text::new("Lunch?\n").mention("ou_1", "Tom").plain(" brings ").markup("<b>rice</b>");
    /// assert_eq!(
    ///     Content::from(text).to_json_string(),
    ///     r#"{"text":"Lunch?\n<at user_id=\"ou_1\">Tom</at> brings <b>rice</b>"}"#,
    /// );
    /// ```
    ///
    /// Vendor's pages: [sending][send], [reading][read].
    ///
    /// [send]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#c9e08671
    /// [read]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content
    pub struct Text {
        /// The text as it is on the wire. When sent, with tags; when read, without styles, with
        /// links as `[words](address)`, and with placeholders for mentions, see
        /// [`resolve`](Self::resolve).
        text: String = always,
    }
}

impl Text {
    /// Begins with plain text, which may be empty.
    pub fn new(plain: impl AsRef<str>) -> Self {
        Self { text: escape(plain.as_ref()).into_owned(), extra: Map::new() }
    }

    /// Goes on with plain text.
    pub fn plain(self, plain: impl AsRef<str>) -> Self {
        self.markup(escape(plain.as_ref()))
    }

    /// Goes on with text in which the platform's tags have their meaning: `<b>`, `<i>`, `<u>` and
    /// `<s>` for bold, italic, underlined and struck-out text, which may be nested, and `<at>`.
    ///
    /// If tags do not match, people see them. Put other people's words through [`escape`].
    pub fn markup(mut self, markup: impl AsRef<str>) -> Self {
        self.text.push_str(markup.as_ref());
        self
    }

    /// Mentions a person by open ID, union ID or user ID, which must be valid. Users see the real
    /// name; `name`, which may be empty, is only in the request.
    pub fn mention(self, id: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        self.markup(mention(id.as_ref(), name.as_ref()))
    }

    /// Mentions all members, which the chat must allow.
    pub fn mention_all(self) -> Self {
        self.mention("all", "")
    }

    /// Returns the text that was read, with names for the placeholders of mentions.
    ///
    /// `name` is asked for each placeholder, `@_user_1` and so on, which is the `key` of one of the
    /// `mentions` of the message, and for `@_all`. What it knows is shown as `@` and the name;
    /// placeholders without a name stay, and so do those whose name is empty.
    ///
    /// ```
    /// use feishu_im::content::{Content, Text};
    ///
    /// let Content::Text(text) = Content::parse("text", r#"{"text":"@_user_1 ping"}"#) else {
    ///     panic!("not a text");
    /// };
    /// let names = std::collections::HashMap::from([("@_user_1", "Tom")]);
    /// assert_eq!(text.resolve(|key| names.get(key)), "@Tom ping");
    /// ```
    pub fn resolve<N: AsRef<str>>(&self, name: impl Fn(&str) -> Option<N>) -> String {
        let mut resolved = String::with_capacity(self.text.len());
        let mut rest = self.text.as_str();
        while let Some(start) = rest.find("@_") {
            let (before, from) = rest.split_at(start);
            let (key, after) = from.split_at(placeholder(from));
            resolved.push_str(before);
            match name(key).filter(|name| !name.as_ref().is_empty()) {
                Some(name) => resolved.extend(["@", name.as_ref()]),
                None => resolved.push_str(key),
            }
            rest = after;
        }
        resolved + rest
    }
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// Returns the length of the placeholder at the beginning of `text`, which begins with `@_`.
fn placeholder(text: &str) -> usize {
    const USER: &str = "@_user_";
    const ALL: &str = "@_all";
    if let Some(rest) = text.strip_prefix(USER) {
        // The number may have any length: `@_user_1` must not be found in `@_user_10`.
        USER.len() + rest.bytes().take_while(u8::is_ascii_digit).count()
    } else if text.strip_prefix(ALL).is_some_and(|rest| !rest.starts_with(is_of_word)) {
        ALL.len()
    } else {
        "@_".len()
    }
}

/// Returns the tag that mentions a user, for [`Text::markup`] and for the Markdown of a post.
///
/// ```
/// use feishu_im::content::{Post, mention, post::Element};
///
/// let markdown = format!("- {} reviews", mention("ou_1", "Tom"));
/// assert_eq!(markdown, r#"- <at user_id="ou_1">Tom</at> reviews"#);
/// let post = Post::en_us("Who does what").line([Element::md(markdown)]);
/// ```
///
/// The ID is an open ID, a union ID or a user ID, or `all` for all members. Whatever the two strings
/// hold, they do not end the tag.
pub fn mention(id: &str, name: &str) -> String {
    // No ID has such a character; one that does is sent as an ID that does not exist.
    let id =
        id.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    format!(r#"<at user_id="{id}">{}</at>"#, escape(name))
}

/// Returns the markup that shows a plain text.
///
/// The platform documents no escape for its tags. A zero-width space (U+200B) is therefore put
/// after a `<` that begins a tag, or could begin one together with what follows the text. It is
/// invisible and defuses the tag. Any other `<` is left alone.
///
/// The space becomes part of what people copy, also from code such as `List<s>` or `<b>`. Send
/// code as a [`CodeBlock`](super::post::CodeBlock) of a post, which has no tags and needs no
/// escape.
///
/// ```
/// use feishu_im::content::escape;
///
/// assert_eq!(escape("1 < 2, Vec<u8>"), "1 < 2, Vec<u8>");
/// assert_eq!(escape(r#"<at user_id="all"></at>"#), "<\u{200B}at user_id=\"all\"><\u{200B}/at>");
/// ```
pub fn escape(plain: &str) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut copied = 0;
    for (start, _) in plain.match_indices('<') {
        let after = start + 1;
        if begins_tag(&plain[after..]) {
            escaped.push_str(&plain[copied..after]);
            escaped.push('\u{200B}');
            copied = after;
        }
    }
    if copied == 0 {
        return plain.into();
    }
    (escaped + &plain[copied..]).into()
}

/// Whether `rest`, which follows a `<`, is the beginning of a tag.
fn begins_tag(rest: &str) -> bool {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let name = rest[..end].to_ascii_lowercase();
    let tag = matches!(name.as_str(), "at" | "b" | "i" | "u" | "s");
    let cut_off = end == rest.len() && matches!(name.as_str(), "" | "a");
    tag || cut_off
}
