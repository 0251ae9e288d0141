//! The text of a spec file with the place of every value.

use std::collections::HashMap;
use std::fmt;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// A file in which places are looked up.
#[derive(Debug)]
pub struct Source {
    pub path: PathBuf,
    pub text: String,
    /// Found when the first place is shown: most files have nothing to show.
    spans: OnceLock<Spans>,
}

/// The places of the values of a file.
#[derive(Debug, Default)]
pub struct Spans {
    values: HashMap<Pointer, Span>,
    /// Keys that their object has already: the name, the key, and what it leads to.
    pub repeated: Vec<(String, Range<usize>, Pointer)>,
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
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

impl Source {
    pub fn new(path: PathBuf, text: String) -> Self {
        Self { path, text, spans: OnceLock::new() }
    }

    pub fn spans(&self) -> &Spans {
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
    pub source: Arc<Source>,
    pub part: Part,
    pub pointer: Option<Pointer>,
    /// The value was reported before.
    pub is_consequence: bool,
}

/// A part of a file, or of the value at a pointer.
#[derive(Debug, Clone)]
pub enum Part {
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
