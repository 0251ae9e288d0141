//! A spec file that is read, and the problems that are known of it.

use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};
use serde_json::Value as Json;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::source::{Part, Place, Pointer, Source};

/// A spec file that is valid JSON.
#[derive(Debug)]
pub struct Document {
    /// Relative to the root of the workspace, with forward slashes.
    pub path: PathBuf,
    source: Arc<Source>,
    /// The values that were reported already. Faults that follow from them are not reported.
    faults: Vec<Pointer>,
}

impl Document {
    /// Reads `root/path` and its JSON, reporting whatever keeps it from being JSON.
    pub fn read(root: &Path, path: PathBuf, diagnostics: &mut Diagnostics) -> Option<(Self, Json)> {
        let text = match read_file(&root.join(&path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                diagnostics.push(
                    Diagnostic::file(&path, format!("cannot be read: {error}"))
                        .hint("a spec is a regular file that this user can read"),
                );
                return None;
            }
        };
        match String::from_utf8(text) {
            Ok(text) => Self::parse(path, text, diagnostics),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                diagnostics.push(
                    Diagnostic::file(&path, format!("is not UTF-8: byte {at}, in line {line}"))
                        .hint("save the file in the encoding UTF-8"),
                );
                None
            }
        }
    }

    fn parse(path: PathBuf, text: String, diagnostics: &mut Diagnostics) -> Option<(Self, Json)> {
        if text.trim().is_empty() {
            diagnostics.push(Diagnostic::file(&path, "is empty").hint(
                "write the spec, or delete the file; specs/README.md has a complete example",
            ));
            return None;
        }
        let json = text.parse();
        let mut document = Self::of(path, text);
        match json {
            Ok(json) => {
                document.report_repeated_keys(&json, diagnostics);
                Some((document, json))
            }
            Err(error) => {
                diagnostics.push(document.not_json(&error));
                None
            }
        }
    }

    fn of(path: PathBuf, text: String) -> Self {
        let source = Source::new(path.clone(), text);
        Self { path, source: source.into(), faults: Vec::new() }
    }

    /// A document that could not be read: whatever it may hold is doubtful.
    pub fn unreadable(path: PathBuf) -> Self {
        let mut document = Self::of(path, String::new());
        document.add_fault(Pointer::default());
        document
    }

    fn not_json(&self, error: &serde_json::Error) -> Diagnostic {
        let span = character(&self.source.text, error.line(), error.column());
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or(&what);
        let place = Place {
            source: self.source.clone(),
            part: Part::Stretch(span),
            pointer: None,
            is_consequence: false,
        };
        Diagnostic::at(place, format!("invalid JSON: {what}"))
            .hint("specs are strict JSON: no comments, no trailing commas")
    }

    /// Reports keys that JSON has twice in an object, of which `json` holds the last.
    fn report_repeated_keys(&mut self, json: &Json, diagnostics: &mut Diagnostics) {
        if members_of_text(&self.source.text) == members(json) {
            return;
        }
        let source = self.source.clone();
        for (name, key, member) in &source.spans().repeated {
            let place = self.place(member, Part::Stretch(key.clone()));
            let message = format!("duplicate key `{name}`");
            diagnostics.push(Diagnostic::at(place, message).hint("keep one of the two"));
            self.add_fault(member.clone());
        }
    }

    /// Remembers that something was reported, so that its consequences are not.
    pub fn add_fault(&mut self, pointer: Pointer) {
        self.faults.push(pointer);
    }

    /// Whether something at `pointer`, within or around it was reported.
    pub fn is_doubtful(&self, pointer: &Pointer) -> bool {
        self.faults.iter().any(|fault| fault.is_within(pointer) || pointer.is_within(fault))
    }

    /// Returns the place of the value at `pointer`, or of the value that should contain it if it is
    /// missing or in a string that holds JSON.
    pub fn value(&self, pointer: &Pointer) -> Place {
        self.place(pointer, Part::Value)
    }

    /// The place of the key of the member at `pointer`.
    pub fn key(&self, pointer: &Pointer) -> Place {
        self.place(pointer, Part::Key)
    }

    fn place(&self, pointer: &Pointer, part: Part) -> Place {
        Place {
            source: self.source.clone(),
            part,
            pointer: Some(pointer.clone()),
            is_consequence: self.faults.iter().any(|fault| pointer.is_within(fault)),
        }
    }
}

/// The number of members that the objects of a JSON text have: each has a colon.
fn members_of_text(text: &str) -> usize {
    let mut scanner = Scanner::new(text, &ScannerOptions::default());
    let tokens = iter::from_fn(|| scanner.scan().ok().flatten());
    tokens.filter(|token| *token == Token::Colon).count()
}

/// The number of members that objects have in JSON, in which no key is there twice.
fn members(json: &Json) -> usize {
    match json {
        Json::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Json::Array(elements) => elements.iter().map(members).sum(),
        _ => 0,
    }
}

/// Reads a regular file; a pipe, for instance, would be waited for.
fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    std::fs::read(path)
}

/// The character at a line and column as serde_json counts them; the last one if there is none.
fn character(text: &str, line: usize, column: usize) -> Range<usize> {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let mut start = lines.map(str::len).sum::<usize>() + column.saturating_sub(1);
    start = start.min(text.len().saturating_sub(1));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_document_has_places_too() {
        let document = Document::unreadable(PathBuf::from("api.json"));
        let place = document.value(&Pointer::default().join("errors"));
        assert!(place.is_consequence && place.span().is_empty());
    }
}
