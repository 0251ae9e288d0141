//! A deserializer around serde_json's that accepts what the platforms really send.
//!
//! Numbers arrive as strings and strings as numbers, lists and objects as `null`. Models say what
//! they want with plain serde derives; the tolerance is written here, once.
//!
//! The first pass reads the text as it comes and stops at the first fault. The second pass has
//! [`Notes`]: it reads each value from a text of its own and continues after a fault. Both are the
//! same code with the same types, so that a model is compiled for one deserializer.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::iter::empty;
use std::marker::PhantomData;
use std::vec;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::notes::{Notes, Place, Slot};
use super::repair::{checked, repair};
use super::warning::Step;

/// The name of values that come as JSON in a string.
pub(super) const IN_TEXT: &str = "$openplat::JsonText";

/// The first pass.
pub(super) fn from_slice<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    let mut inner = serde_json::Deserializer::from_slice(json);
    let value = T::deserialize(Lenient::new(&mut inner, Pass::FIRST))?;
    inner.end()?;
    Ok(value)
}

/// The kind of value that a type asks for. A type parameter rather than a value: a visitor only
/// ever asks for one thing, and needs no code for the others.
type Want = u8;
const ANYTHING: Want = 0;
const OPTION: Want = 1;
const BOOL: Want = 2;
const INTEGER: Want = 3;
const FLOAT: Want = 4;
const TEXT: Want = 5;
const LIST: Want = 6;
const TUPLE: Want = 7;
const MAP: Want = 8;
const STRUCT: Want = 9;

/// The pass that a value is read in. A reference to it fits into a register, together with one to the
/// text.
pub(crate) struct Pass<'t, 'de> {
    /// Of the second pass.
    pub(super) notes: Option<&'t Notes<'de>>,
    /// An item of a list: `null` there is no empty list or map, but no item.
    pub(super) is_item: bool,
}

impl<'t, 'de> Pass<'t, 'de> {
    pub(super) const FIRST: &'t Self = &Self { notes: None, is_item: false };
    const FIRST_ITEM: &'t Self = &Self { notes: None, is_item: true };
}

pub(crate) struct Lenient<'t, 'de, D> {
    inner: D,
    pass: &'t Pass<'t, 'de>,
}

impl<'t, 'de, D> Lenient<'t, 'de, D> {
    pub(super) fn new(inner: D, pass: &'t Pass<'t, 'de>) -> Self {
        Self { inner, pass }
    }

    fn want<V: Visitor<'de>, const WANT: Want>(&self, visitor: V) -> Tolerant<'t, 'de, V, WANT> {
        if let Some(notes) = self.pass.notes {
            notes.expect(&visitor);
        }
        Tolerant { visitor, pass: self.pass }
    }
}

macro_rules! want {
    ($($method:ident($($arg:ident: $ty:ty),*) => $want:expr,)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.want::<V, $want>(visitor);
            self.inner.deserialize_any(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<'_, 'de, D> {
    type Error = D::Error;

    want! {
        deserialize_any() => ANYTHING,
        deserialize_bool() => BOOL,
        deserialize_i8() => INTEGER,
        deserialize_i16() => INTEGER,
        deserialize_i32() => INTEGER,
        deserialize_i64() => INTEGER,
        deserialize_u8() => INTEGER,
        deserialize_u16() => INTEGER,
        deserialize_u32() => INTEGER,
        deserialize_u64() => INTEGER,
        deserialize_f32() => FLOAT,
        deserialize_f64() => FLOAT,
        deserialize_char() => TEXT,
        deserialize_str() => TEXT,
        deserialize_string() => TEXT,
        deserialize_bytes() => ANYTHING,
        deserialize_byte_buf() => ANYTHING,
        deserialize_tuple(_len: usize) => TUPLE,
        deserialize_tuple_struct(_name: &'static str, _len: usize) => TUPLE,
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.want::<V, LIST>(visitor);
        self.inner.deserialize_option(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.want::<V, MAP>(visitor);
        self.inner.deserialize_option(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if let Some(notes) = self.pass.notes {
            notes.expect_fields(fields);
        }
        let visitor = self.want::<V, STRUCT>(visitor);
        // `null` is rare: a field that may be absent is an `Option`, and few operations respond with
        // data or with none. It is left to the second pass.
        self.inner.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.want::<V, OPTION>(visitor);
        self.inner.deserialize_option(visitor)
    }

    /// `()` is the response of an operation without data: whatever came, it is nothing.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(IgnoredAny)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let mut visitor = self.want::<V, ANYTHING>(visitor);
        if name == IN_TEXT
            && let Some(notes) = visitor.pass.notes
        {
            if let Some(json) = open(notes) {
                return visitor.visitor.visit_seq(Opened { notes, json, error: PhantomData });
            }
            visitor.pass = Pass::FIRST;
        }
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_identifier(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }
}

/// Stands for a failure whose cause is in the notes.
#[cold]
#[inline(never)]
pub(super) fn unreadable<E: Error>() -> E {
    E::custom("unreadable")
}

pub(super) fn says_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "null")
}

/// The JSON in the string that is being read, or the value that came instead of a string.
fn open<'de>(notes: &Notes<'de>) -> Option<&'de str> {
    let raw = notes.raw();
    let Ok(text) = serde_json::from_str::<String>(raw) else {
        return Some(raw).filter(|raw| *raw != "null");
    };
    match repair(text.as_bytes()) {
        _ if says_nothing(&text) => None,
        Cow::Borrowed(json) => checked(json).is_ok().then(|| notes.keep(text)),
        Cow::Owned(json) => {
            checked(&json).ok()?;
            notes.warn_of_repair();
            String::from_utf8(json).ok().map(|json| notes.keep(json))
        }
    }
}

/// Hands the wrapped visitor what it wants, made from what came.
struct Tolerant<'t, 'de, V, const WANT: Want> {
    visitor: V,
    pass: &'t Pass<'t, 'de>,
}

/// Below this every whole number has a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn flag(text: &str) -> Option<bool> {
    let is = |value: bool, digit: &str, word: &str| {
        (text == digit || text.eq_ignore_ascii_case(word)).then_some(value)
    };
    is(true, "1", "true").or_else(|| is(false, "0", "false"))
}

/// The number as an integer, if it is one.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

impl<'de, V: Visitor<'de>, const WANT: Want> Tolerant<'_, 'de, V, WANT> {
    fn visit_integer<E: Error>(self, value: &str) -> Result<V::Value, E> {
        let text = value.trim();
        if let Ok(number) = text.parse() {
            return self.visitor.visit_i64(number);
        }
        if let Ok(number) = text.parse() {
            return self.visitor.visit_u64(number);
        }
        match text.parse().ok().and_then(whole) {
            Some(number) => self.visitor.visit_i64(number),
            None => self.visitor.visit_str(value),
        }
    }

    /// A double may have other digits than the number, which would be another ID or another price: the
    /// second pass takes those of the text.
    fn visit_digits<E: Error>(self, value: f64) -> Result<V::Value, E> {
        match self.pass.notes {
            Some(notes) => self.visitor.visit_str(notes.raw().trim_ascii()),
            None => self.visitor.visit_f64(value),
        }
    }
}

impl<'de, V: Visitor<'de>, const WANT: Want> Visitor<'de> for Tolerant<'_, 'de, V, WANT> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        match WANT {
            TEXT => self.visitor.visit_str(if value { "true" } else { "false" }),
            INTEGER => self.visitor.visit_u64(value.into()),
            _ => self.visitor.visit_bool(value),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        match WANT {
            TEXT => self.visitor.visit_string(value.to_string()),
            _ => self.visitor.visit_i64(value),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        match WANT {
            TEXT => self.visitor.visit_string(value.to_string()),
            BOOL if value <= 1 => self.visitor.visit_bool(value == 1),
            _ => self.visitor.visit_u64(value),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        match (WANT, whole(value)) {
            (TEXT, Some(number)) => self.visitor.visit_string(number.to_string()),
            (INTEGER, Some(number)) => self.visitor.visit_i64(number),
            (TEXT | INTEGER, None) => self.visit_digits(value),
            (BOOL, Some(number @ 0..=1)) => self.visitor.visit_bool(number == 1),
            _ => self.visitor.visit_f64(value),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        match WANT {
            INTEGER => self.visit_integer(value),
            FLOAT => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => self.visitor.visit_f64(number),
                _ => self.visitor.visit_str(value),
            },
            BOOL => match flag(value.trim()) {
                Some(flag) => self.visitor.visit_bool(flag),
                None => self.visitor.visit_str(value),
            },
            _ => self.visitor.visit_str(value),
        }
    }

    /// `null` is an empty list or map, unless it is an item of a list.
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        match WANT {
            LIST if !self.pass.is_item => {
                self.visitor.visit_seq(SeqDeserializer::new(empty::<()>()))
            }
            MAP if !self.pass.is_item => {
                self.visitor.visit_map(MapDeserializer::new(empty::<((), ())>()))
            }
            _ => self.visitor.visit_none(),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        match WANT {
            LIST => inner.deserialize_seq(self),
            MAP => inner.deserialize_map(self),
            _ => self.visitor.visit_some(Lenient::new(inner, self.pass)),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Lenient::new(inner, self.pass))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let notes = match WANT {
            // Nothing fails where anything fits.
            ANYTHING => None,
            _ => self.pass.notes,
        };
        let place = if WANT == TUPLE { Place::Element } else { Place::Item };
        self.visitor.visit_seq(Elements { inner, notes, index: 0, place })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut inner: A) -> Result<V::Value, A::Error> {
        let notes = match WANT {
            ANYTHING => None,
            _ => self.pass.notes,
        };
        let noted = match notes {
            Some(notes) => Some(Noted::new(&mut inner, notes, WANT == STRUCT)?),
            None => None,
        };
        self.visitor.visit_map(Entries { inner, noted })
    }
}

struct Elements<'t, 'de, A> {
    inner: A,
    notes: Option<&'t Notes<'de>>,
    index: usize,
    place: Place,
}

impl<'de, A: SeqAccess<'de>> Elements<'_, 'de, A> {
    /// The text of the next element, and where it is.
    fn next_raw(&mut self) -> Result<Option<(Step, &'de str)>, A::Error> {
        let raw = self.inner.next_element::<&'de RawValue>()?;
        let step = Step::Index(self.index);
        self.index += 1;
        Ok(raw.map(|raw| (step, raw.get())))
    }

    /// Reads the next element of those that can be read. Returns `false` if there is none.
    #[cold]
    #[inline(never)]
    fn next_noted(
        &mut self,
        notes: &Notes<'de>,
        slot: &mut dyn Slot<'de>,
    ) -> Result<bool, A::Error> {
        while let Some((step, raw)) = self.next_raw()? {
            if notes.read(step, raw, self.place, slot) {
                return Ok(true);
            }
            if self.place != Place::Item {
                return Err(unreadable());
            }
        }
        Ok(false)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, 'de, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(notes) = self.notes else {
            return self.inner.next_element_seed(Seed { seed, pass: Pass::FIRST_ITEM });
        };
        let Some((_, raw)) = self.next_raw()? else { return Ok(None) };
        let read = notes.read_once(raw, self.place == Place::Item, seed);
        read.map(Some).map_err(|_| unreadable())
    }

    /// Lists ask with the type of their items, which can therefore be tried more than once.
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, A::Error> {
        match self.notes {
            None => {
                let seed = Seed { seed: PhantomData, pass: Pass::FIRST_ITEM };
                self.inner.next_element_seed(seed)
            }
            Some(notes) => {
                let mut element = None;
                self.next_noted(notes, &mut element)?;
                Ok(element)
            }
        }
    }
}

/// The JSON in a string, as the only item of a list: an item can be replaced by another text.
struct Opened<'t, 'de, E> {
    notes: &'t Notes<'de>,
    json: &'de str,
    error: PhantomData<E>,
}

impl<'de, E: Error> SeqAccess<'de> for Opened<'_, 'de, E> {
    type Error = E;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, E> {
        self.notes.read_once(self.json, false, seed).map(Some).map_err(|_| unreadable())
    }

    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, E> {
        let mut value = None;
        self.notes.read_opened(self.json, &mut value);
        Ok(value)
    }
}

struct Entries<'t, 'de, A> {
    inner: A,
    noted: Option<Box<Noted<'t, 'de>>>,
}

impl<'de, A: MapAccess<'de>> Entries<'_, 'de, A> {
    fn key(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        match &mut self.noted {
            None => self.inner.next_key_seed(Key),
            Some(noted) => Ok(noted.next().map(Cow::Borrowed)),
        }
    }
}

/// Reads a key as a text, so that what a type makes of it is compiled once for both passes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Makes of a key what its type asks for, as of any other text.
fn read_key<'de, S: DeserializeSeed<'de>, E: Error>(seed: S, key: &str) -> Result<S::Value, E> {
    seed.deserialize(Lenient::new(KeyText(key, PhantomData), Pass::FIRST))
}

struct KeyText<'k, E>(&'k str, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for KeyText<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(StrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// `null` or `{}` for those who can be asked only once: an empty object where one is wanted, and an
/// empty list where that is.
pub(super) struct Nothing {
    pub(super) is_null: bool,
}

impl<'de> Deserializer<'de> for Nothing {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.is_null { visitor.visit_unit() } else { self.deserialize_map(visitor) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.is_null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new(empty::<()>()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new(empty::<((), ())>()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct struct enum identifier ignored_any
    }
}

/// The members of an object, each with its text.
struct Noted<'t, 'de> {
    notes: &'t Notes<'de>,
    fields: &'static [&'static str],
    members: vec::IntoIter<(&'de str, &'de RawValue)>,
    /// The member whose key was read.
    step: Step,
    raw: &'de str,
}

impl<'t, 'de> Noted<'t, 'de> {
    #[cold]
    #[inline(never)]
    fn new<A: MapAccess<'de>>(
        inner: &mut A,
        notes: &'t Notes<'de>,
        is_struct: bool,
    ) -> Result<Box<Self>, A::Error> {
        let fields = if is_struct { notes.fields() } else { &[] };
        let mut members = Vec::new();
        while let Some(key) = inner.next_key_seed(Key)? {
            let key = match key {
                Cow::Borrowed(key) => key,
                Cow::Owned(key) => notes.keep(key),
            };
            members.push((key, inner.next_value::<&'de RawValue>()?));
        }
        let mut noted =
            Self { notes, fields, members: Vec::new().into_iter(), step: Step::Key, raw: "" };
        noted.members = noted.without_repeated(members).into_iter();
        Ok(Box::new(noted))
    }

    /// Of a key that appears more than once, the last one counts.
    fn without_repeated(
        &self,
        mut members: Vec<(&'de str, &'de RawValue)>,
    ) -> Vec<(&'de str, &'de RawValue)> {
        let mut seen = HashSet::new();
        members.reverse();
        members.retain(|(key, _)| {
            let is_new = seen.insert(*key);
            if !is_new {
                self.notes.warn_of_repeated_key(self.step_to(key));
            }
            is_new
        });
        members.reverse();
        members
    }

    fn step_to(&self, key: &str) -> Step {
        let field = self.fields.iter().find(|field| **field == key);
        field.map_or(Step::Key, |field| Step::Field(field))
    }

    #[cold]
    #[inline(never)]
    fn next(&mut self) -> Option<&'de str> {
        let (key, raw) = self.members.next()?;
        self.step = self.step_to(key);
        self.raw = raw.get();
        Some(key)
    }

    fn member(&self, slot: &mut dyn Slot<'de>) {
        self.notes.read(self.step, self.raw, Place::Member, slot);
    }

    #[cold]
    #[inline(never)]
    fn entry<K, V, E>(&mut self) -> Result<Option<(K, V)>, E>
    where
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        E: Error,
    {
        while let Some(key) = self.next() {
            let key = read_key(PhantomData, key)?;
            let mut value = None;
            self.notes.read(self.step, self.raw, Place::Entry, &mut value);
            if let Some(value) = value {
                return Ok(Some((key, value)));
            }
        }
        Ok(None)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.key()? {
            Some(key) => read_key(seed, &key).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let Some(noted) = &self.noted else {
            return self.inner.next_value_seed(Seed { seed, pass: Pass::FIRST });
        };
        noted.notes.read_once(noted.raw, false, seed).map_err(|_| unreadable())
    }

    /// Structs ask with the type of their fields. Not a part of each struct, of whose code it would be
    /// the half.
    #[inline(never)]
    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V, A::Error> {
        let Some(noted) = &self.noted else {
            return self.inner.next_value_seed(Seed { seed: PhantomData, pass: Pass::FIRST });
        };
        let mut value = None;
        noted.member(&mut value);
        value.ok_or_else(unreadable)
    }

    /// Maps ask with the types of both.
    fn next_entry<K: Deserialize<'de>, V: Deserialize<'de>>(
        &mut self,
    ) -> Result<Option<(K, V)>, A::Error> {
        if let Some(noted) = &mut self.noted {
            return noted.entry();
        }
        let Some(key) = self.next_key()? else { return Ok(None) };
        let value = self.inner.next_value_seed(Seed { seed: PhantomData, pass: Pass::FIRST })?;
        Ok(Some((key, value)))
    }
}

/// Of the first pass; the second one has notes.
struct Seed<'t, 'de, S> {
    seed: S,
    pass: &'t Pass<'t, 'de>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Lenient::new(inner, self.pass))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::super::{DecodeError, Read, Strictness, read};
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Model {
        text: Option<String>,
        number: Option<i64>,
        ratio: Option<f64>,
        flag: Option<bool>,
        #[serde(default)]
        list: Vec<String>,
        #[serde(default)]
        map: BTreeMap<String, i64>,
        nested: Option<Box<Model>>,
        free: Option<serde_json::Value>,
    }

    fn lenient<T: DeserializeOwned>(json: &str) -> Result<Read<T>, DecodeError> {
        read(json.as_bytes(), Strictness::Lenient)
    }

    /// Reads what nothing is wrong with.
    #[track_caller]
    fn decode<T: DeserializeOwned>(json: &str) -> T {
        let read = lenient::<T>(json).unwrap();
        assert_eq!(read.warnings, [], "{json}");
        read.value
    }

    /// Reads what something is wrong with, and what there is to say about that.
    #[track_caller]
    fn degrade<T: DeserializeOwned>(json: &str) -> (T, Vec<String>) {
        let strict = read::<T>(json.as_bytes(), Strictness::Strict).map(drop).unwrap_err();
        let read = lenient::<T>(json).unwrap();
        assert!(strict.to_string().contains(read.warnings[0].path()), "{strict}");
        (read.value, read.warnings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn scalars_arrive_in_each_others_clothes() {
        let drifted: Model = decode(
            r#"{"text": 7, "number": "8", "ratio": "1.5", "flag": "true",
                "list": [1, "b"], "map": {"a": "3"}, "nested": {"number": 4.0, "text": true}}"#,
        );
        assert_eq!(drifted.text.as_deref(), Some("7"));
        assert_eq!(drifted.number, Some(8));
        assert_eq!(drifted.ratio, Some(1.5));
        assert_eq!(drifted.flag, Some(true));
        assert_eq!(drifted.list, ["1", "b"]);
        assert_eq!(drifted.map["a"], 3);
        let nested = drifted.nested.unwrap();
        assert_eq!((nested.number, nested.text.as_deref()), (Some(4), Some("true")));
    }

    #[test]
    fn an_object_that_is_not_optional_is_empty_where_there_is_nothing() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        struct Holder {
            #[serde(default)]
            object: Model,
            list: Option<Vec<i64>>,
            pair: Option<(Model, Vec<i64>)>,
        }
        for json in ["null", r#""""#, "[]", "{}"] {
            let holder = decode::<Holder>(&format!(r#"{{"object": {json}}}"#));
            assert_eq!(holder, Holder::default(), "{json}");
        }
        for (json, list) in [("null", None), (r#""""#, None), ("{}", Some(vec![]))] {
            assert_eq!(decode::<Holder>(&format!(r#"{{"list": {json}}}"#)).list, list, "{json}");
        }
        let pair = decode::<Holder>(r#"{"pair": [null, {}]}"#).pair;
        assert_eq!(pair, Some((Model::default(), vec![])));
        assert!(lenient::<Holder>(r#"{"object": 7}"#).is_err());
    }

    #[test]
    fn a_scalar_is_read_wherever_its_value_is_exact() {
        for (json, number) in [
            (r#""4.0""#, 4),
            (r#""1e3""#, 1000),
            ("1e3", 1000),
            ("true", 1),
            ("false", 0),
            (r#"" 7 ""#, 7),
        ] {
            assert_eq!(decode::<i64>(json), number, "{json}");
        }
        assert_eq!(decode::<u64>(r#""18446744073709551615""#), u64::MAX);
        for (json, text) in [("-7", "-7"), ("-1e3", "-1000"), ("7.0", "7")] {
            assert_eq!(decode::<String>(json), text, "{json}");
        }
        for (json, flag) in [
            ("1.0", true),
            ("0", false),
            (r#""True""#, true),
            (r#""FALSE""#, false),
            (r#""1""#, true),
            ("0.0", false),
        ] {
            assert_eq!(decode::<bool>(json), flag, "{json}");
        }
    }

    #[test]
    fn null_is_absence_at_every_level() {
        let json = r#"{"text": null, "list": null, "map": null, "nested": null, "free": null}"#;
        assert_eq!(decode::<Model>(json), Model::default());
        assert_eq!(decode::<Model>("null"), Model::default());
        assert_eq!(decode::<Model>(r#"{"list": {}}"#), Model::default());
        assert_eq!(decode::<Vec<Model>>("null"), []);
        assert_eq!(decode::<Vec<Model>>("{}"), []);
        assert_eq!(decode::<Vec<Vec<Model>>>("[[], {}, { }]"), [[], [], []]);
    }

    #[test]
    fn what_is_empty_is_nothing_where_nothing_else_fits() {
        for empty in [r#""""#, "[]", "{}", " [ ] ", "{ }", r#"" ""#] {
            for field in ["number", "ratio", "flag", "nested", "list", "map"] {
                // The text `" "` is no list, and an object is no absent object.
                let json = format!(r#"{{"{field}": {empty}, "text": "kept"}}"#);
                let model: Model = decode(&json);
                assert_eq!(model.text.as_deref(), Some("kept"));
                assert!(field == "nested" || Model { text: None, ..model } == Model::default());
            }
        }
        assert_eq!(decode::<Model>(r#"{"text": []}"#), Model::default());
        assert_eq!(decode::<Model>(r#"{"text": ""}"#).text.as_deref(), Some(""));
        assert_eq!(decode::<Model>(r#"{"nested": []}"#).nested, None);
        assert_eq!(decode::<Model>(r#"{"nested": {}}"#).nested, Some(Box::default()));
        for whole in [r#""""#, "[]"] {
            assert_eq!(decode::<Model>(whole), Model::default());
        }
    }

    #[test]
    fn what_would_be_read_wrongly_is_left_out_and_said() {
        for (json, warning) in [
            (
                r#"{"list": {"a": 1}}"#,
                "`$.list` was left out: expected a sequence, found an object",
            ),
            (r#"{"ratio": "nan"}"#, "`$.ratio` was left out: expected f64, found a string"),
            (r#"{"ratio": "inf"}"#, "`$.ratio` was left out: expected f64, found a string"),
            (r#"{"number": "1.5"}"#, "`$.number` was left out: expected i64, found a string"),
            (r#"{"number": 4.5}"#, "`$.number` was left out: expected i64, found a number"),
            (r#"{"number": 1e400}"#, "`$.number` was left out: expected i64, found a number"),
            (
                r#"{"number": 9223372036854775808}"#,
                "`$.number` was left out: expected i64, found a number",
            ),
            (r#"{"flag": 2}"#, "`$.flag` was left out: expected a boolean, found a number"),
            (r#"{"flag": "yes"}"#, "`$.flag` was left out: expected a boolean, found a string"),
            (r#"{"text": {"a": 1}}"#, "`$.text` was left out: expected a string, found an object"),
            (
                r#"{"nested": "n"}"#,
                "`$.nested` was left out: expected struct Model, found a string",
            ),
            (r#"{"nested": [1]}"#, "`$.nested` was left out: expected struct Model, found a list"),
            (
                r#"{"nested": false}"#,
                "`$.nested` was left out: expected struct Model, found a boolean",
            ),
        ] {
            assert_eq!(degrade::<Model>(json), (Model::default(), vec![warning.to_owned()]));
        }
        assert!(lenient::<Model>(r#"["text"]"#).is_err());
        assert!(lenient::<i64>("4.5").is_err());
    }

    #[test]
    fn an_item_or_an_entry_that_cannot_be_read_costs_no_other() {
        let (model, warnings) = degrade::<Model>(
            r#"{"list": ["a", null, {}, "b"], "map": {"x": 1, "secret": "many", "y": 2}}"#,
        );
        assert_eq!(model.list, ["a", "b"]);
        assert_eq!(model.map, BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]));
        assert_eq!(
            warnings,
            [
                "`$.list[1]` was skipped: expected a string, found null",
                "`$.list[2]` was skipped: expected a string, found an object",
                "`$.map.*` was skipped: expected i64, found a string",
            ]
        );
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        name: String,
        at: Option<(i64, i64)>,
    }

    #[test]
    fn what_lacks_a_required_field_is_skipped_or_an_error() {
        let json = r#"[{"name": "a"}, {}, {"name": null}, {"name": [1]}, null, "", {"name": "b"}]"#;
        let (named, warnings) = degrade::<Vec<Named>>(json);
        assert_eq!(named.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            warnings,
            [
                "`$[1]` was skipped: the field `name` is missing",
                "`$[2]` was skipped: at `$[2].name`: expected a string, found null",
                "`$[3]` was skipped: at `$[3].name`: expected a string, found a list",
                "`$[4]` was skipped: expected struct Named, found null",
                "`$[5]` was skipped: expected struct Named, found a string",
            ]
        );
        let error = lenient::<Named>(r#"{"name": [1]}"#).unwrap_err().to_string();
        assert_eq!(error, "at `$.name`: expected a string, found a list");
        for nothing in ["{}", "null"] {
            let error = lenient::<Named>(nothing).unwrap_err().to_string();
            assert_eq!(error, "at `$`: the field `name` is missing");
        }
    }

    #[test]
    fn the_elements_of_a_tuple_keep_their_places() {
        let (named, warnings) = degrade::<Named>(r#"{"name": "a", "at": ["x", 1, 2]}"#);
        assert_eq!(named, Named { name: "a".to_owned(), at: None });
        assert_eq!(warnings, ["`$.at` was left out: at `$.at[0]`: expected i64, found a string"]);
    }

    #[test]
    fn a_null_in_a_list_is_no_empty_item() {
        let (models, warnings) = degrade::<Vec<Model>>(r#"[{"text": "a"}, null]"#);
        assert_eq!(models.len(), 1);
        assert_eq!(warnings, ["`$[1]` was skipped: expected struct Model, found null"]);
        assert_eq!(decode::<Vec<Option<i64>>>("[1, null]"), [Some(1), None]);
        let (lists, warnings) = degrade::<Vec<Vec<i64>>>("[[1], null]");
        assert_eq!(lists, [[1]]);
        assert_eq!(warnings, ["`$[1]` was skipped: expected a sequence, found null"]);
        let (maps, warnings) = degrade::<Vec<BTreeMap<String, i64>>>("[{}, null]");
        assert_eq!(maps, [BTreeMap::new()]);
        assert_eq!(warnings, ["`$[1]` was skipped: expected a map, found null"]);
    }

    /// The double of 2^53 is that of the number after it, too.
    #[test]
    fn a_double_of_two_whole_numbers_is_neither() {
        for (json, number) in [
            ("1125899906842623.0", 1_125_899_906_842_623),
            ("1801464965461025.0", 1_801_464_965_461_025),
            ("-9007199254740991.0", -9_007_199_254_740_991),
            ("\"9007199254740991.0\"", 9_007_199_254_740_991),
        ] {
            assert_eq!(decode::<i64>(json), number);
        }
        for text in ["1125899906842623", "9007199254740991"] {
            assert_eq!(decode::<String>(&format!("{text}.0")), text);
        }
        for number in ["9007199254740992.0", "9007199254740993.0", "-9007199254740993.0"] {
            assert!(lenient::<i64>(number).is_err(), "{number}");
            assert!(lenient::<i64>(&format!("\"{number}\"")).is_err(), "{number}");
            assert_eq!(decode::<String>(number), number);
        }
    }

    /// A list that asks for its items with a seed, as generic code does.
    #[derive(Debug, PartialEq)]
    struct Sown<T>(Vec<T>);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sown<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Sower<T>(PhantomData<T>);
            impl<'de, T: Deserialize<'de>> Visitor<'de> for Sower<T> {
                type Value = Sown<T>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a list")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sown<T>, A::Error> {
                    let mut sown = Vec::new();
                    while let Some(item) = items.next_element_seed(PhantomData)? {
                        sown.push(item);
                    }
                    Ok(Sown(sown))
                }
            }
            deserializer.deserialize_seq(Sower(PhantomData))
        }
    }

    #[test]
    fn items_that_are_asked_for_with_a_seed_are_read_as_leniently() {
        assert_eq!(decode::<Sown<i64>>(r#"[1, "2"]"#), Sown(vec![1, 2]));
        let (lists, warnings) = degrade::<Vec<Sown<i64>>>(r#"[[1, "2"], ["?"], []]"#);
        assert_eq!(lists, [Sown(vec![1, 2]), Sown(vec![])]);
        assert_eq!(warnings, ["`$[1]` was skipped: found a list that does not fit"]);
    }

    #[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
    struct Id(u32);

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        Blue,
    }

    #[test]
    fn keys_are_read_in_each_pass_as_what_they_are() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        struct Maps {
            numbers: BTreeMap<u32, Model>,
            ids: BTreeMap<Id, i64>,
            flags: BTreeMap<bool, i64>,
            colors: BTreeMap<Color, i64>,
            options: BTreeMap<Option<i64>, i64>,
            object: Model,
        }
        for object in ["{}", "null"] {
            let maps: Maps = decode(&format!(
                r#"{{"numbers": {{"1": {object}}}, "ids": {{"2": 3, " 4": 5}}, "flags": {{"true": 1}},
                    "colors": {{"red": 1, "blue": 2}}, "options": {{"-1": 1}}, "object": {object}}}"#
            ));
            let expected = Maps {
                numbers: BTreeMap::from([(1, Model::default())]),
                ids: BTreeMap::from([(Id(2), 3), (Id(4), 5)]),
                flags: BTreeMap::from([(true, 1)]),
                colors: BTreeMap::from([(Color::Red, 1), (Color::Blue, 2)]),
                options: BTreeMap::from([(Some(-1), 1)]),
                object: Model::default(),
            };
            assert_eq!(maps, expected, "{object}");
        }
    }

    #[test]
    fn a_key_may_be_escaped() {
        let model: Model = decode(r#"{"\u0074ext": "a"}"#);
        assert_eq!(model.text.as_deref(), Some("a"));
        let map: BTreeMap<String, i64> = decode(r#"{"\u0061b": 1, "b\n": "2"}"#);
        assert_eq!(map, BTreeMap::from([("ab".to_owned(), 1), ("b\n".to_owned(), 2)]));
    }

    /// A map that asks for its keys and its values one by one, as generic code does.
    #[derive(Debug, PartialEq)]
    struct Pairs<K, V>(Vec<(K, V)>);

    impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Pairs<K, V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Pairer<K, V>(PhantomData<(K, V)>);
            impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Pairer<K, V> {
                type Value = Pairs<K, V>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a map")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some(key) = map.next_key()? {
                        pairs.push((key, map.next_value_seed(PhantomData)?));
                    }
                    Ok(Pairs(pairs))
                }
            }
            deserializer.deserialize_map(Pairer(PhantomData))
        }
    }

    #[test]
    fn what_is_asked_for_one_by_one_is_read_as_leniently() {
        let pairs: Pairs<Id, i64> = decode(r#"{"2": "3"}"#);
        assert_eq!(pairs, Pairs(vec![(Id(2), 3)]));
        let pairs: Pairs<u32, Model> = decode(r#"{"2": null, "3": {"text": 4}}"#);
        let text = Some("4".to_owned());
        assert_eq!(pairs.0, [(2, Model::default()), (3, Model { text, ..Model::default() })]);
        let pairs: Pairs<String, Vec<Model>> = decode(r#"{"a": {}, "b": null, "c": [{}]}"#);
        let lists = pairs.0.iter().map(|(_, list)| list.len()).collect::<Vec<_>>();
        assert_eq!(lists, [0, 0, 1]);
        let pairs: Pairs<String, Option<Model>> = decode(r#"{"a": null, "b": {}}"#);
        assert_eq!(
            pairs.0.iter().map(|(_, model)| model.is_some()).collect::<Vec<_>>(),
            [false, true]
        );
        let (lists, warnings) = degrade::<Vec<Sown<Vec<i64>>>>("[[{}, [1]], [null]]");
        assert_eq!(lists, [Sown(vec![vec![], vec![1]])]);
        assert_eq!(warnings, ["`$[1]` was skipped: found a list that does not fit"]);
    }

    #[test]
    fn the_content_of_a_variant_may_be_null() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(tag = "type", content = "data", rename_all = "lowercase")]
        enum Event {
            Object(Model),
            List(Vec<i64>),
            Option(Option<Model>),
        }
        for (json, event) in [
            (r#"{"type": "object", "data": null}"#, Event::Object(Model::default())),
            (r#"{"type": "list", "data": {}}"#, Event::List(vec![])),
            (r#"{"type": "list", "data": null}"#, Event::List(vec![])),
            (r#"{"type": "option", "data": null}"#, Event::Option(None)),
            (r#"{"type": "option", "data": {}}"#, Event::Option(Some(Model::default()))),
        ] {
            assert_eq!(decode::<Event>(json), event, "{json}");
        }
    }

    #[test]
    fn a_fraction_keeps_its_digits() {
        for number in ["97.45424510282939", "0.1234567890123456789", "1.50", "-0.1", "1e-7"] {
            assert_eq!(decode::<String>(number), number);
            assert_eq!(decode::<f64>(number), number.parse::<f64>().unwrap());
            let value: serde_json::Value = decode(number);
            assert_eq!(value.as_f64(), number.parse().ok());
        }
    }

    #[test]
    fn a_long_number_is_the_text_of_its_digits() {
        let long = "123456789012345678901234567890";
        let json = format!(
            r#"{{"text": {long}, "list": [{long}, -{long}], "nested": {{"text": {long}}}}}"#
        );
        let model: Model = decode(&json);
        assert_eq!(model.text.as_deref(), Some(long));
        assert_eq!(model.list, [long.to_owned(), format!("-{long}")]);
        assert_eq!(model.nested.unwrap().text.as_deref(), Some(long));
    }

    #[test]
    fn of_a_key_that_appears_twice_the_last_one_counts() {
        let (model, warnings) = degrade::<Model>(r#"{"text": "a", "number": 1, "text": "b"}"#);
        assert_eq!((model.text.as_deref(), model.number), (Some("b"), Some(1)));
        assert_eq!(warnings, ["`$.text` appears more than once: the last one counts"]);
    }

    #[test]
    fn a_text_is_repaired_and_that_is_said() {
        let repaired = "`$` was not valid JSON and was repaired";
        for (json, text) in [
            (&b"{\"text\": \"cut \\ud83d\"}"[..], "cut \u{FFFD}"),
            (b"{\"text\": \"cut \xe4\xbd\"}", "cut \u{FFFD}"),
            (b"{\"text\": \"a\tb\"}", "a\tb"),
            (b"\xef\xbb\xbf{\"text\": \"a\"}", "a"),
            (b"{\"text\": \"a\"}\0\0", "a"),
            (b"{\"text\": \"a\", \"ratio\": NaN}", "a"),
        ] {
            let read = read::<Model>(json, Strictness::Lenient).unwrap();
            assert_eq!(read.value, Model { text: Some(text.to_owned()), ..Model::default() });
            assert_eq!(read.warnings[0].to_string(), repaired);
            assert_eq!(read.warnings.len(), 1);
            assert!(super::super::read::<Model>(json, Strictness::Strict).is_err());
        }
    }

    #[test]
    fn free_json_is_left_alone() {
        let free = decode::<Model>(r#"{"free": {"a": ["1", 2, null]}}"#).free.unwrap();
        assert_eq!(free, serde_json::json!({"a": ["1", 2, null]}));
        let (model, _) = degrade::<Model>(r#"{"free": {"a": ["1", 2, null, ""]}, "flag": "?"}"#);
        assert_eq!(model.free.unwrap(), serde_json::json!({"a": ["1", 2, null, ""]}));
        let (model, warnings) = degrade::<Model>(r#"{"free": {"a": 1, "a": 2}, "flag": "?"}"#);
        assert_eq!(model.free.unwrap(), serde_json::json!({"a": 2}));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let (model, warnings) = degrade::<Model>(r#"{"free": [1, 1e999]}"#);
        assert_eq!(model.free, None, "it is whole, or left out");
        assert!(warnings[0].starts_with("`$.free` was left out"), "{warnings:?}");
    }

    #[test]
    fn nothing_is_decoded_from_anything() {
        for json in ["{}", "null", r#"{"left": ["over"]}"#, "3"] {
            decode::<()>(json);
        }
    }

    #[test]
    fn warnings_are_counted_where_there_are_too_many() {
        let json = format!("[{}1]", r#""x","#.repeat(1_000));
        let (numbers, warnings) = degrade::<Vec<i64>>(&json);
        assert_eq!((numbers, warnings.len()), (vec![1], 101));
        assert_eq!(warnings[100], "900 further warnings are not listed");
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Tree {
        odd: Option<bool>,
        #[serde(default)]
        branches: Vec<Tree>,
    }

    #[test]
    fn trailing_bytes_and_deep_nesting_are_errors() {
        assert!(lenient::<Model>("{} {}").is_err());
        let deep = "[".repeat(100_000);
        assert!(lenient::<serde_json::Value>(&deep).is_err());
        let closed = format!("{deep}{}", "]".repeat(100_000));
        assert!(lenient::<serde_json::Value>(&closed).is_err());
    }

    #[test]
    fn a_deep_tree_loses_the_branches_that_are_too_deep() {
        let deep =
            format!("{}{}", r#"{"odd": "?", "branches": [ "#.repeat(2_000), "]}".repeat(2_000));
        let (tree, warnings) = degrade::<Tree>(&deep);
        assert_eq!(tree.branches.len(), 1);
        assert!(warnings.last().unwrap().contains("nested too deeply"), "{warnings:?}");
    }

    #[test]
    fn a_list_may_have_128_levels_below_it() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        struct Nest(Vec<Nest>);
        let (nest, warnings) = degrade::<Nest>(&format!("{}{}", "[".repeat(200), "]".repeat(200)));
        assert_eq!(std::iter::successors(Some(&nest), |nest| nest.0.first()).count(), 129);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }
}
