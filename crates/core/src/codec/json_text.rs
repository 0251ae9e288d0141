//! JSON inside a string, as some fields carry it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Param;
use super::lenient::{self, IN_TEXT, says_nothing, unreadable};
use super::repair::{checked, repair};

/// Sends a value as a string that holds it as JSON.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonText<'a, T>(pub &'a T);

impl<T: Serialize> Serialize for JsonText<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(self.0).map_err(S::Error::custom)?;
        serializer.serialize_str(&json)
    }
}

impl<T: Serialize> Param for JsonText<'_, T> {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        // A value that cannot be JSON has no other text either; generated types have no maps with
        // keys other than strings.
        if let Ok(json) = serde_json::to_string(self.0) {
            sink(&json);
        }
    }
}

/// For `#[serde(with)]` on a field of a model.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    JsonText(value).serialize(serializer)
}

/// Reads the JSON in a string. Where there is none, the value is the default one; where the
/// platform sends the value itself instead of a string, it is taken; and a text that is not JSON
/// is the value if any value is one, since what was executed is not to be lost for it.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    deserializer.deserialize_newtype_struct(IN_TEXT, Opener(PhantomData))
}

struct Opener<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned + Default> Visitor<'de> for Opener<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON in a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, closed: D) -> Result<T, D::Error> {
        let text: Cow<'_, str> = match Value::deserialize(closed)? {
            Value::Null => return Ok(T::default()),
            Value::String(text) if says_nothing(&text) => return Ok(T::default()),
            Value::String(text) => text.into(),
            value => value.to_string().into(),
        };
        lenient::from_slice(text.as_bytes()).or_else(|_| {
            // JSON is left to the second pass.
            if checked(&repair(text.as_bytes())).is_ok() {
                return Err(unreadable());
            }
            T::deserialize(Value::String(text.into_owned())).map_err(|_| unreadable())
        })
    }

    /// The second pass opens the string itself, and reads on in it.
    fn visit_seq<A: SeqAccess<'de>>(self, mut opened: A) -> Result<T, A::Error> {
        opened.next_element()?.ok_or_else(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{self, DecodeError, Read, Strictness};

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Model {
        #[serde(with = "crate::json_text", default, skip_serializing_if = "Option::is_none")]
        settings: Option<Value>,
        #[serde(with = "crate::json_text", default)]
        rows: Vec<i64>,
    }

    fn read(json: &str) -> Result<Read<Model>, DecodeError> {
        codec::read(json.as_bytes(), Strictness::Lenient)
    }

    #[test]
    fn json_in_a_string_is_read_and_written() {
        let model = read(r#"{"settings": "{\"a\":1}", "rows": "[1,2]"}"#).unwrap().value;
        assert_eq!(model, Model { settings: Some(serde_json::json!({"a": 1})), rows: vec![1, 2] });
        assert_eq!(
            serde_json::to_string(&model).unwrap(),
            r#"{"settings":"{\"a\":1}","rows":"[1,2]"}"#
        );
    }

    #[test]
    fn a_parameter_is_the_json_and_nothing_if_it_cannot_be_json() {
        let texts = |param: &dyn Param| {
            let mut texts = Vec::new();
            param.write(&mut |text| texts.push(text.to_owned()));
            texts
        };
        assert_eq!(texts(&JsonText(&[1, 2])), ["[1,2]"]);
        let keys_are_lists = std::collections::BTreeMap::from([([1], 2)]);
        assert!(texts(&JsonText(&keys_are_lists)).is_empty());
    }

    #[test]
    fn what_is_absent_or_not_in_a_string_is_read_as_well() {
        let nothing = Model { settings: None, rows: vec![] };
        for json in [
            "{}",
            r#"{"settings": null, "rows": null}"#,
            r#"{"settings": "", "rows": " "}"#,
            r#"{"settings": "null", "rows": "null"}"#,
        ] {
            let read = read(json).unwrap();
            assert_eq!((read.value, read.warnings), (nothing.clone(), vec![]), "{json}");
        }
        assert_eq!(read(r#"{"rows": [1, "2"]}"#).unwrap().value.rows, [1, 2]);
    }

    #[test]
    fn an_object_in_a_string_may_be_null() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Holder {
            #[serde(with = "crate::json_text", default)]
            model: Model,
        }
        let read = codec::read::<Holder>(br#"{"model": "null"}"#, Strictness::Strict);
        assert_eq!(read.unwrap().value, Holder { model: Model::default() });
    }

    #[test]
    fn null_in_a_string_is_nothing_in_each_pass() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        struct Needy {
            id: i64,
        }
        #[derive(Debug, PartialEq, Deserialize)]
        struct Holder {
            #[serde(with = "crate::json_text", default)]
            needy: Needy,
            count: Option<i64>,
        }
        for (count, warnings) in [("1", 0), ("\"many\"", 1)] {
            let json = format!(r#"{{"needy": "null", "count": {count}}}"#);
            let read = codec::read::<Holder>(json.as_bytes(), Strictness::Lenient).unwrap();
            assert_eq!((read.value.needy, read.warnings.len()), (Needy::default(), warnings));
        }
    }

    #[test]
    fn what_is_empty_in_a_string_is_nothing_as_it_is_outside() {
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(default)]
        struct Holder {
            #[serde(with = "crate::json_text")]
            model: Model,
            #[serde(with = "crate::json_text")]
            object: Option<Model>,
            #[serde(with = "crate::json_text")]
            rows: Vec<i64>,
        }
        for json in [
            r#"{"object": null, "rows": "{}"}"#,
            r#"{"object": null, "rows": {}}"#,
            r#"{"object": "[]", "rows": "\"\""}"#,
            r#"{"model": "[]"}"#,
            r#"{"model": []}"#,
            r#"{"model": "\"\""}"#,
        ] {
            let read = codec::read::<Holder>(json.as_bytes(), Strictness::Strict);
            assert_eq!(read.unwrap().value, Holder::default(), "{json}");
        }
    }

    #[test]
    fn a_text_is_a_value_where_any_value_is_one() {
        for odd in ["", r#", "rows": 7"#] {
            let read = read(&format!(r#"{{"settings": "done, no JSON"{odd}}}"#)).unwrap();
            assert_eq!(read.value.settings, Some("done, no JSON".into()));
        }
    }

    #[test]
    fn what_is_not_json_is_left_out_and_said() {
        let read = read(r#"{"rows": "[1,", "settings": "2"}"#).unwrap();
        assert_eq!(read.value, Model { settings: Some(2.into()), rows: vec![] });
        let [warning] = &read.warnings[..] else { panic!("{:?}", read.warnings) };
        assert_eq!(
            warning.to_string(),
            "`$.rows` was left out: expected JSON in a string, found a string"
        );
    }

    #[test]
    fn an_odd_item_in_a_string_costs_no_other() {
        for rows in [r#""[1,{},3]""#, "[1,{},3]"] {
            let read = read(&format!(r#"{{"rows": {rows}}}"#)).unwrap();
            assert_eq!(read.value.rows, [1, 3]);
            assert_eq!(
                read.warnings[0].to_string(),
                "`$.rows[1]` was skipped: expected i64, found an object"
            );
        }
    }

    #[test]
    fn a_text_in_a_string_is_repaired() {
        let read = read(r#"{"settings": "{\"name\":\"cut \\ud83d\"}"}"#).unwrap();
        assert_eq!(read.value.settings, Some(serde_json::json!({"name": "cut \u{FFFD}"})));
        assert_eq!(read.warnings[0].path(), "$.settings");
    }

    #[test]
    fn many_texts_are_kept_and_let_go() {
        let json = format!("[{} 7]", r#"{"rows": "[1,null]"},"#.repeat(100_000));
        let read = codec::read::<Vec<Model>>(json.as_bytes(), Strictness::Lenient).unwrap();
        assert_eq!(read.value.len(), 100_000);
    }
}
