//! Objects whose keys are data rather than names of fields: columns of a user's table, IDs,
//! languages of a translation.

use std::collections::BTreeMap;

use super::facts::{Param, Ty};
use super::json::Json;

/// How the IDs of users, chats, messages and apps begin.
const ID_PREFIXES: &[&str] = &["ou_", "oc_", "on_", "om_", "cli_"];

/// Whether a key of one of the objects cannot be the name of a field, or all differ by a number.
pub(super) fn are_keys_data(objects: &[&Json]) -> bool {
    objects.iter().any(|object| {
        let keys = || object.entries().iter().map(|(key, _)| key.as_str());
        keys().any(is_data) || keys().count() > 1 && are_numbered(keys())
    })
}

fn is_data(key: &str) -> bool {
    let is_placeholder = key.to_lowercase().contains("xxx");
    let is_text = key.chars().any(|char| !char.is_ascii() || " {}<>*()（）/,".contains(char));
    let is_number = key.bytes().any(|byte| byte.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_digit() || b"-.:".contains(&byte));
    let is_id = ID_PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    let last = key.rsplit_once('_').map_or(key, |(_, last)| last);
    is_placeholder || is_text || is_number || is_id || is_random(last)
}

/// `7a3fd81c09b2e41f` and `tblA8rKq23Zn`, but not `sha256` or `address_line_2`.
fn is_random(key: &str) -> bool {
    let is = |test: fn(&u8) -> bool| key.as_bytes().iter().any(test);
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let bytes = key.as_bytes();
    let runs = bytes.windows(2).filter(|pair| !is_digit(pair[0]) && is_digit(pair[1])).count();
    let runs = runs + usize::from(bytes.first().is_some_and(u8::is_ascii_digit));
    let is_hex = key.len() >= 16 && key.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let is_mixed = is(u8::is_ascii_uppercase) && is(u8::is_ascii_lowercase);
    let is_plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    runs > 0 && is_hex || key.len() >= 10 && is_plain && is_mixed && runs > 1
}

/// `key1` and `key2`.
fn are_numbered<'a>(keys: impl Iterator<Item = &'a str>) -> bool {
    let mut stems = keys.map(|key| {
        let stem = key.trim_end_matches(|char: char| char.is_ascii_digit());
        (stem.len() < key.len()).then_some(stem)
    });
    let first = stems.next().flatten();
    first.is_some() && stems.all(|stem| stem == first)
}

/// The values of objects, as those of maps.
pub(super) fn values<'a>(objects: &[&'a Json]) -> Vec<&'a Json> {
    objects.iter().flat_map(|object| object.entries()).map(|(_, value)| value).collect()
}

/// The type with its objects as maps.
pub(super) fn of_values(ty: Ty, value: Ty) -> Ty {
    match ty {
        Ty::List(of) => Ty::list(of_values(*of, value)),
        Ty::Map(of) => Ty::map(of_values(*of, value)),
        _ => Ty::map(value),
    }
}

/// Makes maps of the objects that a sample of the response shows where the request has a map of
/// that name.
pub(super) fn open(response: &mut [Param], body: &[Param]) {
    let mut known = BTreeMap::new();
    collect(body, &mut known);
    if !known.is_empty() {
        open_known(response, &known);
    }
}

fn collect<'a>(fields: &'a [Param], known: &mut BTreeMap<&'a str, &'a Param>) {
    for field in fields {
        if matches!(field.ty, Ty::Map(_)) {
            known.insert(&field.name, field);
        }
        collect(&field.fields, known);
    }
}

fn open_known(fields: &mut [Param], known: &BTreeMap<&str, &Param>) {
    for field in fields {
        match (known.get(field.name.as_str()), &field.ty) {
            (Some(Param { ty: Ty::Map(value), fields, .. }), Ty::Object) => {
                let shown = field.fields.iter().map(|field| field.ty.clone());
                let value = shown.fold((**value).clone(), Ty::widest);
                field.fields = if value == Ty::Object { fields.clone() } else { Vec::new() };
                field.ty = Ty::map(value);
            }
            _ => open_known(&mut field.fields, known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distill::read::json;

    #[track_caller]
    fn check(sample: &str, expected: bool) {
        let parsed = json::parse(sample, 1);
        let objects: Vec<&Json> = parsed.iter().map(|parsed| &parsed.value).collect();
        assert_eq!(are_keys_data(&objects), expected, "{sample}");
    }

    #[test]
    fn keys_that_people_or_machines_choose() {
        for keys in [
            r#"{"人力耗时": 1}"#,
            r#"{"Due date": 1}"#,
            r#"{"ou_xxx": 1, "ou_yyy": 1}"#,
            r#"{"7023": 1}"#,
            r#"{"2024-01-31": 1}"#,
            r#"{"7a3fd81c09b2e41f": 1}"#,
            r#"{"tblA8rKq23Zn": 1}"#,
            r#"{"key1": 1, "key2": 1}"#,
            r#"{"{id}": 1}"#,
            r#"{"berth_5d09ad4f6896e020": 1}"#,
        ] {
            check(keys, true);
        }
    }

    #[test]
    fn keys_that_name_fields() {
        for keys in [
            "{}",
            r#"{"name": 1, "open_id": 1}"#,
            r#"{"address_line_1": 1}"#,
            r#"{"sha256": 1, "md5": 1}"#,
            r#"{"i18n_name": 1, "zh-CN": 1, "md5CheckSum": 1}"#,
            r#"{"$ref": 1, "@type": 1, "cc.id": 1}"#,
            r#"{"level1": 1, "depth": 1}"#,
        ] {
            check(keys, false);
        }
    }
}
