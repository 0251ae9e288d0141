//! The text of a paragraph, a heading or a cell.

use std::mem;
use std::rc::Rc;

use super::address::{self, bare_address};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Italic,
    Strike,
    Code,
}

/// Words with the same styles and the same link.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) text: String,
    /// In the order in which they are nested, from the outside.
    pub(super) styles: Vec<Style>,
    pub(super) link: Option<Rc<str>>,
}

impl Span {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), styles: Vec::new(), link: None }
    }

    pub(super) fn is_code(&self) -> bool {
        self.styles.contains(&Style::Code)
    }

    fn has_looks_of(&self, other: &Self) -> bool {
        self.styles == other.styles && self.link == other.link
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inline {
    Span(Span),
    Image { key: String, alt: String },
    Mention(String),
    Break,
}

/// Adds words, to those before them if they look the same.
pub(super) fn push_span(inlines: &mut Vec<Inline>, span: Span) {
    match inlines.last_mut() {
        Some(Inline::Span(last)) if last.has_looks_of(&span) => last.text.push_str(&span.text),
        _ if span.text.is_empty() => {}
        _ => inlines.push(Inline::Span(span)),
    }
}

/// Makes links of bare addresses in the text. A client would end them elsewhere, and
/// the platform refuses a card with one that runs into Chinese words.
pub(super) fn link_addresses(span: Span, inlines: &mut Vec<Inline>) {
    if span.link.is_some() || span.is_code() {
        return push_span(inlines, span);
    }
    let mut rest = span.text.as_str();
    let like = |text: &str, link| Span { text: text.to_owned(), link, styles: span.styles.clone() };
    while let Some((start, end)) = bare_address(rest) {
        push_span(inlines, like(&rest[..start], None));
        let text = &rest[start..end];
        push_span(inlines, like(text, address::linkable(text).map(Rc::from)));
        rest = &rest[end..];
    }
    push_span(inlines, like(rest, None));
}

/// Splits text into parts that are not heavier than `limit`, where it has a space if possible.
pub(super) fn split(inlines: Vec<Inline>, limit: usize) -> Vec<Vec<Inline>> {
    let mut parts = Parts { done: Vec::new(), open: Vec::new(), used: 0, limit };
    for inline in inlines {
        match inline {
            Inline::Span(span) => parts.push_words(&span),
            other => parts.push(other),
        }
    }
    parts.close();
    parts.done
}

struct Parts {
    done: Vec<Vec<Inline>>,
    open: Vec<Inline>,
    used: usize,
    limit: usize,
}

impl Parts {
    fn push(&mut self, inline: Inline) {
        let weight = inline.weight();
        if self.used + weight > self.limit {
            self.close();
        }
        self.used += weight;
        self.open.push(inline);
    }

    fn push_words(&mut self, span: &Span) {
        let frame = span.frame_weight();
        let mut rest = span.text.as_str();
        while !rest.is_empty() {
            let room = self.limit.saturating_sub(self.used + frame);
            let (end, is_whole) = fitting(rest, room);
            if !is_whole && !self.open.is_empty() {
                self.close();
                continue;
            }
            // At least one character, so that there is an end to it.
            let end = end.max(rest.chars().next().map_or(0, char::len_utf8));
            let (text, after) = rest.split_at(end);
            let (styles, link) = (span.styles.clone(), span.link.clone());
            self.push(Inline::Span(Span { text: text.to_owned(), styles, link }));
            rest = after;
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push(mem::take(&mut self.open));
        }
        self.used = 0;
    }
}

/// Returns the length of the beginning of `text` that is not heavier than `room`, and whether it
/// consists of whole words.
fn fitting(text: &str, room: usize) -> (usize, bool) {
    let mut weight = 0;
    let mut words = 0;
    for (at, c) in text.char_indices() {
        weight += char_weight(c);
        if weight > room {
            return if words > 0 { (words, true) } else { (at, false) };
        }
        if c.is_whitespace() {
            words = at + c.len_utf8();
        }
    }
    (text.len(), true)
}

impl Inline {
    fn weight(&self) -> usize {
        match self {
            Self::Span(span) => text_weight(&span.text) + span.frame_weight(),
            Self::Image { key, alt } => key.len() + text_weight(alt) + 8,
            Self::Mention(id) => text_weight(id) + 16,
            Self::Break => 16,
        }
    }
}

impl Span {
    /// Returns the weight of what is written around the words.
    fn frame_weight(&self) -> usize {
        // Each `&` of an address becomes `&amp;`.
        let link = |url: &str| url.len() + 4 * url.matches('&').count() + 8;
        self.styles.len() * 6 + self.link.as_deref().map_or(0, link)
    }
}

fn text_weight(text: &str) -> usize {
    text.chars().map(char_weight).sum()
}

/// Returns the number of bytes that a character takes at most in a request: as an entity, or
/// escaped twice.
fn char_weight(c: char) -> usize {
    match c {
        _ if c.is_ascii_punctuation() || c.is_ascii_control() => 7,
        _ => c.len_utf8(),
    }
}
