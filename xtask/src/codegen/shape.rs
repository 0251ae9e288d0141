//! Checks that a document has the shape of the spec language. Reads the shape off the JSON schema
//! that editors use as well, and reports everything that is wrong rather than the first thing.

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Diagnostics, closest, one_of};
use super::document::Document;
use super::source::{Place, Pointer};

/// Reports what is wrong with the JSON of a document, and returns it with every fault replaced by
/// something of the right shape, so that the rest of it can be checked further.
pub fn check(
    json: Value,
    document: &mut Document,
    schema: &Value,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut checker = Checker { document, root: schema, faults: Vec::new(), diagnostics };
    let value = checker.value(json, schema, &Path::Root);
    for fault in checker.faults {
        document.add_fault(fault);
    }
    value
}

/// The way to a value. A pointer is made of it only for a report.
enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'p str),
    Element(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn pointer(&self) -> Pointer {
        match self {
            Self::Root => Pointer::default(),
            Self::Member(object, name) => object.pointer().join(name),
            Self::Element(array, index) => array.pointer().join(index),
        }
    }
}

struct Checker<'a> {
    document: &'a Document,
    root: &'a Value,
    faults: Vec<Pointer>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    fn value(&mut self, value: Value, schema: &'a Value, path: &Path<'_>) -> Value {
        let described = schema;
        let schema = resolve(self.root, schema);
        if let Some(allowed) = allowed_values(schema) {
            return self.choice(value, &allowed, path);
        }
        if let Some(problem) = wrong_type(&value, schema).or_else(|| limit(&value, schema)) {
            let pointer = path.pointer();
            let place = self.document.value(&pointer);
            self.report(place, problem, meaning(described), pointer);
            return self.stand_in(schema);
        }
        match value {
            Value::Object(members) => self.object(members, schema, path),
            Value::Array(elements) => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let elements = elements.into_iter().enumerate();
                let checked = elements.map(|(index, element)| {
                    self.value(element, items, &Path::Element(path, index))
                });
                Value::Array(checked.collect())
            }
            value => value,
        }
    }

    fn object(&mut self, members: Map<String, Value>, schema: &'a Value, path: &Path<'_>) -> Value {
        let known = schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| known.and_then(|known| known.get(name));
        let mut checked = Map::new();
        let mut misspelt = Vec::new();
        for (name, value) in members {
            match (property(&name), schema.get("additionalProperties")) {
                (None, Some(Value::Bool(false))) => {
                    let message = format!("unknown key `{name}`");
                    let names = known.into_iter().flat_map(Map::keys).map(String::as_str);
                    let hint = match closest(&name, names.clone()) {
                        Some(meant) => {
                            misspelt.push(meant);
                            format!("did you mean `{meant}`?")
                        }
                        None => format!("the keys here are {}", one_of(names)),
                    };
                    let member = path.pointer().join(name);
                    self.report(self.document.key(&member), message, hint, member);
                }
                (Some(schema), _) | (None, Some(schema)) => {
                    let value = self.value(value, schema, &Path::Member(path, &name));
                    checked.insert(name, value);
                }
                (None, None) => {
                    checked.insert(name, value);
                }
            }
        }
        for name in required(schema) {
            if checked.contains_key(name) {
                continue;
            }
            let property = property(name).unwrap_or(&Value::Null);
            let hint = format!("add `\"{name}\"`: {}", meaning(property));
            let pointer = path.pointer();
            if misspelt.contains(&name) {
                self.faults.push(pointer.join(name));
            } else {
                let message = format!("missing key `{name}`");
                self.report(self.document.value(&pointer), message, hint, pointer.join(name));
            }
            checked.insert(name.to_owned(), self.stand_in(resolve(self.root, property)));
        }
        Value::Object(checked)
    }

    fn choice(&mut self, value: Value, allowed: &[&str], path: &Path<'_>) -> Value {
        let text = value.as_str();
        if text.is_some_and(|text| allowed.contains(&text)) {
            return value;
        }
        let message = match text {
            Some(text) => format!("`{text}` is not one of the values"),
            None => format!("expected a string, found {}", kind_of(&value)),
        };
        let choices = one_of(allowed.iter().copied());
        let hint = match text.and_then(|text| closest(text, allowed.iter().copied())) {
            Some(meant) => format!("did you mean `{meant}`? The values are {choices}"),
            None => format!("the values are {choices}"),
        };
        let pointer = path.pointer();
        self.report(self.document.value(&pointer), message, hint, pointer);
        allowed.first().copied().into()
    }

    fn report(&mut self, place: Place, message: String, hint: impl Into<String>, fault: Pointer) {
        self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
        self.faults.push(fault);
    }

    /// Some value of the right shape. What is said about it later is dropped as a consequence.
    fn stand_in(&self, schema: &Value) -> Value {
        if let Some(allowed) = allowed_values(schema) {
            return allowed.first().copied().into();
        }
        match allowed_types(schema).and_then(|types| types.first().copied()) {
            Some("string") => "missing".into(),
            Some("array") => Value::Array(Vec::new()),
            Some("object") => {
                let members = required(schema).map(|name| {
                    let property = schema.get("properties").and_then(|known| known.get(name));
                    let property = resolve(self.root, property.unwrap_or(&Value::Null));
                    (name.to_owned(), self.stand_in(property))
                });
                Value::Object(members.collect())
            }
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(0.into()),
            Some("boolean") => false.into(),
            _ => Value::Null,
        }
    }
}

/// Follows references, and the `anyOf [T, null]` by which the schema says that `T` is optional.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#'));
        return target.map_or(&Value::Null, |schema| resolve(root, schema));
    }
    match schema.get("anyOf").and_then(|any| any.get(0)) {
        Some(first) => resolve(root, first),
        None => schema,
    }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str)
}

/// Returns what a schema says of its value, in one line.
fn meaning(schema: &Value) -> String {
    let meaning = schema.get("description").and_then(Value::as_str);
    meaning.unwrap_or("see specs/README.md").replace('\n', " ")
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

fn wrong_type(value: &Value, schema: &Value) -> Option<String> {
    let types = allowed_types(schema)?;
    let is_wrong = !types.iter().any(|name| has_type(value, name));
    is_wrong.then(|| format!("expected {}, found {}", article(types[0]), kind_of(value)))
}

/// Returns the limit of its schema that a value exceeds.
fn limit(value: &Value, schema: &Value) -> Option<String> {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        let (min, max) = (bound("minimum"), bound("maximum"));
        let is_within = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
        let limit = |bound: Option<f64>| bound.map(|bound| format!("{bound}")).unwrap_or_default();
        let range = format!("{}..={}", limit(min), limit(max));
        return (!is_within).then(|| format!("{value} is not within {range}"));
    }
    let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
    (is_empty && bound("minLength").is_some()).then(|| "the string is empty".to_owned())
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
