//! The calls that a test makes of an operation: what is set, and what must reach the server.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::super::ir::{Api, Field, Model, Operation, Presence, SampleCall, Type, TypeDef};

/// Everything but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Everything set, only what must be, and the documented body.
pub fn sample_calls(api: &Api, operation: &Operation, example: Option<&Value>) -> Vec<SampleCall> {
    // By position: a name on the wire may stand in the path and in the body.
    let in_url = operation.params.len() + operation.query.len();
    let in_example = |index: usize, field: &Field| {
        example.filter(|_| index >= in_url).and_then(|body| body.get(&field.wire))
    };
    let value = |index, field: &Field| {
        let documented = in_example(index, field).cloned();
        documented.unwrap_or_else(|| Sampler::new(api).field(field))
    };
    let mut calls: Vec<SampleCall> = Vec::new();
    let mut add = |name, is_set: &dyn Fn(usize, &Field) -> bool| {
        let fields = operation.fields().enumerate();
        let values: Vec<_> = fields
            .map(|(index, field)| is_set(index, field).then(|| value(index, field)))
            .collect();
        if calls.iter().all(|call| call.values != values) {
            calls.push(sample_call(api, operation, name, values));
        }
    };
    add("full", &|_, _| true);
    // A key against duplicates is always sent, so what is sent is only known if it is set.
    let is_sent = |field: &Field| field.required || field.dedupe;
    add("bare", &|_, field| is_sent(field));
    if example.is_some() {
        add("example", &|index, field| is_sent(field) || in_example(index, field).is_some());
    }
    calls
}

fn sample_call(
    api: &Api,
    operation: &Operation,
    name: &'static str,
    values: Vec<Option<Value>>,
) -> SampleCall {
    let mut target = operation.template.clone();
    let mut separator = '?';
    let mut body = Map::new();
    let in_path = operation.params.len();
    let in_url = in_path + operation.query.len();
    for (index, (field, value)) in operation.fields().zip(&values).enumerate() {
        let Some(value) = value else { continue };
        let value = sent(api, &field.ty, value);
        if index < in_path {
            target = target.replace(&format!("{{{}}}", field.wire), &encoded(&value));
        } else if index < in_url {
            let name = utf8_percent_encode(&field.wire, COMPONENT);
            let one = std::slice::from_ref(&value);
            for value in value.as_array().map_or(one, Vec::as_slice) {
                target.push_str(&format!("{separator}{name}={}", encoded(value)));
                separator = '&';
            }
        } else {
            body.insert(field.wire.clone(), value);
        }
    }
    let body = operation.body.is_some().then_some(Value::Object(body));
    SampleCall { name, values, target, body }
}

/// A value as it stands in a URL, where a whole number has no point even if it is a `float`.
fn encoded(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        value => value.to_string(),
    };
    utf8_percent_encode(&text, COMPONENT).to_string()
}

/// What reaches the server when a caller sets `value`: numbers and the values of enums in the
/// spelling of their types, and models without their empty lists and maps unless these are
/// required.
fn sent(api: &Api, ty: &Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Float, Value::Number(number)) => json!(number.as_f64()),
        (Type::List(item), Value::Array(values)) => {
            values.iter().map(|value| sent(api, item, value)).collect()
        }
        (Type::Map(ty), Value::Object(members)) => {
            let members = members.iter().map(|(key, value)| (key.clone(), sent(api, ty, value)));
            Value::Object(members.collect())
        }
        (Type::Named(reference), value) => match (api.type_def(&reference.name), value) {
            (Some(TypeDef::Model(model)), Value::Object(members)) => {
                Value::Object(sent_members(api, model, members))
            }
            (Some(TypeDef::Enum(def)), Value::String(text)) => {
                let known = def.variants.iter().find(|variant| def.is_same(&variant.value, text));
                json!(known.map_or(text, |variant| &variant.value))
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn sent_members(api: &Api, model: &Model, members: &Map<String, Value>) -> Map<String, Value> {
    let members = model.fields.iter().filter_map(|field| {
        let value = sent(api, &field.ty, members.get(&field.wire)?);
        let is_sent = field.presence != Presence::Empty || field.required || !is_empty(&value);
        is_sent.then(|| (field.wire.clone(), value))
    });
    members.collect()
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Takes documented samples where there are any, and makes up the others.
struct Sampler<'a> {
    api: &'a Api,
    /// The models that were spelled out in full. Once is enough: a model that leads to others in
    /// many ways, or to itself, would grow beyond measure.
    seen: HashSet<&'a str>,
    /// The models in which the present value stands.
    above: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn new(api: &'a Api) -> Self {
        Self { api, seen: HashSet::new(), above: Vec::new() }
    }

    fn field(&mut self, field: &Field) -> Value {
        field.example.clone().unwrap_or_else(|| self.value(&field.ty, &field.wire))
    }

    fn value(&mut self, ty: &Type, name: &str) -> Value {
        match ty {
            Type::String => json!(name),
            Type::Int => json!(1),
            Type::Float => json!(1.5),
            Type::Bool => json!(true),
            Type::Json => json!({ "key": "value" }),
            Type::List(item) if self.is_below(item) => json!([]),
            Type::Map(item) if self.is_below(item) => json!({}),
            Type::List(item) => json!([self.value(item, name)]),
            Type::Map(item) => json!({ "key": self.value(item, name) }),
            Type::Named(reference) => match self.api.type_def(&reference.name) {
                Some(TypeDef::Enum(def)) => json!(def.variants.first().map(|first| &first.value)),
                Some(TypeDef::Model(model)) => self.model(model),
                None => Value::Null,
            },
        }
    }

    /// A model in full the first time, and later with what it requires. This ends, since no model
    /// requires itself but in lists and maps.
    fn model(&mut self, model: &'a Model) -> Value {
        let in_full = self.seen.insert(&model.name);
        self.above.push(&model.name);
        let fields = model.fields.iter().filter(|field| in_full || field.required);
        let members = fields.map(|field| (field.wire.clone(), self.field(field))).collect();
        self.above.pop();
        Value::Object(members)
    }

    fn is_below(&self, ty: &Type) -> bool {
        ty.reference().is_some_and(|reference| self.above.contains(&reference.name.as_str()))
    }
}
