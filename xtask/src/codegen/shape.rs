//! Does a document have the shape of the spec language? Reads the answer off the JSON schema that
//! editors use as well, and reports everything that is wrong rather than the first thing.

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Diagnostics, closest, one_of};
use super::document::{Document, Pointer};

pub fn check(document: &Document, schema: &Value, diagnostics: &mut Diagnostics) {
    let checker = Checker { document, root: schema };
    checker.value(&document.json, schema, Pointer::default(), diagnostics);
}

struct Checker<'a> {
    document: &'a Document,
    root: &'a Value,
}

impl Checker<'_> {
    fn value(
        &self,
        value: &Value,
        schema: &Value,
        pointer: Pointer,
        diagnostics: &mut Diagnostics,
    ) {
        let schema = self.resolve(schema);
        if let Some(allowed) = allowed_values(schema) {
            return self.choice(value, &allowed, &pointer, diagnostics);
        }
        if let Some(types) = allowed_types(schema)
            && !types.iter().any(|name| has_type(value, name))
        {
            let message = format!("expected {}, found {}", article(types[0]), kind_of(value));
            diagnostics.push(Diagnostic::at(self.document.value(&pointer), message));
            return;
        }
        match value {
            Value::Object(members) => self.object(members, schema, &pointer, diagnostics),
            Value::Array(elements) => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, items, pointer.join(index), diagnostics);
                }
            }
            _ => {}
        }
    }

    fn object(
        &self,
        members: &Map<String, Value>,
        schema: &Value,
        pointer: &Pointer,
        diagnostics: &mut Diagnostics,
    ) {
        let no_properties = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&no_properties);
        for (name, value) in members {
            let member = pointer.join(name);
            match (known.get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.value(value, schema, member, diagnostics),
                (None, Some(Value::Bool(false))) => {
                    let message = format!("the key `{name}` does not exist here");
                    let names = known.keys().map(String::as_str);
                    let hint = match closest(name, names.clone()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("the keys here are {}", one_of(names)),
                    };
                    diagnostics
                        .push(Diagnostic::at(self.document.key(&member), message).hint(hint));
                }
                (None, Some(schema)) => self.value(value, schema, member, diagnostics),
                (None, None) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                let message = format!("the key `{name}` is missing");
                let meaning = known
                    .get(name)
                    .and_then(|schema| schema.get("description"))
                    .and_then(Value::as_str)
                    .unwrap_or("see specs/README.md");
                let place = self.document.value(pointer);
                diagnostics.push(
                    Diagnostic::at(place, message)
                        .hint(format!("add `\"{name}\"`: {}", meaning.replace('\n', " "))),
                );
            }
        }
    }

    fn choice(
        &self,
        value: &Value,
        allowed: &[&str],
        pointer: &Pointer,
        diagnostics: &mut Diagnostics,
    ) {
        let text = value.as_str();
        if text.is_some_and(|text| allowed.contains(&text)) {
            return;
        }
        let message = match text {
            Some(text) => format!("`{text}` is not one of the values"),
            None => format!("expected a string, found {}", kind_of(value)),
        };
        let choices = one_of(allowed.iter().copied());
        let hint = match text.and_then(|text| closest(text, allowed.iter().copied())) {
            Some(meant) => format!("did you mean `{meant}`? The values are {choices}"),
            None => format!("the values are {choices}"),
        };
        diagnostics.push(Diagnostic::at(self.document.value(pointer), message).hint(hint));
    }

    /// Follows references, and the `anyOf [T, null]` by which the schema says that `T` is optional.
    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            return target.map_or(&Value::Null, |schema| self.resolve(schema));
        }
        match schema.get("anyOf").and_then(|any| any.get(0)) {
            Some(first) => self.resolve(first),
            None => schema,
        }
    }
}

/// The strings a schema of an enum allows; it lists them bare, or each with a description.
fn allowed_values(schema: &Value) -> Option<Vec<&str>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().filter_map(Value::as_str).collect());
    }
    let branches = schema.get("oneOf")?.as_array()?;
    Some(branches.iter().filter_map(|branch| branch.get("const")?.as_str()).collect())
}

fn allowed_types(schema: &Value) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => kind_of(value).ends_with(name),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn article(type_name: &str) -> String {
    let vowel = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {type_name}", if vowel { "an" } else { "a" })
}
