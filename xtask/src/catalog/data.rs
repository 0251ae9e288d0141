//! The contents of the page, as the JSON that its script reads.
//!
//! Types and error codes, which operations share, are there once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::curl::{curl, curl_of_event};
use crate::codegen::ir::{self, Api, Body, ErrorKind, Method, Presence, Vendor};
use crate::codegen::{event_example, operation_example};
use crate::openapi::with_wire_names;
use crate::operations::host;

/// All that the page shows.
#[derive(Default, Serialize)]
pub struct Catalog<'a> {
    pub crates: Vec<Crate<'a>>,
    pub platforms: Vec<Platform<'a>>,
}

/// The error codes that any operation of a platform can respond with.
#[derive(Serialize)]
pub struct Platform<'a> {
    pub name: &'static str,
    /// The crates of the platform.
    pub crates: Vec<&'a str>,
    pub codes: Vec<Code<'a>>,
}

/// An API, which is a crate.
#[derive(Serialize)]
pub struct Crate<'a> {
    pub name: &'a str,
    /// Shown by the list alone.
    #[serde(skip)]
    pub title: String,
    pub vendor: Vendor,
    pub modules: Vec<Module<'a>>,
    pub events: Vec<Event<'a>>,
    pub types: BTreeMap<&'a str, Type<'a>>,
    pub codes: Vec<Code<'a>>,
}

#[derive(Serialize)]
pub struct Module<'a> {
    pub name: &'a str,
    /// Shown by the list alone.
    #[serde(skip)]
    pub doc: &'a str,
    pub operations: Vec<Operation<'a>>,
}

#[derive(Serialize)]
pub struct Operation<'a> {
    pub id: &'a str,
    /// The Rust type.
    pub name: &'a str,
    pub doc: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub aliases: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    pub source: &'a str,
    pub method: Method,
    pub host: &'static str,
    pub path: &'a str,
    /// In words.
    pub token: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<&'a str>,
    pub idempotent: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Request<'a>>,
    /// The type of the response, as the specs write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_body: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub lacks: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paged: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub codes: &'a [String],
    pub rust: String,
    pub curl: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<&'a Value>,
}

/// The body of a request.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Request<'a> {
    Json(Vec<Field<'a>>),
    Form(Vec<Field<'a>>),
    /// A type as the specs write it.
    Whole(String),
}

#[derive(Serialize)]
pub struct Event<'a> {
    pub id: &'a str,
    /// The Rust type.
    pub name: &'a str,
    pub doc: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub aliases: &'a [String],
    pub source: &'a str,
    pub schema: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub scopes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub field_scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<&'a str>,
    pub fields: Vec<Field<'a>>,
    /// The type of the response to a callback, as the specs write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    pub rust: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<&'a Value>,
}

#[derive(Serialize)]
pub struct Code<'a> {
    pub code: &'a str,
    /// The variant of `ErrorCode`, if an API documents the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    pub http: u16,
    pub kind: ErrorKind,
    pub doc: &'a str,
    pub advice: &'a str,
}

/// A type that fields name.
#[derive(Serialize)]
pub struct Type<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub doc: &'a str,
    #[serde(flatten)]
    pub shape: Shape<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape<'a> {
    Fields(Vec<Field<'a>>),
    /// Of an enum, or of the types of an ID.
    Values(Vec<Documented<'a>>),
}

/// A parameter, or a member of an object.
#[derive(Serialize)]
pub struct Field<'a> {
    pub name: &'a str,
    #[serde(rename = "type")]
    pub ty: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doc: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// It is in every response.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub limits: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Documented<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_of: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dedupe: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// A documented value.
#[derive(Serialize)]
pub struct Documented<'a> {
    pub value: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<&'a str>,
}

impl Catalog<'_> {
    /// Returns the numbers of operations and events.
    pub fn counts(&self) -> (usize, usize) {
        let operations = self.crates.iter().map(Crate::operations).sum();
        (operations, self.crates.iter().map(|of| of.events.len()).sum())
    }
}

impl<'a> Platform<'a> {
    /// Returns the platforms of these APIs that have such codes.
    pub fn all(apis: &[&'a Api]) -> Vec<Self> {
        let platforms = Vendor::ALL.into_iter().filter_map(|vendor| {
            let apis = || apis.iter().filter(|api| api.vendor == vendor);
            let codes = apis().next()?.common_codes.iter().map(|code| Code {
                code: &code.code,
                name: None,
                http: code.http,
                kind: code.kind,
                doc: &code.doc,
                advice: &code.advice,
            });
            let crates = apis().map(|api| api.name.as_str()).collect();
            Some(Self { name: vendor.as_str(), crates, codes: codes.collect() })
        });
        platforms.filter(|platform| !platform.codes.is_empty()).collect()
    }
}

impl<'a> Crate<'a> {
    pub fn new(api: &'a Api, title: String) -> Self {
        let module = |module: &'a ir::Module| {
            let operations = module.operations.iter();
            let operations = operations.map(|op| operation(api, module, op)).collect();
            Module { name: &module.name, doc: &module.doc, operations }
        };
        let codes = api.codes.iter().map(|code| Code {
            code: &code.code,
            name: Some(&code.variant),
            http: code.http,
            kind: code.kind,
            doc: &code.doc,
            advice: &code.advice,
        });
        // The members of an event are with the event.
        let is_payload = |def: &&ir::TypeDef| api.events.iter().any(|it| it.name == def.name());
        let types = api.type_defs().filter(|def| !is_payload(def));
        Self {
            name: &api.name,
            title,
            vendor: api.vendor,
            modules: api.modules.iter().map(module).collect(),
            events: api.events.iter().map(|it| event(api, it)).collect(),
            types: types.map(|def| (def.name(), ty(def))).collect(),
            codes: codes.collect(),
        }
    }

    /// Returns the number of operations.
    pub fn operations(&self) -> usize {
        self.modules.iter().map(|module| module.operations.len()).sum()
    }
}

fn operation<'a>(api: &'a Api, module: &ir::Module, operation: &'a ir::Operation) -> Operation<'a> {
    let tokens: Vec<_> = operation.tokens.iter().map(|token| token.meaning()).collect();
    let siblings: Vec<_> = operation.parts().map(|(_, field)| field).collect();
    let sentence = |text: &str| with_wire_names(text, &siblings);
    let fields = |list: &'a [ir::Field]| list.iter().map(|of| field(of, &siblings)).collect();
    Operation {
        id: &operation.id,
        name: &operation.name,
        doc: sentence(&operation.doc),
        aliases: &operation.aliases,
        deprecated: operation.deprecated.as_deref().map(sentence),
        source: &operation.source,
        method: operation.method,
        host: host(api, operation),
        path: &operation.path,
        token: tokens.join(" or "),
        scopes: &operation.scopes,
        rate: operation.rate.as_deref(),
        idempotent: operation.is_idempotent(),
        params: fields(&operation.params),
        query: fields(&operation.query),
        body: operation.body.as_ref().map(|body| match body {
            Body::Object(list) => Request::Json(fields(list)),
            Body::Form(list) => Request::Form(fields(list)),
            Body::Whole(field) => Request::Whole(field.ty.spec_name()),
        }),
        response: operation.output.as_ref().map(ir::Type::spec_name),
        whole_body: operation.whole_body,
        lacks: &operation.lacks,
        paged: operation.paging.is_some(),
        codes: &operation.codes,
        rust: operation_example(api, module, operation).join("\n"),
        curl: curl(api, operation),
        example: operation.response_example.as_ref(),
    }
}

fn event<'a>(api: &'a Api, event: &'a ir::Event) -> Event<'a> {
    let payload = event.payload().map_or(&[][..], |payload| &payload.fields);
    Event {
        id: &event.id,
        name: &event.name,
        doc: with_wire_names(&event.doc, &payload.iter().collect::<Vec<_>>()),
        aliases: &event.aliases,
        source: &event.source,
        schema: event.schema.as_str(),
        scopes: &event.scopes,
        field_scopes: &event.field_scopes,
        replaced_by: event.replaced_by.as_deref(),
        dedupe: event.dedupe.as_deref(),
        fields: members(payload),
        answer: event.answer.as_ref().map(ir::Type::spec_name),
        rust: event_example(api, event).join("\n"),
        curl: event.example.as_ref().map(curl_of_event),
        example: event.example.as_ref(),
    }
}

fn ty(def: &ir::TypeDef) -> Type<'_> {
    match def {
        ir::TypeDef::Model(model) => {
            Type { doc: &model.doc, shape: Shape::Fields(members(&model.fields)) }
        }
        ir::TypeDef::Enum(def) => Type {
            doc: &def.doc,
            shape: Shape::Values(def.variants.iter().map(documented).collect()),
        },
        ir::TypeDef::Id(id) => {
            let variants = id.variants.iter().map(|of| documented(&of.variant));
            Type { doc: &id.doc, shape: Shape::Values(variants.collect()) }
        }
    }
}

fn documented(variant: &ir::Variant) -> Documented<'_> {
    Documented {
        value: variant.value.clone(),
        doc: variant.doc.clone(),
        deprecated: variant.deprecated.as_deref(),
    }
}

/// The fields of a model.
fn members(fields: &[ir::Field]) -> Vec<Field<'_>> {
    let siblings: Vec<_> = fields.iter().collect();
    let always = |of: &ir::Field| of.presence == Presence::Always;
    fields.iter().map(|of| Field { always: always(of), ..field(of, &siblings) }).collect()
}

/// A field, in whose sentences those next to it are called as on the wire.
fn field<'a>(field: &'a ir::Field, siblings: &[&'a ir::Field]) -> Field<'a> {
    let sentence = |text: &str| with_wire_names(text, siblings);
    let values = field.values.iter().map(|(value, doc)| Documented {
        value: value.to_string(),
        doc: sentence(doc),
        deprecated: None,
    });
    let id = siblings.iter().find(|other| field.type_of.as_ref() == Some(&other.rust));
    Field {
        name: &field.wire,
        ty: field.ty.spec_name(),
        doc: sentence(&field.doc),
        required: field.required,
        always: false,
        deprecated: field.deprecated.as_deref().map(sentence),
        limits: &field.limits,
        default: field.default.as_deref(),
        values: values.collect(),
        type_of: id.map(|id| id.wire.as_str()),
        nullable: field.nullable,
        dedupe: field.dedupe,
        sensitive: field.sensitive,
    }
}
