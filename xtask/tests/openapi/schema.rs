//! The keywords of JSON Schema that the documents use. CI asks an independent validator about the
//! published documents as well. This one is also for what no file has: the document of `showcase`,
//! those of small APIs, the calls of the tests, and values that must not fit.

use serde_json::{Map, Value};

/// Adds what is wrong with a value.
pub fn check(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let mut fault = |is_right: bool, keyword: &str| {
        if !is_right {
            faults.push(format!("{place}: {value} breaks `{keyword}` of {schema}"));
        }
    };
    let keywords = schema.as_object().unwrap();
    for (keyword, argument) in keywords {
        match keyword.as_str() {
            "type" => fault(has_type(value, argument), keyword),
            "const" => fault(value == argument, keyword),
            "enum" => fault(argument.as_array().unwrap().contains(value), keyword),
            "minimum" => fault(value.as_f64().is_none_or(|number| number >= at(argument)), keyword),
            "maximum" => fault(value.as_f64().is_none_or(|number| number <= at(argument)), keyword),
            "minLength" | "minItems" | "minProperties" => {
                fault(length(value).is_none_or(|length| length >= at(argument)), keyword);
            }
            "maxLength" | "maxItems" | "maxProperties" => {
                fault(length(value).is_none_or(|length| length <= at(argument)), keyword);
            }
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                let is_right = !value.is_object() || argument.as_array().unwrap().iter().all(has);
                fault(is_right, keyword);
            }
            "anyOf" => {
                let fits = |schema: &Value| is_valid(root, schema, value);
                fault(argument.as_array().unwrap().iter().any(fits), keyword);
            }
            "additionalProperties"
            | "properties"
            | "items"
            | "$ref"
            | "contentSchema"
            | "if"
            | "then" => {}
            "description" | "title" | "format" | "default" | "examples" | "deprecated"
            | "contentMediaType" => {}
            other => assert!(other.starts_with("x-"), "the keyword `{other}` is not checked"),
        }
    }
    if let Some(reference) = keywords.get("$ref") {
        let target = root.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap();
        check(root, target, value, place, faults);
    }
    if let (Some(condition), Some(then)) = (keywords.get("if"), keywords.get("then"))
        && is_valid(root, condition, value)
    {
        check(root, then, value, place, faults);
    }
    if let (Some(contents), Some(text)) = (keywords.get("contentSchema"), value.as_str()) {
        // Platforms send an empty string for what is absent.
        if !text.is_empty() {
            let value: Value = serde_json::from_str(text).unwrap();
            check(root, contents, &value, &format!("{place}<>"), faults);
        }
    }
    if let (Some(item), Some(elements)) = (keywords.get("items"), value.as_array()) {
        for (index, value) in elements.iter().enumerate() {
            check(root, item, value, &format!("{place}/{index}"), faults);
        }
    }
    if let Some(members) = value.as_object() {
        check_members(root, keywords, members, place, faults);
    }
}

fn check_members(
    root: &Value,
    keywords: &Map<String, Value>,
    members: &Map<String, Value>,
    place: &str,
    faults: &mut Vec<String>,
) {
    let known = keywords.get("properties");
    for (name, value) in members {
        let place = format!("{place}/{name}");
        match (known.and_then(|known| known.get(name)), keywords.get("additionalProperties")) {
            (Some(schema), _) => check(root, schema, value, &place, faults),
            (None, Some(schema @ Value::Object(_))) => check(root, schema, value, &place, faults),
            (None, Some(_)) => {}
            (None, None) if known.is_some() && keywords.contains_key("type") => {
                faults.push(format!("{place} is not described"));
            }
            (None, None) => {}
        }
    }
}

fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut faults = Vec::new();
    check(root, schema, value, "", &mut faults);
    faults.is_empty()
}

fn has_type(value: &Value, types: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("`{other}` is no type"),
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

fn at(limit: &Value) -> f64 {
    limit.as_f64().unwrap()
}

fn length(value: &Value) -> Option<f64> {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        _ => return None,
    };
    Some(length as f64)
}
