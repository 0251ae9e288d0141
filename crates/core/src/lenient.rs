//! Reading what the vendors send rather than what they document.
//!
//! Numbers arrive as strings and strings as numbers, lists and objects as `null`. Models say what
//! they want with plain serde derives; the tolerance lives here, once, in a deserializer that
//! wraps serde_json's.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess,
    SeqAccess, Unexpected, Visitor,
};

/// A JSON value that does not fit the type it is decoded to.
///
/// Says where, and what was expected, but never quotes a text: it may be somebody's message.
#[derive(Debug, thiserror::Error)]
#[error("at `{path}`: {problem}")]
pub(crate) struct DecodeError {
    path: String,
    problem: String,
}

pub(crate) fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    // Keeping the path costs an allocation for every key, so it is only kept once the answer is
    // known to be wrong.
    read(json, None).or_else(|_| {
        let trail = Trail::default();
        read(json, Some(&trail)).map_err(|error| DecodeError {
            path: trail.into_path(),
            problem: without_text(&error.to_string()),
        })
    })
}

/// serde quotes the value in `invalid type: string "...", expected ...`.
fn without_text(problem: &str) -> String {
    match (problem.find(" \""), problem.rfind("\", expected")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", &problem[..start], &problem[end + 1..])
        }
        _ => problem.to_owned(),
    }
}

fn read<T: DeserializeOwned>(json: &[u8], trail: Option<&Trail>) -> serde_json::Result<T> {
    let mut inner = serde_json::Deserializer::from_slice(json);
    let value = T::deserialize(Lenient { inner: &mut inner, trail })?;
    inner.end()?;
    Ok(value)
}

/// The steps from the failing value up to the root, gathered while an error travels upwards.
#[derive(Default)]
struct Trail(RefCell<Vec<String>>);

impl Trail {
    fn step<T, E>(&self, result: Result<T, E>, name: impl FnOnce() -> String) -> Result<T, E> {
        result.inspect_err(|_| self.0.borrow_mut().push(name()))
    }

    fn into_path(self) -> String {
        let mut path = String::from("$");
        path.extend(self.0.into_inner().into_iter().rev());
        path
    }
}

/// What the wrapped type asked for.
#[derive(Clone, Copy)]
enum Want {
    Anything,
    Bool,
    Integer,
    Float,
    Text,
    List,
    Object,
}

struct Lenient<'t, D> {
    inner: D,
    trail: Option<&'t Trail>,
}

impl<'t, D> Lenient<'t, D> {
    fn want<V>(&self, want: Want, visitor: V) -> Tolerant<'t, V> {
        Tolerant { visitor, want, trail: self.trail }
    }
}

macro_rules! want {
    ($($method:ident($($arg:ident: $ty:ty),*) => $want:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.want(Want::$want, visitor);
            self.inner.deserialize_any(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<'_, D> {
    type Error = D::Error;

    want! {
        deserialize_any() => Anything,
        deserialize_bool() => Bool,
        deserialize_i8() => Integer,
        deserialize_i16() => Integer,
        deserialize_i32() => Integer,
        deserialize_i64() => Integer,
        deserialize_u8() => Integer,
        deserialize_u16() => Integer,
        deserialize_u32() => Integer,
        deserialize_u64() => Integer,
        deserialize_f32() => Float,
        deserialize_f64() => Float,
        deserialize_char() => Text,
        deserialize_str() => Text,
        deserialize_string() => Text,
        deserialize_bytes() => Anything,
        deserialize_byte_buf() => Anything,
        deserialize_seq() => List,
        deserialize_tuple(_len: usize) => List,
        deserialize_tuple_struct(_name: &'static str, _len: usize) => List,
        deserialize_map() => Object,
        deserialize_struct(_name: &'static str, _fields: &'static [&'static str]) => Object,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.want(Want::Anything, visitor);
        self.inner.deserialize_option(visitor)
    }

    /// `()` is what an operation without an answer returns: whatever came, it is nothing.
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
        let visitor = self.want(Want::Anything, visitor);
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

/// Hands the wrapped visitor what it wants, made from what came.
struct Tolerant<'t, V> {
    visitor: V,
    want: Want,
    trail: Option<&'t Trail>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Tolerant<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<V::Value, E> {
        match self.want {
            Want::Text => self.visitor.visit_str(if value { "true" } else { "false" }),
            _ => self.visitor.visit_bool(value),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<V::Value, E> {
        match self.want {
            Want::Text => self.visitor.visit_string(value.to_string()),
            _ => self.visitor.visit_i64(value),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<V::Value, E> {
        match self.want {
            Want::Text => self.visitor.visit_string(value.to_string()),
            Want::Bool if value <= 1 => self.visitor.visit_bool(value == 1),
            _ => self.visitor.visit_u64(value),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        /// Up to here every whole number has a double of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self.want {
            // Beyond that the digits are not those of the number any more, and an id is another.
            Want::Text if value.abs() <= EXACT => self.visitor.visit_string(value.to_string()),
            Want::Integer if value.fract() == 0.0 && value.abs() <= EXACT => {
                self.visitor.visit_i64(value as i64)
            }
            _ => self.visitor.visit_f64(value),
        }
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<V::Value, E> {
        match self.want {
            Want::Integer => match value.trim().parse() {
                Ok(number) => self.visitor.visit_i64(number),
                Err(_) => self.visitor.visit_str(value),
            },
            Want::Float => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => self.visitor.visit_f64(number),
                _ => self.visitor.visit_str(value),
            },
            Want::Bool => match value {
                "true" | "1" => self.visitor.visit_bool(true),
                "false" | "0" => self.visitor.visit_bool(false),
                _ => self.visitor.visit_str(value),
            },
            _ => self.visitor.visit_str(value),
        }
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<V::Value, E> {
        match self.want {
            Want::Text | Want::Anything => self.visitor.visit_string(value),
            _ => self.visit_str(&value),
        }
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        match self.want {
            Want::List => self.visitor.visit_seq(Nothing::new()),
            Want::Object => self.visitor.visit_map(Nothing::new()),
            _ => self.visitor.visit_unit(),
        }
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Lenient { inner, trail: self.trail })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Lenient { inner, trail: self.trail })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        // serde's derives would take the elements for fields, by their position.
        if matches!(self.want, Want::Object) {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self.visitor));
        }
        self.visitor.visit_seq(Elements { inner, trail: self.trail, index: 0 })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut inner: A) -> Result<V::Value, A::Error> {
        // `{}` says that there is nothing, wherever a list is expected.
        if matches!(self.want, Want::List) {
            return match inner.next_key::<IgnoredAny>()? {
                None => self.visitor.visit_seq(Nothing::new()),
                Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &self.visitor)),
            };
        }
        self.visitor.visit_map(Entries { inner, trail: self.trail, key: String::new() })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(inner)
    }
}

struct Elements<'t, A> {
    inner: A,
    trail: Option<&'t Trail>,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        let element = self.inner.next_element_seed(Seed { seed, trail: self.trail });
        let index = self.index;
        self.index += 1;
        match self.trail {
            Some(trail) => trail.step(element, || format!("[{index}]")),
            None => element,
        }
    }
}

struct Entries<'t, A> {
    inner: A,
    trail: Option<&'t Trail>,
    key: String,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        if self.trail.is_none() {
            return self.inner.next_key_seed(seed);
        }
        let Some(key) = self.inner.next_key::<String>()? else {
            return Ok(None);
        };
        self.key = key;
        let key = serde::de::value::StrDeserializer::new(&self.key);
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let value = self.inner.next_value_seed(Seed { seed, trail: self.trail });
        match self.trail {
            Some(trail) => trail.step(value, || format!(".{}", self.key)),
            None => value,
        }
    }
}

struct Seed<'t, S> {
    seed: S,
    trail: Option<&'t Trail>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Lenient { inner, trail: self.trail })
    }
}

/// An empty list or object, standing in for `null`.
struct Nothing<E>(std::marker::PhantomData<E>);

impl<E> Nothing<E> {
    fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<'de, E: serde::de::Error> SeqAccess<'de> for Nothing<E> {
    type Error = E;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, _: T) -> Result<Option<T::Value>, E> {
        Ok(None)
    }
}

impl<'de, E: serde::de::Error> MapAccess<'de> for Nothing<E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, E> {
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, E> {
        seed.deserialize(serde::de::value::UnitDeserializer::new())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

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

    fn decode(json: &str) -> Model {
        from_slice(json.as_bytes()).unwrap()
    }

    #[test]
    fn scalars_arrive_in_each_others_clothes() {
        let drifted = decode(
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
    fn null_is_absence_at_every_level() {
        let json = r#"{"text": null, "list": null, "map": null, "nested": null, "free": null}"#;
        assert_eq!(decode(json), Model::default());
        assert_eq!(decode("null"), Model::default());
        assert_eq!(decode(r#"{"list": {}}"#), Model::default());
        assert_eq!(from_slice::<Vec<Model>>(b"null").unwrap(), []);
        assert_eq!(from_slice::<Vec<Model>>(b"{}").unwrap(), []);
    }

    #[test]
    fn what_would_be_read_wrongly_is_an_error() {
        for json in [
            r#"["text"]"#,
            r#"{"list": {"a": 1}}"#,
            r#"{"ratio": "nan"}"#,
            r#"{"ratio": "inf"}"#,
            r#"{"text": 123456789012345678901234567890}"#,
            r#"{"number": "1.5"}"#,
            r#"{"flag": 2}"#,
        ] {
            assert!(from_slice::<Model>(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn free_json_is_left_alone() {
        let free = decode(r#"{"free": {"a": ["1", 2, null]}}"#).free.unwrap();
        assert_eq!(free, serde_json::json!({"a": ["1", 2, null]}));
    }

    #[test]
    fn nothing_is_decoded_from_anything() {
        for json in ["{}", "null", r#"{"left": ["over"]}"#, "3"] {
            from_slice::<()>(json.as_bytes()).unwrap();
        }
    }

    #[test]
    fn an_error_names_the_path() {
        let json = br#"{"nested": {"map": {"size": "many"}}}"#;
        let error = from_slice::<Model>(json).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("at `$.nested.map.size`: invalid type"), "{error}");
        assert!(!error.contains("many"), "{error}");
        let json = br#"{"list": ["a", {}]}"#;
        let error = from_slice::<Model>(json).unwrap_err();
        assert!(error.to_string().starts_with("at `$.list[1]`:"), "{error}");
    }

    #[test]
    fn trailing_bytes_and_deep_nesting_are_errors() {
        assert!(from_slice::<Model>(b"{} {}").is_err());
        let deep = "[".repeat(100_000);
        assert!(from_slice::<serde_json::Value>(deep.as_bytes()).is_err());
    }
}
