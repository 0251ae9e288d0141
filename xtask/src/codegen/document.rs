//! A spec file as text with the place of every value, so that a problem can be shown where it is.

use std::collections::HashMap;
use std::fmt;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value as Json;

use super::diagnostic::{Diagnostic, Diagnostics};

/// A spec file that is valid JSON.
#[derive(Debug)]
pub struct Document {
    /// Relative to the root of the workspace, with forward slashes.
    pub path: PathBuf,
    pub json: Json,
    text: Arc<str>,
    spans: HashMap<Pointer, Span>,
    /// What was reported already. Nothing that follows from it is reported as well.
    faults: Vec<Pointer>,
}

#[derive(Debug, Clone)]
struct Span {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// A JSON pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(String);

impl Pointer {
    /// The member or element `step` of what this points to.
    pub fn join(&self, step: impl fmt::Display) -> Self {
        let mut step = step.to_string();
        // Hardly ever, and this runs for every value of every spec.
        if step.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
            step = step.replace('~', "~0").replace('/', "~1");
        }
        Self(self.0.clone() + "/" + &step)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this points to a member or element of.
    fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether this points to what `other` points to, or to something within.
    fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

impl Document {
    /// Reads `root/path`, reporting whatever keeps it from being JSON.
    pub fn read(root: &Path, path: PathBuf, diagnostics: &mut Diagnostics) -> Option<Self> {
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

    pub fn parse(path: PathBuf, text: String, diagnostics: &mut Diagnostics) -> Option<Self> {
        if text.trim().is_empty() {
            diagnostics.push(Diagnostic::file(&path, "is empty").hint(
                "write the spec, or delete the file; specs/README.md has a complete example",
            ));
            return None;
        }
        let json = match serde_json::from_str(&text) {
            Ok(json) => json,
            Err(error) => {
                let span = character(&text, error.line(), error.column());
                let what = error.to_string();
                let what = what.split(" at line ").next().unwrap_or(&what);
                let place =
                    Place { path, text: text.into(), span, pointer: None, is_consequence: false };
                diagnostics.push(
                    Diagnostic::at(place, format!("this is not JSON: {what}"))
                        .hint("specs are strict JSON: no comments, no trailing commas"),
                );
                return None;
            }
        };
        let mut document =
            Self { path, json, text: text.into(), spans: HashMap::new(), faults: Vec::new() };
        document.collect_spans(diagnostics);
        Some(document)
    }

    /// A document that could not be read: whatever it may hold is doubtful.
    pub fn unreadable(path: PathBuf) -> Self {
        Self {
            path,
            json: Json::Null,
            text: "".into(),
            spans: HashMap::new(),
            faults: vec![Pointer::default()],
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

    fn collect_spans(&mut self, diagnostics: &mut Diagnostics) {
        let text = self.text.clone();
        let ast = parse_to_ast(&text, &CollectOptions::default(), &ParseOptions::default());
        if let Some(value) = ast.ok().and_then(|ast| ast.value) {
            self.visit(&value, Pointer::default(), None, diagnostics);
        }
    }

    fn visit(
        &mut self,
        value: &Value<'_>,
        pointer: Pointer,
        key: Option<Range<usize>>,
        diagnostics: &mut Diagnostics,
    ) {
        match value {
            Value::Object(object) => {
                for property in &object.properties {
                    let name = property.name.as_str();
                    let member = pointer.join(name);
                    let key = property.name.start()..property.name.end();
                    if self.spans.contains_key(&member) {
                        let place = self.place_of(key.clone(), &member);
                        diagnostics.push(
                            Diagnostic::at(place, format!("the key `{name}` stands here twice"))
                                .hint("keep one of the two"),
                        );
                        self.faults.push(member);
                        continue;
                    }
                    self.visit(&property.value, member, Some(key), diagnostics);
                }
            }
            Value::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    self.visit(element, pointer.join(index), None, diagnostics);
                }
            }
            _ => {}
        }
        self.spans.insert(pointer, Span { key, value: value.start()..value.end() });
    }

    /// The place of the value at `pointer`; of what it would stand in if it is not there, or in a
    /// string that holds JSON.
    pub fn value(&self, pointer: &Pointer) -> Place {
        let start = 0..self.text.len().min(1);
        let mut pointers = iter::successors(Some(pointer.clone()), Pointer::parent);
        let span = pointers.find_map(|pointer| self.spans.get(&pointer));
        let span = span.map_or(start, |span| span.value.clone());
        // An object or list is pointed at by its opening bracket, not by all of its lines.
        let has_lines = self.text.get(span.clone()).is_some_and(|text| text.contains('\n'));
        let span = if has_lines { span.start..span.start + 1 } else { span };
        self.place_of(span, pointer)
    }

    /// The place of the key of the member at `pointer`.
    pub fn key(&self, pointer: &Pointer) -> Place {
        match self.spans.get(pointer).and_then(|span| span.key.clone()) {
            Some(key) => self.place_of(key, pointer),
            None => self.value(pointer),
        }
    }

    fn place_of(&self, span: Range<usize>, pointer: &Pointer) -> Place {
        Place {
            path: self.path.clone(),
            text: self.text.clone(),
            span,
            is_consequence: self.faults.iter().any(|fault| pointer.is_within(fault)),
            pointer: Some(pointer.clone()),
        }
    }
}

/// A stretch of a file, ready to be shown.
#[derive(Debug, Clone)]
pub struct Place {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub span: Range<usize>,
    pub pointer: Option<Pointer>,
    /// What stands here was reported before.
    pub is_consequence: bool,
}

/// `file:line`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text.get(..self.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        write!(f, "{}:{line}", self.path.display())
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
        assert!(place.is_consequence && place.span.is_empty());
    }
}
