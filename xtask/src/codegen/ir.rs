//! The input of rendering: every name is decided and every reference resolved, so that nothing can
//! fail.

use std::collections::HashMap;

use serde_json::Value;

pub use super::spec::{Counts, ErrorKind, EventSchema, Method, Token, Vendor};

/// One API, which becomes one crate.
#[derive(Debug)]
pub struct Api {
    pub name: String,
    pub vendor: Vendor,
    pub modules: Vec<Module>,
    pub types: Vec<TypesFile>,
    pub events: Vec<Event>,
    /// The types that events alone share.
    pub event_types: Vec<TypesFile>,
    pub codes: Vec<Code>,
    /// The codes that any operation of the platform can respond with, sorted. Those of the API are
    /// more exact, where a code is among both.
    pub common_codes: Vec<CommonCode>,
    /// The places of missing sentences: files and lines.
    pub undescribed: Vec<String>,
    pub index: TypeIndex,
}

/// The index of each type, by its name: large APIs have thousands, which refer to each other.
#[derive(Debug, Default)]
pub struct TypeIndex(HashMap<String, TypePlace>);

#[derive(Debug, Clone, Copy)]
enum TypePlace {
    Shared { file: usize, at: usize },
    Local { module: usize, operation: usize, at: usize },
    OfEvents { file: usize, at: usize },
    OfEvent { event: usize, at: usize },
}

impl TypeIndex {
    /// Of types that do not change their places any more.
    pub fn new(api: &Api) -> Self {
        let shared = api.types.iter().enumerate().flat_map(|(file, types)| {
            let places = types.types.iter().enumerate();
            places.map(move |(at, def)| (def, TypePlace::Shared { file, at }))
        });
        let operations = api.modules.iter().enumerate().flat_map(|(module, found)| {
            found.operations.iter().enumerate().map(move |place| (module, place))
        });
        let local = operations.flat_map(|(module, (operation, found))| {
            let places = found.types.iter().enumerate();
            places.map(move |(at, def)| (def, TypePlace::Local { module, operation, at }))
        });
        let of_events = api.event_types.iter().enumerate().flat_map(|(file, types)| {
            let places = types.types.iter().enumerate();
            places.map(move |(at, def)| (def, TypePlace::OfEvents { file, at }))
        });
        let of_event = api.events.iter().enumerate().flat_map(|(event, found)| {
            let places = found.types.iter().enumerate();
            places.map(move |(at, def)| (def, TypePlace::OfEvent { event, at }))
        });
        let all = shared.chain(local).chain(of_events).chain(of_event);
        Self(all.map(|(def, place)| (def.name().to_owned(), place)).collect())
    }
}

#[derive(Debug)]
pub struct Module {
    pub name: String,
    pub doc: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug)]
pub struct TypesFile {
    pub name: String,
    pub spec_path: String,
    pub types: Vec<TypeDef>,
}

#[derive(Debug)]
pub struct Code {
    pub code: String,
    pub variant: String,
    pub http: u16,
    pub kind: ErrorKind,
    pub doc: String,
    pub advice: String,
}

/// A code of a platform, which has no name.
#[derive(Debug, Clone)]
pub struct CommonCode {
    pub code: String,
    pub http: u16,
    pub kind: ErrorKind,
    /// Empty if nothing but the kind is known.
    pub doc: String,
    pub advice: String,
}

#[derive(Debug)]
pub struct Operation {
    pub spec_path: String,
    pub file: String,
    pub id: String,
    pub name: String,
    /// Other words that people search for.
    pub aliases: Vec<String>,
    pub doc: String,
    pub deprecated: Option<String>,
    pub source: String,
    pub method: Method,
    /// As the vendor writes it.
    pub path: String,
    /// With every parameter as `{name}`.
    pub template: String,
    pub tokens: Vec<Token>,
    pub scopes: Vec<String>,
    pub rate: Option<String>,
    /// The same as calls in a window of seconds.
    pub rates: Vec<(u32, u32)>,
    /// Set if it does not follow from the method.
    pub idempotent: Option<bool>,
    pub params: Vec<Field>,
    pub query: Vec<Field>,
    pub body: Option<Body>,
    /// `None` if the response has no data.
    pub output: Option<Type>,
    /// The output is read from the whole body, and not from the data in the envelope.
    pub whole_body: bool,
    /// The members of the output's model that this operation does not answer with.
    pub lacks: Vec<String>,
    pub paging: Option<Paging>,
    /// The documented codes, in the order of the page.
    pub codes: Vec<String>,
    pub types: Vec<TypeDef>,
    /// The documented body.
    pub request_example: Option<Value>,
    /// The documented response, with its envelope.
    pub response_example: Option<Value>,
    /// The example of the docs, where it is written by hand.
    pub example_code: Vec<String>,
    /// The values that an example of the docs sets, in the order of [`Operation::fields`].
    pub example_values: Vec<Option<Value>>,
    pub calls: Vec<SampleCall>,
}

impl Operation {
    /// Everything that is sent, in the order of path, query and body.
    pub fn parts(&self) -> impl Iterator<Item = (Place, &Field)> {
        let body = self.body.iter().flat_map(Body::fields);
        let params = self.params.iter().map(|field| (Place::Path, field));
        let query = self.query.iter().map(|field| (Place::Query, field));
        params.chain(query).chain(body.map(|field| (Place::Body, field)))
    }

    pub fn parts_mut(&mut self) -> impl Iterator<Item = (Place, &mut Field)> {
        let body = self.body.iter_mut().flat_map(Body::fields_mut);
        let params = self.params.iter_mut().map(|field| (Place::Path, field));
        let query = self.query.iter_mut().map(|field| (Place::Query, field));
        params.chain(query).chain(body.map(|field| (Place::Body, field)))
    }

    /// Everything a caller sets: the type of an ID comes with the ID.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts().map(|(_, field)| field).filter(|field| field.type_of.is_none())
    }

    /// Returns the part of the documented response that the output is read from.
    pub fn data(&self, vendor: Vendor) -> Option<Value> {
        let example = self.response_example.as_ref()?;
        if vendor == Vendor::DingTalk {
            return Some(example.clone());
        }
        if !self.whole_body {
            return example.get("data").cloned();
        }
        let members = example.as_object()?.iter();
        let members = members.filter(|(name, _)| !matches!(name.as_str(), "code" | "msg"));
        Some(members.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Whether executing it twice does no more than executing it once.
    pub fn is_idempotent(&self) -> bool {
        let is_safe = matches!(self.method, Method::Get | Method::Put | Method::Delete);
        self.idempotent.unwrap_or(is_safe)
    }

    pub fn is_download(&self) -> bool {
        self.output == Some(Type::File)
    }

    pub fn accepts_app(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Tenant | Token::App))
    }

    pub fn accepts_user(&self) -> bool {
        self.tokens.contains(&Token::User)
    }
}

/// An event or a callback that the platform pushes.
#[derive(Debug)]
pub struct Event {
    pub spec_path: String,
    pub file: String,
    /// Its type on the wire.
    pub id: String,
    /// Of the payload and of the variant.
    pub name: String,
    /// Other words that people search for.
    pub aliases: Vec<String>,
    pub doc: String,
    pub source: String,
    pub schema: EventSchema,
    pub scopes: Vec<String>,
    pub field_scopes: Vec<String>,
    pub replaced_by: Option<String>,
    /// The JSON pointer, in the payload, to what tells it from its repetitions.
    pub dedupe: Option<String>,
    /// The answer to a callback.
    pub answer: Option<Type>,
    /// The payload, and the types that only this event uses.
    pub types: Vec<TypeDef>,
    /// With its envelope.
    pub example: Option<Value>,
    /// Answers that a test builds, and what must be sent of each.
    pub answers: Vec<SampleAnswer>,
}

/// An answer to a callback, as a program sets it and as it must be on the wire.
#[derive(Debug, PartialEq)]
pub struct SampleAnswer {
    pub set: Value,
    pub sent: Value,
}

impl Event {
    pub fn payload(&self) -> Option<&Model> {
        let mut models = self.types.iter().filter_map(TypeDef::as_model);
        models.find(|model| model.name == self.name)
    }
}

/// The place of a value in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Body,
}

/// The body of a request.
#[derive(Debug)]
pub enum Body {
    /// The members of a JSON object.
    Object(Vec<Field>),
    /// The fields of a form, some of them files.
    Form(Vec<Field>),
    /// JSON of another kind, as one value that a caller sets.
    Whole(Box<Field>),
}

impl Body {
    pub fn fields(&self) -> &[Field] {
        match self {
            Self::Object(fields) | Self::Form(fields) => fields,
            Self::Whole(field) => std::slice::from_ref(field),
        }
    }

    pub fn fields_mut(&mut self) -> &mut [Field] {
        match self {
            Self::Object(fields) | Self::Form(fields) => fields,
            Self::Whole(field) => std::slice::from_mut(field),
        }
    }
}

/// The pagination of an operation, with fields of the request and of the response.
#[derive(Debug)]
pub struct Paging {
    pub items: Field,
    pub item: Type,
    pub more: Option<Field>,
    /// The field of the request that turns pagination on.
    pub flag: Option<Field>,
    pub by: PagingBy,
}

impl Paging {
    /// The fields of the request that `pages` and `items` set.
    pub fn requests(&self) -> impl Iterator<Item = &Field> {
        let (PagingBy::Token { request, .. } | PagingBy::Offset { request, .. }) = &self.by;
        std::iter::once(request).chain(&self.flag)
    }
}

#[derive(Debug)]
pub enum PagingBy {
    Token { request: Field, next: Field },
    Offset { request: Field, total: Option<Field> },
}

/// A call that a test makes, and what must reach the server.
#[derive(Debug)]
pub struct SampleCall {
    pub name: &'static str,
    /// One value for each field that is set, in the order of [`Operation::fields`].
    pub values: Vec<Option<Value>>,
    pub target: String,
    pub body: Option<SentBody>,
    /// The request is the one for the page after the documented one.
    pub follows_page: bool,
}

/// The body that must reach the server.
#[derive(Debug)]
pub enum SentBody {
    Json(Value),
    /// Names and texts; a file is in it by its contents.
    Form(Vec<(String, String)>),
}

#[derive(Debug, Clone)]
pub struct Field {
    /// Its index among the fields of its spec.
    pub index: usize,
    pub wire: String,
    pub rust: String,
    pub ty: Type,
    pub doc: String,
    pub deprecated: Option<String>,
    /// The meanings of the documented values of a number.
    pub values: Vec<(i64, String)>,
    /// The documented limits of length and range, in sentences.
    pub limits: Vec<String>,
    /// The least and the greatest documented number.
    pub range: Bounds<i64>,
    /// The least and the greatest documented number of characters or elements.
    pub length: Bounds<u64>,
    pub default: Option<String>,
    pub required: bool,
    /// `null` clears it, which is not the same as leaving it out.
    pub nullable: bool,
    /// The Rust name of the ID that this is the type of.
    pub type_of: Option<String>,
    /// The vendor executes requests with the same value once.
    pub dedupe: bool,
    pub presence: Presence,
    /// Leads back to the model that it is a field of.
    pub boxed: bool,
    /// `Debug` masks it.
    pub sensitive: bool,
    /// The unit of a number in a string, or of a number that is a time.
    pub counts: Option<Counts>,
    /// The method that returns the time.
    pub accessor: Option<String>,
    pub example: Option<Value>,
}

/// Two limits, of which either can be open.
pub type Bounds<T> = (Option<T>, Option<T>);

impl Field {
    /// The setter that sends `null`.
    pub fn clear_name(&self) -> String {
        format!("clear_{}", self.rust)
    }
}

/// The struct that names what `name` requires.
pub fn required_name(name: &str) -> String {
    format!("{name}Required")
}

/// Whether two of the required values could be swapped at a call site without the compiler
/// noticing: two of one type, or two that take any text.
pub fn needs_names<'a>(required: impl IntoIterator<Item = &'a Field>) -> bool {
    let mut seen: Vec<Type> = Vec::new();
    required.into_iter().any(|field| {
        let argument = field.ty.with_enums_as_scalars();
        let is_known = seen.contains(&argument);
        seen.push(argument);
        is_known
    })
}

/// How the absence of a field is told in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Never absent: `T`.
    Always,
    /// `Option<T>`.
    Optional,
    /// A list, map or record that is empty when absent, and absent when empty.
    Empty,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    String,
    Int,
    Float,
    Bool,
    Json,
    /// An object whose fields the user defines.
    Record,
    File,
    List(Box<Type>),
    Map(Box<Type>),
    /// A value as JSON in a string.
    Text(Box<Type>),
    Named(Reference),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub name: String,
    pub kind: Kind,
    pub home: Home,
}

/// The module of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In the file of the one operation or event that uses it.
    Local,
    /// In the crate's `types` module.
    Types,
    /// Among the events, several of which use it.
    Events,
}

/// The kind of type that a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Model,
    Enum,
    IntEnum,
    Id,
}

#[derive(Debug)]
pub enum TypeDef {
    Model(Model),
    Enum(Enum),
    Id(Id),
}

/// An ID that travels with its type.
#[derive(Debug)]
pub struct Id {
    pub name: String,
    pub doc: String,
    /// The enum of its types.
    pub types: Reference,
    pub variants: Vec<IdVariant>,
}

/// A type that an ID may have.
#[derive(Debug)]
pub struct IdVariant {
    pub variant: Variant,
    /// The name of the constructor of an ID of this type.
    pub constructor: String,
}

#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub doc: String,
    /// The item it is part of, if it was not given a name of its own.
    pub part: Option<Part>,
    pub fields: Vec<Field>,
    /// Whether a caller builds it, so that it needs a constructor and setters. Nothing else
    /// depends on it.
    pub in_requests: bool,
    pub example: Option<Value>,
}

/// The role of a model without a sentence of its own.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// The response of this operation.
    ResponseOf(String),
    /// The answer to this callback.
    AnswerTo(String),
}

#[derive(Debug)]
pub struct Enum {
    pub name: String,
    pub doc: String,
    pub ignore_case: bool,
    /// Whether its values are numbers on the wire.
    pub int: bool,
    pub variants: Vec<Variant>,
    /// Values that samples hold by mistake.
    pub slips: Vec<String>,
}

impl Enum {
    /// Whether two values are one, as the enum sees it.
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        one == other || self.ignore_case && one.eq_ignore_ascii_case(other)
    }
}

#[derive(Debug)]
pub struct Variant {
    pub rust: String,
    pub value: String,
    pub doc: String,
    pub deprecated: Option<String>,
}

impl TypeDef {
    pub fn name(&self) -> &str {
        match self {
            Self::Model(model) => &model.name,
            Self::Enum(def) => &def.name,
            Self::Id(id) => &id.name,
        }
    }

    pub fn as_id(&self) -> Option<&Id> {
        match self {
            Self::Id(id) => Some(id),
            Self::Model(_) | Self::Enum(_) => None,
        }
    }

    pub fn as_model(&self) -> Option<&Model> {
        match self {
            Self::Model(model) => Some(model),
            Self::Enum(_) | Self::Id(_) => None,
        }
    }
}

impl Api {
    /// Every type of the crate.
    pub fn type_defs(&self) -> impl Iterator<Item = &TypeDef> {
        let local = self.modules.iter().flat_map(|module| &module.operations);
        let local = local.flat_map(|operation| &operation.types);
        let of_events = self.events.iter().flat_map(|event| &event.types);
        let shared = self.types.iter().chain(&self.event_types);
        shared.flat_map(|file| &file.types).chain(local).chain(of_events)
    }

    /// Returns `name`, or one like it that no type has.
    pub fn free_name(&self, name: &str) -> String {
        match self.type_def(name) {
            Some(_) => self.free_name(&format!("{name}_")),
            None => name.to_owned(),
        }
    }

    pub fn type_def(&self, name: &str) -> Option<&TypeDef> {
        match *self.index.0.get(name)? {
            TypePlace::Shared { file, at } => self.types.get(file)?.types.get(at),
            TypePlace::Local { module, operation, at } => {
                self.modules.get(module)?.operations.get(operation)?.types.get(at)
            }
            TypePlace::OfEvents { file, at } => self.event_types.get(file)?.types.get(at),
            TypePlace::OfEvent { event, at } => self.events.get(event)?.types.get(at),
        }
    }

    pub fn model(&self, name: &str) -> Option<&Model> {
        self.type_def(name)?.as_model()
    }
}

impl Type {
    /// The wire type as the specs write it.
    pub fn spec_name(&self) -> String {
        match self {
            Self::String => "string".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Record => "record".to_owned(),
            Self::File => "file".to_owned(),
            Self::Text(inner) => format!("string<{}>", inner.spec_name()),
            Self::List(item) => format!("list<{}>", item.spec_name()),
            Self::Map(value) => format!("map<{}>", value.spec_name()),
            Self::Named(reference) => reference.name.clone(),
        }
    }

    /// Returns the type that a caller passes: an enum is created from a string or a number, which
    /// fits as well.
    fn with_enums_as_scalars(&self) -> Self {
        match self {
            Self::List(item) => Self::List(Box::new(item.with_enums_as_scalars())),
            Self::Map(value) => Self::Map(Box::new(value.with_enums_as_scalars())),
            Self::Text(inner) => inner.with_enums_as_scalars(),
            Self::Named(reference) if reference.kind == Kind::Enum => Self::String,
            Self::Named(reference) if reference.kind == Kind::IntEnum => Self::Int,
            other => other.clone(),
        }
    }

    /// The type without the string that holds it as JSON.
    pub fn contents(&self) -> &Self {
        match self {
            Self::Text(inner) => inner,
            other => other,
        }
    }

    /// The named type at the bottom of lists and maps.
    pub fn reference(&self) -> Option<&Reference> {
        match self {
            Self::List(inner) | Self::Map(inner) | Self::Text(inner) => inner.reference(),
            Self::Named(reference) => Some(reference),
            _ => None,
        }
    }
}
