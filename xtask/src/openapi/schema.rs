//! JSON Schemas of the types and fields.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::node::{JSON, Node, Object, reference};
use super::sample::{literal, members, sample};
use super::vendor::Envelope;
use super::words::{Words, list, paragraphs};
use crate::codegen::ir::{
    Api, Counts, Enum, Field, Model, Operation, Part, Presence, Type, TypeDef,
};

/// The direction that a value travels in: what must be sent need not be in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the platform.
    Sent,
    /// From the platform.
    Received,
}

/// The schemas of an API.
pub struct Schemas<'a> {
    api: &'a Api,
    words: Words<'a>,
    sent: BTreeSet<&'a str>,
    received: BTreeSet<&'a str>,
    /// The models that have another schema when they are sent than when they are received.
    twofold: BTreeSet<&'a str>,
}

impl<'a> Schemas<'a> {
    pub fn new(api: &'a Api) -> Self {
        let operations = || api.modules.iter().flat_map(|module| &module.operations);
        let requests = operations().flat_map(Operation::parts).map(|(_, field)| &field.ty);
        let answers = api.events.iter().filter_map(|event| event.answer.as_ref());
        let responses = operations().flat_map(|operation| received_types(api, operation));
        let payloads = api.events.iter().filter_map(|event| event.payload());
        let sent = reached(api, names(requests.chain(answers)));
        let payloads = payloads.map(|payload| payload.name.as_str());
        let received = reached(api, names(responses).into_iter().chain(payloads).collect());
        let twofold = BTreeSet::new();
        let mut schemas = Self { api, words: Words::new(api), sent, received, twofold };
        // One that leads to a model with two schemas has two itself.
        loop {
            let twofold = schemas.differing();
            if twofold.len() == schemas.twofold.len() {
                return schemas;
            }
            schemas.twofold = twofold;
        }
    }

    /// Returns the models whose schema depends on the direction.
    fn differing(&self) -> BTreeSet<&'a str> {
        let both = self.sent.intersection(&self.received);
        let differing = both.filter_map(|name| self.api.model(name)).filter(|model| {
            let siblings: Vec<_> = model.fields.iter().collect();
            let object = |way| self.object(&model.fields, &siblings, way);
            object(Way::Sent) != object(Way::Received)
        });
        differing.map(|model| model.name.as_str()).collect()
    }

    pub fn api(&self) -> &'a Api {
        self.api
    }

    pub fn words(&self) -> &Words<'a> {
        &self.words
    }

    /// Returns the schema of each type that is sent or received, in the order of the specs.
    pub fn components(&self) -> Object {
        let mut components = Object::new();
        for def in self.api.type_defs() {
            let name = def.name();
            let is_received = self.received.contains(name);
            if is_received || self.sent.contains(name) {
                let way = if is_received { Way::Received } else { Way::Sent };
                components = components.with(name, self.def(def, way));
            }
            if self.twofold.contains(name) {
                components = components.with(self.sent_name(name), self.def(def, Way::Sent));
            }
        }
        components
    }

    fn def(&self, def: &TypeDef, way: Way) -> Object {
        match def {
            TypeDef::Model(model) => self.model(model, way),
            TypeDef::Enum(def) => self.open_enum(def),
            TypeDef::Id(id) => {
                Object::new().with("type", "string").with("description", self.sentence(&id.doc))
            }
        }
    }

    fn model(&self, model: &Model, way: Way) -> Object {
        let doc = match &model.part {
            Some(Part::ResponseOf(operation)) => format!("The response of `{operation}`."),
            Some(Part::AnswerTo(callback)) => format!("The response to `{callback}`."),
            None => model.doc.clone(),
        };
        let siblings: Vec<_> = model.fields.iter().collect();
        let example = model.example.as_ref().and_then(Value::as_object);
        let example = example.filter(|_| way == Way::Received);
        let example = example.map(|example| [members(self.api, &model.fields, example)]);
        Object::new()
            .with("description", self.words.markdown(&doc, &siblings))
            .and(self.object(&model.fields, &siblings, way))
            .with_if_some("examples", example)
    }

    /// Returns the schema of an object with these fields, which are described next to `siblings`.
    pub fn object(&self, fields: &[Field], siblings: &[&Field], way: Way) -> Object {
        let required = fields.iter().filter(|field| is_required(field, way));
        let required = required.map(|field| field.wire.as_str());
        Object::new()
            .with("type", "object")
            .with_if_any("required", required.collect::<Node>())
            .with_if_any("properties", self.properties(fields, siblings, way))
    }

    /// Returns the schemas of fields, by their names.
    pub fn properties(&self, fields: &[Field], siblings: &[&Field], way: Way) -> Object {
        fields.iter().map(|field| (&*field.wire, self.field(field, siblings, way))).collect()
    }

    fn field(&self, field: &Field, siblings: &[&Field], way: Way) -> Object {
        self.bare(field, way)
            .with("description", self.description(field, siblings))
            .with_if_true("deprecated", field.deprecated.is_some())
            .with_if_some("examples", self.example(field).map(|example| [example]))
            .and(marks(field, siblings))
    }

    /// Returns the schema of a field without what may be next to a schema as well.
    pub fn bare(&self, field: &Field, way: Way) -> Object {
        let schema = match &field.values[..] {
            [] => self.of(&field.ty, way),
            values => open(Object::new().with("type", "integer"), integers(values)),
        };
        // Platforms send `null` for what is absent.
        let is_nullable = field.nullable || way == Way::Received && !is_required(field, way);
        let schema = if is_nullable { nullable(schema) } else { schema };
        if way == Way::Received {
            // The limits of a request do not bind the platform.
            return schema;
        }
        let default = field.default.as_deref().map(|text| literal(&field.ty, text));
        schema.and(limits(field)).with_if_some("default", default)
    }

    /// Returns the documented sample of a field.
    pub fn example(&self, field: &Field) -> Option<Node> {
        field.example.as_ref().map(|example| sample(self.api, &field.ty, example))
    }

    /// Returns what a reader needs to know of a field, and a schema cannot state.
    pub fn description(&self, field: &Field, siblings: &[&Field]) -> String {
        let markdown = |text: &str| self.words.markdown(text, siblings);
        let values = field.values.iter();
        let values = values.map(|(value, doc)| format!("`{value}`: {}", markdown(doc)));
        // The range of a number in a string.
        let range = match (&field.ty, field.range) {
            (Type::Int | Type::Float, _) | (_, (None, None)) => None,
            _ => field.limits.first().cloned(),
        };
        paragraphs([
            markdown(&field.doc),
            list(values),
            range.unwrap_or_default(),
            deprecation(field.deprecated.as_deref().map(markdown)),
        ])
    }

    /// Returns the schema of a type.
    pub fn of(&self, ty: &Type, way: Way) -> Object {
        let typed = |name: &str| Object::new().with("type", name);
        match ty {
            Type::String => typed("string"),
            Type::Int => typed("integer").with("format", "int64"),
            Type::Float => typed("number").with("format", "double"),
            Type::Bool => typed("boolean"),
            Type::Json => Object::new(),
            Type::Record => typed("object").with("additionalProperties", true),
            Type::File => typed("string")
                .with("format", "binary")
                .with("contentMediaType", "application/octet-stream"),
            Type::List(item) => typed("array").with("items", self.of(item, way)),
            Type::Map(item) => typed("object").with("additionalProperties", self.of(item, way)),
            Type::Text(inner) => typed("string")
                .with("contentMediaType", JSON)
                .with("contentSchema", self.of(inner, way)),
            Type::Named(named) => {
                let is_sent = way == Way::Sent && self.twofold.contains(&*named.name);
                let name = match is_sent {
                    true => self.sent_name(&named.name),
                    false => named.name.clone(),
                };
                reference("schemas", &name)
            }
        }
    }

    fn open_enum(&self, def: &Enum) -> Object {
        let says_more = |doc: &str, value: &str| doc != format!("`{value}` on the wire.");
        let values = def.variants.iter().filter(|variant| says_more(&variant.doc, &variant.value));
        let values = values.map(|variant| {
            let deprecated = variant.deprecated.as_deref().map(|text| self.sentence(text));
            let doc = self.sentence(&variant.doc);
            let doc = paragraphs([doc, deprecation(deprecated)]).replace("\n\n", " ");
            format!("`{}`: {doc}", variant.value)
        });
        let case = def.ignore_case.then_some("The platform writes the values in several cases.");
        let description = paragraphs([
            self.sentence(&def.doc),
            list(values),
            case.unwrap_or_default().to_owned(),
        ]);
        let scalar = if def.int { Type::Int } else { Type::String };
        let known = def.variants.iter().map(|variant| literal(&scalar, &variant.value));
        let names = def.variants.iter().filter(|_| def.int).map(|variant| variant.rust.as_str());
        let known = Object::new()
            .with("title", def.name.as_str())
            .with("enum", known.collect::<Node>())
            .with_if_any("x-enum-varnames", names.collect::<Node>());
        let base = Object::new().with("type", if def.int { "integer" } else { "string" });
        Object::new().with("description", description).and(open(base, known))
    }

    /// Returns a sentence that stands next to no fields.
    pub fn sentence(&self, text: &str) -> String {
        self.words.markdown(text, &[])
    }

    /// Returns the name of a model as it is sent, where that is another schema.
    fn sent_name(&self, name: &str) -> String {
        self.api.free_name(&format!("{name}Input"))
    }
}

/// Whether a field is there in every value of the schema.
pub fn is_required(field: &Field, way: Way) -> bool {
    match way {
        Way::Sent => field.required,
        Way::Received => field.presence == Presence::Always,
    }
}

/// Returns the model that a type is, and not only contains.
pub fn model<'a>(api: &'a Api, ty: &Type) -> Option<&'a Model> {
    match ty {
        Type::Named(reference) => api.model(&reference.name),
        _ => None,
    }
}

/// Returns the facts of a field that no key of a schema stands for.
pub fn marks(field: &Field, siblings: &[&Field]) -> Object {
    let id = siblings.iter().find(|other| field.type_of.as_ref() == Some(&other.rust));
    Object::new()
        .with_if_some("x-openplat-counts", field.counts.map(unit))
        .with_if_some("x-openplat-type-of", id.map(|id| id.wire.as_str()))
        .with_if_true("x-openplat-idempotency-key", field.dedupe)
        .with_if_true("x-openplat-sensitive", field.sensitive)
}

/// Returns the sentence on what to use instead.
pub fn deprecation(sentence: Option<String>) -> String {
    sentence.map(|sentence| format!("Deprecated: {sentence}")).unwrap_or_default()
}

/// Returns the schema of a scalar with values that are known, and others that may be added.
fn open(scalar: Object, known: Object) -> Object {
    Object::new().with("anyOf", [scalar.clone().and(known), scalar])
}

fn integers(values: &[(i64, String)]) -> Object {
    Object::new().with("enum", values.iter().map(|(value, _)| *value).collect::<Node>())
}

/// Returns the schema that allows `null` as well.
pub fn nullable(mut schema: Object) -> Object {
    let null = Object::new().with("type", "null");
    if schema.is_empty() {
        // It allows everything.
    } else if let Some(Node::Value(ty)) = schema.get_mut("type") {
        *ty = json!([ty.clone(), "null"]);
    } else if let Some(Node::List(either)) = schema.get_mut("anyOf") {
        either.push(null.into());
    } else {
        schema = Object::new().with("anyOf", [schema, null]);
    }
    schema
}

/// Returns the documented limits, as far as a schema can state them.
fn limits(field: &Field) -> Object {
    let (least, greatest) = match &field.ty {
        Type::Int | Type::Float => ("minimum", "maximum"),
        Type::List(_) => ("minItems", "maxItems"),
        Type::Map(_) => ("minProperties", "maxProperties"),
        _ => ("minLength", "maxLength"),
    };
    let (from, to) = match &field.ty {
        Type::Int | Type::Float => {
            // The least and the greatest number of the type are no limits.
            let least = field.range.0.filter(|least| *least > i64::MIN);
            let greatest = field.range.1.filter(|greatest| *greatest < i64::MAX);
            (least.map(Node::from), greatest.map(Node::from))
        }
        _ => (field.length.0.map(Node::from), field.length.1.map(Node::from)),
    };
    Object::new().with_if_some(least, from).with_if_some(greatest, to)
}

fn unit(counts: Counts) -> &'static str {
    match counts {
        Counts::Seconds => "seconds",
        Counts::Milliseconds => "milliseconds",
        Counts::Items => "items",
    }
}

fn names<'a>(types: impl Iterator<Item = &'a Type>) -> Vec<&'a str> {
    types.filter_map(Type::reference).map(|reference| reference.name.as_str()).collect()
}

/// Returns the types in a response, without a model whose fields are members of an envelope.
fn received_types<'a>(api: &'a Api, operation: &'a Operation) -> Vec<&'a Type> {
    let envelope = Envelope::of(api, operation);
    match operation.output.as_ref().and_then(|output| model(api, output)) {
        Some(model) if envelope.code().is_some() && !envelope.has_data(operation) => {
            model.fields.iter().map(|field| &field.ty).collect()
        }
        _ => operation.output.iter().collect(),
    }
}

/// Returns the named types that the given ones lead to, these included.
fn reached<'a>(api: &'a Api, mut pending: Vec<&'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if found.insert(name) {
            let fields = api.model(name).into_iter().flat_map(|model| &model.fields);
            pending.extend(names(fields.map(|field| &field.ty)));
        }
    }
    found
}
