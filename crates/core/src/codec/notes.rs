use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde::de::{Deserialize, DeserializeSeed, Expected};
use serde_json::de::SliceRead;

use super::arena::{Arena, Keeper};
use super::lenient::{Lenient, Nothing, Pass};
use super::repair::{checked, repair};
use super::warning::{DecodeError, Fault, Step, Strictness, Warning, path_of};

/// Further warnings are counted. A page of nothing but odd items has to fit into memory.
const MAX_WARNINGS: usize = 100;

/// As deep as serde_json goes, which is not asked about texts that are read piece by piece.
const MAX_DEPTH: usize = 128;

/// The thing that depends on a value that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A member of an object: absent, if its type has room for that, or else the object fails.
    Member,
    /// An item of a list, which is skipped.
    Item,
    /// An entry of a map: as a member, or else skipped.
    Entry,
    /// An element of a tuple, whose place says what it is: the tuple fails.
    Element,
    /// No part of anything.
    Whole,
}

/// A value with a text of its own. This is the deserializer of the first pass.
pub(crate) type Piece<'t, 'de> = Lenient<'t, 'de, &'t mut serde_json::Deserializer<SliceRead<'de>>>;

/// Takes a value whose type no one else knows, so that all others are compiled once. A closure would
/// be compiled twice.
pub(crate) trait Slot<'de> {
    fn read(&mut self, inner: Piece<'_, 'de>) -> serde_json::Result<()>;
}

impl<'de, T: Deserialize<'de>> Slot<'de> for Option<T> {
    // Cold code is made small: of a whole call this is little, and the second pass takes its time.
    #[cold]
    fn read(&mut self, inner: Piece<'_, 'de>) -> serde_json::Result<()> {
        *self = Some(T::deserialize(inner)?);
        Ok(())
    }
}

/// The memory of the second pass.
///
/// Each value is read from a text of its own, so that one which fails does no harm to the others.
pub(super) struct Notes<'de> {
    texts: Keeper<'de>,
    path: RefCell<Vec<Step>>,
    /// The text of the value that is being read.
    raw: Cell<&'de str>,
    /// The kind of value that was asked for last, and the text it was to be read from.
    expected: RefCell<(&'de str, String)>,
    /// The fields of the struct that was asked for last, since the last attempt began.
    fields: Cell<Option<&'static [&'static str]>>,
    /// The fault of the last value.
    fault: Cell<Option<Fault>>,
    warnings: RefCell<Vec<Warning>>,
    unlisted: Cell<usize>,
}

impl<'de> Notes<'de> {
    pub(super) fn new(arena: &'de Arena) -> Self {
        Self {
            texts: Keeper::new(arena),
            path: RefCell::default(),
            raw: Cell::new(""),
            expected: RefCell::default(),
            fields: Cell::default(),
            fault: Cell::default(),
            warnings: RefCell::default(),
            unlisted: Cell::default(),
        }
    }

    /// The text of the value that is being read.
    pub(super) fn raw(&self) -> &'de str {
        self.raw.get()
    }

    pub(super) fn keep(&self, text: String) -> &'de str {
        self.texts.keep(text)
    }

    pub(super) fn expect(&self, expected: &dyn Expected) {
        *self.expected.borrow_mut() = (self.raw.get(), expected.to_string());
    }

    pub(super) fn expect_fields(&self, fields: &'static [&'static str]) {
        self.fields.set(Some(fields));
    }

    pub(super) fn fields(&self) -> &'static [&'static str] {
        self.fields.get().unwrap_or_default()
    }

    pub(super) fn warn(&self, warning: Warning) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MAX_WARNINGS {
            warnings.push(warning);
        } else {
            self.unlisted.set(self.unlisted.get() + 1);
        }
    }

    pub(super) fn warn_of_repair(&self) {
        self.warn(Warning::repaired_at(&self.path.borrow()));
    }

    pub(super) fn warn_of_repeated_key(&self, step: Step) {
        let path = [&**self.path.borrow(), &[step]].concat();
        self.warn(Warning::repeated_key(&path));
    }

    /// Reads a part, or gives it up as its place allows. Returns `false` if the part is skipped, or
    /// if the whole that needs it fails.
    pub(super) fn read(
        &self,
        step: Step,
        raw: &'de str,
        place: Place,
        slot: &mut dyn Slot<'de>,
    ) -> bool {
        self.path.borrow_mut().push(step);
        let result = self.read_any(raw, place, slot).map_err(|fault| match place {
            Place::Item | Place::Entry => self.give_up("was skipped", &fault),
            Place::Member | Place::Element | Place::Whole => self.fault.set(Some(fault)),
        });
        self.path.borrow_mut().pop();
        result.is_ok()
    }

    /// Reads the JSON that was in a string. Nothing is left out for a fault: that is up to the place of
    /// the string.
    #[cold]
    pub(super) fn read_opened(&self, json: &'de str, slot: &mut dyn Slot<'de>) {
        if let Err(fault) = self.read_any(json, Place::Whole, slot) {
            self.fault.set(Some(fault));
        }
    }

    /// Reads a value from its text or, if that fails, from one that stands for it.
    fn read_any(&self, raw: &'de str, place: Place, slot: &mut dyn Slot<'de>) -> Result<(), Fault> {
        let mut result = self.attempt(raw, place == Place::Item, slot);
        let wants_struct = self.fields.get().is_some();
        // An object that is absent is empty. An item that is absent is left out.
        if result.is_err() && is_null(raw) && wants_struct && place != Place::Item {
            result = self.attempt("{}", false, slot);
        }
        result.or_else(|fault| {
            let mut others = others(raw, place).iter();
            if !others.any(|other| self.attempt(other, false, slot).is_ok()) {
                return Err(fault);
            }
            if !is_nothing(raw) {
                self.give_up("was left out", &fault);
            }
            Ok(())
        })
    }

    fn give_up(&self, effect: &str, fault: &Fault) {
        self.warn(Warning::new(&self.path.borrow(), effect, fault));
    }

    fn attempt(&self, raw: &'de str, is_item: bool, slot: &mut dyn Slot<'de>) -> Result<(), Fault> {
        if self.path.borrow().len() > MAX_DEPTH {
            return Err(self.fault_here("nested too deeply".to_owned()));
        }
        self.fault.set(None);
        self.fields.set(None);
        self.read_with(raw, is_item, |inner| slot.read(inner)).map_err(|error| {
            self.raw.set(raw);
            // The innermost fault says most.
            self.fault.take().unwrap_or_else(|| self.describe(&error))
        })
    }

    /// Reads a value from a text of its own.
    pub(super) fn read_with<T>(
        &self,
        raw: &'de str,
        is_item: bool,
        read: impl FnOnce(Piece<'_, 'de>) -> serde_json::Result<T>,
    ) -> serde_json::Result<T> {
        self.raw.set(raw);
        let mut inner = serde_json::Deserializer::from_slice(raw.as_bytes());
        read(Lenient::new(&mut inner, &Pass { notes: Some(self), is_item }))
    }

    /// Reads a value with a seed, which can be tried only once.
    pub(super) fn read_once<S: DeserializeSeed<'de>>(
        &self,
        raw: &'de str,
        is_item: bool,
        seed: S,
    ) -> serde_json::Result<S::Value> {
        let is_null = is_null(raw) && !is_item;
        if is_null || is_empty_object(raw) {
            self.raw.set(raw);
            let pass = Pass { notes: Some(self), is_item };
            return seed.deserialize(Lenient::new(Nothing { is_null }, &pass));
        }
        self.read_with(raw, is_item, |inner| seed.deserialize(inner))
    }

    fn describe(&self, error: &serde_json::Error) -> Fault {
        let raw = self.raw.get();
        let (of, expected) = &*self.expected.borrow();
        // The last request may have been for a part that was read without a fault.
        let is_of_this = std::ptr::eq(*of, raw);
        let problem = match missing_field(error) {
            Some(name) => format!("the field `{name}` is missing"),
            None if is_of_this => format!("expected {expected}, found {}", kind(raw)),
            None => format!("found {} that does not fit", kind(raw)),
        };
        self.fault_here(problem)
    }

    fn fault_here(&self, problem: String) -> Fault {
        Fault { path: path_of(&self.path.borrow()), problem }
    }

    fn into_warnings(self) -> Vec<Warning> {
        let mut warnings = self.warnings.take();
        if self.unlisted.get() > 0 {
            warnings.push(Warning::more(self.unlisted.get()));
        }
        warnings
    }
}

/// Returns the texts that stand for a value whose own text cannot be read.
fn others(raw: &str, place: Place) -> &'static [&'static str] {
    use Place::{Element, Entry, Item, Member, Whole};
    match place {
        // An empty object is an empty list.
        Item | Element if is_empty_object(raw) => &["[]"],
        Member | Entry | Whole if is_empty_object(raw) => &["[]", "null"],
        // An empty text, list or object is a way to say that there is nothing.
        Member | Entry | Whole if is_empty(raw) => &["null", "{}"],
        Member | Entry => &["null"],
        Item | Element | Whole => &[],
    }
}

/// Returns `true` if a text says that there is nothing.
fn is_nothing(raw: &str) -> bool {
    is_null(raw) || is_empty(raw)
}

fn is_null(raw: &str) -> bool {
    raw.trim_ascii() == "null"
}

/// The second pass. Returns what there is to say of the value.
#[cold]
pub(super) fn read_again(
    json: &[u8],
    strictness: Strictness,
    slot: &mut dyn for<'de> Slot<'de>,
) -> Result<Vec<Warning>, DecodeError> {
    let repaired = repair(json);
    let text = checked(&repaired)?;
    let arena = Arena::default();
    let notes = Notes::new(&arena);
    if let Cow::Owned(_) = repaired {
        notes.warn_of_repair();
    }
    notes.read_any(text, Place::Whole, slot)?;
    let mut warnings = notes.into_warnings();
    match strictness {
        Strictness::Strict if !warnings.is_empty() => {
            Err(DecodeError::strict(warnings.swap_remove(0)))
        }
        _ => Ok(warnings),
    }
}

/// Returns `true` for `{}`, with or without blanks.
fn is_empty_object(raw: &str) -> bool {
    let inside = raw.trim_ascii().strip_prefix('{').and_then(|raw| raw.strip_suffix('}'));
    inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

/// Whether the text is `""`, `[]` or `{}`.
fn is_empty(raw: &str) -> bool {
    let inside = [('"', '"'), ('[', ']'), ('{', '}')]
        .into_iter()
        .find_map(|(open, close)| raw.trim_ascii().strip_prefix(open)?.strip_suffix(close));
    inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

/// Returns the kind of a value: all that may be said of it.
pub(super) fn kind(raw: &str) -> &'static str {
    match raw.trim_ascii_start().as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'"') => "a string",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

/// The name that serde gives, which is one of the type's own. Nothing else of the text of such an
/// error is used: it can quote the data.
fn missing_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let (name, _) = text.strip_prefix("missing field `")?.split_once('`')?;
    let is_name = name.len() <= 64 && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde::de::Error;

    use super::*;

    #[test]
    fn a_field_is_named_only_by_a_name() {
        for name in ["id", "user_id2", &"a".repeat(64)] {
            let error = serde_json::Error::missing_field(name.to_owned().leak());
            assert_eq!(missing_field(&error).as_deref(), Some(name));
        }
        // A type of the caller's own may put data there.
        for data in ["the secret", "s3cr3t!", "密码", "a `secret`", &"a".repeat(65)] {
            let error = serde_json::Error::custom(format!("missing field `{data}`"));
            assert_eq!(missing_field(&error), None, "{data}");
        }
    }
}
