//! From specs to the IR. The only builder of the IR, and the only place that finds faults with
//! what the specs say; it goes on after a fault so that one run reports them all.

mod calls;
mod graph;
mod path;
mod sample;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::diagnostic::{Diagnostic, Diagnostics, closest, one_of, slashes};
use super::document::{Document, Place, Pointer};
use super::ir::{
    Api, Code, Enum, Field, Model, Module, Operation, Presence, Reference, Type, TypeDef,
    TypesFile, Variant, needs_names, required_name,
};
use super::load::{ApiSpecs, Sourced};
use super::naming;
use super::spec::{self, Token, Vendor};

const BUILT_IN: [&str; 7] = ["string", "int", "float", "bool", "json", "list", "map"];

/// Names that an operation or a model needs for itself.
const RESERVED: [&str; 3] = ["new", "send", "clone"];

/// What stands at the root of a crate already.
const NO_MODULES: [&str; 4] = ["types", "error_code", "generated", "openplat_core"];

/// Types that generated code uses.
const TAKEN: [&str; 22] = [
    "AcceptsAppToken",
    "AcceptsUserToken",
    "BTreeMap",
    "Box",
    "Call",
    "Default",
    "Deserialize",
    "DingTalk",
    "ErrorCode",
    "Feishu",
    "Into",
    "IntoIterator",
    "Method",
    "Operation",
    "OperationMeta",
    "Option",
    "Parts",
    "Sender",
    "Serialize",
    "Some",
    "String",
    "Vec",
];

/// Lowers every API. The result is only meant to be rendered if nothing was reported.
pub fn lower(specs: &[ApiSpecs], diagnostics: &mut Diagnostics) -> Vec<Api> {
    specs.iter().map(|api| Lowering::new(api, diagnostics).api()).collect()
}

struct Lowering<'a> {
    specs: &'a ApiSpecs,
    types: BTreeMap<&'a str, Declared<'a>>,
    /// What each name of the API stands for.
    names: BTreeMap<String, String>,
    diagnostics: &'a mut Diagnostics,
}

/// A type that the specs declare, and where.
#[derive(Clone, Copy)]
struct Declared<'a> {
    spec: &'a spec::Type,
    document: &'a Document,
    index: usize,
    shared: bool,
}

/// Where a field stands; decides what it may be.
#[derive(Clone, Copy, PartialEq)]
enum Position {
    Path,
    Query,
    Body,
    Model,
}

impl<'a> Lowering<'a> {
    fn new(specs: &'a ApiSpecs, diagnostics: &'a mut Diagnostics) -> Self {
        let taken =
            TAKEN.map(|name| (name.to_owned(), "something that generated code uses".into()));
        Self { specs, types: BTreeMap::new(), names: taken.into(), diagnostics }
    }

    fn api(mut self) -> Api {
        self.declare_types();
        let types = self.types_files();
        let codes = self.codes();
        let modules = self.modules();
        let api = &self.specs.api.spec;
        let mut api =
            Api { name: self.specs.name.clone(), vendor: api.vendor, modules, types, codes };
        graph::mark_sent(&mut api);
        graph::box_cycles(&mut api);
        self.check_models(&api);
        sample::fill(&mut api, self.specs, self.diagnostics);
        api
    }

    fn report(&mut self, place: Place, message: String, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
    }

    fn declare_types(&mut self) {
        let specs = self.specs;
        for file in &specs.types {
            for (index, spec) in file.spec.types.iter().enumerate() {
                self.declare(spec, &file.document, index, true);
            }
        }
        for file in &specs.endpoints {
            for (index, spec) in file.spec.types.iter().enumerate() {
                self.declare(spec, &file.document, index, false);
            }
        }
    }

    fn declare(
        &mut self,
        spec: &'a spec::Type,
        document: &'a Document,
        index: usize,
        shared: bool,
    ) {
        let place = document.value(&Pointer::default().join("types").join(index).join("name"));
        let name = spec.name.as_str();
        if !naming::is_pascal_case(name) {
            let message = format!("`{name}` is not the name of a type");
            self.report(place, message, "types are named in PascalCase, e.g. `ChatMember`");
            return;
        }
        if let Some(first) = self.types.get(name) {
            let first = slashes(&first.document.path);
            let message = format!("the type `{name}` is declared in {first} already");
            self.report(
                place,
                message,
                "use that one, after moving it to `types/` if it is not there, or give this \
                 one a name that says how it differs",
            );
            return;
        }
        let owner = format!("the type that {} declares", slashes(&document.path));
        if self.claim(name, owner, place) {
            self.types.insert(name, Declared { spec, document, index, shared });
        }
    }

    /// Reserves a name, or reports who has it.
    fn claim(&mut self, name: &str, owner: String, place: Place) -> bool {
        if let Some(first) = self.names.get(name) {
            let message = format!("`{name}` would name both {first} and {owner}");
            let hint = "choose another name: for a type its `name`, for an operation `rust`";
            self.report(place, message, hint);
            return false;
        }
        self.names.insert(name.to_owned(), owner);
        true
    }

    /// Reserves the name of the struct that names what `name` requires.
    fn claim_required<'f>(
        &mut self,
        name: &str,
        fields: impl Iterator<Item = &'f Field>,
        place: Place,
    ) {
        if needs_names(fields.filter(|field| field.required)) {
            self.claim(&required_name(name), format!("what `{name}` requires"), place);
        }
    }

    /// Faults of models that only show once it is known who uses them.
    fn check_models(&mut self, api: &Api) {
        let declared: Vec<_> = self.types.values().copied().collect();
        for Declared { spec, document, index, .. } in declared {
            let Some(model) = api.model(&spec.name) else { continue };
            let pointer = Pointer::default().join("types").join(index).join("fields");
            for field in &model.fields {
                self.check_field_of_model(api, model, field, document, &pointer);
            }
        }
    }

    fn check_field_of_model(
        &mut self,
        api: &Api,
        model: &Model,
        field: &Field,
        document: &Document,
        pointer: &Pointer,
    ) {
        let (name, owner) = (&field.wire, &model.name);
        let pointer = pointer.join(field.index);
        let is_always = field.presence == Presence::Always;
        if is_always && field.boxed {
            let message = format!("`{name}` leads back to `{owner}`, which would never end");
            let hint = "drop `always`: what leads back has to be absent at some time";
            self.report(document.key(&pointer.join("always")), message, hint);
        } else if is_always && model.in_requests && !field.required {
            let message = format!("`{name}` of `{owner}` would be sent as an empty value");
            let hint = "operations send this model: make the field `required` as well, so that \
                        a caller sets it, or drop `always`";
            self.report(document.key(&pointer.join("always")), message, hint);
        } else if model.in_requests && graph::requires_itself(api, model, field) {
            let message = format!("nobody can build the first `{owner}`: `{name}` requires one");
            let hint = "drop `required`, here or on the way back, or make it a list";
            self.report(document.key(&pointer.join("required")), message, hint);
        }
    }

    fn types_files(&mut self) -> Vec<TypesFile> {
        let specs = self.specs;
        let files = specs.types.iter().map(|file| {
            let name = stem(&file.document);
            if !naming::is_snake_case(&name) {
                self.diagnostics.push(
                    Diagnostic::file(&file.document.path, "does not name a Rust module")
                        .hint("name the file in snake_case, e.g. `chat.json`"),
                );
            }
            TypesFile {
                name,
                spec_path: slashes(&file.document.path),
                types: self.type_defs(&file.spec.types, &file.document),
            }
        });
        files.collect()
    }

    fn type_defs(&mut self, types: &'a [spec::Type], document: &'a Document) -> Vec<TypeDef> {
        let root = Pointer::default().join("types");
        let defs = types.iter().enumerate();
        defs.filter_map(|(index, spec)| self.type_def(spec, document, &root.join(index))).collect()
    }

    fn type_def(
        &mut self,
        spec: &'a spec::Type,
        document: &'a Document,
        pointer: &Pointer,
    ) -> Option<TypeDef> {
        let name = spec.name.clone();
        let doc = self.doc(&spec.doc, document, pointer);
        match (&spec.fields, &spec.values) {
            (Some(fields), None) => {
                let pointer = pointer.join("fields");
                let fields = self.fields(fields, document, &pointer, Position::Model);
                self.check_clashes(&[(pointer.clone(), &fields)], document);
                self.claim_required(&name, fields.iter(), document.key(&pointer));
                let example = spec.example.clone();
                let answer_to = None;
                Some(TypeDef::Model(Model {
                    name,
                    doc,
                    answer_to,
                    fields,
                    in_requests: false,
                    example,
                }))
            }
            (None, Some(values)) => {
                let (ignore_case, slips) = (spec.ignore_case, spec.slips.clone());
                let mut def = Enum { name, doc, ignore_case, variants: Vec::new(), slips };
                self.variants(&mut def, values, document, pointer);
                Some(TypeDef::Enum(def))
            }
            _ => {
                let message = format!("`{name}` must have either `fields` or `values`");
                let hint = "a model has `fields`, an enum has `values`";
                self.report(document.value(&pointer.join("name")), message, hint);
                None
            }
        }
    }

    fn variants(
        &mut self,
        def: &mut Enum,
        values: &'a [spec::EnumValue],
        document: &'a Document,
        pointer: &Pointer,
    ) {
        let root = pointer.join("values");
        if values.is_empty() {
            let message = "an enum needs at least one value".to_owned();
            self.report(document.value(&root), message, "list the documented values");
        }
        for (index, spec) in values.iter().enumerate() {
            let pointer = root.join(index);
            let value = spec.value.as_str();
            let doc = self.doc(&spec.doc, document, &pointer);
            let rust = spec.rust.clone().unwrap_or_else(|| naming::variant(value));
            let key = if spec.rust.is_some() { "rust" } else { "value" };
            let place = document.value(&pointer.join(key));
            if def.variants.iter().any(|first| def.is_same(&first.value, value)) {
                let message = format!("the value `{value}` stands here twice");
                self.report(document.value(&pointer.join("value")), message, "keep one");
            } else if !naming::is_pascal_case(&rust) || rust == "Unknown" {
                let message = format!("`{rust}` cannot be the Rust name of the value `{value}`");
                self.report(place, message, "add a `rust` name in PascalCase, not `Unknown`");
            } else if let Some(first) = def.variants.iter().find(|first| first.rust == rust) {
                let message =
                    format!("`{}` and `{value}` both become `{rust}` in Rust", first.value);
                self.report(place, message, "remove one, or give it a `rust` name of its own");
            }
            def.variants.push(Variant { rust, value: value.to_owned(), doc });
        }
        for (index, slip) in def.slips.iter().enumerate() {
            if def.variants.iter().any(|variant| def.is_same(&variant.value, slip)) {
                let message = format!("`{slip}` is a value of the enum, and no slip");
                let place = document.value(&pointer.join("slips").join(index));
                self.report(place, message, "remove it from `slips`");
            }
        }
    }

    fn fields(
        &mut self,
        fields: &'a [spec::Field],
        document: &'a Document,
        pointer: &Pointer,
        position: Position,
    ) -> Vec<Field> {
        let lowered = fields.iter().enumerate().filter_map(|(index, spec)| {
            let field = self.field(spec, document, &pointer.join(index), position)?;
            Some(Field { index, ..field })
        });
        lowered.collect()
    }

    fn field(
        &mut self,
        spec: &'a spec::Field,
        document: &'a Document,
        pointer: &Pointer,
        position: Position,
    ) -> Option<Field> {
        let doc = self.doc(&spec.doc, document, pointer);
        let rust = spec.rust.clone().unwrap_or_else(|| naming::field(&spec.name));
        if !naming::is_snake_case(&rust) || RESERVED.contains(&rust.as_str()) {
            let key = if spec.rust.is_some() { "rust" } else { "name" };
            let message = format!("`{rust}` cannot be the Rust name of a field");
            let hint = "add a `rust` name in snake_case, e.g. `\"rust\": \"kind\"` for `type`";
            self.report(document.value(&pointer.join(key)), message, hint);
        }
        if spec.always && position != Position::Model {
            let message = format!("`always` says nothing about `{}`", spec.name);
            let hint = "it is for answers; a parameter that must be sent is `required`";
            self.report(document.key(&pointer.join("always")), message, hint);
        }
        if spec.required && spec.default.is_some() {
            let message = format!("`{}` is required and has a default", spec.name);
            let hint =
                "a default is what the vendor assumes when nothing is sent; drop one of the two";
            self.report(document.key(&pointer.join("default")), message, hint);
        }
        let ty = self.ty(&spec.ty, document, &pointer.join("type"))?;
        let may_dedupe = matches!(position, Position::Query | Position::Body)
            && ty == Type::String
            && !spec.required;
        if spec.dedupe && !may_dedupe {
            let message = format!("`{}` cannot be a key against duplicates", spec.name);
            let hint = "such a key is an optional string in the query or the body";
            self.report(document.key(&pointer.join("dedupe")), message, hint);
        }
        if matches!(position, Position::Path | Position::Query) && !fits_url(&ty, position) {
            let message = format!("`{}` cannot be sent in the URL", spec.ty);
            let hint = match position {
                Position::Path => "a path parameter is a string, a number, a bool or an enum",
                _ => "a query parameter is a string, a number, a bool, an enum, or a list of these",
            };
            self.report(document.value(&pointer.join("type")), message, hint);
        }
        let required = spec.required || position == Position::Path;
        Some(Field {
            index: 0,
            wire: spec.name.clone(),
            rust,
            presence: match position {
                Position::Model => presence(spec, &ty),
                _ if required => Presence::Always,
                _ => Presence::Optional,
            },
            ty,
            doc,
            default: spec.default.as_ref().map(plain),
            required,
            dedupe: spec.dedupe,
            boxed: false,
            example: spec.example.clone(),
        })
    }

    /// Reports fields of one struct that would have the same name in Rust, and fields of one place
    /// that have the same name on the wire.
    fn check_clashes(&mut self, places: &[(Pointer, &[Field])], document: &Document) {
        let mut in_rust: HashMap<&str, &str> = HashMap::new();
        for (pointer, fields) in places {
            let mut on_wire = HashSet::new();
            for field in *fields {
                let (wire, rust) = (&field.wire, &field.rust);
                let first = in_rust.insert(rust, wire);
                let (message, hint) = match first {
                    _ if !on_wire.insert(wire) => {
                        (format!("the field `{wire}` stands here twice"), "remove one")
                    }
                    Some(first) => (
                        format!("`{first}` and `{wire}` both become `{rust}` in Rust"),
                        "remove one, or give it a `rust` name of its own",
                    ),
                    None => continue,
                };
                let place = document.value(&pointer.join(field.index).join("name"));
                self.report(place, message, hint);
            }
        }
    }

    fn ty(&mut self, text: &str, document: &'a Document, pointer: &Pointer) -> Option<Type> {
        let generic = |name: &str| text.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
        if let Some(item) = generic("list") {
            return Some(Type::List(Box::new(self.ty(item, document, pointer)?)));
        }
        if let Some(value) = generic("map") {
            return Some(Type::Map(Box::new(self.ty(value, document, pointer)?)));
        }
        match text {
            "string" => Some(Type::String),
            "int" => Some(Type::Int),
            "float" => Some(Type::Float),
            "bool" => Some(Type::Bool),
            "json" => Some(Type::Json),
            name => self.named(name, document, pointer),
        }
    }

    fn named(&mut self, name: &str, document: &'a Document, pointer: &Pointer) -> Option<Type> {
        let place = document.value(pointer);
        let Some(declared) = self.types.get(name).copied() else {
            if self.types_are_doubtful() {
                return None;
            }
            let known = BUILT_IN.into_iter().chain(self.types.keys().copied());
            let hint = match closest(name, known) {
                Some("list" | "map") => "a list is written `list<T>`, a map `map<T>`".to_owned(),
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "declare it under `types`, here or in a file of `types/`; built in are \
                         `string`, `int`, `float`, `bool`, `json`, `list<T>` and `map<T>`"
                    .to_owned(),
            };
            self.report(place, format!("the type `{name}` does not exist"), hint);
            return None;
        };
        if !declared.shared && declared.document.path != document.path {
            let home = slashes(&declared.document.path);
            let message = format!("the type `{name}` belongs to {home} alone");
            self.report(place, message, "move it into a file of `types/` to share it");
            return None;
        }
        Some(Type::Named(Reference {
            name: name.to_owned(),
            is_enum: declared.spec.values.is_some(),
            shared: declared.shared,
        }))
    }

    /// A type that seems to be missing may be one that could not be read.
    fn types_are_doubtful(&self) -> bool {
        let pointer = Pointer::default().join("types");
        let specs = self.specs;
        self.diagnostics.concern(&specs.folder.join("types"))
            || specs.endpoints.iter().any(|file| file.document.is_doubtful(&pointer))
    }

    fn codes(&mut self) -> Vec<Code> {
        let Sourced { spec, document } = &self.specs.api;
        let root = Pointer::default().join("errors");
        let mut seen: HashMap<&str, &str> = HashMap::new();
        let mut codes = Vec::new();
        for (code, spec) in &spec.errors {
            let pointer = root.join(code);
            let place = document.value(&pointer.join("name"));
            if !naming::is_pascal_case(&spec.name) || spec.name == "Unknown" {
                let message = format!("`{}` cannot name an error code", spec.name);
                self.report(place, message, "name it in PascalCase, e.g. `ChatDissolved`");
            } else if let Some(first) = seen.insert(&spec.name, code) {
                let message = format!("`{first}` and `{code}` are both named `{}`", spec.name);
                self.report(place, message, "give one of them a name of its own");
            }
            codes.push(Code {
                code: code.clone(),
                variant: spec.name.clone(),
                http: spec.http,
                kind: spec.kind,
                doc: self.doc(&spec.doc, document, &pointer),
                advice: self.sentence(&spec.advice, document, &pointer.join("advice")),
            });
        }
        codes
    }

    fn modules(&mut self) -> Vec<Module> {
        let Sourced { spec, document } = &self.specs.api;
        let root = Pointer::default().join("modules");
        let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
        for (name, doc) in &spec.modules {
            if !naming::is_snake_case(name) || NO_MODULES.contains(&name.as_str()) {
                let message = format!("`{name}` cannot be the name of a module");
                let hint = "name it in snake_case, other than keywords and what crates have at \
                            their root: `types`, `error_code`, `generated`, `openplat_core`";
                self.report(document.key(&root.join(name)), message, hint);
            }
            let doc = self.sentence(doc, document, &root.join(name));
            modules.insert(name, Module { name: name.clone(), doc, operations: Vec::new() });
        }
        let specs = self.specs;
        let mut ids = HashMap::new();
        let mut routes = HashMap::new();
        for file in &specs.endpoints {
            if let Some(first) = ids.insert(file.spec.id.as_str(), &file.document.path) {
                let first = slashes(first);
                let place = file.document.value(&Pointer::default().join("id"));
                let message = format!("{first} describes `{}` as well", file.spec.id);
                self.report(
                    place,
                    message,
                    "an operation has one file; correct the id or delete one",
                );
            }
            let Some((module, operation)) = self.endpoint(file) else {
                continue;
            };
            self.check_route(&operation, &mut routes, &file.document);
            match modules.get_mut(module.as_str()) {
                Some(module) => module.operations.push(operation),
                None if document.is_doubtful(&root) => {}
                None => {
                    let known = one_of(spec.modules.keys().map(String::as_str));
                    self.diagnostics.push(
                        Diagnostic::file(
                            &file.document.path,
                            format!("belongs to the module `{module}`, which does not exist"),
                        )
                        .hint(format!(
                            "add it to `modules` of `api.json`, or rename the file; there is {known}"
                        )),
                    );
                }
            }
        }
        modules.into_values().collect()
    }

    fn endpoint(&mut self, file: &'a Sourced<spec::Endpoint>) -> Option<(String, Operation)> {
        let Sourced { spec, document } = file;
        let root = Pointer::default();
        let stem = stem(document);
        let Some((module, method)) =
            stem.split_once('.').filter(|(_, method)| naming::is_method(method))
        else {
            self.diagnostics.push(
                Diagnostic::file(&document.path, "does not say which operation it describes").hint(
                    "name the file `<module>.<method>.json` in snake_case, e.g. `chat.link.json`",
                ),
            );
            return None;
        };
        let name = spec.rust.clone().unwrap_or_else(|| naming::operation(module, method));
        let place = document.value(&root.join(if spec.rust.is_some() { "rust" } else { "id" }));
        if naming::is_pascal_case(&name) {
            let owner = format!("the operation of {}", slashes(&document.path));
            self.claim(&name, owner, place.clone());
        } else {
            let message = format!("`{name}` cannot be the Rust name of an operation");
            self.report(place.clone(), message, "add a `rust` name in PascalCase");
        }
        self.check_id(spec, document);
        self.check_tokens(spec, document);
        self.check_body(spec, document);
        let params = self.fields(&spec.params, document, &root.join("params"), Position::Path);
        let query = self.fields(&spec.query, document, &root.join("query"), Position::Query);
        let body = spec.body.as_ref();
        let body = body.map(|body| self.fields(body, document, &root.join("body"), Position::Body));
        let in_body = body.as_deref().unwrap_or_default();
        let places = [
            (root.join("params"), params.as_slice()),
            (root.join("query"), query.as_slice()),
            (root.join("body"), in_body),
        ];
        self.check_clashes(&places, document);
        self.claim_required(&name, places.iter().flat_map(|(_, fields)| *fields), place);
        let mut types = self.type_defs(&spec.types, document);
        let output = self.output(&name, spec, document, &mut types);
        let template = self.template(spec, document);
        let operation = Operation {
            spec_path: slashes(&document.path),
            file: naming::module(method),
            id: spec.id.clone(),
            name,
            doc: self.doc(&spec.doc, document, &root),
            source: self.source(&spec.source, document),
            method: spec.method,
            path: spec.path.clone(),
            template,
            tokens: spec.tokens.clone(),
            scopes: spec.scopes.clone(),
            rate: spec.rate.clone(),
            idempotent: spec.idempotent,
            params,
            query,
            body,
            output,
            codes: self.documented_codes(spec, document),
            types,
            response_example: spec.examples.response.clone(),
            calls: Vec::new(),
        };
        Some((module.to_owned(), operation))
    }

    fn check_id(&mut self, spec: &spec::Endpoint, document: &Document) {
        let is_allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
        if spec.id.is_empty() || !spec.id.chars().all(is_allowed) {
            let place = document.value(&Pointer::default().join("id"));
            let message = format!("`{}` is not the id of an operation", spec.id);
            self.report(place, message, "an id has letters, digits, `.`, `_` and `-` only");
        }
    }

    /// Two operations behind one method and path are one, whatever their parameters are called.
    fn check_route(
        &mut self,
        operation: &Operation,
        routes: &mut HashMap<String, String>,
        document: &Document,
    ) {
        let pointer = Pointer::default().join("path");
        if operation.template.is_empty() || document.is_doubtful(&pointer) {
            return;
        }
        let segments = operation.template.split('/');
        let segments =
            segments.map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        let route = segments.collect::<Vec<_>>().join("/");
        let route = format!("{} {route}", operation.method.as_str());
        if let Some(first) = routes.insert(route, operation.spec_path.clone()) {
            let message = format!("{first} has this method and path as well");
            self.report(document.value(&pointer), message, "correct one, or delete one");
        }
    }

    fn check_tokens(&mut self, spec: &spec::Endpoint, document: &Document) {
        let pointer = Pointer::default().join("tokens");
        let api = &self.specs.api;
        let vendor = api.spec.vendor;
        let vendor_is_known = !api.document.is_doubtful(&Pointer::default().join("vendor"));
        if spec.tokens.is_empty() {
            let message = "no token is accepted".to_owned();
            self.report(document.value(&pointer), message, "list the tokens that the page names");
        }
        for (index, token) in spec.tokens.iter().enumerate() {
            let fits = match vendor {
                Vendor::Feishu => *token != Token::App,
                Vendor::DingTalk => *token == Token::App,
            };
            if vendor_is_known && !fits {
                let message = "this vendor does not have this token".to_owned();
                let hint = "Feishu has `tenant` and `user`, DingTalk has `app`";
                self.report(document.value(&pointer.join(index)), message, hint);
            }
        }
    }

    fn check_body(&mut self, spec: &spec::Endpoint, document: &Document) {
        let method_is_known = !document.is_doubtful(&Pointer::default().join("method"));
        if method_is_known && spec.method == spec::Method::Get && spec.body.is_some() {
            let place = document.key(&Pointer::default().join("body"));
            let message = "a GET cannot have a body".to_owned();
            let hint = "move the fields to `query`, or correct the method";
            self.report(place, message, hint);
        }
    }

    fn output(
        &mut self,
        operation: &str,
        spec: &'a spec::Endpoint,
        document: &'a Document,
        types: &mut Vec<TypeDef>,
    ) -> Option<Type> {
        let root = Pointer::default();
        if let (Some(_), Some(_)) = (&spec.response, &spec.response_type) {
            let place = document.key(&root.join("response_type"));
            let message = "the answer is described twice".to_owned();
            self.report(place, message, "keep either `response` or `response_type`");
        }
        if let Some(ty) = &spec.response_type {
            return self.ty(ty, document, &root.join("response_type"));
        }
        let fields = spec.response.as_ref().filter(|fields| !fields.is_empty())?;
        let name = format!("{operation}Response");
        let owner = format!("the answer to `{operation}`");
        self.claim(&name, owner, document.key(&root.join("response")));
        let pointer = root.join("response");
        let fields = self.fields(fields, document, &pointer, Position::Model);
        self.check_clashes(&[(pointer, &fields)], document);
        types.push(TypeDef::Model(Model {
            doc: String::new(),
            answer_to: Some(operation.to_owned()),
            fields,
            in_requests: false,
            example: None,
            name: name.clone(),
        }));
        Some(Type::Named(Reference { name, is_enum: false, shared: false }))
    }

    fn template(&mut self, spec: &spec::Endpoint, document: &Document) -> String {
        let root = Pointer::default();
        let place = document.value(&root.join("path"));
        let template = match path::parse(&spec.path) {
            Ok(template) => template,
            Err(problem) => {
                let hint =
                    "a path starts with `/`; a whole segment is a parameter, `:name` or `{name}`";
                self.report(place, problem, hint);
                return String::new();
            }
        };
        if document.is_doubtful(&root.join("params")) || document.is_doubtful(&root.join("path")) {
            return template.text;
        }
        for name in &template.params {
            if !spec.params.iter().any(|field| field.name == *name) {
                let message = format!("the path has `{name}`, but `params` has no such field");
                let hint = format!(
                    "add {{ \"name\": \"{name}\", \"type\": \"string\", \"doc\": \"...\" }} to `params`"
                );
                self.report(place.clone(), message, hint);
            }
        }
        for (index, field) in spec.params.iter().enumerate() {
            if !template.params.contains(&field.name) {
                let place = document.value(&root.join("params").join(index).join("name"));
                let message = format!("the path has no parameter `{}`", field.name);
                self.report(place, message, format!("the path is `{}`", spec.path));
            }
        }
        let in_order = template.params.iter().eq(spec.params.iter().map(|field| &field.name));
        if !in_order && template.params.len() == spec.params.len() {
            let place = document.value(&root.join("params"));
            let message = "`params` is not in the order of the path".to_owned();
            self.report(place, message, format!("the path is `{}`", spec.path));
        }
        template.text
    }

    fn documented_codes(&mut self, spec: &spec::Endpoint, document: &Document) -> Vec<String> {
        let dictionary = &self.specs.api.spec.errors;
        let api_path = slashes(&self.specs.api.document.path);
        let mut codes: Vec<String> = Vec::new();
        for (index, code) in spec.errors.iter().enumerate() {
            let place = document.value(&Pointer::default().join("errors").join(index));
            if !dictionary.contains_key(code) {
                if self.specs.api.document.is_doubtful(&Pointer::default().join("errors")) {
                    continue;
                }
                let hint = match closest(code, dictionary.keys().map(String::as_str)) {
                    Some(near) => {
                        format!("add it to `errors` of {api_path}, or did you mean `{near}`?")
                    }
                    None => format!("add it to `errors` of {api_path}"),
                };
                self.report(place, format!("the code `{code}` is not in the dictionary"), hint);
            } else if codes.contains(code) {
                self.report(place, format!("the code `{code}` stands here twice"), "keep one");
            } else {
                codes.push(code.clone());
            }
        }
        codes
    }

    fn source(&mut self, source: &str, document: &Document) -> String {
        if !source.starts_with("https://") {
            let place = document.value(&Pointer::default().join("source"));
            let message = "this is not the address of a page".to_owned();
            self.report(place, message, "give the page of the vendor, with `https://`");
        }
        source.to_owned()
    }

    fn doc(&mut self, doc: &str, document: &Document, pointer: &Pointer) -> String {
        self.sentence(doc, document, &pointer.join("doc"))
    }

    fn sentence(&mut self, text: &str, document: &Document, pointer: &Pointer) -> String {
        let problem = if text.trim().is_empty() {
            Some("a sentence is missing")
        } else if text.chars().any(is_han) {
            Some("this sentence is not in English")
        } else if text.split('`').step_by(2).any(|text| text.contains("://")) {
            Some("an address stands outside of backticks")
        } else if !text.trim_end().ends_with(['.', '!', '?', ':', '`']) {
            Some("this is not a whole sentence")
        } else {
            None
        };
        if let Some(problem) = problem {
            self.report(
                document.value(pointer),
                problem.to_owned(),
                "say in English, in our own words, what it stands for, and end with a full stop",
            );
        }
        text.trim().to_owned()
    }
}

fn stem(document: &Document) -> String {
    document.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

fn fits_url(ty: &Type, position: Position) -> bool {
    match ty {
        Type::String | Type::Int | Type::Float | Type::Bool => true,
        Type::Named(reference) => reference.is_enum,
        Type::List(item) => position == Position::Query && fits_url(item, Position::Path),
        Type::Map(_) | Type::Json => false,
    }
}

/// A value as a reader of the docs writes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How a field of a model tells that it is absent.
fn presence(spec: &spec::Field, ty: &Type) -> Presence {
    match ty {
        _ if spec.always => Presence::Always,
        Type::List(_) | Type::Map(_) => Presence::Empty,
        _ => Presence::Optional,
    }
}
