//! Modules and their operations.

use std::collections::{BTreeMap, HashMap};

use super::super::diagnostic::{Diagnostic, closest, one_of};
use super::super::document::Document;
use super::super::ir::{
    self, Body, Field, Home, Kind, Model, Module, Operation, Part, Presence, Reference, Type,
    TypeDef,
};
use super::super::load::Sourced;
use super::super::naming;
use super::super::source::{Place, Pointer};
use super::super::spec::{self, Token, Vendor};
use super::place::{fits_url, is_id};
use super::{Lowering, Position, limits, path, stem};
use crate::distill::read::old_api;
use crate::files::slashes;

/// The names at the root of every crate.
pub const NO_MODULES: [&str; 5] = ["types", "events", "error_code", "generated", "openplat_core"];

impl<'a> Lowering<'a> {
    pub(super) fn modules(&mut self) -> Vec<Module> {
        let mut modules = self.empty_modules();
        let specs = self.specs;
        let (mut ids, mut routes) = (HashMap::new(), HashMap::new());
        for file in &specs.endpoints {
            if let Some(first) = ids.insert(file.spec.id.as_str(), &file.document.path) {
                let first = slashes(first);
                let place = file.document.value(&Pointer::default().join("id"));
                let message = format!("{first} describes `{}` as well", file.spec.id);
                let hint = "an operation has one file; correct the ID or delete one";
                self.report(place, message, hint);
            }
            let Some((module, operation)) = self.endpoint(file) else {
                continue;
            };
            self.check_route(&operation, &mut routes, &file.document);
            match modules.get_mut(module.as_str()) {
                Some(module) => module.operations.push(operation),
                None => self.report_module(&module, &file.document),
            }
        }
        modules.into_values().collect()
    }

    fn empty_modules(&mut self) -> BTreeMap<&'a str, Module> {
        let Sourced { spec, document } = &self.specs.api;
        let root = Pointer::default().join("modules");
        let mut modules = BTreeMap::new();
        for (name, doc) in &spec.modules {
            if !naming::is_snake_case(name) || NO_MODULES.contains(&name.as_str()) {
                let message = format!("`{name}` cannot be the name of a module");
                let hint = "name it in snake_case, other than keywords and what crates have at \
                            their root: `types`, `events`, `error_code`, `generated`, `openplat_core`";
                self.report(document.key(&root.join(name)), message, hint);
            }
            let doc = self.sentence(doc, document, &root.join(name));
            let module = Module { name: name.clone(), doc, operations: Vec::new() };
            modules.insert(name.as_str(), module);
        }
        modules
    }

    fn report_module(&mut self, module: &str, document: &Document) {
        let api = &self.specs.api;
        if api.document.is_doubtful(&Pointer::default().join("modules")) {
            return;
        }
        let known = one_of(api.spec.modules.keys().map(String::as_str));
        let message = format!("belongs to the module `{module}`, which does not exist");
        self.diagnostics.push(Diagnostic::file(&document.path, message).hint(format!(
            "add it to `modules` of `api.json`, or rename the file; available: {known}"
        )));
    }

    fn endpoint(&mut self, file: &'a Sourced<spec::Endpoint>) -> Option<(String, Operation)> {
        let Sourced { spec, document } = file;
        let root = Pointer::default();
        let stem = stem(document);
        let Some((module, method)) =
            stem.split_once('.').filter(|(_, method)| naming::is_method(method))
        else {
            self.diagnostics.push(
                Diagnostic::file(&document.path, "does not say which operation it describes")
                    .hint("name the file `<module>.<method>.json` in snake_case: `chat.link.json`"),
            );
            return None;
        };
        let name = self.name(module, method, spec, document);
        self.check_id(&spec.id, document);
        self.check_tokens(spec, document);
        self.check_old(spec, document);
        let params = self.fields(&spec.params, document, &root.join("params"), Position::Path);
        let query = self.fields(&spec.query, document, &root.join("query"), Position::Query);
        let body = self.body(spec, document);
        let mut types = self.type_defs(&spec.types, document);
        let mut operation = Operation {
            spec_path: slashes(&document.path),
            file: naming::module(method),
            id: spec.id.clone(),
            aliases: self.aliases(&spec.aliases, [&name, &spec.id], document),
            doc: self.doc_of(&name, &spec.doc, document, &root),
            deprecated: self.deprecation(&spec.deprecated, document, &root),
            source: self.source(&spec.source, document),
            method: spec.method,
            path: spec.path.clone(),
            template: self.template(spec, document),
            tokens: spec.tokens.clone(),
            scopes: spec.scopes.clone(),
            rate: spec.rate.clone(),
            rates: self.rates(spec, document),
            idempotent: spec.idempotent,
            params,
            query,
            body,
            output: self.output(&name, spec, document, &mut types),
            whole_body: spec.whole_body,
            lacks: spec.lacks.clone(),
            paging: None,
            codes: self.documented_codes(spec, document),
            types,
            request_example: spec.examples.request.clone(),
            response_example: spec.examples.response.clone(),
            example_code: self.example_code(spec, document),
            example_values: Vec::new(),
            calls: Vec::new(),
            name,
        };
        self.join_ids(&mut operation, document);
        self.check_fields(&operation, spec, document);
        self.check_lacks(spec, document);
        self.check_whole_body(&operation, document);
        Some((module.to_owned(), operation))
    }

    fn name(
        &mut self,
        module: &str,
        method: &str,
        spec: &spec::Endpoint,
        document: &Document,
    ) -> String {
        let name = spec.rust.clone().unwrap_or_else(|| naming::operation(module, method));
        if naming::is_pascal_case(&name) {
            let owner = format!("the operation of {}", slashes(&document.path));
            self.claim(&name, owner, name_place(spec, document));
        } else {
            let message = format!("`{name}` cannot be the Rust name of an operation");
            self.report(name_place(spec, document), message, "add a `rust` name in PascalCase");
        }
        name
    }

    fn check_fields(&mut self, operation: &Operation, spec: &spec::Endpoint, document: &Document) {
        let root = Pointer::default();
        let places = [
            (root.join("params"), operation.params.as_slice()),
            (root.join("query"), operation.query.as_slice()),
            (root.join("body"), operation.body.as_ref().map_or(&[], Body::fields)),
        ];
        self.check_struct(&places, document);
        self.claim_required(&operation.name, operation.fields(), name_place(spec, document));
    }

    pub(super) fn check_id(&mut self, id: &str, document: &Document) -> bool {
        let is_allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
        let is_good = !id.is_empty() && id.chars().all(is_allowed);
        if !is_good {
            let place = document.value(&Pointer::default().join("id"));
            let message = format!("`{id}` is not the ID of an operation or event");
            self.report(place, message, "use letters, digits, `.`, `_` and `-` only");
        }
        is_good
    }

    /// Two operations behind one method and path are one, whatever their parameters are called and
    /// with or without a slash at the end, which the vendor's SDK drops.
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
        let segments = operation.template.trim_end_matches('/').split('/');
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
                Vendor::DingTalk => *token != Token::Tenant,
            };
            if vendor_is_known && !fits {
                let message = "this vendor does not have this token".to_owned();
                let hint = "Feishu has `tenant` and `user`, DingTalk has `app` and `user`";
                self.report(document.value(&pointer.join(index)), message, hint);
            }
        }
    }

    /// Fields that the client sets for DingTalk's old API are not part of a spec.
    fn check_old(&mut self, spec: &spec::Endpoint, document: &Document) {
        let vendor = self.specs.api.spec.vendor;
        if vendor != Vendor::DingTalk || !old_api::is_old(&spec.path) {
            return;
        }
        let (body, response) = (spec.body.as_deref(), spec.response.as_deref());
        for (key, fields, ours, does) in [
            ("query", &spec.query[..], &[old_api::TOKEN][..], "sends"),
            ("body", body.unwrap_or_default(), &[old_api::TOKEN], "sends"),
            ("response", response.unwrap_or_default(), &old_api::ENVELOPE, "reads"),
        ] {
            for (index, field) in fields.iter().enumerate() {
                if ours.contains(&field.name.as_str()) {
                    let place = document.value(&Pointer::default().join(key).join(index));
                    let message = format!("the client {does} `{}` on its own", field.name);
                    let hint = "remove the field: it is the same for each operation of the old API";
                    self.report(place, message, hint);
                }
            }
        }
    }

    fn body(&mut self, spec: &'a spec::Endpoint, document: &'a Document) -> Option<Body> {
        let root = Pointer::default();
        let pointer = root.join("body_type");
        if let (Some(_), Some(_)) = (&spec.body, &spec.body_type) {
            let message = "the body is described twice".to_owned();
            self.report(document.key(&pointer), message, "keep either `body` or `body_type`");
        }
        if let Some(text) = &spec.body_type {
            let ty = self.ty(text, document, &pointer)?;
            if is_scalar(&ty) {
                let message = format!("`{text}` cannot be the whole of a body");
                let hint = "a body is an object, a list, a map or `json`";
                self.report(document.value(&pointer), message, hint);
            }
            return Some(Body::Whole(Box::new(whole(ty))));
        }
        let fields = spec.body.as_ref()?;
        let pointer = root.join("body");
        let fields = self.fields(fields, document, &pointer, Position::Body);
        if !fields.iter().any(|field| field.ty == Type::File) {
            return Some(Body::Object(fields));
        }
        let method_is_known = !document.is_doubtful(&root.join("method"));
        if method_is_known && spec.method == spec::Method::Get {
            let message = "a GET cannot send a file".to_owned();
            let hint = "correct the method, or the type of the field";
            self.report(document.value(&root.join("method")), message, hint);
        }
        for field in fields.iter().filter(|field| field.ty != Type::File) {
            let pointer = pointer.join(field.index);
            let place = if !fits_url(&field.ty, Position::Query) {
                document.value(&pointer.join("type"))
            } else if field.dedupe {
                document.key(&pointer.join("dedupe"))
            } else if field.nullable {
                document.key(&pointer.join("nullable"))
            } else {
                continue;
            };
            let message = format!("`{}` cannot be sent along with a file", field.wire);
            let hint = "a form has files, strings, numbers, bools, enums, and lists of these; none \
                        of them is `null` or an idempotency key";
            self.report(place, message, hint);
        }
        Some(Body::Form(fields))
    }

    /// Finds the ID of each `type_of`, and the type of each ID that travels with one.
    fn join_ids(&mut self, operation: &mut Operation, document: &Document) {
        let ids = operation.parts().filter(|(_, field)| is_id(&field.ty));
        let mut ids: BTreeMap<String, (Pointer, Field)> =
            ids.map(|(place, id)| (id.wire.clone(), (pointer_to(place, id), id.clone()))).collect();
        for (place, field) in operation.parts_mut() {
            let Some(wire) = &field.type_of else { continue };
            let pointer = pointer_to(place, field);
            if let Some((_, id)) = ids.remove(wire) {
                self.check_type_of(field, &id, document, &pointer);
                field.type_of = Some(id.rust);
            } else {
                let message = format!("there is no ID `{wire}` that travels with its type");
                let hint = "name a field of this request whose type has `id_types`";
                self.report(document.value(&pointer.join("type_of")), message, hint);
            }
        }
        for (wire, (pointer, id)) in ids {
            let message = format!("nothing sends the type of `{wire}`");
            let hint = format!(
                "`{}` travels with its type: add `\"type_of\": \"{wire}\"` to the field for it",
                id.ty.spec_name()
            );
            self.report(document.value(&pointer.join("type")), message, hint);
        }
    }

    fn check_type_of(&mut self, field: &Field, id: &Field, document: &Document, pointer: &Pointer) {
        let name = id.ty.spec_name();
        let declared = self.types.get(name.as_str()).and_then(|id| id.spec.id_types.as_deref());
        if let Some(types) = declared.filter(|types| *types != field.ty.spec_name()) {
            let message = format!("`{}` is not the type of a `{name}`", field.ty.spec_name());
            let hint = format!("`id_types` of `{name}` is `{types}`; name the same type here");
            self.report(document.value(&pointer.join("type")), message, hint);
        }
        if field.required && !id.required {
            let message = format!("`{}` is required, and `{}` is not", field.wire, id.wire);
            let hint = "an ID and its type are sent together: require both, or only the ID";
            self.report(document.value(&pointer.join("name")), message, hint);
        }
    }

    fn check_lacks(&mut self, spec: &spec::Endpoint, document: &Document) {
        let model = spec.response_type.as_deref().and_then(|name| self.types.get(name));
        let fields = model.and_then(|model| model.spec.fields.as_ref());
        for (index, name) in spec.lacks.iter().enumerate() {
            let mut fields = fields.into_iter().flatten();
            let (message, hint) = match fields.find(|field| field.name == *name) {
                Some(field) if field.always => (
                    format!("`{name}` is `always` there, and `lacks` says that it is not"),
                    "remove it from `lacks`, or drop `always`",
                ),
                Some(_) => continue,
                None => (
                    format!("`response_type` has no field `{name}` that could be missing"),
                    "correct the name, or remove it from `lacks`",
                ),
            };
            let place = document.value(&Pointer::default().join("lacks").join(index));
            self.report(place, message, hint);
        }
    }

    fn check_whole_body(&mut self, operation: &Operation, document: &Document) {
        if !operation.whole_body {
            return;
        }
        let message = if self.specs.api.spec.vendor == Vendor::DingTalk {
            "DingTalk's responses have no envelope"
        } else if operation.output.is_none() {
            "there are no members next to `code`"
        } else if operation.is_download() {
            "a file has no envelope"
        } else {
            return;
        };
        let place = document.key(&Pointer::default().join("whole_body"));
        self.report(place, message.to_owned(), "remove `whole_body`");
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
            let message = "the response is given twice".to_owned();
            self.report(place, message, "keep either `response` or `response_type`");
        }
        if let Some(text) = &spec.response_type {
            let pointer = root.join("response_type");
            let ty = self.ty(text, document, &pointer)?;
            if is_id(&ty) || matches!(ty, Type::Text(_)) {
                let message = format!("`{text}` cannot be a whole response");
                self.report(document.value(&pointer), message, "it is the type of a field only");
            }
            return Some(ty);
        }
        let fields = spec.response.as_ref().filter(|fields| !fields.is_empty())?;
        let name = format!("{operation}Response");
        let owner = format!("the response of `{operation}`");
        self.claim(&name, owner, document.key(&root.join("response")));
        let pointer = root.join("response");
        let fields = self.fields(fields, document, &pointer, Position::Model);
        for field in fields.iter().filter(|field| field.nullable) {
            self.report_never_sent(field, &name, document, &pointer.join(field.index));
        }
        self.check_struct(&[(pointer, &fields)], document);
        types.push(TypeDef::Model(Model {
            doc: String::new(),
            part: Some(Part::ResponseOf(operation.to_owned())),
            fields,
            in_requests: false,
            example: None,
            name: name.clone(),
        }));
        Some(Type::Named(Reference { name, kind: Kind::Model, home: Home::Local }))
    }

    fn rates(&mut self, spec: &spec::Endpoint, document: &Document) -> Vec<(u32, u32)> {
        let Some(text) = &spec.rate else { return Vec::new() };
        // Some pages say that there is a limit and not which one.
        if !text.contains(|char: char| char.is_ascii_digit()) {
            return Vec::new();
        }
        limits::rates(text).unwrap_or_else(|| {
            let place = document.value(&Pointer::default().join("rate"));
            let message = format!("invalid rate limit `{text}`");
            let hint = "write calls per `s`, `min`, `h` or `d`, such as `1000/min, 50/s`";
            self.report(place, message, hint);
            Vec::new()
        })
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
                self.report(place, format!("unknown error code `{code}`"), hint);
            } else if codes.contains(code) {
                self.report(place, format!("duplicate code `{code}`"), "keep one");
            } else {
                codes.push(code.clone());
            }
        }
        codes
    }

    /// The compiler says whether it fits; here it is only told where it stands.
    fn example_code(&mut self, spec: &spec::Endpoint, document: &Document) -> Vec<String> {
        let code = &spec.examples.rust;
        let function = format!("async fn run() {{\n{}\nOk(())\n}}", code.join("\n"));
        if let Err(error) = syn::parse_str::<syn::ItemFn>(&function) {
            let place = document.value(&Pointer::default().join("examples").join("rust"));
            let hint = "write whole statements, one line of them in each string";
            self.report(place, format!("the example is not Rust: {error}"), hint);
        }
        code.clone()
    }

    pub(super) fn source(&mut self, source: &str, document: &Document) -> String {
        if !source.starts_with("https://") {
            let place = document.value(&Pointer::default().join("source"));
            let message = "this is not the address of a page".to_owned();
            self.report(place, message, "give the page of the vendor, with `https://`");
        }
        source.to_owned()
    }
}

/// Whether a type is neither an object nor a list, nor any JSON.
pub(super) fn is_scalar(ty: &Type) -> bool {
    match ty {
        Type::Json | Type::Record | Type::List(_) | Type::Map(_) => false,
        Type::Named(reference) => reference.kind != Kind::Model,
        _ => true,
    }
}

fn pointer_to(place: ir::Place, field: &Field) -> Pointer {
    let section = match place {
        ir::Place::Path => "params",
        ir::Place::Query => "query",
        ir::Place::Body => "body",
    };
    Pointer::default().join(section).join(field.index)
}

/// The value that a caller passes for a whole body.
fn whole(ty: Type) -> Field {
    Field {
        index: 0,
        wire: "body".to_owned(),
        rust: "body".to_owned(),
        ty,
        doc: "The value that is sent as the body.".to_owned(),
        deprecated: None,
        values: Vec::new(),
        limits: Vec::new(),
        range: (None, None),
        length: (None, None),
        default: None,
        required: true,
        nullable: false,
        type_of: None,
        dedupe: false,
        presence: Presence::Always,
        boxed: false,
        sensitive: false,
        counts: None,
        accessor: None,
        example: None,
    }
}

/// Returns the place of what decides the name of an operation, or of what is next to it.
fn name_place(spec: &spec::Endpoint, document: &Document) -> Place {
    document.value(&Pointer::default().join(if spec.rust.is_some() { "rust" } else { "id" }))
}
