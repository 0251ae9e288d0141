//! The words of a message, as a person wrote them.

use crate::content::Content;
use crate::content::post::{Body, Element};

/// Somebody whom a message mentions.
#[derive(Clone, Copy, Default)]
pub(super) struct Mention<'a> {
    /// The placeholder in the content, such as `@_user_1`.
    pub(super) key: &'a str,
    /// The IDs that may stand in a tag instead of the placeholder.
    pub(super) ids: [&'a str; 3],
    pub(super) name: &'a str,
    /// `true` for a bot, if the platform says so.
    pub(super) is_bot: Option<bool>,
}

/// Returns the words of a text or a post, without the mention of the bot.
pub(super) fn of_content(content: &Content, mentions: &[Mention<'_>]) -> Option<String> {
    let mut words = Words::new(mentions);
    match content {
        Content::Text(text) => words.markup(&text.text),
        Content::Post(post) => return Some(words.post(post.body())),
        _ => return None,
    }
    Some(words.finish())
}

/// Returns the words of a text of schema 1.0, which names people in tags. `without_bot` says that
/// the platform has left out the mention of the bot.
pub(super) fn of_tagged(text: &str, without_bot: bool) -> String {
    let mut words = Words::new(&[]);
    words.says_who_is_bot = without_bot;
    words.markup(text);
    words.finish()
}

/// Returns `true` if a text or a post mentions everybody.
pub(super) fn mentions_all(content: &Content) -> bool {
    let mut words = Words::new(&[]);
    match content {
        Content::Text(text) => words.markup(&text.text),
        Content::Post(post) => words.lines(post.body()),
        _ => {}
    }
    words.mentions_all
}

/// Puts the title of a post above its text.
pub(super) fn below(title: &str, text: &str) -> String {
    format!("{}\n{text}", title.trim()).trim().to_owned()
}

struct Words<'a> {
    mentions: &'a [Mention<'a>],
    /// Otherwise a mention at the very beginning is taken for that of the bot.
    says_who_is_bot: bool,
    mentions_all: bool,
    mentions_bot: bool,
    /// After a mention that was left out: whether there is space around it, to be shown as one.
    gap: Option<bool>,
    text: String,
}

impl<'a> Words<'a> {
    fn new(mentions: &'a [Mention<'a>]) -> Self {
        Self {
            mentions,
            says_who_is_bot: mentions.iter().any(|mention| mention.is_bot.is_some()),
            mentions_all: false,
            mentions_bot: false,
            gap: None,
            text: String::new(),
        }
    }

    fn finish(self) -> String {
        self.text.trim().to_owned()
    }

    fn post(mut self, body: &Body) -> String {
        self.lines(body);
        below(body.title.as_deref().unwrap_or_default(), &self.finish())
    }

    fn lines(&mut self, body: &Body) {
        let has_markdown = body.markdown.iter().any(|line| !line.is_empty());
        let lines = if has_markdown { &body.markdown } else { &body.lines };
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                self.push("\n");
            }
            line.iter().for_each(|element| self.element(element));
        }
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::Text(text) if text.un_escape == Some(true) => {
                self.push(&unescape(&text.text));
            }
            Element::Text(text) => self.push(&text.text),
            Element::Link(link) => match link.href.as_deref() {
                Some(href) if link.text.is_empty() => self.push(href),
                // As the platform writes links in texts.
                Some(href) if link.text != href => self.push(&format!("[{}]({href})", link.text)),
                _ => self.push(&link.text),
            },
            Element::At(at) => {
                let name = at.user_name.as_deref().unwrap_or_default();
                self.mention(at.user_id.as_deref().unwrap_or_default(), name);
            }
            Element::Emotion(emotion) => {
                if let Some(emoji) = &emotion.emoji_type {
                    self.push(&format!("[{emoji}]"));
                }
            }
            Element::CodeBlock(code) => self.push(&code.text),
            Element::Md(markdown) => self.markup(&markdown.text),
            Element::Hr(_) => self.push("---"),
            Element::Unknown(json) => {
                self.push(json.get("text").and_then(|text| text.as_str()).unwrap_or_default());
            }
            Element::Img(_) | Element::Media(_) => {}
        }
    }

    /// Adds text in which placeholders and tags stand for mentions.
    fn markup(&mut self, mut rest: &str) {
        while let Some(start) = rest.find(['@', '<']) {
            let (before, from) = rest.split_at(start);
            self.push(before);
            rest = if let Some((key, after)) = self.placeholder(from) {
                self.mention(key, "");
                after
            } else if let Some(tag) = Tag::read(from) {
                self.mention(tag.id, tag.name);
                tag.after
            } else {
                self.push(&from[..1]);
                &from[1..]
            };
        }
        self.push(rest);
    }

    /// Splits a placeholder off, of which others may be the beginning: `@_user_1` of `@_user_10`.
    fn placeholder<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        if !text.starts_with("@_") {
            return None;
        }
        let keys = self.mentions.iter().map(|mention| mention.key).chain(["@_all"]);
        let is_here = |key: &&str| {
            key.len() > 2 && text.strip_prefix(*key).is_some_and(|rest| !goes_on(key, rest))
        };
        let key = keys.filter(is_here).max_by_key(|key| key.len())?;
        Some(text.split_at(key.len()))
    }

    fn mention(&mut self, id: &str, name: &str) {
        let known = |mention: &&Mention<'_>| {
            !id.is_empty() && (mention.key == id || mention.ids.contains(&id))
        };
        let mention = self.mentions.iter().find(known).copied().unwrap_or_default();
        let is_all = matches!(id, "@_all" | "all");
        self.mentions_all |= is_all;
        if !is_all && self.is_bot(&mention) {
            self.leave_out();
            return;
        }
        let fallback = if is_all { "all" } else { id };
        let name = [mention.name, name, fallback].into_iter().find(|name| !name.is_empty());
        if let Some(name) = name {
            self.push("@");
            self.push(name.trim_start_matches('@'));
        }
    }

    fn is_bot(&self, mention: &Mention<'_>) -> bool {
        match self.says_who_is_bot {
            true => mention.is_bot == Some(true),
            false => !self.mentions_bot && self.text.trim().is_empty(),
        }
    }

    fn leave_out(&mut self) {
        self.mentions_bot = true;
        let before = self.text.trim_end_matches(is_space).len();
        self.gap = Some(self.gap == Some(true) || before < self.text.len());
        self.text.truncate(before);
    }

    fn push(&mut self, words: &str) {
        let Some(had_space) = self.gap else {
            self.text.push_str(words);
            return;
        };
        let after = words.trim_start_matches(is_space);
        let has_space = had_space || after.len() < words.len();
        self.gap = after.is_empty().then_some(has_space);
        let is_within = !self.text.is_empty() && !self.text.ends_with(NEWLINE);
        if has_space && is_within && !after.is_empty() && !after.starts_with(NEWLINE) {
            self.text.push(' ');
        }
        self.text.push_str(after);
    }
}

const NEWLINE: [char; 2] = ['\n', '\r'];

/// Returns `true` if `rest` continues the word that `key` begins.
fn goes_on(key: &str, rest: &str) -> bool {
    if key.ends_with(|last: char| last.is_ascii_digit()) {
        rest.starts_with(|next: char| next.is_ascii_digit())
    } else {
        rest.starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric())
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !NEWLINE.contains(&c)
}

/// The tag of a mention: `<at user_id="ou_1">Tom</at>`, in cards `<at id=ou_1></at>`.
struct Tag<'t> {
    id: &'t str,
    name: &'t str,
    after: &'t str,
}

impl<'t> Tag<'t> {
    /// Never looks beyond the next `<`, so that texts full of tags take no longer than others.
    fn read(text: &'t str) -> Option<Self> {
        let open = text.strip_prefix("<at")?;
        let (attributes, rest) = open.split_once(['>', '<'])?;
        if !open[attributes.len()..].starts_with('>') || !attributes.starts_with(is_space) {
            return None;
        }
        let id = attribute(attributes)?;
        if attributes.ends_with('/') {
            return Some(Self { id, name: "", after: rest });
        }
        let (name, close) = rest.split_at(rest.find('<')?);
        Some(Self { id, name: name.trim(), after: close.strip_prefix("</at>")? })
    }
}

/// Returns the first ID among the attributes of a tag.
fn attribute(attributes: &str) -> Option<&str> {
    let (name, value) = attributes.trim_end_matches('/').split_once('=')?;
    let is_id = matches!(name.trim(), "user_id" | "open_id" | "union_id" | "id");
    let value = value.trim_start();
    let id = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(char::is_whitespace).next()?,
    };
    (is_id && !id.is_empty()).then_some(id)
}

/// Replaces entities by the characters that they stand for; unknown ones stay.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        plain.push_str(before);
        let (read, len) = entity(from).unwrap_or(('&', 1));
        plain.push(read);
        rest = &from[len..];
    }
    plain + rest
}

/// Reads the entity at the beginning of `text`, and says how long it is.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest is `&#1114111;`.
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let read = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => number(name.strip_prefix('#')?)?,
    };
    Some((read, end + 1))
}

fn number(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    char::from_u32(code.ok()?)
}
