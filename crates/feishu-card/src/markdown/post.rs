//! Blocks to posts, of nodes that show words as they are, so that nothing has to be escaped.

use std::{fmt, mem};

use serde::Serialize;
use serde_json::{Value, json};

use super::card::code_parts;
use super::inline::{Inline, Span, Style, split};
use super::parse::{Block, Kind, Place};
use super::{Converted, Markdown, Note, NoteKind, ROOM};
use crate::size::in_string;

/// The heaviest line. The rest of its text becomes another line.
const MAX_LINE: usize = 8_000;

/// A post, within the platform's limits: rich text that is no card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Post(Value);

impl Post {
    /// Returns the content of the post, as it is sent.
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// Returns the content of the post as a string, which is what a request carries.
    pub fn to_json_string(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn posts(
    markdown: &Markdown,
    blocks: Vec<Block>,
    mut notes: Vec<Note>,
) -> Converted<Post> {
    let mut packer = Packer::default();
    for block in blocks {
        packer.block(block, &mut notes);
    }
    packer.close();
    markdown.titled(packer.done, notes, |title, lines| {
        // A post in one language is shown to everyone.
        Post(json!({ "zh_cn": { "title": title, "content": lines } }))
    })
}

#[derive(Default)]
struct Packer {
    done: Vec<Vec<Value>>,
    lines: Vec<Value>,
    used: usize,
}

impl Packer {
    fn block(&mut self, block: Block, notes: &mut Vec<Note>) {
        match block {
            Block::Text(place, inlines) => self.text(place, inlines),
            Block::Code { language, text } => {
                for part in code_parts(&text) {
                    self.push(vec![code(language, part)]);
                }
            }
            Block::Table(table) => {
                notes.push(Note::new(NoteKind::TableAsText, ""));
                self.block(table.as_code(), notes);
            }
            Block::Rule => self.push(vec![json!({ "tag": "hr" })]),
        }
    }

    fn text(&mut self, place: Place, inlines: Vec<Inline>) {
        let quote = "> ".repeat(place.quotes);
        let marker = marker(place.kind);
        if inlines.is_empty() {
            self.push(vec![text(&Span::plain(quote + &marker), false)]);
            return;
        }
        let indent = " ".repeat(marker.chars().count());
        let is_heading = matches!(place.kind, Kind::Heading(_));
        let mut line = Line::new(quote.clone() + &marker);
        for inline in split(inlines, MAX_LINE / 2).into_iter().flatten() {
            let node = match inline {
                Inline::Break => {
                    self.push(line.nodes);
                    line = Line::new(quote.clone() + &indent);
                    continue;
                }
                Inline::Image { key, alt } => {
                    line.add(text(&Span::plain(alt), false));
                    self.push(line.nodes);
                    self.push(vec![json!({ "tag": "img", "image_key": key })]);
                    line = Line::new(quote.clone() + &indent);
                    continue;
                }
                Inline::Mention(id) => json!({ "tag": "at", "user_id": id }),
                Inline::Span(span) => text(&span, is_heading),
            };
            if line.used + weight(&node) > MAX_LINE {
                self.push(line.nodes);
                line = Line::new(quote.clone() + &indent);
            }
            line.add(node);
        }
        self.push(line.nodes);
    }

    fn push(&mut self, line: Vec<Value>) {
        if line.is_empty() {
            return;
        }
        let line = Value::Array(line);
        let weight = weight(&line);
        if self.used + weight > ROOM {
            self.close();
        }
        self.used += weight;
        self.lines.push(line);
    }

    fn close(&mut self) {
        if !self.lines.is_empty() {
            self.done.push(mem::take(&mut self.lines));
        }
        self.used = 0;
    }
}

/// The nodes of a line, behind what stands before its words.
struct Line {
    prefix: String,
    nodes: Vec<Value>,
    used: usize,
}

impl Line {
    fn new(prefix: String) -> Self {
        Self { prefix, nodes: Vec::new(), used: 0 }
    }

    fn add(&mut self, mut node: Value) {
        let prefix = mem::take(&mut self.prefix);
        let is_plain = node["tag"] == "text" && node.get("style").is_none();
        match node.get_mut("text") {
            Some(Value::String(words)) if is_plain => words.insert_str(0, &prefix),
            _ if prefix.is_empty() => {}
            _ => self.push(text(&Span::plain(prefix), false)),
        }
        self.push(node);
    }

    fn push(&mut self, node: Value) {
        if node.get("text").is_none_or(|text| text != "") {
            self.used += weight(&node);
            self.nodes.push(node);
        }
    }
}

fn marker(kind: Kind) -> String {
    match kind {
        Kind::Paragraph | Kind::Heading(_) => String::new(),
        Kind::Item { indent, number: None } => format!("{}• ", "    ".repeat(indent)),
        Kind::Item { indent, number: Some(n) } => format!("{}{n}. ", "    ".repeat(indent)),
    }
}

fn text(span: &Span, is_heading: bool) -> Value {
    let words = if span.is_code() { format!("`{}`", span.text) } else { span.text.clone() };
    let mut node = match &span.link {
        Some(link) => json!({ "tag": "a", "text": words, "href": **link }),
        None => json!({ "tag": "text", "text": words }),
    };
    let mut styles: Vec<_> = span.styles.iter().filter_map(|style| style_name(*style)).collect();
    if is_heading && !styles.contains(&"bold") {
        styles.push("bold");
    }
    if !styles.is_empty() {
        node["style"] = json!(styles);
    }
    node
}

fn style_name(style: Style) -> Option<&'static str> {
    match style {
        Style::Bold => Some("bold"),
        Style::Italic => Some("italic"),
        Style::Strike => Some("lineThrough"),
        Style::Code => None,
    }
}

fn code(language: Option<&str>, text: &str) -> Value {
    let text = text.strip_suffix('\n').unwrap_or(text);
    match language {
        Some(language) => json!({ "tag": "code_block", "language": language, "text": text }),
        None => json!({ "tag": "code_block", "text": text }),
    }
}

fn weight(node: &Value) -> usize {
    in_string(&node.to_string()) + 1
}
