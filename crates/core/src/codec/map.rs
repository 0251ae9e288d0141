//! Maps in responses.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a map without the keys whose value is `null`: there is nothing to be said about them, and
/// one of them must not make the whole response unreadable.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(WithoutNulls(PhantomData))
}

struct WithoutNulls<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for WithoutNulls<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Option<T>>()? {
            // Of several values of one key, the last counts.
            match value {
                Some(value) => drop(map.insert(key, value)),
                None => drop(map.remove(&key)),
            }
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_values_of_one_key_the_last_counts() {
        let read = |json: &str| {
            let mut json = serde_json::Deserializer::from_str(json);
            deserialize::<i64, _>(&mut json).unwrap()
        };
        assert_eq!(read(r#"{"a":1,"a":2,"b":null}"#), BTreeMap::from([("a".to_owned(), 2)]));
        assert_eq!(read(r#"{"a":1,"a":null}"#), BTreeMap::new());
    }
}
