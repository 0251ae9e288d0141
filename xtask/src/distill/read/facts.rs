//! The facts of one page, as typed values. Only `gloss` contains sentences of the vendor.

use serde::Serialize;
use serde_json::{Number, Value};

use super::report::Remark;

/// One page that was read: what it describes, and what is not certain about that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// The name the caller gave to the page, for `name:line`.
    pub name: String,
    pub page: Page,
    /// Sorted by line.
    pub remarks: Vec<Remark>,
}

/// The subject of a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    Endpoint(Box<Endpoint>),
    Event(Box<Event>),
    Overview(Overview),
    /// Nothing a spec can be made of.
    Nothing {
        why: String,
    },
    /// No text at all.
    Unreadable {
        why: String,
    },
}

/// The vendor of the platform that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    Feishu,
    Dingtalk,
}

/// A kind of access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    Tenant,
    User,
    App,
}

impl Token {
    /// As specs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::App => "app",
        }
    }
}

/// An operation over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Endpoint {
    pub vendor: Option<Vendor>,
    /// The address of the page, where its metadata gives it.
    pub source: Option<String>,
    /// The name in the vendor's explorer.
    pub explored: Option<Explored>,
    pub title: String,
    /// The first paragraph below the title, in the vendor's words.
    pub gloss: String,
    /// In upper case; empty if the page does not say it, which is a remark.
    pub method: String,
    /// As documented, with its host.
    pub url: String,
    pub host: String,
    /// Starts with `/`; parameters as on the page, `:name` or `{name}`.
    pub path: String,
    pub tokens: Vec<Token>,
    /// `custom` and `isv` (Feishu), `internal`, `third_party` and `personal` (DingTalk), or what the
    /// page says.
    pub app_types: Vec<String>,
    pub scopes: Vec<String>,
    /// As in a spec, such as `1000/min, 50/s`, or what the page says.
    pub rate_limit: Option<String>,
    pub deprecated: bool,
    pub params: Vec<Param>,
    pub query: Vec<Param>,
    pub headers: Vec<Param>,
    pub body: Vec<Param>,
    /// The body is a list, of which `body` describes an element.
    pub body_list: bool,
    /// Without the envelope.
    pub response: Vec<Param>,
    /// The fields of the response are next to the envelope's, and not in its data.
    pub whole_body: bool,
    /// The fields of the response are from a table, which lists all of them. If not set, they are
    /// from the sample.
    pub response_of_table: bool,
    /// The response is a list, of which `response` describes an element.
    pub response_list: bool,
    /// The body is a form with files.
    pub multipart: bool,
    /// The response is a file.
    pub download: bool,
    pub errors: Vec<ErrorCode>,
    pub request_example: Option<Value>,
    /// The whole response, with its envelope.
    pub response_example: Option<Value>,
    /// Of the URL.
    pub line: usize,
}

/// An operation as the vendor's explorer and SDKs name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explored {
    /// With its version, such as `im.v1`.
    pub service: String,
    /// Its words are separated by dots, such as `chat.members`.
    pub resource: String,
    pub method: String,
}

/// An event, or a callback that waits for a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    pub title: String,
    /// The first paragraph below the title, in the vendor's words.
    pub gloss: String,
    /// The address of the page, where its metadata gives it.
    pub source: Option<String>,
    /// On the wire, such as `im.message.receive_v1`.
    pub event_type: String,
    pub schema: Schema,
    /// As in [`Endpoint::app_types`].
    pub app_types: Vec<String>,
    pub scopes: Vec<String>,
    /// The scopes without which some fields are absent.
    pub field_scopes: Vec<String>,
    pub deprecated: bool,
    /// The JSON pointer, in the payload, to what the text says that repetitions have in common.
    pub dedupe: Option<String>,
    /// Of the payload, without the envelope.
    pub fields: Vec<Param>,
    /// The fields are from a table, which lists all of them. If not set, they are from the sample.
    pub of_table: bool,
    /// Of the response that a callback waits for.
    pub answer: Option<Vec<Param>>,
    /// With its envelope.
    pub example: Option<Value>,
    pub answer_example: Option<Value>,
    /// Of the event type.
    pub line: usize,
}

/// The envelope of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    V2,
    V1,
    /// None: an old card's callback is its own payload.
    Card,
}

/// A resource, as a page about several operations describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    pub title: String,
    pub fields: Vec<Param>,
    pub example: Option<Value>,
    /// Of the table.
    pub line: usize,
}

/// A parameter, or a field of a body or a response.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Param {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: Ty,
    /// It is a number of 64 bits, which the wire may have as text.
    #[serde(skip)]
    pub is_int64: bool,
    /// The page does not say whether the number is whole.
    #[serde(skip)]
    pub is_number: bool,
    /// The vendor's name of the object type, where the page gives it one.
    pub model: Option<String>,
    /// `None` where the page does not say.
    pub required: Option<bool>,
    pub default: Option<String>,
    pub example: Option<String>,
    pub min: Option<Number>,
    pub max: Option<Number>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub values: Vec<NamedValue>,
    pub gloss: String,
    /// Of the object, or of the objects in the list or map.
    pub fields: Vec<Param>,
    pub line: usize,
}

/// One value out of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedValue {
    pub value: String,
    pub gloss: String,
}

/// A row of the table of error codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorCode {
    pub http: Option<u16>,
    pub code: String,
    pub message: String,
    pub gloss: String,
    pub line: usize,
}

/// A wire type, as the spec language names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ty {
    #[default]
    Unknown,
    String,
    Int,
    Float,
    Bool,
    Json,
    File,
    Object,
    List(Box<Ty>),
    Map(Box<Ty>),
}

impl Ty {
    pub fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    pub fn map(of: Self) -> Self {
        Self::Map(Box::new(of))
    }

    /// Returns the element type of a list or map, or the type itself.
    pub fn element(&self) -> &Self {
        match self {
            Self::List(of) | Self::Map(of) => of.element(),
            _ => self,
        }
    }

    /// The type with any JSON for the objects in it.
    pub fn of_json(self) -> Self {
        match self {
            Self::List(of) => Self::list(of.of_json()),
            Self::Map(of) => Self::map(of.of_json()),
            _ => Self::Json,
        }
    }

    /// The type that has the values of both.
    pub fn widest(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Self::Float,
            (Self::List(one), Self::List(other)) => Self::list(one.widest(*other)),
            _ => Self::Json,
        }
    }

    /// Whether values have fields, or may have.
    pub fn holds_fields(&self) -> bool {
        matches!(self.element(), Self::Object | Self::Unknown)
    }
}

impl std::fmt::Display for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::String => f.write_str("string"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Bool => f.write_str("bool"),
            Self::Json => f.write_str("json"),
            Self::File => f.write_str("file"),
            Self::Object => f.write_str("object"),
            Self::List(of) => write!(f, "list<{of}>"),
            Self::Map(of) => write!(f, "map<{of}>"),
        }
    }
}

impl Serialize for Ty {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
