//! The contents of samples: if a page has nothing else, the difference between two samples is the
//! only sign of a change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::book::Book;
use crate::codegen::spec;

/// Puts the samples back that specs had before pages were merged into them.
pub fn restore(before: &Book, book: &mut Book) {
    for (stem, spec) in &mut book.endpoints {
        let Some(old) = before.endpoints.get(stem) else { continue };
        spec.examples.clone_from(&old.examples);
        restore_fields(&old.params, &mut spec.params);
        restore_fields(&old.query, &mut spec.query);
        restore_fields(old.body.iter().flatten(), spec.body.iter_mut().flatten());
        restore_fields(old.response.iter().flatten(), spec.response.iter_mut().flatten());
    }
    for (id, event) in &mut book.events {
        let Some(old) = before.events.get(id) else { continue };
        event.example.clone_from(&old.example);
        restore_fields(&old.fields, &mut event.fields);
        restore_fields(old.answer.iter().flatten(), event.answer.iter_mut().flatten());
    }
    for (name, entry) in &mut book.types {
        let Some(old) = before.types.get(name) else { continue };
        entry.ty.example.clone_from(&old.ty.example);
        restore_fields(old.ty.fields.iter().flatten(), entry.ty.fields.iter_mut().flatten());
    }
}

fn restore_fields<'a>(
    old: impl IntoIterator<Item = &'a spec::Field> + Clone,
    new: impl IntoIterator<Item = &'a mut spec::Field>,
) {
    for field in new {
        let mut old = old.clone().into_iter();
        if let Some(old) = old.find(|old| old.name == field.name) {
            field.example.clone_from(&old.example);
        }
    }
}

/// Returns the contents of two samples without their envelopes, if there are two.
pub fn both(
    ours: &Option<Value>,
    theirs: &Option<Value>,
    inner: impl Fn(&Value) -> &Value,
) -> Option<(Value, Value)> {
    Some((inner(ours.as_ref()?).clone(), inner(theirs.as_ref()?).clone()))
}

/// Returns the data of a response.
pub fn data(sample: &Value) -> &Value {
    sample.get("data").filter(|_| sample.get("code").is_some()).unwrap_or(sample)
}

/// The payload of an event.
pub fn payload(schema: spec::EventSchema, sample: &Value) -> &Value {
    match schema {
        spec::EventSchema::Card => sample,
        spec::EventSchema::V2 | spec::EventSchema::V1 => &sample["event"],
    }
}

/// The values at such a place as `response/items/name`, in every element of the lists on the way.
pub fn at<'v>(sample: &'v Value, place: &str) -> Vec<&'v Value> {
    let mut found = vec![sample];
    for step in place.split('/').skip(1) {
        let elements = found.into_iter().flat_map(elements);
        found = elements.filter_map(|value| value.get(step)).collect();
    }
    found
}

/// A list of lists is none of objects.
fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// The types of the values at a place, as far as they show any.
pub fn types(sample: &Value, place: &str) -> BTreeSet<String> {
    at(sample, place).into_iter().filter_map(type_of).collect()
}

fn type_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "bool".to_owned(),
        // A float can be whole by chance.
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Object(_) => "object".to_owned(),
        Value::Array(values) => format!("list<{}>", values.iter().find_map(type_of)?),
    })
}
