//! From the facts of a page to a spec: everything gets a name and a type. What is not certain
//! about that is a remark.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Number, Value};

use super::codes;
use super::fixups::Fixup;
use super::kin::Origin;
use super::paging;
use super::recursion::{self, Above};
use super::route::{self, Names};
use crate::codegen::{naming, rules, spec};
use crate::distill::read::facts::{Endpoint, Event, Overview, Param, Schema, Token, Ty, Vendor};
use crate::distill::read::old_api;
use crate::distill::read::report::{Remark, RemarkKind};

/// A spec that a page says, before it is put among others.
#[derive(Debug, Clone)]
pub struct Draft {
    pub names: Names,
    /// Its types are in its own file; none of them is shared yet.
    pub spec: spec::Endpoint,
    pub codes: Vec<(String, spec::ErrorCode)>,
    /// The HTTP status of each code of which the page gives it.
    pub statuses: Vec<(String, u16)>,
    /// The page lists all fields of the response, rather than those of a sample.
    pub is_whole: bool,
    pub notes: Notes,
}

/// A spec of an event, before it is put among others.
#[derive(Debug, Clone)]
pub struct EventDraft {
    /// Its types are in its own file; none of them is shared yet.
    pub spec: spec::Event,
    /// The page lists all fields, rather than those of a sample.
    pub is_whole: bool,
    /// The page advises against it; a spec names the successor instead.
    pub is_deprecated: bool,
    pub notes: Notes,
}

/// Facts of a page that are not in a spec.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The vendor's words about a field, for whoever writes ours.
    pub glosses: Vec<Gloss>,
    pub remarks: Vec<Remark>,
    /// The fields of which the page does not say whether they are required.
    pub unsure: Vec<String>,
    /// Facts that the page is known to leave out, as fix-ups name them.
    pub lacks: Vec<String>,
    /// Facts that are known to differ from the spec, as fix-ups name them.
    pub differs: Vec<String>,
    /// The possible names of the types, by their names in the draft.
    pub origins: BTreeMap<String, Origin>,
}

impl Notes {
    /// Takes over in what the specs depart from the page.
    pub fn depart(&mut self, fixups: &[Fixup]) {
        self.lacks.extend(fixups.iter().flat_map(|fixup| fixup.lacks().iter().cloned()));
        self.differs.extend(fixups.iter().flat_map(|fixup| fixup.differs().iter().cloned()));
    }
}

/// The text of the vendor about a part of a spec.
#[derive(Debug, Clone)]
pub struct Gloss {
    /// Such as `body/name`.
    pub of: String,
    pub text: String,
    pub line: usize,
}

/// The place of the words that an operation or event is searched by.
pub const ALIASES: &str = "aliases";

/// The headers that a client sends without being told.
const SENT_ANYWAY: [&str; 3] = ["authorization", "content-type", "x-acs-dingtalk-access-token"];

/// A draft of an operation, or why there can be none.
pub fn endpoint(facts: &Endpoint) -> Result<Draft, String> {
    let method = method(&facts.method)?;
    rules::path_params(&facts.path)?;
    let old = if is_old(facts) { route::names_of_old(&facts.path) } else { None };
    let names = old.unwrap_or_else(|| {
        let (explored, page) = (facts.explored.as_ref(), facts.source.as_deref());
        route::names(&facts.method, &facts.path, explored, page)
    });
    let name = naming::operation(&names.module, &names.method);
    let mut drafter = Drafter::new(&name);
    drafter.is_sample = !facts.response_of_table;
    let mut spec = spec::Endpoint {
        schema: Some("../schema.json".to_owned()),
        id: names.id.clone(),
        rust: None,
        aliases: Vec::new(),
        doc: String::new(),
        deprecated: facts.deprecated.then(String::new),
        source: facts.source.clone().unwrap_or_else(|| source(facts).to_owned()),
        method,
        path: facts.path.clone(),
        tokens: drafter.tokens(facts),
        scopes: unique(facts.scopes.iter().filter(|scope| !scope.trim().is_empty())),
        idempotent: None,
        rate: facts.rate_limit.clone().filter(|rate| !rate.trim().is_empty()),
        params: drafter.params(facts),
        query: drafter.fields("query", &facts.query, Place::Query),
        body: None,
        body_type: None,
        response: None,
        response_type: None,
        whole_body: facts.whole_body,
        lacks: Vec::new(),
        pages: None,
        errors: unique(facts.errors.iter().map(|error| &error.code)),
        types: Vec::new(),
        examples: spec::Examples::default(),
    };
    drafter.body(facts, &mut spec);
    drafter.response(facts, &mut spec);
    drafter.examples(facts, &mut spec);
    spec.pages = paging::draft(&spec).ok().flatten();
    let is_sent_anyway = |name: &str| SENT_ANYWAY.contains(&name.to_lowercase().as_str());
    for header in facts.headers.iter().filter(|header| !is_sent_anyway(&header.name)) {
        let message = format!("the header `{}` is not part of specs", header.name);
        drafter.remark(RemarkKind::Row, header.line, message);
    }
    drafter.gloss("", &facts.gloss, facts.line);
    drafter.gloss(ALIASES, &facts.title, facts.line);
    for error in &facts.errors {
        drafter.gloss(&format!("code/{}", error.code), &error.message, error.line);
        drafter.gloss(&format!("advice/{}", error.code), &error.gloss, error.line);
    }
    name_apart(&mut spec, &BTreeSet::new());
    spec.types = drafter.types;
    let is_old = is_old(facts);
    let codes = facts.errors.iter();
    let codes = codes.map(|error| (error.code.clone(), codes::code(error, is_old))).collect();
    let statuses = facts.errors.iter().filter_map(|error| Some((error.code.clone(), error.http?)));
    let (statuses, is_whole) = (statuses.collect(), facts.response_of_table);
    Ok(Draft { names, spec, codes, statuses, is_whole, notes: drafter.notes })
}

/// The title of a Chinese page, which people who know the vendor's documentation search for.
pub fn aliases(title: &str) -> Vec<String> {
    let is_name = rules::is_alias(title) && !title.is_ascii();
    is_name.then(|| title.to_owned()).into_iter().collect()
}

/// A draft of an event.
pub fn event(facts: &Event) -> EventDraft {
    let name = event_name(&facts.event_type);
    let mut drafter = Drafter::new(&name);
    drafter.is_sample = !facts.of_table;
    drafter.is_answer = true;
    let fields = drafter.fields("fields", &facts.fields, Place::Model);
    drafter.is_answer = false;
    let answer = facts.answer.as_ref();
    let answer = answer.map(|answer| drafter.fields("answer", answer, Place::Model));
    drafter.gloss("", &facts.gloss, facts.line);
    drafter.gloss(ALIASES, &facts.title, facts.line);
    let source = facts.source.clone();
    let spec = spec::Event {
        json_schema: Some("../../schema.json".to_owned()),
        id: facts.event_type.clone(),
        rust: name.clone(),
        aliases: Vec::new(),
        doc: String::new(),
        source: source.unwrap_or_else(|| "https://open.feishu.cn/document/".to_owned()),
        schema: match facts.schema {
            Schema::V2 => spec::EventSchema::V2,
            Schema::V1 => spec::EventSchema::V1,
            Schema::Card => spec::EventSchema::Card,
        },
        scopes: unique(facts.scopes.iter()),
        field_scopes: unique(facts.field_scopes.iter()),
        replaced_by: None,
        dedupe: facts.dedupe.clone(),
        fields,
        answer,
        answer_type: None,
        types: drafter.types,
        example: facts.example.clone(),
    };
    let (is_whole, is_deprecated) = (facts.of_table, facts.deprecated);
    EventDraft { spec, is_whole, is_deprecated, notes: drafter.notes }
}

/// `im.message.reaction.created_v1` is `MessageReactionCreated`.
fn event_name(event_type: &str) -> String {
    let (plain, version) = event_type.rsplit_once("_v").unwrap_or((event_type, ""));
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let plain = if is_version { plain } else { event_type };
    let words = plain.split_once('.').filter(|(_, rest)| rest.contains('.'));
    let name = route::pascal(words.map_or(plain, |(_, rest)| rest));
    match matches!(name.as_str(), "Unknown" | "Unreadable") || !rules::is_free_type(&name) {
        true => format!("{name}Event"),
        false => name,
    }
}

/// The model that an overview describes.
pub fn overview(name: &str, facts: &Overview) -> (Vec<spec::Type>, Notes) {
    let mut drafter = Drafter::new("");
    drafter.is_answer = true;
    let name = drafter.handle("", name, None);
    let fields = drafter.fields(&name, &facts.fields, Place::Model);
    let model = spec::Type {
        name,
        fields: Some(fields),
        example: facts.example.clone(),
        ..spec::Type::default()
    };
    let mut types = vec![model];
    types.append(&mut drafter.types);
    (types, drafter.notes)
}

pub fn method(name: &str) -> Result<spec::Method, String> {
    Ok(match name {
        "GET" => spec::Method::Get,
        "POST" => spec::Method::Post,
        "PUT" => spec::Method::Put,
        "PATCH" => spec::Method::Patch,
        "DELETE" => spec::Method::Delete,
        "" => return Err("the page does not say the HTTP method".to_owned()),
        other => return Err(format!("specs do not know the HTTP method `{other}`")),
    })
}

fn is_old(facts: &Endpoint) -> bool {
    facts.vendor == Some(Vendor::Dingtalk) && old_api::is_old(&facts.path)
}

/// The address of a page rarely is on it.
fn source(facts: &Endpoint) -> &'static str {
    match facts.vendor {
        Some(Vendor::Dingtalk) => "https://open.dingtalk.com/document/",
        _ => "https://open.feishu.cn/document/",
    }
}

/// Whether it is that of a page, and not that of all of them.
pub fn is_address(source: &str) -> bool {
    !source.ends_with("/document/")
}

/// Takes over the address of a page, where a spec has only that of all of them.
pub fn address(old: &mut String, new: &str) {
    if !is_address(old) {
        new.clone_into(old);
    }
}

fn unique<'a>(list: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.filter(|item| seen.insert(item.as_str())).cloned().collect()
}

/// The place of a field, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Path,
    Query,
    Body,
    Model,
}

struct Drafter<'a> {
    operation: &'a str,
    types: Vec<spec::Type>,
    /// The vendor sends it, rather than the client.
    is_answer: bool,
    /// The request is only known from a sample.
    is_sample: bool,
    /// The objects around the field, the outermost first.
    above: Vec<Above>,
    notes: Notes,
}

impl<'a> Drafter<'a> {
    fn new(operation: &'a str) -> Self {
        Self {
            operation,
            types: Vec::new(),
            is_answer: false,
            is_sample: false,
            above: Vec::new(),
            notes: Notes::default(),
        }
    }

    fn remark(&mut self, kind: RemarkKind, line: usize, message: impl Into<String>) {
        self.notes.remarks.push(Remark { line, kind, message: message.into() });
    }

    fn gloss(&mut self, of: &str, text: &str, line: usize) {
        if !text.trim().is_empty() {
            self.notes.glosses.push(Gloss { of: of.to_owned(), text: text.to_owned(), line });
        }
    }

    fn tokens(&mut self, facts: &Endpoint) -> Vec<spec::Token> {
        let is_dingtalk = facts.vendor == Some(Vendor::Dingtalk);
        let mut tokens: Vec<spec::Token> = Vec::new();
        for token in &facts.tokens {
            let token = match token {
                Token::User => spec::Token::User,
                Token::Tenant | Token::App if is_dingtalk => spec::Token::App,
                Token::Tenant | Token::App => spec::Token::Tenant,
            };
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        if tokens.is_empty() {
            let (token, name) = match is_dingtalk {
                true => (spec::Token::App, "app"),
                false => (spec::Token::Tenant, "tenant"),
            };
            let message = format!("the page names no token; `{name}` is assumed");
            self.remark(RemarkKind::Guessed, facts.line, message);
            tokens.push(token);
        }
        tokens
    }

    /// In the order of the path, whatever the order of the table.
    fn params(&mut self, facts: &Endpoint) -> Vec<spec::Field> {
        let names = rules::path_params(&facts.path).unwrap_or_default();
        let params = names.iter().map(|name| {
            let param = facts.params.iter().find(|param| param.name == *name);
            param.cloned().unwrap_or_else(|| Param {
                name: name.clone(),
                ty: Ty::String,
                line: facts.line,
                ..Param::default()
            })
        });
        let params: Vec<Param> = params.collect();
        for param in facts.params.iter().filter(|param| !names.contains(&param.name)) {
            let message = format!("the path has no parameter `{}`; it is left out", param.name);
            self.remark(RemarkKind::Conflict, param.line, message);
        }
        self.fields("params", &params, Place::Path)
    }

    fn body(&mut self, facts: &Endpoint, spec: &mut spec::Endpoint) {
        let is_get = spec.method == spec::Method::Get;
        if facts.body.is_empty() && (is_get || !facts.multipart) {
            return;
        }
        if let Some(first) = facts.body.first().filter(|_| is_get) {
            let message = "a GET with a body, as the page has it; if the page has its parameters \
                           under the wrong heading, move them to `query`";
            self.remark(RemarkKind::Guessed, first.line, message);
        }
        let place = if facts.multipart { Place::Query } else { Place::Body };
        let fields = self.fields("body", &facts.body, place);
        if facts.body_list {
            let name = self.handle("", "item", None);
            self.types.push(spec::Type {
                name: name.clone(),
                fields: Some(fields),
                ..spec::Type::default()
            });
            spec.body_type = Some(format!("list<{name}>"));
        } else {
            spec.body = Some(fields);
        }
    }

    fn response(&mut self, facts: &Endpoint, spec: &mut spec::Endpoint) {
        if facts.download {
            spec.response_type = Some("file".to_owned());
            return;
        }
        if facts.response.is_empty() {
            return;
        }
        self.is_answer = true;
        let fields = self.fields("response", &facts.response, Place::Model);
        if facts.response_list {
            let name = self.handle("", "item", None);
            self.types.push(spec::Type {
                name: name.clone(),
                fields: Some(fields),
                ..spec::Type::default()
            });
            spec.response_type = Some(format!("list<{name}>"));
        } else {
            spec.response = Some(fields);
        }
    }

    fn examples(&mut self, facts: &Endpoint, spec: &mut spec::Endpoint) {
        let has_body = spec.body_type.is_some()
            || spec.body.as_ref().is_some_and(|body| body.iter().all(|field| field.ty != "file"));
        spec.examples.request = facts.request_example.clone().filter(|_| has_body);
        let is_old = is_old(facts);
        if let (true, Some(Value::Object(members))) = (is_old, &mut spec.examples.request) {
            members.remove(old_api::TOKEN);
        }
        let is_success = |answer: &Value| match facts.vendor {
            _ if is_old => answer.get("errcode").is_none_or(|code| *code == 0 || *code == "0"),
            Some(Vendor::Dingtalk) => true,
            _ => answer.get("code").and_then(Value::as_i64) == Some(0),
        };
        let answer = facts.response_example.clone().filter(|_| !facts.download);
        spec.examples.response = answer.filter(is_success);
    }

    fn fields(&mut self, path: &str, params: &[Param], place: Place) -> Vec<spec::Field> {
        let mut names = BTreeSet::new();
        let mut fields = Vec::new();
        for param in params {
            if param.name.trim().is_empty() || !names.insert(param.name.as_str()) {
                let message = format!("`{}` is listed twice; the first counts", param.name);
                self.remark(RemarkKind::Duplicate, param.line, message);
                continue;
            }
            fields.push(self.field(path, param, place));
        }
        // Parameters share one set of names, whatever their place.
        if place == Place::Model {
            apart_all(fields.iter_mut().map(|field| ("", field)).collect(), &mut BTreeSet::new());
        }
        fields
    }

    fn field(&mut self, path: &str, param: &Param, place: Place) -> spec::Field {
        let at = format!("{path}/{}", param.name);
        self.gloss(&at, &param.gloss, param.line);
        for value in &param.values {
            self.gloss(&format!("{at}={}", value.value), &value.gloss, param.line);
        }
        if param.required.is_none() {
            self.notes.unsure.push(at.clone());
        }
        let ty = self.ty(path, param, &param.ty, place);
        let mut field = spec::Field {
            name: param.name.clone(),
            rust: rust_name(&param.name, place),
            required: param.required.unwrap_or(false) && place != Place::Path,
            ty,
            ..spec::Field::default()
        };
        self.limits(param, &mut field);
        if param.ty == Ty::Int {
            field.values = number_values(param);
        }
        field.example = self.sample(param, &field, param.example.as_deref(), "example");
        field.default = self.sample(param, &field, param.default.as_deref(), "default");
        if field.required || place == Place::Path {
            // A required field has no default; the value is still an example.
            let default = field.default.take();
            field.example = field.example.or(default);
        }
        field
    }

    /// The type as a spec writes it. Objects and lists of values become types of their own.
    fn ty(&mut self, path: &str, param: &Param, ty: &Ty, place: Place) -> String {
        let in_url = matches!(place, Place::Path | Place::Query);
        let guess = |drafter: &mut Self, instead: &str| {
            let message = format!(
                "`{}`: the type `{ty}` is not allowed here; `{instead}` is assumed",
                param.name
            );
            drafter.remark(RemarkKind::GuessedType, param.line, message);
            instead.to_owned()
        };
        match ty {
            Ty::String if !param.values.is_empty() => self.enum_type(path, param),
            Ty::String => "string".to_owned(),
            Ty::Int => "int".to_owned(),
            Ty::Float => "float".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::File if place == Place::Query && path == "body" => "file".to_owned(),
            Ty::File => guess(self, "string"),
            Ty::List(_) if place == Place::Path => guess(self, "string"),
            Ty::List(item) if in_url && matches!(**item, Ty::List(_)) => {
                guess(self, "list<string>")
            }
            // The platform's own word for it, `undefined[]`, has turned out to mean strings.
            Ty::List(item) if **item == Ty::Unknown => guess(self, "list<string>"),
            Ty::List(item) => {
                let item = self.ty(path, param, item, place);
                format!("list<{item}>")
            }
            Ty::Unknown | Ty::Json | Ty::Map(_) if in_url => guess(self, "string"),
            Ty::Object if in_url => guess(self, "string"),
            Ty::Map(value) => {
                let value = self.ty(path, param, value, place);
                format!("map<{value}>")
            }
            Ty::Object if !param.fields.is_empty() => self.model(path, param),
            Ty::Object if recursion::find(&self.above, param, self.is_answer).is_some() => {
                self.model(path, param)
            }
            Ty::Object | Ty::Unknown => guess(self, "json"),
            Ty::Json => "json".to_owned(),
        }
    }

    fn model(&mut self, path: &str, param: &Param) -> String {
        if let Some(Above { name, param: outer }) =
            recursion::find(&self.above, param, self.is_answer)
        {
            let (name, field, line) = (name.clone(), &param.name, outer.line);
            let message =
                format!("treating `{field}` as another `{}`, see line {line}", outer.name);
            self.remark(RemarkKind::GuessedNesting, param.line, message);
            return name;
        }
        let name = self.handle(path, &param.name, param.model.as_deref());
        self.above.push(Above { name: name.clone(), param: param.clone() });
        let fields = self.fields(&format!("{path}/{}", param.name), &param.fields, Place::Model);
        self.above.pop();
        let ty = spec::Type { name, fields: Some(fields), ..spec::Type::default() };
        self.declare(ty)
    }

    fn declare(&mut self, ty: spec::Type) -> String {
        let name = ty.name.clone();
        self.types.push(ty);
        name
    }

    fn enum_type(&mut self, path: &str, param: &Param) -> String {
        let mut values: Vec<spec::EnumValue> = Vec::new();
        let mut in_rust = BTreeSet::from(["Unknown".to_owned()]);
        for value in &param.values {
            let value = value.value.as_str();
            if value.is_empty() || values.iter().any(|known| known.value == value) {
                continue;
            }
            let plain = naming::variant(value);
            let mut name = match naming::is_pascal_case(&plain) {
                true => plain.clone(),
                false => value_name(value, values.len()),
            };
            if !in_rust.insert(name.clone()) {
                name = value_name(&format!("{value} {}", values.len() + 1), values.len());
                in_rust.insert(name.clone());
            }
            values.push(spec::EnumValue {
                value: value.to_owned(),
                rust: (name != plain).then_some(name),
                doc: Some(String::new()),
                deprecated: None,
            });
        }
        if values.is_empty() {
            return "string".to_owned();
        }
        let name = self.handle(path, &param.name, None);
        self.declare(spec::Type { name, values: Some(values), ..spec::Type::default() })
    }

    /// Returns a name that no other type of the draft has. The final name of the type is chosen
    /// when the drafts are merged.
    fn handle(&mut self, path: &str, field: &str, model: Option<&str>) -> String {
        let own = route::type_name(field);
        let plain = model.map_or_else(|| own.clone(), route::pascal);
        let parent = path.rsplit_once('/').map(|(_, parent)| route::singular(parent));
        let of_parent = parent.map(|parent| route::pascal(&format!("{parent} {plain}")));
        let longer = route::pascal(&format!("{} {plain}", self.operation));
        let of_answer = route::pascal(&format!("{} response {plain}", self.operation));
        let of_answer = self.is_answer.then_some(of_answer);
        let names = [Some(plain.clone()), of_parent, Some(longer), of_answer].into_iter().flatten();
        let names = names.filter(|name| {
            rules::is_free_type(name)
                && !["Response", "Required"].iter().any(|end| name.ends_with(end))
                && name != self.operation
        });
        let origin = Origin {
            kin: BTreeSet::from([plain.clone(), own]),
            names: names.collect(),
            is_answer: self.is_answer,
            is_sample: self.is_answer && self.is_sample,
        };
        let mut handles =
            std::iter::once(plain.clone()).chain((2..).map(|n| format!("{plain}{n}")));
        let handle =
            handles.find(|name| !self.notes.origins.contains_key(name)).unwrap_or_default();
        self.notes.origins.insert(handle.clone(), origin);
        handle
    }

    fn limits(&mut self, param: &Param, field: &mut spec::Field) {
        let whole = |number: &Option<Number>| number.as_ref().and_then(Number::as_i64);
        match param.ty {
            Ty::Int | Ty::Float | Ty::String if param.values.is_empty() => {
                (field.min, field.max) = (whole(&param.min), whole(&param.max));
            }
            _ => {}
        }
        if matches!(param.ty, Ty::String | Ty::List(_) | Ty::Map(_)) {
            // No text or list is shorter than none.
            field.min_length = param.min_length.filter(|length| *length > 0);
            field.max_length = param.max_length;
        }
    }

    /// A sample value of the field's type.
    fn sample(
        &mut self,
        param: &Param,
        field: &spec::Field,
        text: Option<&str>,
        noun: &str,
    ) -> Option<Value> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        let value = match &param.ty {
            Ty::String => Some(Value::from(text)),
            Ty::Int => text.trim().parse::<i64>().ok().map(Value::from),
            Ty::Float => text.trim().parse::<f64>().ok().map(Value::from),
            Ty::Bool => text.trim().to_lowercase().parse::<bool>().ok().map(Value::from),
            Ty::List(_) => serde_json::from_str(text).ok().filter(Value::is_array),
            _ => None,
        };
        if value.is_none() && !field.ty.contains("json") && param.fields.is_empty() {
            let message = format!("the {noun} of `{}` is no {}: `{text}`", param.name, param.ty);
            self.remark(RemarkKind::Conflict, param.line, message);
        }
        value
    }
}

/// The place of a field of a request, and its name there.
pub type Known = BTreeSet<(usize, String)>;

/// The fields of a request that have names.
pub fn known(spec: &spec::Endpoint) -> Known {
    let lists = [Some(&spec.params), Some(&spec.query), spec.body.as_ref()];
    let lists = lists.into_iter().enumerate();
    let names = lists.flat_map(|(place, fields)| {
        fields.into_iter().flatten().map(move |field| (place, field.name.clone()))
    });
    names.collect()
}

/// Gives the fields of a request, which are those of one struct, names that differ. Those that are
/// known keep theirs.
pub fn name_apart(spec: &mut spec::Endpoint, known: &Known) {
    let lists = [Some(&mut spec.params), Some(&mut spec.query), spec.body.as_mut()];
    let lists = lists.into_iter().zip(["path", "query", "body"]).enumerate();
    let fields = lists.flat_map(|(place, (fields, name))| {
        fields.into_iter().flatten().map(move |field| (place, name, field))
    });
    let (old, new): (Vec<_>, Vec<_>) =
        fields.partition(|(place, _, field)| known.contains(&(*place, field.name.clone())));
    let mut taken = old.iter().map(|(_, _, field)| in_rust(field)).collect();
    apart_all(new.into_iter().map(|(_, place, field)| (place, field)).collect(), &mut taken);
}

/// Names the fields of a struct apart, each with the place where it is sent. Those that are called
/// as on the wire choose first.
fn apart_all(fields: Vec<(&str, &mut spec::Field)>, taken: &mut BTreeSet<String>) {
    let (made_up, natural): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(_, field)| field.rust.is_some());
    natural.into_iter().chain(made_up).for_each(|(place, field)| apart(field, place, taken));
}

/// Gives a field a name that is not taken: its own, or one that says where it is sent.
pub fn apart(field: &mut spec::Field, place: &str, taken: &mut BTreeSet<String>) {
    let name = in_rust(field);
    if taken.insert(name.clone()) {
        return;
    }
    let plain = naming::field(&field.name);
    let placed = (!place.is_empty()).then(|| format!("{place}_{name}"));
    let named = [format!("{plain}_value"), format!("other_{name}")];
    let numbered = (2..).map(|n| format!("{name}_{n}"));
    let mut others = placed.into_iter().chain(named).chain(numbered);
    let other = others.find(|name| naming::is_snake_case(name) && !taken.contains(name));
    taken.extend(other.clone());
    field.rust = other;
}

pub fn in_rust(field: &spec::Field) -> String {
    field.rust.clone().unwrap_or_else(|| naming::field(&field.name))
}

fn number_values(param: &Param) -> Vec<spec::NumberValue> {
    let numbers = param.values.iter().filter_map(|value| value.value.trim().parse().ok());
    let numbers: BTreeSet<i64> = numbers.collect();
    numbers.into_iter().map(|value| spec::NumberValue { value, doc: String::new() }).collect()
}

/// Returns a name for a value that is not an identifier.
/// The documented values of a number as those of an enum, which a maintainer names.
pub(super) fn int_enum(numbers: &[spec::NumberValue]) -> spec::Type {
    let values = numbers.iter().enumerate().map(|(index, number)| {
        let value = number.value.to_string();
        let rust = Some(value_name(&value, index));
        spec::EnumValue { value, rust, doc: Some(number.doc.clone()), deprecated: None }
    });
    spec::Type { values: Some(values.collect()), int: true, ..spec::Type::default() }
}

fn value_name(value: &str, index: usize) -> String {
    let ascii: String = value
        .chars()
        .map(|char| match char {
            '-' => " minus ".to_owned(),
            '+' => " plus ".to_owned(),
            '.' => " point ".to_owned(),
            char if char.is_ascii_alphanumeric() => char.to_string(),
            _ => " ".to_owned(),
        })
        .collect();
    let name = route::pascal(&format!("value {ascii}"));
    if name == "Value" { format!("Value{}", index + 1) } else { name }
}

/// Returns the `rust` name of a field, if the one derived from its name does not fit.
fn rust_name(name: &str, place: Place) -> Option<String> {
    let plain = naming::field(name);
    if rules::is_free_field(&plain, place == Place::Model) {
        return None;
    }
    if plain == "type" {
        return Some("kind".to_owned());
    }
    let ascii: String = plain.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let named = naming::field(&format!("{ascii}_value"));
    match rules::is_free_field(&named, place == Place::Model) {
        true => Some(named),
        false => Some(naming::field(&format!("field_{ascii}"))),
    }
}
