use std::fmt;

use crate::error::{Error, ErrorKind, debug_as_display};

/// A part of a response, or of the content of a message, that could not be read and was left out,
/// or that had to be repaired.
///
/// A warning names the place and what was expected there. It never quotes the data: the keys of
/// maps are shown as `*`.
///
/// ```
/// # use openplat_core::{Strictness, __private::read};
/// let read = read::<Vec<i64>>(br#"[1, "many", 3]"#, Strictness::Lenient).unwrap();
/// assert_eq!(read.value, [1, 3]);
/// assert_eq!(read.warnings[0].path(), "$[1]");
/// assert_eq!(read.warnings[0].to_string(), "`$[1]` was skipped: expected i64, found a string");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    path: String,
    text: String,
    /// The reason for which something was left out.
    fault: Option<Fault>,
    lost: Lost,
}

/// The meaning of what was left out, to those who read a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    Nothing,
    /// An item of a list of the whole.
    Item,
    /// A member of the whole that says where the next page is, or whether there is one.
    Way,
}

impl Lost {
    fn of(path: &[Step]) -> Self {
        match path {
            [Step::Field(_), Step::Index(_)] => Self::Item,
            [Step::Field(name)] => {
                match ["token", "more", "cursor"].iter().any(|it| name.contains(it)) {
                    true => Self::Way,
                    false => Self::Nothing,
                }
            }
            _ => Self::Nothing,
        }
    }
}

impl Warning {
    pub(super) fn new(path: &[Step], effect: &str, fault: &Fault) -> Self {
        let lost = Lost::of(path);
        let path = path_of(path);
        let text = match fault.path == path {
            true => format!("`{path}` {effect}: {}", fault.problem),
            false => format!("`{path}` {effect}: {fault}"),
        };
        Self { path, text, fault: Some(fault.clone()), lost }
    }

    /// Says that the whole was not valid JSON and was read after a repair.
    #[doc(hidden)]
    pub fn repaired() -> Self {
        Self::repaired_at(&[])
    }

    pub(super) fn repaired_at(path: &[Step]) -> Self {
        let path = path_of(path);
        let text = format!("`{path}` was not valid JSON and was repaired");
        Self { path, text, fault: None, lost: Lost::Nothing }
    }

    pub(super) fn repeated_key(path: &[Step]) -> Self {
        let path = path_of(path);
        let text = format!("`{path}` appears more than once: the last one counts");
        Self { path, text, fault: None, lost: Lost::Nothing }
    }

    /// Says the same of a member of a vendor's envelope, which is outside what paths lead through.
    #[cfg(feature = "feishu")]
    pub(crate) fn repeated_member(name: &str) -> Self {
        let text = format!("`{name}` of the envelope appears more than once: the last one counts");
        Self { path: path_of(&[]), text, fault: None, lost: Lost::Nothing }
    }

    pub(crate) fn more(count: usize) -> Self {
        let text = format!("{count} further warnings are not listed");
        Self { path: path_of(&[]), text, fault: None, lost: Lost::Nothing }
    }

    pub(crate) fn skips_an_item(&self) -> bool {
        self.lost == Lost::Item
    }

    pub(crate) fn loses_the_next_page(&self) -> bool {
        self.lost == Lost::Way
    }

    /// Returns the place of that part, such as `$.items[3].name`, where `$` stands for the whole.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The treatment of a value that cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strictness {
    /// Leave it out, read the rest, and warn.
    #[default]
    Lenient,
    /// Fail.
    Strict,
}

/// A value, and what could not be read of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// The parts that were left out of the value, or repaired; usually empty.
    pub warnings: Vec<Warning>,
}

impl<T> From<T> for Read<T> {
    fn from(value: T) -> Self {
        Self { value, warnings: Vec::new() }
    }
}

/// A JSON value that does not fit the type it is read as.
///
/// Names the place and what was expected there, but never quotes a text: it may be someone's
/// message.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct DecodeError(#[from] Fault);

debug_as_display!(DecodeError);

impl DecodeError {
    pub(super) fn syntax(problem: String) -> Self {
        Self(Fault { path: path_of(&[]), problem })
    }

    /// For a value that should have been read; there is none to return without a panic.
    pub(super) fn unread() -> Self {
        Self::syntax("the value was not read".to_owned())
    }

    pub(crate) fn strict(warning: Warning) -> Self {
        let Warning { path, text, fault, .. } = warning;
        Self(fault.unwrap_or(Fault { path, problem: text }))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Decode).with_cause(&error)
    }
}

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at `{path}`: {problem}")]
#[doc(hidden)]
pub struct Fault {
    pub(super) path: String,
    pub(super) problem: String,
}

/// A step on the way from the whole to a part of it.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Field(&'static str),
    /// A key of a map, which is data.
    Key,
    Index(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key => f.write_str(".*"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

pub(super) fn path_of(steps: &[Step]) -> String {
    let mut path = String::from("$");
    path.extend(steps.iter().map(Step::to_string));
    path
}
