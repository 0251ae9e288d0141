//! Samples, checked against the types they are samples of.

use serde_json::{Map, Value};

use super::super::diagnostic::{Diagnostic, Diagnostics, closest};
use super::super::document::Document;
use super::super::ir::{
    Api, Body, Enum, Event, EventSchema, Field, Operation, Presence, Type, TypeDef, Vendor,
};
use super::super::load::{ApiSpecs, Sourced};
use super::super::source::Pointer;
use super::super::spec;
use super::calls::{example_values, sample_answers, sample_calls};
use super::plain;
use super::turn::next_call;
use crate::distill::read::old_api;
use crate::files::slashes;

/// Checks the samples of an API and works out the calls that its tests make.
pub fn fill(api: &mut Api, specs: &ApiSpecs, diagnostics: &mut Diagnostics) {
    let mut calls = Vec::new();
    // Next to another fault it cannot be told what a sample lacks.
    if specs.share_doubts(diagnostics) {
        return;
    }
    for Sourced { spec, document } in &specs.endpoints {
        if diagnostics.concern(&document.path) {
            continue;
        }
        let path = slashes(&document.path);
        let mut operations = api.modules.iter().flat_map(|module| &module.operations);
        if let Some(operation) = operations.find(|operation| operation.spec_path == path) {
            let mut checker = Checker::new(api, document, diagnostics);
            checker.endpoint(operation, spec);
            checker.types(&spec.types);
            let example = spec.examples.request.as_ref();
            let shown = example_values(api, operation, example);
            let mut sampled = sample_calls(api, operation, example);
            sampled.extend(next_call(api, operation, &sampled));
            calls.push((path, shown, sampled));
        }
    }
    for file in specs.types.iter().chain(&specs.events.types) {
        Checker::new(api, &file.document, diagnostics).types(&file.spec.types);
    }
    let mut answers = Vec::new();
    for (event, Sourced { spec, document }) in api.events.iter().zip(&specs.events.events) {
        if !diagnostics.concern(&document.path) {
            let mut checker = Checker::new(api, document, diagnostics);
            checker.event(event, spec);
            checker.types(&spec.types);
        }
        answers.push(sample_answers(api, event));
    }
    for (event, answers) in api.events.iter_mut().zip(answers) {
        event.answers = answers;
    }
    for operation in api.modules.iter_mut().flat_map(|module| &mut module.operations) {
        if let Some(index) = calls.iter().position(|(path, ..)| *path == operation.spec_path) {
            (_, operation.example_values, operation.calls) = calls.swap_remove(index);
        }
    }
}

/// The direction that a sample travels in. What we send is exact; what we receive may drift between
/// strings, numbers and booleans as far as the client bears it, and may leave things out.
#[derive(Clone, Copy, PartialEq)]
enum Wire {
    Sent,
    Received,
}

struct Checker<'a> {
    api: &'a Api,
    document: &'a Document,
    diagnostics: &'a mut Diagnostics,
    /// The word for the sample: an example, or a default.
    noun: &'static str,
}

impl<'a> Checker<'a> {
    fn new(api: &'a Api, document: &'a Document, diagnostics: &'a mut Diagnostics) -> Self {
        Self { api, document, diagnostics, noun: "example" }
    }

    fn types(&mut self, types: &[spec::Type]) {
        for (index, spec) in types.iter().enumerate() {
            let pointer = Pointer::default().join("types").join(index);
            let Some(model) = self.api.model(&spec.name) else { continue };
            if let Some(example) = &spec.example {
                self.object(example, &model.fields, &pointer.join("example"), Wire::Received);
            }
            let specs = spec.fields.as_deref().unwrap_or_default();
            self.fields(specs, &model.fields, &pointer.join("fields"));
        }
    }

    fn endpoint(&mut self, operation: &Operation, spec: &spec::Endpoint) {
        let root = Pointer::default();
        self.fields(&spec.params, &operation.params, &root.join("params"));
        self.path_examples(&operation.params, &root.join("params"));
        self.fields(&spec.query, &operation.query, &root.join("query"));
        if let Some(fields) = &spec.response {
            self.fields(fields, self.fields_of(operation.output.as_ref()), &root.join("response"));
        }
        let body = operation.body.as_ref().map_or(&[][..], Body::fields);
        self.fields(spec.body.as_deref().unwrap_or_default(), body, &root.join("body"));
        if let Some(example) = &spec.examples.request {
            let pointer = root.join("examples").join("request");
            match &operation.body {
                Some(Body::Object(body)) => self.object(example, body, &pointer, Wire::Sent),
                Some(Body::Whole(body)) => self.value(example, &body.ty, &pointer, Wire::Sent),
                Some(Body::Form(_)) => {
                    let message = "a form with files is not documented as JSON";
                    self.report(&pointer, message, "remove the example");
                }
                None => self.report(&pointer, "the operation sends no body", "remove the example"),
            }
        }
        if let Some(example) = &spec.examples.response {
            self.answer(operation, example, &root.join("examples").join("response"));
        }
    }

    fn event(&mut self, event: &Event, spec: &spec::Event) {
        let root = Pointer::default();
        let payload = event.payload().map_or(&[][..], |payload| &payload.fields);
        self.fields(&spec.fields, payload, &root.join("fields"));
        if let Some(fields) = &spec.answer {
            self.fields(fields, self.fields_of(event.answer.as_ref()), &root.join("answer"));
        }
        let Some(example) = &spec.example else { return };
        let pointer = root.join("example");
        let (path, named) = match event.schema {
            EventSchema::V2 => ("/event", "/header/event_type"),
            EventSchema::V1 => ("/event", "/event/type"),
            EventSchema::Card => ("", ""),
        };
        let is_enveloped = match event.schema {
            EventSchema::V2 => example.get("schema").and_then(Value::as_str) == Some("2.0"),
            EventSchema::V1 => example.get("uuid").is_some_and(Value::is_string),
            EventSchema::Card => true,
        };
        let is_named = named.is_empty()
            || example.pointer(named).and_then(Value::as_str) == Some(event.id.as_str());
        let Some(data) = example.pointer(path).filter(|_| is_enveloped && is_named) else {
            let message = format!("the example is no envelope of `{}`", event.id);
            let hint = match event.schema {
                EventSchema::V1 => "write the whole body: `uuid`, and `event` with its `type`",
                _ => {
                    "write the whole body: `\"schema\": \"2.0\"`, `header` with its \
                      `event_type`, and `event`"
                }
            };
            return self.report(&pointer, message, hint);
        };
        let pointer = path.split('/').skip(1).fold(pointer, |pointer, step| pointer.join(step));
        self.object(data, payload, &pointer, Wire::Received);
    }

    fn fields_of(&self, ty: Option<&Type>) -> &'a [Field] {
        let model = ty.and_then(Type::reference);
        let model = model.and_then(|reference| self.api.model(&reference.name));
        model.map_or(&[], |model| &model.fields)
    }

    /// The samples of single fields.
    fn fields(&mut self, specs: &[spec::Field], fields: &[Field], pointer: &Pointer) {
        for field in fields {
            let Some(spec) = specs.get(field.index) else { continue };
            for (noun, sample) in [("example", &spec.example), ("default", &spec.default)] {
                if let Some(sample) = sample {
                    self.noun = noun;
                    let pointer = pointer.join(field.index).join(noun);
                    self.value(sample, &field.ty, &pointer, Wire::Sent);
                }
            }
        }
        self.noun = "example";
    }

    fn path_examples(&mut self, params: &[Field], pointer: &Pointer) {
        for field in params {
            let Some(example) = field.example.as_ref().map(plain) else { continue };
            if matches!(example.as_str(), "" | "." | "..") {
                let pointer = pointer.join(field.index).join("example");
                let message = format!("the example `{example}` is dropped from a path");
                self.report(&pointer, message, "URLs drop such segments; take a real value");
            }
        }
    }

    fn answer(&mut self, operation: &Operation, example: &Value, pointer: &Pointer) {
        if operation.is_download() {
            return self.report(pointer, "the operation returns a file", "remove the example");
        }
        let (data, pointer) = match self.api.vendor {
            Vendor::DingTalk if old_api::is_old(&operation.path) => {
                if example.get("errcode").is_some_and(|code| *code != 0 && *code != "0") {
                    let hint = "take the sample of a success";
                    self.report(&pointer.join("errcode"), "the example is an error", hint);
                }
                (Some(without_envelope(example)), pointer.clone())
            }
            Vendor::DingTalk => (Some(example.clone()), pointer.clone()),
            Vendor::Feishu => {
                if example.get("code").and_then(Value::as_i64) != Some(0) {
                    let hint = "write the whole body of the response, with its envelope";
                    self.report(pointer, "the example has no `\"code\": 0`", hint);
                }
                let is_whole = operation.whole_body;
                let pointer = if is_whole { pointer.clone() } else { pointer.join("data") };
                (operation.data(Vendor::Feishu), pointer)
            }
        };
        if let (Some(ty), Some(data)) = (&operation.output, data) {
            self.value(&data, ty, &pointer, Wire::Received);
        }
    }

    fn object(&mut self, value: &Value, fields: &[Field], pointer: &Pointer, wire: Wire) {
        let nothing = Map::new();
        let members = match value {
            Value::Object(members) => members,
            // The client reads a null as an empty object.
            Value::Null if wire == Wire::Received => &nothing,
            value => {
                let message = format!("the {} is {value} where an object belongs", self.noun);
                return self.report(pointer, message, "correct it, or the type");
            }
        };
        for (name, value) in members {
            let pointer = pointer.join(name);
            match fields.iter().find(|field| field.wire == *name) {
                Some(field) => self.member(value, field, &pointer, wire),
                None => self.unknown_member(name, fields, &pointer),
            }
        }
        let must_be_there = |field: &&Field| match wire {
            Wire::Sent => field.required,
            Wire::Received => field.presence == Presence::Always,
        };
        for field in fields.iter().filter(must_be_there) {
            if !members.contains_key(&field.wire) {
                let message = format!("the {} lacks `{}`", self.noun, field.wire);
                let hint = match wire {
                    Wire::Sent => "it is `required`: add it, or correct the field",
                    Wire::Received => "it is `always` there: add it, or correct the field",
                };
                self.report(pointer, message, hint);
            }
        }
    }

    fn member(&mut self, value: &Value, field: &Field, pointer: &Pointer, wire: Wire) {
        let may_be_null = match wire {
            Wire::Received => field.presence == Presence::Optional,
            Wire::Sent => field.nullable,
        };
        if !(may_be_null && value.is_null()) {
            self.value(value, &field.ty, pointer, wire);
        }
    }

    fn unknown_member(&mut self, name: &str, fields: &[Field], pointer: &Pointer) {
        let known = fields.iter().map(|field| field.wire.as_str());
        let hint = match closest(name, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "declare the field, or remove it from the example".to_owned(),
        };
        let message = format!("the {} has `{name}`, which is not a field here", self.noun);
        self.diagnostics.push(Diagnostic::at(self.document.key(pointer), message).hint(hint));
    }

    fn value(&mut self, value: &Value, ty: &Type, pointer: &Pointer, wire: Wire) {
        match (ty, value) {
            (Type::List(item), Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, item, &pointer.join(index), wire);
                }
            }
            (Type::Map(ty), Value::Object(members)) => {
                for (name, value) in members {
                    self.value(value, ty, &pointer.join(name), wire);
                }
            }
            (Type::Named(reference), value) => match self.api.type_def(&reference.name) {
                Some(TypeDef::Model(model)) => self.object(value, &model.fields, pointer, wire),
                Some(TypeDef::Enum(def)) => self.enum_value(value, def, pointer, wire),
                Some(TypeDef::Id(_)) => self.value(value, &Type::String, pointer, wire),
                None => {}
            },
            (Type::Text(inner), Value::String(text)) => match serde_json::from_str(text) {
                Ok(value) => self.value(&value, inner, pointer, wire),
                Err(_) if text.trim().is_empty() && wire == Wire::Received => {}
                Err(_) => {
                    let message = format!("the {} is a string without JSON", self.noun);
                    self.report(pointer, message, "correct it, or the type");
                }
            },
            (Type::Text(inner), value) if wire == Wire::Received => {
                self.value(value, inner, pointer, wire);
            }
            (ty, value) if fits(value, ty) || wire == Wire::Received && drifts(value, ty) => {}
            (ty, _) => self.report_type(pointer, &ty.spec_name()),
        }
    }

    fn enum_value(&mut self, value: &Value, def: &Enum, pointer: &Pointer, wire: Wire) {
        let scalar = if def.int { Type::Int } else { Type::String };
        let is_scalar = fits(value, &scalar) || wire == Wire::Received && drifts(value, &scalar);
        if !is_scalar {
            return self.report_type(pointer, &def.name);
        }
        let text = plain(value);
        let known = || def.variants.iter().map(|variant| variant.value.as_str());
        if known().any(|known| def.is_same(known, &text)) || def.slips.contains(&text) {
            return;
        }
        let hint = match closest(&text, known()) {
            Some(meant) => format!("did you mean `{meant}`? "),
            None => String::new(),
        };
        let message =
            format!("the {} `{text}` is not one of the values of `{}`", self.noun, def.name);
        let hint = format!(
            "{hint}Add it to `values`, or to `slips` if it only appears in a sample of the \
             documentation"
        );
        self.report(pointer, message, hint);
    }

    fn report_type(&mut self, pointer: &Pointer, ty: &str) {
        let message = format!("the {} is not of the type `{ty}`", self.noun);
        self.report(pointer, message, "correct it, or the type");
    }

    fn report(&mut self, pointer: &Pointer, message: impl Into<String>, hint: impl Into<String>) {
        let place = self.document.value(pointer);
        self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
    }
}

/// Whether a value is exactly of a type that has no parts.
fn fits(value: &Value, ty: &Type) -> bool {
    match ty {
        Type::String | Type::File => value.is_string(),
        Type::Int => value.is_i64(),
        Type::Float => value.is_number(),
        Type::Bool => value.is_boolean(),
        Type::Json => true,
        Type::Record => value.is_object(),
        Type::List(_) | Type::Map(_) | Type::Text(_) | Type::Named(_) => false,
    }
}

/// Whether `openplat_core`, which reads answers leniently, makes a value of the type from another.
fn drifts(value: &Value, ty: &Type) -> bool {
    /// Up to here every whole number has a double of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let text = value.as_str();
    let trimmed = text.map(str::trim);
    match ty {
        Type::String => value.is_number() || value.is_boolean(),
        Type::Int => {
            let is_whole = |number: f64| number.fract() == 0.0 && number.abs() <= EXACT;
            trimmed.is_some_and(|text| text.parse::<i64>().is_ok())
                || value.is_f64() && value.as_f64().is_some_and(is_whole)
        }
        Type::Float => {
            let number = trimmed.and_then(|text| text.parse::<f64>().ok());
            number.is_some_and(f64::is_finite)
        }
        Type::Bool => {
            matches!(text, Some("true" | "false" | "1" | "0"))
                || matches!(value.as_u64(), Some(0 | 1))
        }
        Type::List(_) | Type::Map(_) | Type::Record => value.is_null(),
        Type::Json | Type::File | Type::Text(_) | Type::Named(_) => false,
    }
}

/// The response to an operation of DingTalk's old API without what the client reads.
fn without_envelope(example: &Value) -> Value {
    let mut data = example.clone();
    if let Value::Object(members) = &mut data {
        members.retain(|name, _| !old_api::ENVELOPE.contains(&name.as_str()));
    }
    data
}
