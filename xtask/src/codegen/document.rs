//! A spec file as text with the place of every value, so that a problem can be shown where it is.

use std::collections::HashMap;
use std::fmt;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, ParseOptions, Scanner, ScannerOptions, parse_to_ast};
use serde_json::Value as Json;

use super::diagnostic::{Diagnostic, Diagnostics};

/// A spec file that is valid JSON.
#[derive(Debug)]
pub struct Document {
    /// Relative to the root of the workspace, with forward slashes.
    pub path: PathBuf,
    source: Arc<Source>,
    /// The values that were reported already. Faults that follow from them are not reported.
    faults: Vec<Pointer>,
}

/// A file in which places are looked up.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: String,
    /// Found when the first place is shown: most files have nothing to show.
    spans: OnceLock<Spans>,
}

/// The places of the values of a file.
#[derive(Debug, Default)]
struct Spans {
    values: HashMap<Pointer, Span>,
    /// Keys that their object has already: the name, the key, and what it leads to.
    repeated: Vec<(String, Range<usize>, Pointer)>,
}

#[derive(Debug)]
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
        let mut pointer = format!("{}/{step}", self.0);
        let start = self.0.len() + 1;
        let step = &pointer[start..];
        if step.contains('~') || step.contains('/') {
            let step = step.replace('~', "~0").replace('/', "~1");
            pointer.replace_range(start.., &step);
        }
        Self(pointer)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the pointer to the object or list that holds the value.
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
        let source = Source { path: path.clone(), text, spans: OnceLock::new() };
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

impl Source {
    fn spans(&self) -> &Spans {
        self.spans.get_or_init(|| {
            let mut spans = Spans::default();
            let ast =
                parse_to_ast(&self.text, &CollectOptions::default(), &ParseOptions::default());
            if let Some(value) = ast.ok().and_then(|ast| ast.value) {
                spans.add(&value, Pointer::default(), None);
            }
            spans
        })
    }
}

impl Spans {
    fn add(&mut self, value: &Value<'_>, pointer: Pointer, key: Option<Range<usize>>) {
        match value {
            Value::Object(object) => {
                for property in &object.properties {
                    let name = property.name.as_str();
                    let member = pointer.join(name);
                    let key = property.name.start()..property.name.end();
                    match self.values.contains_key(&member) {
                        true => self.repeated.push((name.to_owned(), key, member)),
                        false => self.add(&property.value, member, Some(key)),
                    }
                }
            }
            Value::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    self.add(element, pointer.join(index), None);
                }
            }
            _ => {}
        }
        self.values.insert(pointer, Span { key, value: value.start()..value.end() });
    }

    fn key(&self, pointer: &Pointer) -> Option<Range<usize>> {
        self.values.get(pointer)?.key.clone()
    }

    /// The value at `pointer`, or the nearest around it.
    fn value(&self, pointer: &Pointer) -> Option<Range<usize>> {
        let mut pointers = iter::successors(Some(pointer.clone()), Pointer::parent);
        pointers.find_map(|pointer| self.values.get(&pointer)).map(|span| span.value.clone())
    }
}

/// A stretch of a file, to be shown.
#[derive(Debug, Clone)]
pub struct Place {
    source: Arc<Source>,
    part: Part,
    pointer: Option<Pointer>,
    /// The value was reported before.
    pub is_consequence: bool,
}

/// A part of a file, or of the value at a pointer.
#[derive(Debug, Clone)]
enum Part {
    Stretch(Range<usize>),
    Key,
    Value,
}

impl Place {
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    pub fn text(&self) -> &str {
        &self.source.text
    }

    pub fn pointer(&self) -> Option<&Pointer> {
        self.pointer.as_ref()
    }

    pub fn span(&self) -> Range<usize> {
        let key = |pointer| self.source.spans().key(pointer);
        let value = |pointer| self.source.spans().value(pointer);
        let span = match (&self.part, &self.pointer) {
            (Part::Stretch(span), _) => return span.clone(),
            (Part::Key, Some(pointer)) => key(pointer).or_else(|| value(pointer)),
            (_, pointer) => pointer.as_ref().and_then(value),
        };
        let span = span.unwrap_or(0..self.text().len().min(1));
        // An object or list is pointed at by its opening bracket, not by all of its lines.
        let has_lines = self.text().get(span.clone()).is_some_and(|text| text.contains('\n'));
        if has_lines { span.start..span.start + 1 } else { span }
    }
}

/// `file:line`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text().get(..self.span().start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        write!(f, "{}:{line}", self.path().display())
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
