//! The calls that a test makes of an operation: what is set, and what must reach the server.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::super::ir::{
    Api, Body, Enum, Event, Field, Id, Model, Operation, Paging, Place, Presence, SampleAnswer,
    SampleCall, SentBody, Type, TypeDef,
};
use super::plain;

/// Everything but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The number of optional fields that an example of the docs sets.
const SHOWN: usize = 3;

/// The documented request of an operation.
struct Documented<'a> {
    api: &'a Api,
    operation: &'a Operation,
    body: Option<&'a Value>,
}

impl<'a> Documented<'a> {
    /// The documented value. By place: a name on the wire may be in both the path and the body.
    fn member(&self, place: Place, field: &Field) -> Option<&'a Value> {
        match &self.operation.body {
            _ if place != Place::Body => None,
            Some(Body::Whole(_)) => self.body,
            _ => self.body.and_then(|body| body.get(&field.wire)),
        }
    }

    fn is_cleared(&self, place: Place, field: &Field) -> bool {
        field.nullable && self.member(place, field).is_some_and(Value::is_null)
    }

    /// The documented value, or one that is made up.
    fn value(&self, place: Place, field: &Field) -> Value {
        let value = match self.member(place, field) {
            Some(value) if !self.is_cleared(place, field) => unpacked(self.api, &field.ty, value),
            _ => Sampler::new(self.api).field(field),
        };
        let Some(id) = id_of(self.api, field) else { return value };
        let mut types = self.operation.parts();
        let of = types.find(|(_, other)| other.type_of.as_ref() == Some(&field.rust));
        let documented = of.and_then(|(place, of)| {
            let sample = self.member(place, of).or(of.example.as_ref());
            sample.map(plain).or_else(|| of.default.clone())
        });
        typed_id(id, documented, value)
    }

    /// Returns the fields that a caller sets.
    fn parts(&self) -> impl Iterator<Item = (Place, &'a Field)> {
        self.operation.parts().filter(|(_, field)| field.type_of.is_none())
    }
}

/// Returns the values that an example of the docs sets: the required ones and the first simple ones
/// of the documented body. If there are none, a value that is not simple is set.
pub fn example_values(
    api: &Api,
    operation: &Operation,
    body: Option<&Value>,
) -> Vec<Option<Value>> {
    let documented = Documented { api, operation, body };
    let turns = operation.paging.iter().flat_map(Paging::requests).collect::<Vec<_>>();
    let is_of_interest = |field: &Field| {
        let is_turn = turns.iter().any(|turn| turn.rust == field.rust);
        !field.required && !field.dedupe && field.deprecated.is_none() && !is_turn
    };
    let optional: Vec<_> = documented
        .parts()
        .filter(|(_, field)| is_of_interest(field))
        .filter_map(|(place, field)| Some((field, documented.member(place, field)?)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let simple = optional.iter().filter(|(_, value)| is_simple(value)).take(SHOWN);
    let mut shown: Vec<&str> = simple.map(|(field, _)| field.rust.as_str()).collect();
    let is_said = |(place, field): (Place, &Field)| place == Place::Body && field.required;
    if shown.is_empty() && !documented.parts().any(is_said) {
        shown.extend(optional.first().map(|(field, _)| field.rust.as_str()));
    }
    let is_set = |field: &Field| field.required || shown.contains(&field.rust.as_str());
    let values = documented.parts();
    values.map(|(place, field)| is_set(field).then(|| documented.value(place, field))).collect()
}

/// Whether a value is one word or a few.
fn is_simple(value: &Value) -> bool {
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    match value.as_array() {
        Some(elements) => elements.len() <= SHOWN && elements.iter().all(is_scalar),
        None => is_scalar(value),
    }
}

/// Returns calls with everything set, with only what must be, and with the documented body.
pub fn sample_calls(api: &Api, operation: &Operation, body: Option<&Value>) -> Vec<SampleCall> {
    let documented = Documented { api, operation, body };
    let mut calls: Vec<SampleCall> = Vec::new();
    let mut add = |name, value: &dyn Fn(Place, &Field) -> Option<Value>| {
        let values: Vec<_> = documented.parts().map(|(place, field)| value(place, field)).collect();
        if calls.iter().all(|call| call.values != values) {
            calls.push(sample_call(api, operation, name, values));
        }
    };
    let if_set =
        |is_set: bool, place, field: &Field| is_set.then(|| documented.value(place, field));
    add("full", &|place, field| Some(documented.value(place, field)));
    // An idempotency key is always sent, and its value is only known if it is set.
    let is_sent = |field: &Field| field.required || field.dedupe;
    add("bare", &|place, field| if_set(is_sent(field), place, field));
    add("cleared", &|place, field| match field.nullable {
        true => Some(Value::Null),
        false => if_set(is_sent(field), place, field),
    });
    if body.is_some() {
        let is_set =
            |place, field: &Field| is_sent(field) || documented.member(place, field).is_some();
        add("example", &|place, field| match documented.is_cleared(place, field) {
            true => Some(Value::Null),
            false => if_set(is_set(place, field), place, field),
        });
    }
    calls
}

/// An answer with everything set, and one with what must be.
pub fn sample_answers(api: &Api, event: &Event) -> Vec<SampleAnswer> {
    let model = event.answer.as_ref().and_then(Type::reference);
    let Some(model) = model.and_then(|reference| api.model(&reference.name)) else {
        return Vec::new();
    };
    let mut answers: Vec<SampleAnswer> = Vec::new();
    for is_bare in [false, true] {
        let mut sampler = Sampler::new(api);
        sampler.seen.extend(is_bare.then_some(model.name.as_str()));
        let set = sampler.model(model);
        let ty = event.answer.as_ref().unwrap_or(&Type::Json);
        let answer = SampleAnswer { sent: sent(api, ty, &set), set };
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    answers
}

pub fn sample_call(
    api: &Api,
    operation: &Operation,
    name: &'static str,
    values: Vec<Option<Value>>,
) -> SampleCall {
    let mut target = operation.template.clone();
    let mut separator = '?';
    let mut body = Vec::new();
    let fields: Vec<_> = operation.fields().zip(&values).collect();
    for (place, field) in operation.parts() {
        let Some(value) = sent_value(api, &fields, field) else { continue };
        match place {
            Place::Path => {
                target = target.replace(&format!("{{{}}}", field.wire), &encoded(&value));
            }
            Place::Query => {
                let name = utf8_percent_encode(&field.wire, COMPONENT);
                for value in each(&value) {
                    target.push_str(&format!("{separator}{name}={}", encoded(value)));
                    separator = '&';
                }
            }
            Place::Body => body.push((field, value)),
        }
    }
    let body = operation.body.as_ref().map(|shape| sent_body(shape, body));
    SampleCall { name, values, target, body, follows_page: false }
}

/// Returns what is sent for a field: its own value, or the type of the ID that it belongs to.
fn sent_value(api: &Api, values: &[(&Field, &Option<Value>)], field: &Field) -> Option<Value> {
    let is_meant = |other: &Field| match &field.type_of {
        Some(id) => other.rust == *id,
        None => other.rust == field.rust,
    };
    let (of, value) = values.iter().find(|(other, _)| is_meant(other))?;
    let value = value.as_ref()?;
    match id_of(api, of) {
        Some(_) => value.get(if field.type_of.is_some() { "type" } else { "id" }).cloned(),
        None => Some(sent(api, &field.ty, value)),
    }
}

fn sent_body(shape: &Body, values: Vec<(&Field, Value)>) -> SentBody {
    match shape {
        Body::Whole(_) => {
            SentBody::Json(values.into_iter().next().map_or(Value::Null, |(_, value)| value))
        }
        Body::Object(_) => {
            let members = values.into_iter().map(|(field, value)| (field.wire.clone(), value));
            SentBody::Json(Value::Object(members.collect()))
        }
        Body::Form(_) => {
            let fields = values.iter().flat_map(|(field, value)| {
                each(value).iter().map(|value| (field.wire.clone(), bare(value)))
            });
            SentBody::Form(fields.collect())
        }
    }
}

/// The values of a list, or the one value that is no list.
fn each(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn id_of<'a>(api: &'a Api, field: &Field) -> Option<&'a Id> {
    match api.type_def(&field.ty.reference()?.name)? {
        TypeDef::Id(id) => Some(id),
        _ => None,
    }
}

/// Returns an ID together with its type: the one that is documented next to it, or the first.
fn typed_id(id: &Id, documented: Option<String>, value: Value) -> Value {
    let first = id.variants.first().map(|first| first.variant.value.clone());
    json!({ "type": documented.or(first), "id": value })
}

/// A documented value with the JSON that some of its strings hold.
pub fn unpacked(api: &Api, ty: &Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Text(inner), Value::String(text)) => {
            serde_json::from_str(text).map_or(Value::Null, |value| unpacked(api, inner, &value))
        }
        (Type::List(item), Value::Array(values)) => {
            values.iter().map(|value| unpacked(api, item, value)).collect()
        }
        (Type::Map(item), Value::Object(members)) => {
            let members =
                members.iter().map(|(key, value)| (key.clone(), unpacked(api, item, value)));
            Value::Object(members.collect())
        }
        (Type::Named(reference), Value::Object(members)) => {
            let fields = api.model(&reference.name).map_or(&[][..], |model| &model.fields);
            let members = fields.iter().filter_map(|field| {
                let value = members.get(&field.wire)?;
                Some((field.wire.clone(), unpacked(api, &field.ty, value)))
            });
            Value::Object(members.collect())
        }
        _ => value.clone(),
    }
}

/// Returns a value as it appears in a URL.
fn encoded(value: &Value) -> String {
    utf8_percent_encode(&bare(value), COMPONENT).to_string()
}

/// Returns a value outside JSON, where a whole number has no point even if it is a `float`.
fn bare(value: &Value) -> String {
    match value.as_f64().filter(|_| value.is_f64()) {
        Some(number) => number.to_string(),
        None => plain(value),
    }
}

/// Returns what reaches the server if a caller sets `value`: numbers and the values of enums in the
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
        (Type::Text(inner), value) => json!(text(api, inner, &sent(api, inner, value))),
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

/// The JSON of a value that is sent in a string, in which the order of members is seen.
fn text(api: &Api, ty: &Type, value: &Value) -> String {
    let member = |name: &str, ty, value| format!("{}:{}", json!(name), text(api, ty, value));
    match (ty, value) {
        (Type::List(item), Value::Array(values)) => {
            let values = values.iter().map(|value| text(api, item, value));
            format!("[{}]", values.collect::<Vec<_>>().join(","))
        }
        (Type::Map(item), Value::Object(members)) => {
            let members = members.iter().map(|(name, value)| member(name, item, value));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        (Type::Named(reference), Value::Object(members)) => {
            let fields = api.model(&reference.name).map_or(&[][..], |model| &model.fields);
            let members = fields.iter().filter_map(|field| {
                Some(member(&field.wire, &field.ty, members.get(&field.wire)?))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        _ => value.to_string(),
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
        match &field.example {
            Some(example) => unpacked(self.api, &field.ty, example),
            None if field.counts.is_some() && field.ty == Type::String => json!("1"),
            None => self.value(&field.ty, &field.wire),
        }
    }

    fn value(&mut self, ty: &Type, name: &str) -> Value {
        match ty {
            Type::String | Type::File => json!(name),
            Type::Text(inner) => self.value(inner, name),
            Type::Int => json!(1),
            Type::Float => json!(1.5),
            Type::Bool => json!(true),
            Type::Json | Type::Record => json!({ "key": "value" }),
            Type::List(item) if self.is_below(item) => json!([]),
            Type::Map(item) if self.is_below(item) => json!({}),
            Type::List(item) => json!([self.value(item, name)]),
            Type::Map(item) => json!({ "key": self.value(item, name) }),
            Type::Named(reference) => match self.api.type_def(&reference.name) {
                Some(TypeDef::Enum(def)) => first_value(def),
                Some(TypeDef::Model(model)) => self.model(model),
                Some(TypeDef::Id(_)) => json!(name),
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

fn first_value(def: &Enum) -> Value {
    let first = def.variants.first().map(|first| first.value.as_str());
    match first.and_then(|value| value.parse::<i64>().ok()).filter(|_| def.int) {
        Some(number) => json!(number),
        None => json!(first),
    }
}
