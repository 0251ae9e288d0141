//! `multipart/form-data` (RFC 7578).

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::HeaderValue;

use super::Idle;
use super::pieces::{Chunks, in_pieces};
use super::upload::Upload;
use crate::base::uuid;
use crate::error::Error;
use crate::wire::Body;

/// The fields of a form, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    boundary: String,
    parts: Vec<(String, Part)>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    File(Upload),
}

impl Form {
    pub(crate) fn new() -> Self {
        let boundary = format!("openplat-{}", uuid());
        Self { boundary, parts: Vec::new() }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.parts.push((name.to_owned(), Part::Text(value.to_owned())));
    }

    pub(crate) fn file(&mut self, name: &str, file: &Upload) {
        self.parts.push((name.to_owned(), Part::File(file.clone())));
    }

    /// Whether it can be sent a second time.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.parts.iter().all(|(_, part)| match part {
            Part::Text(_) => true,
            Part::File(file) => file.is_repeatable(),
        })
    }

    pub(crate) fn content_type(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("multipart/form-data; boundary={}", self.boundary)).ok()
    }

    /// Returns the body of one attempt. `idle` is told whenever a piece of it is taken.
    pub(crate) async fn body(&self, idle: &Idle) -> Result<Body, Error> {
        let mut length = Some(0);
        let mut pieces: Vec<Chunks> = Vec::new();
        let mut push = |chunks: Chunks, more: Option<u64>| {
            pieces.push(chunks);
            length = length.and_then(|length: u64| length.checked_add(more?));
        };
        for (name, part) in &self.parts {
            let head = self.head(name, part);
            match part {
                Part::Text(text) => push_text(&mut push, format!("{head}{text}\r\n")),
                Part::File(file) => {
                    push_text(&mut push, head);
                    let (chunks, length) = file.open().await?;
                    push(chunks, length);
                    push_text(&mut push, "\r\n".to_owned());
                }
            }
        }
        push_text(&mut push, format!("--{}--\r\n", self.boundary));
        let files = self.parts.iter().filter_map(|(_, part)| match part {
            Part::Text(_) => None,
            Part::File(file) => Some(file),
        });
        let least_rate = files.map(Upload::least_rate).max().unwrap_or_default();
        Ok(in_pieces(stream::iter(pieces).flatten().boxed(), length, least_rate, idle))
    }

    fn head(&self, name: &str, part: &Part) -> String {
        let (boundary, name) = (&self.boundary, quotable(name));
        match part {
            Part::Text(_) => {
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n")
            }
            // Servers tell a file from a field by its having a name.
            Part::File(file) => format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; \
                 filename=\"{}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
                file.name().map_or_else(|| name.clone(), |name| quotable(&name)),
            ),
        }
    }
}

fn push_text(push: &mut impl FnMut(Chunks, Option<u64>), text: String) {
    let length = text.len() as u64;
    push(stream::iter([Ok(Bytes::from(text))]).boxed(), Some(length));
}

/// Replaces what could end the line or the quotes, and what no name has. Other ways to write these
/// characters are not read alike: a server shows `%22`, and takes a backslash for an escape or for
/// the end of a folder.
fn quotable(name: &str) -> String {
    let is_unsafe = |char: char| {
        char.is_control()
            || matches!(char, '"' | '\\' | '\u{2028}' | '\u{2029}' | char::REPLACEMENT_CHARACTER)
    };
    name.chars().map(|char| if is_unsafe(char) { '_' } else { char }).collect()
}
