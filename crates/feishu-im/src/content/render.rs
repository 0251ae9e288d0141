//! Content as text, for people and for language models.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::markdown as md;
use super::markup::{Link, NEWLINE, Tag, goes_on, is_space, unescape};
use super::post::{Body, Element, Style};
use super::{CalendarEvent, Card, Content, Post, System, Todo, Vote};
use crate::message::Mention;

/// Values within values of a card are followed up to this depth.
const MOST_LEVELS: usize = 100;
/// The columns that a table of a card shows.
const MOST_COLUMNS: usize = 50;
/// The text instead of a card that the platform does not return.
const NOT_RETURNED: &str = "请升级至最新版本客户端，以查看内容";

impl Content {
    /// Returns the content as plain text.
    ///
    /// `mentions` are those of the message, [`Message::mentions`](crate::message::Message); they
    /// give their names to placeholders, which become `@` and the name. A placeholder without a
    /// name stays, and a mention of all members is `@all`. What is no text is named in brackets: a
    /// file or a video by its name, such as `[report.pdf]`, anything else by its kind, such as
    /// `[image]`.
    ///
    /// A post begins with its title and ends with its attachments. Of several languages, the first
    /// is taken, and styles are lost. A card begins with its title too, and shows the text of every
    /// element. Times are in UTC.
    ///
    /// ```
    /// use feishu_im::content::Content;
    /// use feishu_im::message::Mention;
    ///
    /// let mut tom = Mention::default();
    /// tom.key = Some("@_user_1".to_owned());
    /// tom.name = Some("Tom".to_owned());
    /// let text = Content::parse("text", r#"{"text":"@_user_1 ping"}"#);
    /// assert_eq!(text.to_text(&[tom]), "@Tom ping");
    ///
    /// let file = Content::parse("file", r#"{"file_key":"file_1","file_name":"report.pdf"}"#);
    /// assert_eq!(file.to_text(&[]), "[report.pdf]");
    /// ```
    pub fn to_text(&self, mentions: &[Mention]) -> String {
        let mentions: Vec<_> = mentions.iter().map(Mentioned::from).collect();
        text(self, &mentions)
    }

    /// Returns the content as Markdown, of the dialect of CommonMark with the tables and the
    /// struck-out words of GitHub.
    ///
    /// Differs from [`to_text`](Self::to_text) in these:
    ///
    /// - Titles are headings; styles, links, code, lines and tables are those of Markdown.
    ///   Underlined words are in `<u>`.
    /// - Text that a user wrote is escaped where Markdown would read something else.
    /// - An image is `![image](key)`, with the key to download it by.
    /// - Markdown of posts and cards is taken as it is, tags such as `<font>` included.
    ///
    /// ```
    /// use feishu_im::content::Content;
    ///
    /// let content = r##"{"title":"Tides","content":[
    ///     [{"tag":"text","text":"2 * 3"},{"tag":"text","text":"high","style":["bold"]}],
    ///     [{"tag":"img","image_key":"img_1"}]]}"##;
    /// let markdown = Content::parse("post", content).to_markdown(&[]);
    /// assert_eq!(markdown, "# Tides\n\n2 \\* 3**high**\n\n![image](img_1)");
    /// ```
    pub fn to_markdown(&self, mentions: &[Mention]) -> String {
        let mentions: Vec<_> = mentions.iter().map(Mentioned::from).collect();
        self::markdown(self, &mentions)
    }
}

/// Returns content as plain text.
pub(crate) fn text(content: &Content, mentions: &[Mentioned<'_>]) -> String {
    let mut renderer = Renderer::new(mentions);
    renderer.content(content);
    renderer.finish()
}

/// Returns content as Markdown.
pub(crate) fn markdown(content: &Content, mentions: &[Mentioned<'_>]) -> String {
    let mut renderer = Renderer::new(mentions);
    renderer.is_markdown = true;
    renderer.content(content);
    renderer.finish()
}

/// A user whom a message mentions.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mentioned<'a> {
    /// The placeholder in the content, such as `@_user_1`.
    pub(crate) key: &'a str,
    /// The IDs that a tag can have instead of the placeholder.
    pub(crate) ids: [&'a str; 3],
    pub(crate) name: &'a str,
    /// `true` for a bot, if the platform says so.
    pub(crate) is_bot: Option<bool>,
}

impl<'a> From<&'a Mention> for Mentioned<'a> {
    fn from(mention: &'a Mention) -> Self {
        Self {
            key: mention.key.as_deref().unwrap_or_default(),
            ids: [mention.id.as_deref().unwrap_or_default(), "", ""],
            name: mention.name.as_deref().unwrap_or_default(),
            is_bot: None,
        }
    }
}

/// Writes content as text.
pub(crate) struct Renderer<'a> {
    mentions: &'a [Mentioned<'a>],
    is_markdown: bool,
    /// Leaves out the mention of the bot, and all that is neither words nor code.
    pub(crate) only_words: bool,
    /// Otherwise a mention at the very beginning is treated as that of the bot.
    pub(crate) says_who_is_bot: bool,
    pub(crate) mentions_all: bool,
    mentions_bot: bool,
    /// After a mention that was left out: whether there is space around it, to be shown as one.
    gap: Option<bool>,
    level: usize,
    text: String,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(mentions: &'a [Mentioned<'a>]) -> Self {
        Self {
            mentions,
            is_markdown: false,
            only_words: false,
            says_who_is_bot: mentions.iter().any(|mention| mention.is_bot.is_some()),
            mentions_all: false,
            mentions_bot: false,
            gap: None,
            level: 0,
            text: String::new(),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text.trim().to_owned()
    }

    fn content(&mut self, content: &Content) {
        match content {
            Content::Text(text) => self.markup(&text.text, Self::plain),
            Content::Post(post) => self.post(post),
            Content::Image(image) => self.image(image.image_key.as_deref(), ""),
            Content::File(file) => self.named(file.file_name.as_deref(), "file"),
            Content::Folder(folder) => self.named(folder.file_name.as_deref(), "folder"),
            Content::Audio(_) => self.mark("audio"),
            Content::Media(video) => self.named(video.file_name.as_deref(), "video"),
            Content::Sticker(_) => self.mark("sticker"),
            Content::Interactive(card) => self.card(card),
            Content::ShareChat(share) => self.kind("chat", share.chat_id.as_deref()),
            Content::ShareUser(share) => {
                self.mark("contact");
                self.push(" ");
                self.mention(share.user_id.as_deref().unwrap_or_default(), "");
            }
            Content::Divider(divider) => self.plain(&divider.text.text),
            Content::System(system) => self.system(system),
            Content::Hongbao(hongbao) => self.kind("red packet", hongbao.text.as_deref()),
            Content::ShareCalendarEvent(event)
            | Content::Calendar(event)
            | Content::GeneralCalendar(event) => self.event(event),
            Content::Location(location) => {
                self.kind("location", location.name.as_deref());
                let degrees = (location.latitude.as_deref(), location.longitude.as_deref());
                if let (Some(latitude), Some(longitude)) = degrees {
                    self.plain(&format!(" ({latitude}, {longitude})"));
                }
            }
            Content::VideoChat(call) => {
                self.kind("video call", call.topic.as_deref());
                self.time(" ", call.start_time);
            }
            Content::Todo(todo) => self.todo(todo),
            Content::Vote(vote) => self.vote(vote),
            Content::MergeForward(_) => self.mark("merged forward"),
            Content::Unknown(raw) => self.unknown(&raw.msg_type, &raw.content),
        }
        if self.text.trim().is_empty() {
            self.odd(content);
        }
    }

    /// Shows what is said outside the documented members, or else the type of the message.
    fn odd(&mut self, content: &Content) {
        if let Ok(json) = serde_json::from_str(&content.to_json_string()) {
            self.node(&json);
        }
        if self.text.trim().is_empty() {
            self.mark(content.msg_type());
        }
    }

    fn unknown(&mut self, msg_type: &str, content: &str) {
        match serde_json::from_str::<Value>(content) {
            Ok(json) => {
                self.mark(msg_type);
                self.push(" ");
                self.node(&json);
            }
            Err(_) => self.plain(content),
        }
    }

    fn post(&mut self, post: &Post) {
        let body = post.body();
        self.title(body.title.as_deref().unwrap_or_default());
        self.lines(body);
        for file in post.attachments() {
            self.block();
            let kind = if file.is_folder == Some(true) { "folder" } else { "file" };
            self.named(file.file_name.as_deref(), kind);
        }
    }

    pub(crate) fn lines(&mut self, body: &Body) {
        let has_markdown = body.markdown.iter().any(|line| !line.is_empty());
        let lines = if has_markdown { &body.markdown } else { &body.lines };
        for (index, line) in lines.iter().enumerate() {
            if self.is_markdown {
                self.block();
            } else if index > 0 {
                self.push("\n");
            }
            line.iter().for_each(|element| self.element(element));
        }
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::Text(text) if text.un_escape == Some(true) => {
                self.styled(&unescape(&text.text), &text.style);
            }
            Element::Text(text) => self.styled(&text.text, &text.style),
            Element::Link(link) => self.link(&link.text, link.href.as_deref().unwrap_or_default()),
            Element::At(at) => {
                let name = at.user_name.as_deref().unwrap_or_default();
                self.mention(at.user_id.as_deref().unwrap_or_default(), name);
            }
            Element::Emotion(emotion) => {
                if let Some(emoji) = &emotion.emoji_type {
                    self.mark(emoji);
                }
            }
            Element::CodeBlock(code) => {
                self.code(code.language.as_deref().unwrap_or_default(), &code.text);
            }
            Element::Md(markdown) => self.markup(&markdown.text, Self::push),
            Element::Hr(_) => self.rule(),
            Element::Unknown(json) if self.only_words => {
                self.push(json.get("text").and_then(Value::as_str).unwrap_or_default());
            }
            Element::Unknown(json) => self.node(json),
            Element::Img(_) | Element::Media(_) if self.only_words => {}
            Element::Img(image) => self.image(image.image_key.as_deref(), ""),
            Element::Media(_) => self.mark("video"),
        }
    }

    fn system(&mut self, system: &System) {
        let mut rest = system.template.as_str();
        while let Some(start) = rest.find('{') {
            let (before, from) = rest.split_at(start);
            self.plain(before);
            let end = from[1..].find(['{', '}']).map_or(from.len(), |end| end + 1);
            let (variable, after) = (&from[1..end], &from[end..]);
            rest = match (after.strip_prefix('}'), variable_of(system, variable)) {
                (Some(after), Some(value)) => {
                    self.plain(&value);
                    after
                }
                _ => {
                    self.plain(&from[..end]);
                    after
                }
            };
        }
        self.plain(rest);
        if let Some(divider) = system.divider_text.as_ref().filter(|_| system.template.is_empty()) {
            self.plain(&divider.text);
        }
    }

    fn event(&mut self, event: &CalendarEvent) {
        self.kind("event", event.summary.as_deref());
        self.time(" ", event.start_time);
        self.time(" – ", event.end_time);
    }

    fn todo(&mut self, todo: &Todo) {
        let summary = todo.summary.as_ref().map(Post::body);
        // Without a heading: the title is a part of the sentence.
        self.kind("task", summary.and_then(|body| body.title.as_deref()));
        if let Some(body) = summary {
            self.push(" ");
            self.lines(body);
            let end = self.text.trim_end().len();
            self.text.truncate(end);
        }
        self.time(" until ", todo.due_time);
    }

    fn vote(&mut self, vote: &Vote) {
        self.kind("vote", vote.topic.as_deref());
        for option in &vote.options {
            self.push("\n- ");
            self.plain(&md::one_line(option));
        }
    }

    fn card(&mut self, card: &Card) {
        match card {
            Card::Template(template) => {
                self.mark("card");
                self.node(&template.template_variable.values().cloned().collect());
            }
            Card::Entity(_) => self.mark("card"),
            Card::Json(json) => {
                // The card as its author wrote it, or as the platform made it, within a string.
                let inner = ["user_dsl", "json_card"]
                    .into_iter()
                    .filter_map(|name| json.get(name)?.as_str())
                    .find_map(|inner| serde_json::from_str::<Value>(inner).ok());
                self.node(inner.as_ref().unwrap_or(json));
            }
        }
        if self.text.trim().is_empty() {
            self.mark("card");
        }
    }

    /// Shows the text of any JSON, in the order that people read a card in.
    fn node(&mut self, json: &Value) {
        if self.level == MOST_LEVELS {
            self.mark("…");
            return;
        }
        self.level += 1;
        match json {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.plain(&number.to_string()),
            Value::String(text) if text.trim() == NOT_RETURNED => self.mark("card"),
            Value::String(text) => self.markup(text, Self::plain),
            Value::Array(items) => {
                for item in items {
                    let tag = item.get("tag").and_then(Value::as_str);
                    if !tag.is_some_and(is_inline) {
                        self.block();
                    }
                    self.node(item);
                }
            }
            Value::Object(members) => self.object(members),
        }
        self.level -= 1;
    }

    fn object(&mut self, members: &Map<String, Value>) {
        let tag = members.get("tag").and_then(Value::as_str).unwrap_or_default();
        // The form of a card that the platform made.
        let members = members.get("property").and_then(Value::as_object).unwrap_or(members);
        let string = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let either = |one: &str, other: &str| match string(one) {
            "" => string(other),
            one => one,
        };
        match tag {
            "at" | "person" if !either("user_id", "id").is_empty() => {
                self.mention(either("user_id", "id"), string("user_name"));
            }
            "a" => self.link(string("text"), string("href")),
            "hr" => self.rule(),
            "img" => {
                let alt = members.get("alt").map(plain_of).unwrap_or_default();
                self.image(Some(either("img_key", "image_key")), &alt);
            }
            "button" => {
                let label = members.get("text").map(plain_of).unwrap_or_default();
                match string("url") {
                    "" => self.named(Some(&label), "button"),
                    url => self.link(&label, url),
                }
            }
            "code_block" if !string("text").is_empty() => {
                self.code(string("language"), string("text"));
            }
            "markdown" | "lark_md" | "md" if !either("content", "text").is_empty() => {
                match either("content", "text") {
                    words if words.trim() == NOT_RETURNED => self.mark("card"),
                    words => self.markup(words, Self::markdown),
                }
            }
            "table" if members.contains_key("rows") => self.table(members),
            _ => self.children(tag, members),
        }
    }

    fn children(&mut self, tag: &str, members: &Map<String, Value>) {
        let before = self.text.len();
        for name in ["header", "title"] {
            let Some(title) = members.get(name) else { continue };
            match title {
                Value::String(title) => self.title(title),
                Value::Object(title) if self.level <= 2 && name == "title" => {
                    self.title(&plain_of(&Value::Object(title.clone())));
                }
                _ => self.node(title),
            }
        }
        for name in SAID {
            let Some(child) = members.get(name) else { continue };
            if child.is_array() || matches!(name, "body" | "subtitle") {
                self.block();
            }
            self.node(child);
            if child.is_array() {
                self.block();
            }
        }
        let is_silent = self.text[before.min(self.text.len())..].trim().is_empty();
        if is_silent && !tag.is_empty() && !is_inline(tag) && !FRAMES.contains(&tag) {
            self.mark(tag);
        }
    }

    fn table(&mut self, members: &Map<String, Value>) {
        let columns = members.get("columns").and_then(Value::as_array);
        let rows = members.get("rows").and_then(Value::as_array);
        let (Some(columns), Some(rows)) = (columns, rows) else {
            return self.children("table", members);
        };
        let columns = &columns[..columns.len().min(MOST_COLUMNS)];
        let name = |column: &Value, name: &str| {
            column.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        self.block();
        let heads = columns.iter().map(|column| {
            let shown = name(column, "display_name");
            Value::from(if shown.is_empty() { name(column, "name") } else { shown })
        });
        self.row(heads.collect::<Vec<_>>().iter());
        if self.is_markdown {
            self.push("\n|");
            columns.iter().for_each(|_| self.push(" --- |"));
        }
        for row in rows {
            self.push("\n");
            let cells = columns.iter().map(|column| row.get(name(column, "name")));
            self.row(cells.map(|cell| cell.unwrap_or(&Value::Null)));
        }
    }

    fn row<'v>(&mut self, cells: impl Iterator<Item = &'v Value>) {
        let cells: Vec<_> = cells.map(|cell| self.cell(cell)).collect();
        let cells = cells.join(" | ");
        match self.is_markdown {
            true => self.push(&format!("| {cells} |")),
            false => self.push(&cells),
        }
    }

    fn cell(&self, json: &Value) -> String {
        let mut cell = Renderer::new(self.mentions);
        cell.is_markdown = self.is_markdown;
        cell.level = self.level;
        cell.node(json);
        let words = md::one_line(&cell.text);
        if self.is_markdown { words.replace('|', "\\|") } else { words }
    }

    /// Adds text in which placeholders and tags stand for mentions. `words` adds what is between.
    pub(crate) fn markup(&mut self, mut rest: &str, words: fn(&mut Self, &str)) {
        let marks: &[char] = if self.is_markdown { &['@', '<', '['] } else { &['@', '<'] };
        let mut len = 0;
        while let Some(start) = rest[len..].find(marks) {
            len += start;
            let from = &rest[len..];
            let after = if let Some((key, after)) = self.placeholder(from) {
                words(self, &rest[..len]);
                self.mention(key, "");
                after
            } else if let Some(tag) = Tag::read(from) {
                words(self, &rest[..len]);
                self.mention(tag.id, tag.name);
                tag.after
            } else if let Some(link) = Link::read(from).filter(|_| self.is_markdown) {
                words(self, &rest[..len]);
                self.link(link.words, link.href);
                link.after
            } else {
                len += 1;
                continue;
            };
            (rest, len) = (after, 0);
        }
        words(self, rest);
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
        let known = |mention: &&Mentioned<'_>| {
            !id.is_empty() && (mention.key == id || mention.ids.contains(&id))
        };
        let mention = self.mentions.iter().find(known).copied().unwrap_or_default();
        let is_all = matches!(id, "@_all" | "all");
        self.mentions_all |= is_all;
        if !is_all && self.only_words && self.is_bot(&mention) {
            self.leave_out();
            return;
        }
        let fallback = if is_all { "all" } else { id };
        let name = [mention.name, name, fallback].into_iter().find(|name| !name.is_empty());
        if let Some(name) = name {
            self.push("@");
            self.plain(name.trim_start_matches('@'));
        }
    }

    fn is_bot(&self, mention: &Mentioned<'_>) -> bool {
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

    fn title(&mut self, title: &str) {
        if title.trim().is_empty() {
            return;
        }
        self.block();
        match self.is_markdown {
            true => md::push_title(&mut self.text, title),
            false => self.text.push_str(title.trim()),
        }
        self.block();
    }

    fn styled(&mut self, words: &str, styles: &[Style]) {
        let inner = words.trim();
        if !self.is_markdown || inner.is_empty() || styles.is_empty() || inner.contains("\n\n") {
            return self.plain(words);
        }
        let start = words.len() - words.trim_start().len();
        self.plain(&words[..start]);
        if styles.iter().any(|style| style.as_str() == "codeInline") {
            md::push_code_span(&mut self.text, inner);
        } else {
            // Stars within a word, or next to other stars, are read as stars.
            let is_clear = inner.starts_with(char::is_alphanumeric)
                && inner.ends_with(char::is_alphanumeric)
                && !self.text.ends_with(['*', '~']);
            let tags: Vec<_> = styles.iter().filter_map(|style| tags(style, is_clear)).collect();
            tags.iter().for_each(|(open, _)| self.push(open));
            self.plain(inner);
            tags.iter().rev().for_each(|(_, close)| self.push(close));
        }
        self.plain(&words[start + inner.len()..]);
    }

    fn link(&mut self, words: &str, href: &str) {
        if href.is_empty() || (!self.is_markdown && words == href) {
            self.plain(words);
        } else if !self.is_markdown && words.is_empty() {
            self.push(href);
        } else if !self.is_markdown {
            // As the platform writes links in texts.
            self.push(&format!("[{words}]({href})"));
        } else {
            let words = if words.trim().is_empty() { href } else { words };
            md::push_link(&mut self.text, words, href);
        }
    }

    fn code(&mut self, language: &str, code: &str) {
        if self.is_markdown {
            self.block();
            md::push_code(&mut self.text, language, code);
            self.block();
        } else {
            self.push(code);
        }
    }

    fn rule(&mut self) {
        if self.is_markdown {
            self.block();
            self.push("---");
            self.block();
        } else {
            self.push("---");
        }
    }

    fn image(&mut self, key: Option<&str>, alt: &str) {
        let alt = if alt.trim().is_empty() { "image" } else { alt.trim() };
        match key.filter(|key| !key.is_empty() && self.is_markdown) {
            Some(key) => md::push_image(&mut self.text, alt, key),
            None => self.mark(alt),
        }
    }

    /// Adds the name of what is no text, or else its kind.
    fn named(&mut self, name: Option<&str>, kind: &str) {
        self.mark(name.filter(|name| !name.trim().is_empty()).unwrap_or(kind));
    }

    fn kind(&mut self, kind: &str, words: Option<&str>) {
        self.mark(kind);
        if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
            self.push(" ");
            self.plain(words);
        }
    }

    fn mark(&mut self, what: &str) {
        self.plain(&format!("[{what}]"));
    }

    fn time(&mut self, before: &str, milliseconds: Option<u64>) {
        if let Some(milliseconds) = milliseconds {
            self.push(before);
            self.push(&time(milliseconds));
        }
    }

    /// Adds what a card calls Markdown.
    fn markdown(&mut self, words: &str) {
        match self.is_markdown {
            true => self.push(words),
            false => self.push(&unescape(words)),
        }
    }

    /// Adds words as they are.
    fn plain(&mut self, words: &str) {
        match self.is_markdown {
            true => md::push(&mut self.text, words),
            false => self.push(words),
        }
    }

    /// Begins another block, or another line of plain text.
    fn block(&mut self) {
        let end = if self.is_markdown { "\n\n" } else { "\n" };
        while !self.text.is_empty() && !self.text.ends_with(end) {
            self.text.push('\n');
        }
    }

    pub(crate) fn push(&mut self, words: &str) {
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

/// The members of an element of a card that say something, in the order of reading.
const SAID: [&str; 24] = [
    "subtitle",
    "text_tag_list",
    "label",
    "text",
    "content",
    "fields",
    "summary",
    "elements",
    "columns",
    "rows",
    "body",
    "i18n_elements",
    "zh_cn",
    "en_us",
    "ja_jp",
    "actions",
    "extra",
    "items",
    "children",
    "persons",
    "options",
    "placeholder",
    "topic",
    "img_list",
];

/// Tags that only hold other elements.
const FRAMES: [&str; 9] = [
    "div",
    "action",
    "column",
    "column_set",
    "form",
    "interactive_container",
    "collapsible_panel",
    "note",
    "markdown",
];

/// Returns `true` for an element that continues the line before it.
fn is_inline(tag: &str) -> bool {
    matches!(
        tag,
        "text" | "plain_text" | "lark_md" | "a" | "at" | "emotion" | "person" | "link" | "text_tag"
    )
}

/// Returns the words of an element that is a label, and has neither links nor styles.
fn plain_of(json: &Value) -> String {
    let mut renderer = Renderer::new(&[]);
    renderer.node(json);
    renderer.finish()
}

fn tags(style: &Style, is_clear: bool) -> Option<(&'static str, &'static str)> {
    Some(match (style, is_clear) {
        (Style::Bold, true) => ("**", "**"),
        (Style::Bold, false) => ("<b>", "</b>"),
        (Style::Italic, true) => ("*", "*"),
        (Style::Italic, false) => ("<i>", "</i>"),
        (Style::LineThrough, true) => ("~~", "~~"),
        (Style::LineThrough, false) => ("<s>", "</s>"),
        (Style::Underline, _) => ("<u>", "</u>"),
        _ => return None,
    })
}

fn variable_of<'s>(system: &'s System, name: &str) -> Option<Cow<'s, str>> {
    let names = |names: &[String]| Some(names.join(", ").into());
    match name {
        "from_user" => names(&system.from_user),
        "to_chatters" => names(&system.to_chatters),
        "divider_text" => Some(system.divider_text.as_ref()?.text.as_str().into()),
        _ => match system.extra.get(name)? {
            Value::String(text) => Some(text.into()),
            Value::Array(items) => {
                let names: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                Some(names.join(", ").into())
            }
            other => Some(other.to_string().into()),
        },
    }
}

/// Returns a time, in milliseconds since the Unix epoch, to the minute.
fn time(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000;
    let (days, minutes) = (minutes / 1440, minutes % 1440);
    // Years begin in March here, so that leap days are at their end; eras are of 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}
