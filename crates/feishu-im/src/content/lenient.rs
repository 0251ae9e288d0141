//! Fields that the platform writes now in one way, now in another.

use serde::{Deserialize, Deserializer};

/// A list that may be absent or `null`.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(serde_json::Number),
    Text(String),
}

/// A number that may come as a string of digits. An empty string is none.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match text(deserializer)?.as_deref() {
        None | Some("") => Ok(None),
        Some(digits) => digits.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// A string that may come as a number.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.map(|scalar| match scalar {
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text,
    }))
}

/// A number that stands on the wire as a string.
pub(super) mod digits {
    use serde::{Deserializer, Serializer};

    pub(in crate::content) fn serialize<S: Serializer>(
        number: &Option<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::content) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        super::number(deserializer)
    }
}
