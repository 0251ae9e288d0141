//! Text in the Markdown of cards.

use std::mem;

use super::inline::{Inline, Span, Style};
use super::parse::{Kind, Place};
use crate::escape::{escape_at, without_mentions};
use crate::mention;

/// Writes a block of text, without a line break at its end.
pub(super) fn text(place: Place, inlines: &[Inline]) -> String {
    let prefix = "> ".repeat(place.quotes);
    let (marker, line_break) = match place.kind {
        Kind::Paragraph if place.quotes == 0 => (String::new(), "\n".to_owned()),
        Kind::Paragraph => (String::new(), format!("\n{prefix}")),
        Kind::Heading(level) => (format!("{} ", "#".repeat(level)), "<br>".to_owned()),
        Kind::Item { indent, number } => (item(indent, number), "<br>".to_owned()),
    };
    let mut text = inline(inlines, &line_break);
    if matches!(place.kind, Kind::Heading(_)) && text.ends_with('#') {
        // It would be read as the end of the heading.
        text.truncate(text.len() - 1);
        text.push_str("&#35;");
    }
    prefix + &marker + &text
}

fn item(indent: usize, number: Option<u64>) -> String {
    let marker = number.map_or_else(|| "-".to_owned(), |number| format!("{number}."));
    format!("{}{marker} ", "    ".repeat(indent))
}

/// Writes the text of a cell.
pub(super) fn cell(inlines: &[Inline]) -> String {
    inline(inlines, "<br>")
}

/// Writes a code block, in a fence that nothing in it ends.
pub(super) fn code(language: Option<&str>, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let text = without_mentions(text.strip_suffix('\n').unwrap_or(text));
    format!("{fence}{}\n{text}\n{fence}", language.unwrap_or_default())
}

/// Returns the length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn inline(inlines: &[Inline], line_break: &str) -> String {
    let mut writer = Writer::default();
    for inline in inlines {
        match inline {
            Inline::Span(span) => writer.span(span),
            Inline::Break => writer.line_break(line_break),
            Inline::Mention(id) => writer.apart(&mention(id)),
            Inline::Image { key, alt } => {
                writer.apart(&format!("![{}]({key})", escape_at(alt, false).replace('\n', " ")));
            }
        }
    }
    writer.close(0);
    writer.close_link();
    writer.out
}

#[derive(Default)]
struct Writer<'a> {
    out: String,
    /// Whether there are words in the line, in addition to the marks of its quote.
    in_line: bool,
    open: Vec<Style>,
    link: Option<&'a str>,
    /// Space that is written outside the styles around it: inside, they would not be read.
    space: String,
    /// Whether the style that was closed last is read only before a space or punctuation.
    wants_space: bool,
}

impl<'a> Writer<'a> {
    fn span(&mut self, span: &'a Span) {
        let link = span.link.as_deref();
        if link != self.link {
            self.close(0);
            self.close_link();
            if link.is_some() {
                self.write_space();
                self.write("[");
                self.link = link;
            }
        }
        let kept = self.open.iter().zip(&span.styles).take_while(|(a, b)| a == b).count();
        let is_space = span.text.chars().all(char::is_whitespace);
        self.close(if is_space && !span.is_code() { self.open.len() } else { kept });
        if span.is_code() {
            return self.code(span);
        }
        let begin = span.text.len() - span.text.trim_start().len();
        let (before, text) = span.text.split_at(begin);
        let (text, after) = text.split_at(text.trim_end().len());
        self.space.push_str(before);
        if !text.is_empty() {
            self.write_space();
            let escaped = escape_at(text, !self.in_line);
            self.open(&span.styles, escaped.chars().next());
            self.write(&escaped);
        }
        self.space.push_str(after);
    }

    fn code(&mut self, span: &Span) {
        self.write_space();
        let styles: Vec<_> = span.styles.iter().copied().filter(|it| *it != Style::Code).collect();
        self.open(&styles, Some('`'));
        let mark = "`".repeat(longest_run(&span.text) + 1);
        let text = without_mentions(&span.text).replace('\n', " ");
        let is_bare = !text.starts_with('`') && !text.ends_with('`') && text.trim() == text;
        let pad = if is_bare || text.trim().is_empty() { "" } else { " " };
        self.write(&format!("{mark}{pad}{text}{pad}{mark}"));
    }

    /// Writes something that has no style.
    fn apart(&mut self, text: &str) {
        self.close(0);
        self.close_link();
        self.write_space();
        self.write(text);
    }

    fn line_break(&mut self, line_break: &str) {
        self.close(0);
        self.space.clear();
        self.wants_space = false;
        self.in_line = !line_break.contains('\n');
        self.out.push_str(line_break);
    }

    /// Writes the space before a word. At the beginning of a line, it would make code of it.
    fn write_space(&mut self) {
        let space = mem::take(&mut self.space);
        if self.in_line {
            self.write(&space);
        }
    }

    fn write(&mut self, text: &str) {
        let Some(first) = text.chars().next() else { return };
        if mem::take(&mut self.wants_space) && is_of_word(first) {
            self.out.push(' ');
        }
        self.in_line = true;
        self.out.push_str(text);
    }

    /// Opens the styles that are not open, before text that begins with `next`.
    fn open(&mut self, styles: &[Style], next: Option<char>) {
        let kept = self.open.len();
        if let Some(first) = styles.get(kept) {
            let before = self.out.chars().next_back();
            let is_read = before.is_none_or(|c| !is_of_word(c)) || next.is_some_and(is_of_word);
            if !is_read || before == mark(*first).chars().next() {
                self.out.push(' ');
            }
            self.wants_space = false;
        }
        styles.iter().skip(kept).for_each(|style| self.out.push_str(mark(*style)));
        self.open = styles.to_vec();
    }

    /// Closes all styles but the first `kept`.
    fn close(&mut self, kept: usize) {
        let last = self.out.chars().next_back();
        if self.open.len() > kept {
            self.wants_space = last.is_some_and(|c| !is_of_word(c));
        }
        while self.open.len() > kept {
            self.out.push_str(self.open.pop().map_or("", mark));
        }
    }

    fn close_link(&mut self) {
        if let Some(url) = self.link.take() {
            // An entity, since the platform reads those in addresses as well.
            self.wants_space = false;
            self.out.push_str(&format!("]({})", url.replace('&', "&amp;")));
        }
    }
}

fn mark(style: Style) -> &'static str {
    match style {
        Style::Bold => "**",
        Style::Italic => "*",
        Style::Strike => "~~",
        Style::Code => "`",
    }
}

/// Returns `true` for a character that is neither a space nor punctuation to Markdown.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
}
