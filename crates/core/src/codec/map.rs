//! Maps in responses.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads a map without the keys whose value is `null`: there is nothing to be said about them, and
/// one of them must not make the whole response unreadable.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let map = BTreeMap::<String, Option<T>>::deserialize(deserializer)?;
    Ok(map.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}
