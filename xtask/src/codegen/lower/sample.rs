//! Samples: checked against the types they are samples of, and made into calls for the tests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::super::diagnostic::{Diagnostic, Diagnostics, closest};
use super::super::document::{Document, Pointer};
use super::super::ir::{Api, Field, Operation, Presence, SampleCall, Type, TypeDef, Vendor};
use super::super::load::{ApiSpecs, Sourced};
use super::super::spec;
use super::plain;

/// Everything but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Checks the samples of an API and works out the calls that its tests make.
pub fn fill(api: &mut Api, specs: &ApiSpecs, diagnostics: &mut Diagnostics) {
    let mut calls = Vec::new();
    // Next to another fault it cannot be told what a sample lacks.
    let shared = [specs.folder.join("api.json"), specs.folder.join("types")];
    if shared.iter().any(|path| diagnostics.concern(path)) {
        return;
    }
    for Sourced { spec, document } in &specs.endpoints {
        if diagnostics.concern(&document.path) {
            continue;
        }
        let path = super::slashes(&document.path);
        let mut operations = api.modules.iter().flat_map(|module| &module.operations);
        if let Some(operation) = operations.find(|operation| operation.spec_path == path) {
            let mut checker = Checker { api, document, diagnostics };
            checker.endpoint(operation, spec);
            checker.types(&spec.types);
            calls.push((path, sample_calls(api, operation, spec.examples.request.as_ref())));
        }
    }
    for file in &specs.types {
        Checker { api, document: &file.document, diagnostics }.types(&file.spec.types);
    }
    for operation in api.modules.iter_mut().flat_map(|module| &mut module.operations) {
        if let Some(index) = calls.iter().position(|(path, _)| *path == operation.spec_path) {
            operation.calls = calls.swap_remove(index).1;
        }
    }
}

/// Which way a sample travels. What we send is exact; what we receive may drift between strings
/// and numbers, and may leave things out.
#[derive(Clone, Copy, PartialEq)]
enum Wire {
    Sent,
    Received,
}

struct Checker<'a> {
    api: &'a Api,
    document: &'a Document,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn types(&mut self, types: &[spec::Type]) {
        for (index, spec) in types.iter().enumerate() {
            let pointer = Pointer::default().join("types").join(index);
            let Some(model) = self.api.model(&spec.name) else { continue };
            if let Some(example) = &spec.example {
                self.object(example, &model.fields, &pointer.join("example"), Wire::Received);
            }
            let fields = spec.fields.iter().flatten();
            self.field_examples(fields, &model.fields, &pointer.join("fields"));
        }
    }

    fn endpoint(&mut self, operation: &Operation, spec: &spec::Endpoint) {
        let root = Pointer::default();
        self.field_examples(&spec.params, &operation.params, &root.join("params"));
        self.field_examples(&spec.query, &operation.query, &root.join("query"));
        let body = operation.body.as_deref().unwrap_or_default();
        self.field_examples(spec.body.iter().flatten(), body, &root.join("body"));
        if let Some(example) = &spec.examples.request {
            let pointer = root.join("examples").join("request");
            if operation.body.is_none() {
                self.report(&pointer, "the operation sends no body", "remove the example");
            }
            self.object(example, body, &pointer, Wire::Sent);
        }
        if let Some(example) = &spec.examples.response {
            self.answer(operation, example, &root.join("examples").join("response"));
        }
    }

    fn field_examples<'s>(
        &mut self,
        specs: impl IntoIterator<Item = &'s spec::Field>,
        fields: &[Field],
        pointer: &Pointer,
    ) {
        for (index, (spec, field)) in specs.into_iter().zip(fields).enumerate() {
            if let Some(example) = &spec.example {
                let pointer = pointer.join(index).join("example");
                self.value(example, &field.ty, &pointer, Wire::Sent);
            }
        }
    }

    fn answer(&mut self, operation: &Operation, example: &Value, pointer: &Pointer) {
        let (data, pointer) = match self.api.vendor {
            Vendor::DingTalk => (Some(example), pointer.clone()),
            Vendor::Feishu => {
                if example.get("code").and_then(Value::as_i64) != Some(0) {
                    let hint = "write the whole body as the vendor answers it, with its envelope";
                    self.report(pointer, "the example does not hold `\"code\": 0`", hint);
                }
                (example.get("data"), pointer.join("data"))
            }
        };
        if let (Some(ty), Some(data)) = (&operation.output, data) {
            self.value(data, ty, &pointer, Wire::Received);
        }
    }

    fn object(&mut self, value: &Value, fields: &[Field], pointer: &Pointer, wire: Wire) {
        let Some(members) = value.as_object() else {
            let message = format!("the example is {value} where an object belongs");
            return self.report(pointer, message, "correct the example, or the type");
        };
        for (name, value) in members {
            let pointer = pointer.join(name);
            match fields.iter().find(|field| field.wire == *name) {
                Some(field) => self.value(value, &field.ty, &pointer, wire),
                None => {
                    let known = fields.iter().map(|field| field.wire.as_str());
                    let hint = match closest(name, known) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "declare the field, or remove it from the example".to_owned(),
                    };
                    let place = self.document.key(&pointer);
                    let message = format!("the example has `{name}`, which is not a field here");
                    self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
                }
            }
        }
        let must_be_there = |field: &&Field| match wire {
            Wire::Sent => field.required,
            Wire::Received => field.presence == Presence::Always,
        };
        for field in fields.iter().filter(must_be_there) {
            if !members.contains_key(&field.wire) {
                let message = format!("the example lacks `{}`, which is always there", field.wire);
                self.report(pointer, message, "add it, or correct the field");
            }
        }
    }

    fn value(&mut self, value: &Value, ty: &Type, pointer: &Pointer, wire: Wire) {
        let drifts = wire == Wire::Received;
        let text = value.as_str();
        let fits = match ty {
            _ if value.is_null() => drifts,
            Type::String => {
                value.is_string() || drifts && (value.is_number() || value.is_boolean())
            }
            Type::Int => value.is_i64() || drifts && parses::<i64>(text),
            Type::Float => value.is_number() || drifts && parses::<f64>(text),
            Type::Bool => value.is_boolean() || drifts && parses::<bool>(text),
            Type::Json => true,
            Type::List(item) => {
                let elements = value.as_array();
                for (index, element) in elements.into_iter().flatten().enumerate() {
                    self.value(element, item, &pointer.join(index), wire);
                }
                elements.is_some()
            }
            Type::Map(ty) => {
                let members = value.as_object();
                for (name, value) in members.into_iter().flatten() {
                    self.value(value, ty, &pointer.join(name), wire);
                }
                members.is_some()
            }
            Type::Named(reference) if reference.is_enum => value.is_string(),
            Type::Named(reference) => {
                if let Some(model) = self.api.model(&reference.name) {
                    self.object(value, &model.fields, pointer, wire);
                }
                true
            }
        };
        if !fits {
            let message = format!("the example is not of the type `{}`", ty.spec_name());
            self.report(pointer, message, "correct the example, or the type");
        }
    }

    fn report(&mut self, pointer: &Pointer, message: impl Into<String>, hint: impl Into<String>) {
        let place = self.document.value(pointer);
        self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
    }
}

fn parses<T: std::str::FromStr>(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.parse::<T>().is_ok())
}

/// The calls a test makes: the documented sample, everything set, and only what must be.
fn sample_calls(api: &Api, operation: &Operation, example: Option<&Value>) -> Vec<SampleCall> {
    let value = |field: &Field| {
        let in_example = operation.body.iter().flatten().any(|member| member.wire == field.wire);
        let in_example = example.filter(|_| in_example).and_then(|body| body.get(&field.wire));
        in_example.cloned().unwrap_or_else(|| sample(api, field, &mut Vec::new()))
    };
    let mut calls: Vec<SampleCall> = Vec::new();
    let mut add = |name, is_set: &dyn Fn(&Field) -> bool| {
        let fields = operation.fields();
        let values: Vec<_> = fields.map(|field| is_set(field).then(|| value(field))).collect();
        if calls.iter().all(|call| call.values != values) {
            calls.push(sample_call(api, operation, name, values));
        }
    };
    add("full", &|_| true);
    // A key against duplicates is always sent, so what is sent is only known if it is set.
    let is_sent = |field: &Field| field.required || field.dedupe;
    add("bare", &is_sent);
    if let Some(body) = example {
        add("example", &|field| is_sent(field) || body.get(&field.wire).is_some());
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
        let value = &sent(api, &field.ty, value);
        if index < in_path {
            let encoded = utf8_percent_encode(&plain(value), COMPONENT).to_string();
            target = target.replace(&format!("{{{}}}", field.wire), &encoded);
        } else if index < in_url {
            let one = [value.clone()];
            for value in value.as_array().map_or(&one[..], Vec::as_slice) {
                let name = utf8_percent_encode(&field.wire, COMPONENT);
                let value = plain(value);
                let value = utf8_percent_encode(&value, COMPONENT);
                target.push_str(&format!("{separator}{name}={value}"));
                separator = '&';
            }
        } else {
            body.insert(field.wire.clone(), value.clone());
        }
    }
    let body = operation.body.is_some().then_some(Value::Object(body));
    SampleCall { name, values, target, body }
}

/// What reaches the server when a caller sets `value`: a model leaves out its empty lists and maps
/// unless they are required.
fn sent(api: &Api, ty: &Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::List(item), Value::Array(values)) => {
            values.iter().map(|value| sent(api, item, value)).collect()
        }
        (Type::Map(ty), Value::Object(members)) => {
            let members = members.iter().map(|(key, value)| (key.clone(), sent(api, ty, value)));
            Value::Object(members.collect())
        }
        (Type::Named(reference), Value::Object(members)) => {
            let fields = api.model(&reference.name).map_or(&[][..], |model| &model.fields);
            let members = fields.iter().filter_map(|field| {
                let value = sent(api, &field.ty, members.get(&field.wire)?);
                let is_sent = field.presence != Presence::Empty || field.required;
                (is_sent || !is_empty(&value)).then(|| (field.wire.clone(), value))
            });
            Value::Object(members.collect())
        }
        _ => value.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// The documented sample of a field, or a made-up one. `above` are the models it stands in.
fn sample(api: &Api, field: &Field, above: &mut Vec<String>) -> Value {
    field.example.clone().unwrap_or_else(|| made_up(api, &field.ty, &field.wire, above))
}

fn made_up(api: &Api, ty: &Type, name: &str, above: &mut Vec<String>) -> Value {
    match ty {
        Type::String => json!(name),
        Type::Int => json!(1),
        Type::Float => json!(1.5),
        Type::Bool => json!(true),
        Type::Json => json!({ "key": "value" }),
        Type::List(item) => json!([made_up(api, item, name, above)]),
        Type::Map(value) => json!({ "key": made_up(api, value, name, above) }),
        Type::Named(reference) => {
            let def = api.type_defs().find(|def| def.name() == reference.name);
            match def {
                Some(TypeDef::Enum(def)) => {
                    json!(def.variants.first().map(|variant| &variant.value))
                }
                // Nobody can build a model that requires itself, so there is no sample either.
                Some(TypeDef::Model(model)) if above.len() > 16 => json!({ "model": model.name }),
                Some(TypeDef::Model(model)) => {
                    above.push(model.name.clone());
                    let fields = model.fields.iter().filter(|field| {
                        let inner = field.ty.reference();
                        field.required || inner.is_none_or(|inner| !above.contains(&inner.name))
                    });
                    let fields: Vec<_> = fields.collect();
                    let members: Map<_, _> = fields
                        .into_iter()
                        .map(|field| (field.wire.clone(), sample(api, field, above)))
                        .collect();
                    above.pop();
                    Value::Object(members)
                }
                None => Value::Null,
            }
        }
    }
}
