//! JSON inside of a string, as some fields carry it.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::codec::Param;
use crate::lenient;

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
        // What fails to be JSON has no other text either; maps with keys that are no strings do
        // not occur in generated types.
        if let Ok(json) = serde_json::to_string(self.0) {
            sink(&json);
        }
    }
}

/// For `#[serde(with)]` on a field of a model.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    JsonText(value).serialize(serializer)
}

/// Reads the JSON in a string. Where there is none, the value is the default one; where the vendor
/// sends the value itself in place of a string, it is taken; and a text that is not JSON is the
/// value if any value is one, since what was executed is not to be lost for it.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    let text: Cow<'_, str> = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(T::default()),
        Value::String(text) if text.trim().is_empty() => return Ok(T::default()),
        Value::String(text) => text.into(),
        value => value.to_string().into(),
    };
    let read = lenient::from_slice(text.as_bytes());
    read.or_else(|error| {
        T::deserialize(Value::String(text.into_owned()))
            .map_err(|_| D::Error::custom(format!("the JSON in this string: {error}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Model {
        #[serde(with = "crate::json_text", default, skip_serializing_if = "Option::is_none")]
        settings: Option<Value>,
        #[serde(with = "crate::json_text", default)]
        rows: Vec<i64>,
    }

    fn read(json: &str) -> Result<Model, String> {
        lenient::from_slice(json.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn json_in_a_string_is_read_and_written() {
        let model = read(r#"{"settings": "{\"a\":1}", "rows": "[1,2]"}"#).unwrap();
        assert_eq!(model, Model { settings: Some(serde_json::json!({"a": 1})), rows: vec![1, 2] });
        assert_eq!(
            serde_json::to_string(&model).unwrap(),
            r#"{"settings":"{\"a\":1}","rows":"[1,2]"}"#
        );
    }

    #[test]
    fn what_is_absent_or_not_in_a_string_is_read_as_well() {
        let nothing = Model { settings: None, rows: vec![] };
        for json in
            ["{}", r#"{"settings": null, "rows": null}"#, r#"{"settings": "", "rows": " "}"#]
        {
            assert_eq!(read(json).as_ref(), Ok(&nothing), "{json}");
        }
        assert_eq!(read(r#"{"rows": [1, "2"]}"#).unwrap().rows, [1, 2]);
    }

    #[test]
    fn a_text_is_a_value_where_any_value_is_one() {
        let model = read(r#"{"settings": "done, no JSON"}"#).unwrap();
        assert_eq!(model.settings, Some("done, no JSON".into()));
    }

    #[test]
    fn what_is_not_json_is_an_error_that_says_where() {
        let error = read(r#"{"rows": "[1,"}"#).unwrap_err();
        assert!(error.contains("rows") && error.contains("the JSON in this string"), "{error}");
    }
}
