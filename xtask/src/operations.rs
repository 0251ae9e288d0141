//! `cargo xtask operations` and `cargo xtask events`: lists of what the specs define, for people
//! and for programs.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::codegen;
use crate::codegen::diagnostic::SHOWN;
use crate::codegen::ir::{Api, Body, Event, Field, Model, Operation, Token, Type, TypeDef};
use crate::codegen::spec::Vendor;
use crate::console;
use crate::distill::read::old_api;
use crate::generate::explain;

/// The specs to list, and the form of the list.
#[derive(Args)]
pub struct Options {
    /// Print one JSON array, with everything that is sent and received
    #[arg(long)]
    json: bool,
    /// Read the specs in this folder
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
}

/// Prints the operations. Specs in a folder that is named need no root.
///
/// # Errors
///
/// Returns an error if the specs have faults.
pub fn run(root: Result<PathBuf, String>, options: &Options) -> Result<(), String> {
    print(root, options, list, table)
}

/// Prints the events. Specs in a folder that is named need no root.
///
/// # Errors
///
/// Returns an error if the specs have faults.
pub fn run_events(root: Result<PathBuf, String>, options: &Options) -> Result<(), String> {
    print(root, options, list_events, table_of_events)
}

fn print<T: Serialize>(
    root: Result<PathBuf, String>,
    options: &Options,
    entries: fn(&[Api]) -> Vec<T>,
    table: fn(&[T]) -> String,
) -> Result<(), String> {
    let specs = match &options.specs {
        Some(folder) => folder.clone(),
        None => root?.join("specs"),
    };
    let apis = codegen::lower_specs(&specs).map_err(|error| explain(&error, SHOWN))?;
    let entries = entries(&apis);
    match options.json {
        true => console::print_json(&entries),
        false => console::print(&format!("{}\n", table(&entries))),
    }
}

/// One operation, with everything that it can send and receive.
#[derive(Debug, Serialize)]
pub struct Entry {
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub id: String,
    pub method: &'static str,
    /// The vendor's own, in China.
    pub host: &'static str,
    /// As the vendor writes it.
    pub path: String,
    pub tokens: Vec<Token>,
    pub scopes: Vec<String>,
    pub path_params: Vec<Member>,
    pub query: Vec<Member>,
    pub body: Vec<Member>,
    pub response: Vec<Member>,
    pub errors: Vec<String>,
    pub multipart: bool,
    pub download: bool,
    /// The members of `response` are next to `code` and `msg`, not in `data`.
    pub whole_body: bool,
    pub paged: bool,
}

/// One event or callback, with everything that its payload can contain.
#[derive(Debug, Serialize)]
pub struct EventEntry {
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The type on the wire.
    pub id: String,
    pub schema: &'static str,
    pub scopes: Vec<String>,
    pub field_scopes: Vec<String>,
    pub replaced_by: Option<String>,
    /// The JSON pointer, in the payload, to what tells the event from its repetitions.
    pub dedupe: Option<String>,
    pub fields: Vec<Member>,
    /// The fields of the answer to a callback; `None` for an event.
    pub answer: Option<Vec<Member>>,
}

/// A parameter or a member of an object. A body or a response that is not an object is one member
/// without a name.
#[derive(Debug, Serialize)]
pub struct Member {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: String,
    pub required: bool,
    /// The documented values of a string or a number.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
    /// The members of an object, at the bottom of lists and maps as well. A model within itself is
    /// not spelled out again.
    pub fields: Vec<Member>,
}

/// Every operation, in the order of crates, modules and files.
pub fn list(apis: &[Api]) -> Vec<Entry> {
    let operations = apis.iter().flat_map(|api| {
        let operations = api.modules.iter().flat_map(|module| &module.operations);
        operations.map(move |operation| entry(api, operation))
    });
    operations.collect()
}

/// Every event, in the order of crates and files.
pub fn list_events(apis: &[Api]) -> Vec<EventEntry> {
    let events = apis.iter().flat_map(|api| api.events.iter().map(move |event| (api, event)));
    events.map(|(api, event)| event_entry(api, event)).collect()
}

fn event_entry(api: &Api, event: &Event) -> EventEntry {
    let fields = event.payload().map_or(&[][..], |payload| &payload.fields);
    EventEntry {
        crate_name: api.name.clone(),
        id: event.id.clone(),
        schema: event.schema.as_str(),
        scopes: event.scopes.clone(),
        field_scopes: event.field_scopes.clone(),
        replaced_by: event.replaced_by.clone(),
        dedupe: event.dedupe.clone(),
        fields: Members { api, above: Vec::new() }.all(fields),
        answer: event.answer.as_ref().map(|answer| whole(api, answer)),
    }
}

/// Returns the members of a value that is not part of another.
fn whole(api: &Api, ty: &Type) -> Vec<Member> {
    let mut members = Members { api, above: Vec::new() };
    match ty.reference().and_then(|model| api.model(&model.name)) {
        Some(model) if matches!(ty, Type::Named(_)) => members.all(&model.fields),
        _ => vec![members.nameless(ty)],
    }
}

fn entry(api: &Api, operation: &Operation) -> Entry {
    let members = |fields: &[Field]| Members { api, above: Vec::new() }.all(fields);
    let mut response = match &operation.output {
        None | Some(Type::File) => Vec::new(),
        Some(output) => whole(api, output),
    };
    response.retain(|member| !operation.lacks.contains(&member.name));
    Entry {
        crate_name: api.name.clone(),
        id: operation.id.clone(),
        method: operation.method.as_str(),
        host: host(api, operation),
        path: operation.path.clone(),
        tokens: operation.tokens.clone(),
        scopes: operation.scopes.clone(),
        path_params: members(&operation.params),
        query: members(&operation.query),
        body: members(operation.body.as_ref().map_or(&[], Body::fields)),
        response,
        errors: operation.codes.clone(),
        multipart: matches!(operation.body, Some(Body::Form(_))),
        download: operation.is_download(),
        whole_body: operation.whole_body,
        paged: operation.paging.is_some(),
    }
}

/// Returns the vendor's host of an operation, in China.
pub fn host(api: &Api, operation: &Operation) -> &'static str {
    match api.vendor {
        Vendor::Feishu => "open.feishu.cn",
        Vendor::DingTalk if old_api::is_old(&operation.path) => old_api::HOST,
        Vendor::DingTalk => "api.dingtalk.com",
    }
}

struct Members<'a> {
    api: &'a Api,
    /// The models that are being spelled out.
    above: Vec<&'a str>,
}

impl<'a> Members<'a> {
    fn all(&mut self, fields: &'a [Field]) -> Vec<Member> {
        fields.iter().map(|field| self.one(field)).collect()
    }

    fn one(&mut self, field: &'a Field) -> Member {
        let (name, required) = (field.wire.clone(), field.required);
        let mut member = self.nameless(&field.ty);
        member.values.extend(field.values.iter().map(|(value, _)| value.to_string()));
        Member { name, required, ..member }
    }

    fn nameless(&mut self, ty: &'a Type) -> Member {
        let def = ty.reference().and_then(|reference| self.api.type_def(&reference.name));
        let values = match def {
            Some(TypeDef::Enum(def)) => &def.variants[..],
            _ => &[],
        };
        let fields = match def {
            // The contents of a string are not a member on the wire.
            Some(TypeDef::Model(model)) if !matches!(ty, Type::Text(_)) => self.model(model),
            _ => Vec::new(),
        };
        Member {
            name: String::new(),
            ty: self.wire_type(ty),
            required: true,
            values: values.iter().map(|variant| variant.value.clone()).collect(),
            fields,
        }
    }

    fn model(&mut self, model: &'a Model) -> Vec<Member> {
        if self.above.contains(&model.name.as_str()) {
            return Vec::new();
        }
        self.above.push(&model.name);
        let fields = self.all(&model.fields);
        self.above.pop();
        fields
    }

    fn wire_type(&self, ty: &Type) -> String {
        match ty {
            Type::List(item) => format!("list<{}>", self.wire_type(item)),
            Type::Map(value) => format!("map<{}>", self.wire_type(value)),
            Type::Text(_) => "string".to_owned(),
            Type::Named(reference) => match self.api.type_def(&reference.name) {
                Some(TypeDef::Model(_)) => "object".to_owned(),
                Some(TypeDef::Enum(def)) if def.int => "int".to_owned(),
                _ => "string".to_owned(),
            },
            scalar => scalar.spec_name(),
        }
    }
}

/// Returns the operations as a table, a line each.
pub fn table(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let tokens = entry.tokens.iter().map(|token| token.as_str()).collect::<Vec<_>>().join(",");
        let (method, path) = (entry.method, &entry.path);
        format!("{tokens:11}  {method:6}  {path}{}", features(entry))
    };
    let rows = entries.iter().map(|entry| (&*entry.crate_name, &*entry.id, line(entry)));
    table_of(&rows.collect::<Vec<_>>(), "operations")
}

/// Returns the events as a table, a line each.
pub fn table_of_events(entries: &[EventEntry]) -> String {
    let line = |entry: &EventEntry| {
        let kind = if entry.answer.is_some() { "callback" } else { "event" };
        let replaced = entry.replaced_by.iter().map(|id| format!("  [replaced by {id}]"));
        format!("{:4}  {kind}{}", entry.schema, replaced.collect::<String>())
    };
    let rows = entries.iter().map(|entry| (&*entry.crate_name, &*entry.id, line(entry)));
    table_of(&rows.collect::<Vec<_>>(), "events")
}

/// Returns a table of crates, IDs and what follows them, and the number of its lines.
fn table_of(rows: &[(&str, &str, String)], what: &str) -> String {
    let width = |column: fn(&(&str, &str, String)) -> usize| rows.iter().map(column).max();
    let crates = width(|(name, ..)| name.chars().count()).unwrap_or_default();
    let ids = width(|(_, id, _)| id.chars().count()).unwrap_or_default();
    let lines = rows.iter().map(|(name, id, rest)| format!("{name:crates$}  {id:ids$}  {rest}"));
    let lines = lines.map(|line| line.trim_end().to_owned());
    lines.chain([format!("{} {what}", rows.len())]).collect::<Vec<_>>().join("\n")
}

fn features(entry: &Entry) -> String {
    let features =
        [(entry.multipart, "upload"), (entry.download, "download"), (entry.paged, "pages")];
    let names: Vec<_> = features.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
    if names.is_empty() { String::new() } else { format!("  [{}]", names.join(", ")) }
}
