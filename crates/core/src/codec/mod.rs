//! From bytes to types and back: one set of rules for reading what the platforms really send.
//!
//! A text is read in one pass that accepts one scalar for another. Only if that pass fails is the
//! text repaired and read a second time, by a pass that gives up what cannot be read and keeps the
//! rest. Nothing turns into a wrong value, and whatever is given up becomes a [`Warning`].

mod arena;
mod int_enum;
pub mod json_text;
mod lenient;
pub mod map;
mod notes;
mod number_text;
mod param;
mod record;
mod repair;
mod string_enum;
mod warning;

use serde::de::DeserializeOwned;

use lenient::{Lenient, Pass};
pub(crate) use notes::Slot;

pub use int_enum::{__unknown as unknown_number, UnknownNumber};
pub use number_text::{Millis, NumberText, Seconds};
pub use param::Param;
pub use record::Record;
pub use repair::{fault, repair};
pub use string_enum::UnknownValue;
pub use string_enum::{__deserialize as deserialize_string_enum, __unknown as unknown};
pub use warning::{DecodeError, Read, Strictness, Warning};

/// The reason why a value cannot be written as JSON. serde's own text may quote the value.
pub(crate) const UNWRITABLE: &str =
    "a map has a key that is not a string, or a value cannot be serialized";

/// Reads JSON, and says what could not be read.
///
/// # Errors
///
/// Fails if the text is not JSON even after a repair, if a value without which `T` cannot exist
/// is unreadable, and, with [`Strictness::Strict`], if there is anything to warn of.
pub fn read<T: DeserializeOwned>(
    json: &[u8],
    strictness: Strictness,
) -> Result<Read<T>, DecodeError> {
    let mut value = None;
    let warnings = read_into(&mut value, json, strictness)?;
    value.map(|value| Read { value, warnings }).ok_or_else(DecodeError::unread)
}

/// Does the same, and returns what there is to warn of.
pub(crate) fn read_into(
    slot: &mut dyn for<'de> Slot<'de>,
    json: &[u8],
    strictness: Strictness,
) -> Result<Vec<Warning>, DecodeError> {
    let mut inner = serde_json::Deserializer::from_slice(json);
    match slot.read(Lenient::new(&mut inner, Pass::FIRST)).and_then(|()| inner.end()) {
        Ok(()) => Ok(Vec::new()),
        Err(_) => notes::read_again(json, strictness, slot),
    }
}

/// Reads JSON of the SDK's own dealings with a platform, of which no one would hear a warning.
pub(crate) fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    Ok(read(json, Strictness::Lenient)?.value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arbtest::arbitrary::{Result, Unstructured};
    use arbtest::arbtest;
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Model {
        text: Option<String>,
        number: Option<i64>,
        small: Option<u8>,
        ratio: Option<f64>,
        flag: Option<bool>,
        free: Option<Value>,
        pair: Option<(i64, String)>,
        #[serde(default)]
        list: Vec<Item>,
        #[serde(default, deserialize_with = "map::deserialize")]
        map: BTreeMap<String, Item>,
        #[serde(with = "json_text", default)]
        texts: Vec<Item>,
        nested: Option<Box<Model>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        name: String,
        #[serde(default)]
        tags: Vec<String>,
    }

    /// A `null` object has all of the text read by the second pass.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Whole {
        model: Model,
        #[serde(default)]
        numbers: BTreeMap<i64, Model>,
        #[serde(default)]
        object: Model,
    }

    const NAMES: [&str; 12] = [
        "text", "number", "small", "ratio", "flag", "free", "pair", "list", "map", "texts",
        "nested", "name",
    ];

    /// Stands in each text and each key that is not a field's.
    const SECRET: &str = "s3cr3t";

    fn json(input: &mut Unstructured<'_>, depth: u8) -> Result<String> {
        let kinds = if depth == 0 { 8 } else { 11 };
        Ok(match input.int_in_range(0..=kinds)? {
            0 => "null".to_owned(),
            1 => input.arbitrary::<bool>()?.to_string(),
            2 => input.arbitrary::<i64>()?.to_string(),
            3 => format!("{:e}", input.arbitrary::<u32>()?),
            // A number does not begin with a zero.
            4 => format!("1{}{}", input.arbitrary::<u64>()?, input.arbitrary::<u64>()?),
            5 => format!("\"{SECRET}\""),
            6 => format!(r#""\ud83d{SECRET}""#),
            7 => input.choose(&[r#""""#, "[]", "{}", r#""1.0""#, r#""True""#])?.to_string(),
            8 => format!("{}.{}", input.arbitrary::<u16>()?, input.arbitrary::<u64>()?),
            9 => {
                let text = json(input, depth - 1)?;
                serde_json::to_string(&text).unwrap_or_default()
            }
            10 => format!("[{}]", many(input, depth, json)?),
            _ => format!("{{{}}}", many(input, depth, member)?),
        })
    }

    fn member(input: &mut Unstructured<'_>, depth: u8) -> Result<String> {
        let name = match input.ratio(1, 8)? {
            true => SECRET,
            false => input.choose(&NAMES)?,
        };
        Ok(format!("\"{name}\": {}", json(input, depth)?))
    }

    fn many(
        input: &mut Unstructured<'_>,
        depth: u8,
        one: fn(&mut Unstructured<'_>, u8) -> Result<String>,
    ) -> Result<String> {
        let count = input.int_in_range(0..=4)?;
        let all: Result<Vec<_>> = (0..count).map(|_| one(input, depth - 1)).collect();
        Ok(all?.join(", "))
    }

    #[test]
    fn reading_says_what_is_lost_and_quotes_nothing() {
        arbtest(|input| {
            let json = json(input, 5)?;
            let lenient = read::<Model>(json.as_bytes(), Strictness::Lenient);
            let strict = read::<Model>(json.as_bytes(), Strictness::Strict);
            match &lenient {
                Ok(Read { value, warnings }) if warnings.is_empty() => {
                    assert_eq!(&strict.unwrap().value, value, "{json}");
                }
                _ => assert!(strict.is_err(), "{json}"),
            }
            let said = match lenient {
                Ok(Read { warnings, .. }) => format!("{warnings:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains(SECRET), "{said}");
            Ok(())
        });
    }

    #[test]
    fn an_object_is_read_whatever_is_in_it() {
        arbtest(|input| {
            let json = format!("{{{}}}", many(input, 5, member)?);
            assert!(read::<Model>(json.as_bytes(), Strictness::Lenient).is_ok(), "{json}");
            Ok(())
        });
    }

    #[test]
    fn the_second_pass_reads_what_the_first_one_reads() {
        arbtest(|input| {
            let members = many(input, 5, member)?;
            let numbers = format!(r#""{}": {{{members}}}"#, input.arbitrary::<i64>()?);
            let model = format!(r#""model": {{{members}}}, "numbers": {{{numbers}}}"#);
            let [first, second] = ["{}", "null"].map(|object| {
                let json = format!(r#"{{{model}, "object": {object}}}"#);
                read::<Whole>(json.as_bytes(), Strictness::Lenient).unwrap().value
            });
            assert_eq!(first, second, "{model}");
            Ok(())
        });
    }

    #[test]
    fn what_is_repaired_needs_no_repair() {
        arbtest(|input| {
            let bytes: &[u8] = input.arbitrary()?;
            let text = [b"\"", bytes, b"\""].concat();
            let repaired = repair(&text);
            assert_eq!(repair(&repaired), std::borrow::Cow::Borrowed(&*repaired));
            Ok(())
        });
    }
}
