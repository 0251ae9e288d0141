//! Modules and their operations.

use std::collections::{BTreeMap, HashMap};

use super::super::diagnostic::{Diagnostic, closest, one_of, slashes};
use super::super::document::{Document, Place, Pointer};
use super::super::ir::{Model, Module, Operation, Reference, Type, TypeDef};
use super::super::load::Sourced;
use super::super::naming;
use super::super::spec::{self, Token, Vendor};
use super::{Lowering, Position, path, stem};

/// What stands at the root of a crate already.
const NO_MODULES: [&str; 4] = ["types", "error_code", "generated", "openplat_core"];

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
                let hint = "an operation has one file; correct the id or delete one";
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
                            their root: `types`, `error_code`, `generated`, `openplat_core`";
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
            "add it to `modules` of `api.json`, or rename the file; there is {known}"
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
                Diagnostic::file(&document.path, "does not say which operation it describes").hint(
                    "name the file `<module>.<method>.json` in snake_case, e.g. `chat.link.json`",
                ),
            );
            return None;
        };
        let name = self.name(module, method, spec, document);
        self.check_id(spec, document);
        self.check_tokens(spec, document);
        self.check_body(spec, document);
        let params = self.fields(&spec.params, document, &root.join("params"), Position::Path);
        let query = self.fields(&spec.query, document, &root.join("query"), Position::Query);
        let body = spec.body.as_ref();
        let body = body.map(|body| self.fields(body, document, &root.join("body"), Position::Body));
        let mut types = self.type_defs(&spec.types, document);
        let operation = Operation {
            spec_path: slashes(&document.path),
            file: naming::module(method),
            id: spec.id.clone(),
            doc: self.doc(&spec.doc, document, &root),
            source: self.source(&spec.source, document),
            method: spec.method,
            path: spec.path.clone(),
            template: self.template(spec, document),
            tokens: spec.tokens.clone(),
            scopes: spec.scopes.clone(),
            rate: spec.rate.clone(),
            idempotent: spec.idempotent,
            params,
            query,
            body,
            output: self.output(&name, spec, document, &mut types),
            codes: self.documented_codes(spec, document),
            types,
            response_example: spec.examples.response.clone(),
            calls: Vec::new(),
            name,
        };
        self.check_fields(&operation, spec, document);
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
            (root.join("body"), operation.body.as_deref().unwrap_or_default()),
        ];
        self.check_clashes(&places, document);
        self.claim_required(&operation.name, operation.fields(), name_place(spec, document));
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
}

/// What decides the name of an operation, or what is next to it.
fn name_place(spec: &spec::Endpoint, document: &Document) -> Place {
    document.value(&Pointer::default().join(if spec.rust.is_some() { "rust" } else { "id" }))
}
