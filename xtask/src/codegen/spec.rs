//! The spec language, one to one with the JSON. `specs/schema.json` is written from these types,
//! and their doc comments are what an editor shows.

use std::collections::BTreeMap;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The part that all operations of an API share: `specs/<crate>/api.json`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The platform that runs the API.
    pub vendor: Vendor,
    /// The modules of the crate, and what a reader finds in each.
    pub modules: BTreeMap<String, String>,
    /// Every error code of the API, named once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, ErrorCode>,
}

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum Vendor {
    #[value(help = "Feishu, and Lark outside China")]
    Feishu,
    #[value(help = "DingTalk")]
    DingTalk,
}

impl Vendor {
    /// All platforms.
    pub const ALL: [Self; 2] = [Self::Feishu, Self::DingTalk];

    /// Returns the name, as specs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feishu => "feishu",
            Self::DingTalk => "dingtalk",
        }
    }
}

/// An error code of the vendor.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorCode {
    /// The variant of the crate's `ErrorCode` enum.
    pub name: String,
    /// The HTTP status it comes with.
    #[schemars(range(min = 100, max = 599))]
    pub http: u16,
    /// The kind of failure, which decides what a client does about it.
    pub kind: ErrorKind,
    /// The problem, in a sentence.
    pub doc: String,
    /// The advice on what to do about it, in a sentence.
    pub advice: String,
}

/// A kind of failure, as in `openplat_core::ErrorKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    Configuration,
    InvalidRequest,
    Unauthenticated,
    PermissionDenied,
    Throttled,
    QuotaExceeded,
    Unavailable,
    Rejected,
}

/// The error codes that any operation of a platform can respond with: `specs/<vendor>.codes.json`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Every code, as it is on the wire.
    pub codes: BTreeMap<String, CommonCode>,
}

/// An error code of a platform, which has no name.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonCode {
    /// The HTTP status it comes with.
    #[schemars(range(min = 100, max = 599))]
    pub http: u16,
    /// The kind of failure, which decides what a client does about it.
    pub kind: ErrorKind,
    /// The problem, in a sentence. Absent if nothing but the kind is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The advice on what to do about it, in a sentence.
    pub advice: String,
}

/// Types that several operations share: `specs/<crate>/types/<topic>.json`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Types {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The types.
    pub types: Vec<Type>,
}

/// A model (has `fields`), an open enum (has `values`), or an ID that travels with its type (has
/// `id_types`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// Its name in Rust and in the specs, in PascalCase.
    pub name: String,
    /// The meaning, in English sentences of our own.
    pub doc: String,
    /// The members of a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
    /// The documented values of a string, or of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<EnumValue>>,
    /// The values of this enum are numbers on the wire.
    #[serde(default, skip_serializing_if = "is_false")]
    pub int: bool,
    /// The enum of the types that an ID may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_types: Option<String>,
    /// The vendor does not write the values in one case: recognize them in any.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_case: bool,
    /// Values that documented samples hold though no list of values does. Like any other value that
    /// is not listed they decode to `Unknown`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub slips: Vec<String>,
    /// A documented sample of a model; a test decodes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// The value on the wire.
    #[schemars(length(min = 1))]
    pub value: String,
    /// The meaning, in English sentences of our own. No value of the enum has it if their names say
    /// everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The Rust name, if the one derived from the value does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust: Option<String>,
    /// A sentence on what to use instead, if the vendor advises against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
}

/// One documented value of a number.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberValue {
    /// The value on the wire.
    pub value: i64,
    /// The meaning, in English sentences of our own.
    pub doc: String,
}

/// One operation: `specs/<crate>/<module>.<method>.json`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The vendor's ID of the operation, such as `im.v1.chat.link`.
    #[schemars(length(min = 1))]
    pub id: String,
    /// The Rust name, if `<Method><Module>` does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust: Option<String>,
    /// Other words that people search for, in any language; the docs are found by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The effect of the operation, in English sentences of our own.
    pub doc: String,
    /// A sentence on what to use instead, if the vendor advises against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// The vendor's page that the facts come from.
    pub source: String,
    /// The HTTP method.
    pub method: Method,
    /// The path as documented, with `:name` or `{name}` for a parameter, and with the slash at its
    /// end if there is one.
    pub path: String,
    /// The tokens it accepts: `tenant` and `user` for Feishu, `app` and `user` for
    /// DingTalk.
    pub tokens: Vec<Token>,
    /// The scopes of which the app needs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub scopes: Vec<String>,
    /// Whether executing it twice does no more than executing it once, where that does not follow
    /// from the method: `GET`, `PUT` and `DELETE` are idempotent, others are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// The documented rate limit, such as `1000/min, 50/s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub rate: Option<String>,
    /// The parameters of the path, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Field>,
    /// The parameters of the query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<Field>,
    /// The members of the JSON body, or the fields of a form if one of them is a `file`; without
    /// this key no body is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Vec<Field>>,
    /// The type of the body, where it is not an object with members of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_type: Option<String>,
    /// The members of the response's data, which become the type `<Operation>Response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Vec<Field>>,
    /// The type of the response's data, if it has a name of its own; `file` for a download.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// The members of the response are next to `code` and `msg`, not in `data`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole_body: bool,
    /// The members of `response_type` that this operation does not return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// The way from one page of the response to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// The codes it documents, each in the dictionary of `api.json`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// The types that only this operation uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Type>,
    /// The documented samples.
    #[serde(default, skip_serializing_if = "Examples::is_empty")]
    pub examples: Examples,
}

/// The fields that paginate a response, by their names on the wire: those of either a token or an
/// offset.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The list in the response.
    pub items: String,
    /// The parameter that takes the token of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The token of the next page, in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The parameter that says how many items to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// The parameter that has to be `true` for a paginated response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// The total number of items, in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Whether more pages follow, in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A type of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Token {
    Tenant,
    User,
    App,
}

/// A parameter, or a member of a JSON object.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name on the wire.
    pub name: String,
    /// The Rust name, if the one derived from `name` does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust: Option<String>,
    /// `string`, `int`, `float`, `bool`, `json`, `file`, `list<T>`, `map<T>`, `string<T>` for JSON in
    /// a string, or the name of a type.
    #[serde(rename = "type")]
    pub ty: String,
    /// The meaning, with units and formats, in English sentences of our own.
    pub doc: String,
    /// It must be sent. Path parameters always are. In a response: it is documented as always
    /// there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// A sentence on what to use instead, if the vendor advises against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// `null` is a value of its own, which clears what is there; not to send it leaves it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// The ID, in the same request, whose type this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_of: Option<String>,
    /// It is in every response, by evidence: the Rust field is not an `Option`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub always: bool,
    /// The vendor executes requests with the same value once. Filled in when the caller sets none,
    /// the same for every attempt of a call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dedupe: bool,
    /// The meaning of each documented value of a number; strings have an enum for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<NumberValue>,
    /// The least number that is documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest number that is documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The least number of characters or elements that is documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The greatest number of characters or elements that is documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// The unit of a number in a string, or of a number that is a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The method that returns a time of a response or an event as a `SystemTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessor: Option<String>,
    /// The value that the platform assumes if it is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The value is a secret or private, such as a token or a message: `Debug` masks it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// A documented sample value; tests send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Seconds since the Unix epoch.
    Seconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// Anything else.
    Items,
}

/// An event, or a callback that waits for a response: `specs/<crate>/events/<id>.json`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<String>,
    /// The type of the event on the wire, such as `im.message.receive_v1`.
    pub id: String,
    /// The name of the payload's Rust type and of the variant of `Event`.
    pub rust: String,
    /// Other words that people search for, in any language; the docs are found by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// A description of what happened, in English sentences of our own.
    pub doc: String,
    /// The vendor's page that the facts come from.
    pub source: String,
    /// The envelope that it comes in.
    pub schema: EventSchema,
    /// The scopes of which the app needs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub scopes: Vec<String>,
    /// The scopes without which some of its fields are absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub field_scopes: Vec<String>,
    /// The event that the platform sends to new apps instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// The JSON pointer, in the payload, to what tells the event from its repetitions, where the ID
    /// of the envelope does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe: Option<String>,
    /// The members of the payload.
    pub fields: Vec<Field>,
    /// The members of the response that a callback waits for, which become `<Rust>Answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Vec<Field>>,
    /// The type of the response that a callback waits for, where it has a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_type: Option<String>,
    /// The types that only this event uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<Type>,
    /// A documented sample, envelope included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// The envelope of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum EventSchema {
    /// `schema`, `header` and `event`.
    #[serde(rename = "2.0")]
    V2,
    /// `uuid`, `type` and `event`, which says its type itself.
    #[serde(rename = "1.0")]
    V1,
    /// None: the callback of an old card is its own payload, and does not say its type.
    #[serde(rename = "card")]
    Card,
}

/// The documented samples of an operation, and the code of its docs.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// The lines of Rust that the docs show instead of the call that is made from the samples. A
    /// client named `feishu` or `dingtalk` is in scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rust: Vec<String>,
    /// The body of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// The whole body of a response, envelope included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

impl Examples {
    fn is_empty(&self) -> bool {
        self.rust.is_empty() && self.request.is_none() && self.response.is_none()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl EventSchema {
    /// As the specs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V1 => "1.0",
            Self::Card => "card",
        }
    }
}

impl Token {
    /// As the specs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::App => "app",
        }
    }

    /// For the documentation of an operation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Tenant | Self::App => "the app's",
            Self::User => "a user's",
        }
    }
}
