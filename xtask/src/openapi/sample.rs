//! Documented samples, as their types say: pages write some scalars as those of another type, and
//! `null` for what is absent.

use serde_json::{Map, Value, json};

use super::node::{Node, Object};
use crate::codegen::ir::{Api, Field, Kind, Reference, Type, TypeDef};

/// Returns a sample of a type, with the members of its models in the order of the spec.
pub fn sample(api: &Api, ty: &Type, value: &Value) -> Node {
    match (ty, value) {
        (Type::List(item), Value::Array(items)) => {
            items.iter().map(|value| sample(api, item, value)).collect()
        }
        (Type::Map(item), Value::Object(members)) => {
            let members = members.iter().map(|(name, value)| (name, sample(api, item, value)));
            members.collect::<Object>().into()
        }
        (Type::Named(Reference { name, .. }), value) => match api.type_def(name) {
            Some(TypeDef::Model(model)) => {
                members(api, &model.fields, value.as_object().unwrap_or(&Map::new())).into()
            }
            Some(TypeDef::Enum(def)) if def.int => sample(api, &Type::Int, value),
            _ => sample(api, &Type::String, value),
        },
        (Type::List(_), Value::Null) => Node::List(Vec::new()),
        (Type::Map(_) | Type::Record, Value::Null) => Object::new().into(),
        // In a string of its own, JSON is the text that the vendor shows.
        (Type::Text(_), value) => text(value).into(),
        (Type::String | Type::File, value) => text(value).into(),
        (Type::Int, value) => whole(value).map_or_else(|| value.clone().into(), Node::from),
        (Type::Float, value) => number(value).map_or_else(|| value.clone().into(), Node::from),
        (Type::Bool, value) => flag(value).unwrap_or_else(|| value.clone()).into(),
        _ => value.clone().into(),
    }
}

/// Returns a sample of an object with these fields.
pub fn members(api: &Api, fields: &[Field], values: &Map<String, Value>) -> Object {
    let members = fields.iter().filter_map(|field| {
        let value = values.get(&field.wire)?;
        match value {
            Value::Null if field.nullable => Some((field.wire.as_str(), Value::Null.into())),
            Value::Null => None,
            value => Some((field.wire.as_str(), sample(api, &field.ty, value))),
        }
    });
    members.collect()
}

/// Returns a value that the IR keeps as text.
pub fn literal(ty: &Type, text: &str) -> Value {
    let is_text = match ty {
        Type::String | Type::Text(_) | Type::File => true,
        Type::Named(reference) => reference.kind != Kind::IntEnum,
        _ => false,
    };
    let value = if is_text { None } else { serde_json::from_str(text).ok() };
    value.unwrap_or_else(|| json!(text))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn whole(value: &Value) -> Option<i64> {
    let text = || value.as_str()?.trim().parse().ok();
    let without_point = || value.as_f64().filter(|number| number.fract() == 0.0);
    value.as_i64().or_else(text).or_else(|| without_point().map(|number| number as i64))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn flag(value: &Value) -> Option<Value> {
    match text(value).as_str() {
        "true" | "1" => Some(json!(true)),
        "false" | "0" => Some(json!(false)),
        _ => None,
    }
}
