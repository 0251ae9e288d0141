//! The sentences of a file, without its code.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

/// A paragraph, a heading, a cell of a table or the like. Code spans are replaced by `x`, and line
/// breaks are kept.
#[derive(Debug, PartialEq)]
pub struct Passage {
    /// The line of the file, from 1.
    pub line: usize,
    pub text: String,
}

impl Passage {
    /// Returns the line of the file that a match is in, and its text.
    pub fn line_at(&self, offset: usize) -> (usize, &str) {
        let line = breaks(self.text.get(..offset).unwrap_or_default());
        (self.line + line, self.text.split('\n').nth(line).unwrap_or_default().trim())
    }
}

/// Finds the passages of files.
pub struct Reader {
    token: Regex,
    placeholder: Regex,
}

/// Literals and comments, which can contain quotes and slashes. Raw strings are mostly code and are
/// skipped.
const TOKEN: &str = r###"(?sx)
    b"(?:[^"\\]|\\.)*" | b?r"[^"]*" | b?r\#".*?"\# | b?r\#\#".*?"\#\#
    | '(?:\\.[^']*|[^\\'])'
    | (?P<string> " (?:[^"\\]|\\.)* ")
    | (?P<comment> //[/!]?) [^\n]*
"###;

impl Reader {
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Self { token: Regex::new(TOKEN)?, placeholder: Regex::new(r"\{[^{}]*\}")? })
    }

    /// Returns the comments, joined if they follow one another, and the strings of more than a word.
    pub fn of_rust(&self, source: &str) -> Vec<Passage> {
        let mut texts: Vec<(usize, String)> = Vec::new();
        let mut before = ("", 0);
        for captures in self.token.captures_iter(source) {
            let Some(whole) = captures.get(0) else { continue };
            let marker = captures.name("comment").map_or("", |marker| marker.as_str());
            let gap = source.get(before.1..whole.start()).unwrap_or_default();
            let follows = marker == before.0 && gap.trim().is_empty() && breaks(gap) == 1;
            before = (marker, whole.end());
            match texts.last_mut() {
                _ if captures.name("string").is_some() => {
                    texts.push((whole.start(), self.of_literal(whole.as_str())));
                }
                Some((_, comment)) if !marker.is_empty() && follows => {
                    *comment += "\n";
                    *comment += whole.as_str().trim_start_matches(marker);
                }
                _ if marker.is_empty() => {}
                _ => texts.push((whole.start(), whole.as_str().trim_start_matches(marker).into())),
            }
        }
        self::texts(source, texts)
    }

    /// Returns the strings that are sentences.
    pub fn of_json(&self, source: &str) -> Vec<Passage> {
        let strings = self.token.find_iter(source);
        let sentences = strings.filter(|string| string.as_str().ends_with(".\""));
        let sentences = sentences.map(|string| (string.start(), self.of_literal(string.as_str())));
        self::texts(source, sentences.collect())
    }

    /// Returns what is read instead of a literal.
    fn of_literal(&self, literal: &str) -> String {
        let text = literal.trim_matches('"').replace("\\\n", "\n").replace("\\n", " ");
        self.placeholder.replace_all(&text.replace("\\\"", "\""), "x").into_owned()
    }
}

fn texts(source: &str, texts: Vec<(usize, String)>) -> Vec<Passage> {
    let prose = texts.into_iter().filter(|(_, text)| text.trim().contains(' '));
    let passages = prose.flat_map(|(start, text)| {
        let above = breaks(source.get(..start).unwrap_or_default());
        let passages = of_markdown(&text).into_iter();
        passages.map(move |passage| Passage { line: passage.line + above, ..passage })
    });
    passages.collect()
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

/// Returns the text outside blocks of code.
pub fn of_markdown(markdown: &str) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let (mut is_new, mut in_code) = (true, false);
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let text = match &event {
            Event::Text(_) if in_code => continue,
            Event::Text(text) => text,
            Event::Code(_) => "x",
            Event::SoftBreak | Event::HardBreak => "\n",
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. })
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Image) => {
                continue;
            }
            Event::Start(tag) => {
                (is_new, in_code) = (true, matches!(tag, Tag::CodeBlock(_)));
                continue;
            }
            Event::End(_) => {
                (is_new, in_code) = (true, false);
                continue;
            }
            _ => continue,
        };
        match passages.last_mut() {
            Some(passage) if !is_new => passage.text += text,
            _ => {
                let line = 1 + breaks(markdown.get(..range.start).unwrap_or_default());
                passages.push(Passage { line, text: text.to_owned() });
            }
        }
        is_new = false;
    }
    passages
}
