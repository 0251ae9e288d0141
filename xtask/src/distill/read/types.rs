//! The names that pages give to types.

use super::facts::Ty;
use super::{vocabulary, words};

/// The content of a cell in the column of types.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named {
    pub(super) ty: Ty,
    /// The vendor's name of an object type.
    pub(super) model: Option<String>,
}

/// Nesting deeper than this is no type.
const MAX_DEPTH: usize = 4;

pub(super) fn parse(cell: &str) -> Named {
    let text = words::unescape(&words::bare(&words::lines_of(cell)));
    named(text.trim(), 0)
}

fn named(text: &str, depth: usize) -> Named {
    let key = words::key(text);
    if key.is_empty()
        || matches!(key.as_str(), "/" | "undefined" | "null" | "none")
        || vocabulary::is_one_of(&key, vocabulary::NOTHING)
        || depth > MAX_DEPTH
    {
        return Named::default();
    }
    // `object/ string`: either, so anything.
    let others = || key.split('/').map(vocabulary::ty).collect::<Option<Vec<_>>>();
    if key.contains('/') && others().is_some_and(|others| others.iter().any(|ty| *ty != others[0]))
    {
        return Named { ty: Ty::Json, model: None };
    }
    if let Some(element) = list_element(&key, text) {
        let Named { ty, model } = named(element.trim(), depth + 1);
        return Named { ty: Ty::list(ty), model };
    }
    if let Some(value) = map_value(&key) {
        let Named { ty, model } = named(value, depth + 1);
        return Named { ty: Ty::map(ty), model };
    }
    if let Some(ty) = vocabulary::ty(&key) {
        let is_name = vocabulary::is_one_of(&key, vocabulary::TEXTS_OR_OBJECTS);
        return Named { ty, model: is_name.then_some(key) };
    }
    // `string(int64)`, `Integer 32`, `string，必填`: the first word counts.
    let word: String =
        key.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
    match vocabulary::ty(&word) {
        Some(ty) if word.len() < key.len() => Named { ty, model: None },
        _ if words::is_identifier(text) => Named { ty: Ty::Object, model: Some(text.to_owned()) },
        _ => Named::default(),
    }
}

/// Whether a cell names an integer of 64 bits in the way of Feishu, whose gateway writes such numbers
/// as text.
pub(super) fn is_int64(cell: &str) -> bool {
    let key = words::key(&words::bare(&words::lines_of(cell)));
    matches!(key.as_str(), "int64" | "uint64" | "i64" | "u64")
}

/// Whether a cell names a number, or a list of such, without saying of which kind.
pub(super) fn is_number(cell: &str) -> bool {
    let text = words::unescape(&words::bare(&words::lines_of(cell)));
    let element = list_element(&words::key(&text), &text).unwrap_or(&text);
    vocabulary::is_one_of(&words::key(element), vocabulary::NUMBERS)
}

/// Returns the element type of a list: `T[]`, `[]T`, `Array of T`, `List<T>`, `array(T)`, `T
/// array`.
fn list_element<'a>(key: &str, text: &'a str) -> Option<&'a str> {
    let text = text.trim();
    if key == "byte[]" {
        return None;
    }
    if let Some(element) = text.strip_suffix("[]").or_else(|| text.strip_prefix("[]")) {
        return Some(element);
    }
    // ASCII alone, so that positions in the lower-case text are positions in the text.
    let lower = text.to_ascii_lowercase();
    for prefix in vocabulary::each(vocabulary::BEFORE_ELEMENTS) {
        if let Some(rest) = lower.strip_prefix(prefix) {
            return text.get(text.len() - rest.len()..);
        }
    }
    for (open, close) in [('<', '>'), ('(', ')'), ('[', ']'), ('（', '）'), ('《', '》')] {
        for name in vocabulary::each(vocabulary::LISTS) {
            let inside = lower
                .strip_prefix(name)
                .map(str::trim_start)
                .and_then(|rest| rest.strip_prefix(open)?.strip_suffix(close));
            if let Some(inside) = inside {
                let start = lower.len() - close.len_utf8() - inside.len();
                return text.get(start..start + inside.len());
            }
        }
    }
    for suffix in vocabulary::each(vocabulary::BEHIND_ELEMENTS) {
        if let Some(rest) = lower.strip_suffix(suffix).filter(|rest| !rest.trim().is_empty()) {
            return text.get(..rest.len());
        }
    }
    None
}

/// Returns the value type of a map: the last of its type arguments.
fn map_value(key: &str) -> Option<&str> {
    let inside = key
        .strip_prefix("map")
        .or_else(|| key.strip_prefix("hashmap"))
        .or_else(|| key.strip_prefix("dict"))?;
    let inside = match inside.strip_prefix('[') {
        // `map[string]T`
        Some(rest) => rest.split_once(']')?.1,
        None => inside.strip_prefix(['<', '('])?.strip_suffix(['>', ')'])?,
    };
    Some(inside.split_once([',', '，']).map_or(inside, |(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: &str, ty: &str, model: Option<&str>) {
        let named = parse(cell);
        assert_eq!((named.ty.to_string().as_str(), named.model.as_deref()), (ty, model), "{cell}");
    }

    #[test]
    fn type_names_of_both_vendors_are_understood() {
        check("string", "string", None);
        check(" `Long` ", "int", None);
        check("boolean", "bool", None);
        check("string(int64)", "string", None);
        check("Array of String", "list<string>", None);
        check("string\\[\\]", "list<string>", None);
        check("List<Integer>", "list<int>", None);
        check("undefined[]", "list<unknown>", None);
        check("Map<String, Object>", "map<object>", None);
        check("map[string]int", "map<int>", None);
        check("berth_info", "object", Some("berth_info"));
        check("quay.berth[]", "list<object>", Some("quay.berth"));
        check("\\-", "unknown", None);
        check("enum[]", "list<string>", Some("enum"));
        check("object/ string", "json", None);
        let cells = ["Number", "number[]", "Array of Number", "number(float)", "float"];
        assert_eq!(cells.map(is_number), [true, true, true, false, false]);
        check("字符串数组", "list<string>", None);
    }
}
