//! The members of the JSON objects that content consists of.
//!
//! A member that fits is typed. Any other one, and whatever is not known, goes into `extra` as it
//! came, so that one odd member costs neither the others nor itself.

use std::borrow::Cow;
use std::fmt;

use openplat_core::__private::{read, repair};
use openplat_core::Strictness;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The members of an object, in their order, none of them read yet.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields::new(fields))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl Fields {
    /// Of a name that appears twice, the last member counts.
    pub(super) fn new(mut fields: Vec<(String, Box<RawValue>)>) -> Self {
        let mut seen = std::collections::HashSet::new();
        fields.reverse();
        fields.retain(|(name, _)| seen.insert(name.clone()));
        fields.reverse();
        Self(fields)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is a member of that name which says something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|raw| raw != "null")
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, raw)| raw.get())
    }

    /// Takes a member out and reads it. One that is not read in full stays for `extra`, and so does
    /// an empty one that would not be written again.
    pub(super) fn take<T: DeserializeOwned + Default + PartialEq>(&mut self, name: &str) -> T {
        self.read(name, |raw, value| !is_empty(raw) || *value != T::default())
    }

    /// Takes out and reads a member that is written with [`Writer::always`].
    pub(super) fn take_always<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        self.read(name, |_, _| true)
    }

    fn read<T: DeserializeOwned + Default>(
        &mut self,
        name: &str,
        is_written_again: impl FnOnce(&str, &T) -> bool,
    ) -> T {
        let Some(at) = self.0.iter().position(|(known, _)| known == name) else {
            return T::default();
        };
        let raw = self.0[at].1.get();
        if raw == "null" {
            self.0.remove(at);
            return T::default();
        }
        let Ok(read) = read::<T>(raw.as_bytes(), Strictness::Lenient) else {
            return T::default();
        };
        if read.warnings.is_empty() && is_written_again(raw, &read.value) {
            self.0.remove(at);
        }
        read.value
    }

    /// Returns the members that were not taken.
    pub(super) fn rest(self) -> Map<String, Value> {
        // Not collected: that would sort them first, which takes more code than all of this file.
        let mut rest = Map::new();
        for (name, raw) in self.0 {
            rest.insert(name, value(&raw));
        }
        rest
    }
}

impl IntoIterator for Fields {
    type Item = (String, Box<RawValue>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn is_empty(raw: &str) -> bool {
    matches!(raw, r#""""# | "[]" | "{}")
}

/// Any JSON as a value. A number or a nesting that no value can hold is kept as its text.
pub(super) fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().into())
}

/// The JSON object or other value that a message carries, repaired, and taken out of a string into
/// which it was written once more.
pub(super) fn json(content: &str) -> Option<Cow<'_, str>> {
    let json = valid(content.into())?;
    if !json.starts_with('"') {
        return Some(json);
    }
    let inner = serde_json::from_str::<String>(&json).ok()?;
    valid(inner.into()).filter(|inner| inner.starts_with('{'))
}

fn valid(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let text = match repair(text.as_bytes()) {
        Cow::Borrowed(_) => text,
        Cow::Owned(repaired) => String::from_utf8(repaired).ok()?.into(),
    };
    serde_json::from_str::<&RawValue>(&text).is_ok().then_some(())?;
    Some(match text {
        Cow::Borrowed(text) => text.trim_ascii().into(),
        Cow::Owned(text) => text.trim_ascii().to_owned().into(),
    })
}

/// Writes the members of an object.
pub(super) struct Writer<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
    written: Vec<&'static str>,
}

impl<'a, M: SerializeMap> Writer<'a, M> {
    pub(super) fn new(map: M, extra: &'a Map<String, Value>) -> Self {
        Self { map, extra, written: Vec::new() }
    }

    /// Writes a member, unless it is absent.
    pub(super) fn optional<T: Serialize + Default + PartialEq>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        if *value == T::default() { Ok(()) } else { self.write(name, value) }
    }

    /// Writes a member even if it is empty, unless that is because it could not be read.
    pub(super) fn always<T: Serialize + Default + PartialEq>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        let is_in_extra = *value == T::default() && self.extra.contains_key(name);
        if is_in_extra { Ok(()) } else { self.write(name, value) }
    }

    /// Writes a number as a string of its digits.
    pub(super) fn digits(
        &mut self,
        name: &'static str,
        number: &Option<u64>,
    ) -> Result<(), M::Error> {
        self.optional(name, &number.map(|number| number.to_string()))
    }

    fn write<T: Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.written.push(name);
        self.map.serialize_entry(name, value)
    }

    /// Writes the rest.
    pub(super) fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra {
            if !self.written.contains(&name.as_str()) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}

/// An object of known members, and others.
pub(super) trait Members: Sized {
    fn read(fields: Fields) -> Self;

    fn extra(&self) -> &Map<String, Value>;

    fn write<M: SerializeMap>(&self, writer: &mut Writer<'_, M>) -> Result<(), M::Error>;
}

/// Declares an object: its members with their types, and `= always` or `= digits` for those that
/// are not written as [`Writer::optional`] does. Adds `extra` to them.
macro_rules! members {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty $(= $write:ident)?, )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
            /// Members that this version does not know, and those that are not of the documented
            /// form, as they came.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::content::members::Members for $name {
            #[allow(unused_mut, reason = "some objects have no members of their own")]
            fn read(mut fields: $crate::content::members::Fields) -> Self {
                $( let $field = members!(@read fields, $field $(, $write)?); )*
                Self { $( $field, )* extra: fields.rest() }
            }

            fn extra(&self) -> &serde_json::Map<String, serde_json::Value> {
                &self.extra
            }

            #[allow(unused_variables, reason = "some objects have no members of their own")]
            fn write<M: serde::ser::SerializeMap>(
                &self,
                writer: &mut $crate::content::members::Writer<'_, M>,
            ) -> Result<(), M::Error> {
                $( members!(@write writer, $field, self.$field $(, $write)?)?; )*
                Ok(())
            }
        }

        $crate::content::members::as_object! { $name }
    )*};
    (@read $fields:ident, $field:ident, always) => {
        $fields.take_always(stringify!($field))
    };
    (@read $fields:ident, $field:ident $(, digits)?) => {
        $fields.take(stringify!($field))
    };
    (@write $writer:ident, $field:ident, $value:expr) => {
        $writer.optional(stringify!($field), &$value)
    };
    (@write $writer:ident, $field:ident, $value:expr, $how:ident) => {
        $writer.$how(stringify!($field), &$value)
    };
}

/// Makes [`Members`] readable and writable with serde.
macro_rules! as_object {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::content::members::{Members, Writer};

                let map = serializer.serialize_map(None)?;
                let mut writer = Writer::new(map, self.extra());
                self.write(&mut writer)?;
                writer.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use $crate::content::members::{Fields, Members};

                Fields::deserialize(deserializer).map(Self::read)
            }
        }
    };
}

pub(super) use {as_object, members};
