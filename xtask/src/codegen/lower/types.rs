//! Types: declared, lowered, referred to.

use super::super::diagnostic::{Diagnostic, closest};
use super::super::document::Document;
use super::super::ir::{
    Api, Enum, Field, Home, Id, IdVariant, Kind, Model, Presence, Reference, Type, TypeDef,
    TypesFile, Variant,
};
use super::super::load::Sourced;
use super::super::source::Pointer;
use super::super::{naming, spec};
use super::place::is_id;
use super::{Declared, Lowering, Position, graph, stem};
use crate::files::slashes;

const BUILT_IN: [&str; 9] =
    ["string", "int", "float", "bool", "json", "record", "file", "list", "map"];

/// The methods of every ID that travels with its type.
const METHODS_OF_IDS: [&str; 4] = ["new", "id_type", "as_str", "clone"];

/// The most levels of nested lists and maps. No page comes near it.
const DEEPEST_TYPE: usize = 8;

impl<'a> Lowering<'a> {
    pub(super) fn declare_types(&mut self) {
        let specs = self.specs;
        let shared = [(&specs.types, Home::Types), (&specs.events.types, Home::Events)];
        for (files, home) in shared {
            files.iter().for_each(|file| self.declare_all(&file.spec.types, &file.document, home));
        }
        for file in &specs.endpoints {
            self.declare_all(&file.spec.types, &file.document, Home::Local);
        }
        for file in &specs.events.events {
            self.declare_all(&file.spec.types, &file.document, Home::Local);
        }
    }

    fn declare_all(&mut self, types: &'a [spec::Type], document: &'a Document, home: Home) {
        for (index, spec) in types.iter().enumerate() {
            self.declare(spec, document, index, home);
        }
    }

    fn declare(&mut self, spec: &'a spec::Type, document: &'a Document, index: usize, home: Home) {
        let place = document.value(&Pointer::default().join("types").join(index).join("name"));
        let name = spec.name.as_str();
        if !naming::is_pascal_case(name) {
            let message = format!("`{name}` is not the name of a type");
            self.report(place, message, "types are named in PascalCase, such as `ChatMember`");
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
            self.types.insert(name, Declared { spec, document, index, home });
        }
    }

    /// Faults of models that only show once it is known who uses them.
    pub(super) fn check_models(&mut self, api: &Api) {
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
        self.check_accessor(model, field, document, &pointer);
        if field.nullable && !model.in_requests {
            self.report_never_sent(field, owner, document, &pointer);
        }
        if is_always && field.boxed {
            let message = format!("`{name}` leads back to `{owner}`, which would never end");
            let hint = "drop `always`: what leads back has to be absent at some time";
            self.report(document.key(&pointer.join("always")), message, hint);
        } else if is_always && model.in_requests && !field.required {
            let message = format!("`{name}` of `{owner}` would be sent as an empty value");
            let hint = "this model is sent: make the field `required` as well, so that a caller \
                        sets it, or drop `always`";
            self.report(document.key(&pointer.join("always")), message, hint);
        } else if model.in_requests && graph::requires_itself(api, model, field) {
            let message = format!("`{owner}` can never be built: `{name}` requires another one");
            let hint = "drop `required`, here or on the way back, or make it a list";
            self.report(document.key(&pointer.join("required")), message, hint);
        }
    }

    fn check_accessor(
        &mut self,
        model: &Model,
        field: &Field,
        document: &Document,
        pointer: &Pointer,
    ) {
        let Some(accessor) = &field.accessor else { return };
        let is_taken = model.fields.iter().any(|other| {
            model.in_requests && (other.rust == *accessor || other.clear_name() == *accessor)
                || other.index != field.index && other.accessor.as_ref() == Some(accessor)
        });
        if is_taken {
            let message = format!("`{}` has another method `{accessor}`", model.name);
            let hint = "give the accessor a name of its own, such as `created_at`";
            self.report(document.value(&pointer.join("accessor")), message, hint);
        }
    }

    pub(super) fn report_never_sent(
        &mut self,
        field: &Field,
        owner: &str,
        document: &Document,
        pointer: &Pointer,
    ) {
        let message = format!("`{}` of `{owner}` is never sent, and so never cleared", field.wire);
        let hint = "drop `nullable`: a `null` in a response is read as absent anyway";
        self.report(document.key(&pointer.join("nullable")), message, hint);
    }

    pub(super) fn types_files(&mut self, files: &'a [Sourced<spec::Types>]) -> Vec<TypesFile> {
        let files = files.iter().map(|file| {
            let name = stem(&file.document);
            if !naming::is_snake_case(&name) {
                self.diagnostics.push(
                    Diagnostic::file(&file.document.path, "does not name a Rust module")
                        .hint("name the file in snake_case, such as `chat.json`"),
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

    pub(super) fn type_defs(
        &mut self,
        types: &'a [spec::Type],
        document: &'a Document,
    ) -> Vec<TypeDef> {
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
        let doc = self.doc_of(&name, &spec.doc, document, pointer);
        match (&spec.fields, &spec.values, &spec.id_types) {
            (Some(fields), None, None) => {
                let pointer = pointer.join("fields");
                let fields = self.fields(fields, document, &pointer, Position::Model);
                self.check_struct(&[(pointer.clone(), &fields)], document);
                self.claim_required(&name, fields.iter(), document.key(&pointer));
                let example = spec.example.clone();
                let (part, in_requests) = (None, false);
                Some(TypeDef::Model(Model { name, doc, part, fields, in_requests, example }))
            }
            (None, Some(values), None) => {
                let (ignore_case, int, slips) = (spec.ignore_case, spec.int, spec.slips.clone());
                let mut def = Enum { name, doc, ignore_case, int, variants: Vec::new(), slips };
                self.variants(&mut def, values, document, pointer);
                Some(TypeDef::Enum(def))
            }
            (None, None, Some(types)) => {
                let (types, variants) =
                    self.id_types(types, document, &pointer.join("id_types"))?;
                Some(TypeDef::Id(Id { name, doc, types, variants }))
            }
            _ => {
                let message = format!("`{name}` must have either `fields`, `values` or `id_types`");
                let hint = "a model has `fields`, an enum has `values`, an ID that travels with \
                            its type has `id_types`";
                self.report(document.value(&pointer.join("name")), message, hint);
                None
            }
        }
    }

    /// Lowers the enum of the types that an ID may have, and the constructor of an ID of each.
    fn id_types(
        &mut self,
        name: &str,
        document: &'a Document,
        pointer: &Pointer,
    ) -> Option<(Reference, Vec<IdVariant>)> {
        let ty = self.ty(name, document, pointer)?;
        let declared = self.types.get(name).filter(|declared| !declared.spec.int);
        let values = declared.and_then(|declared| declared.spec.values.as_ref());
        let (Type::Named(reference), Some(values)) = (ty, values) else {
            let message = format!("`{name}` is not an enum of strings");
            let hint = "name the enum of the types that the ID may have";
            self.report(document.value(pointer), message, hint);
            return None;
        };
        let variants = values.iter().map(|value| {
            let rust = value.rust.clone().unwrap_or_else(|| naming::variant(&value.value));
            let constructor = naming::module(&naming::field(&rust));
            // Faults of the sentences are reported where the enum is declared.
            let doc = match &value.doc {
                Some(doc) => doc.trim().to_owned(),
                None => wire_doc(&value.value),
            };
            let (value, deprecated) = (value.value.clone(), value.deprecated.clone());
            IdVariant { variant: Variant { rust, value, doc, deprecated }, constructor }
        });
        let variants: Vec<_> = variants.collect();
        for variant in &variants {
            if METHODS_OF_IDS.contains(&variant.constructor.as_str()) {
                let message = format!(
                    "the value `{}` of `{name}` would be created by `{}`, which every ID has",
                    variant.variant.value, variant.constructor
                );
                self.report(document.value(pointer), message, "give the value a `rust` name");
            }
        }
        Some((reference, variants))
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
        let are_described = values.iter().any(|value| value.doc.is_some());
        for (index, spec) in values.iter().enumerate() {
            let pointer = root.join(index);
            let value = spec.value.as_str();
            let doc = match &spec.doc {
                Some(doc) => self.doc_of(value, doc, document, &pointer),
                None => wire_doc(value),
            };
            if are_described && spec.doc.is_none() {
                let message = format!("the value `{value}` has no `doc`");
                let hint =
                    "add one, or drop those of the other values if their names say everything";
                self.report(document.value(&pointer), message, hint);
            }
            if def.int && !is_whole_number(value) {
                let message = format!("the value `{value}` is not a whole number");
                self.report(
                    document.value(&pointer.join("value")),
                    message,
                    "correct it, or drop `int`",
                );
            }
            let deprecated = self.deprecation(&spec.deprecated, document, &pointer);
            let rust = spec.rust.clone().unwrap_or_else(|| naming::variant(value));
            let key = if spec.rust.is_some() { "rust" } else { "value" };
            let place = document.value(&pointer.join(key));
            if def.variants.iter().any(|first| def.is_same(&first.value, value)) {
                let message = format!("duplicate value `{value}`");
                self.report(document.value(&pointer.join("value")), message, "keep one");
            } else if !naming::is_pascal_case(&rust) || rust == "Unknown" {
                let message = format!("`{rust}` cannot be the Rust name of the value `{value}`");
                self.report(place, message, "add a `rust` name in PascalCase, not `Unknown`");
            } else if let Some(first) = def.variants.iter().find(|first| first.rust == rust) {
                let message =
                    format!("`{}` and `{value}` both become `{rust}` in Rust", first.value);
                self.report(place, message, "remove one, or give it a `rust` name of its own");
            }
            def.variants.push(Variant { rust, value: value.to_owned(), doc, deprecated });
        }
        for (index, slip) in def.slips.iter().enumerate() {
            if def.variants.iter().any(|variant| def.is_same(&variant.value, slip)) {
                let message = format!("`{slip}` is a value of the enum, and no slip");
                let place = document.value(&pointer.join("slips").join(index));
                self.report(place, message, "remove it from `slips`");
            }
        }
    }

    /// A type as the specs write it.
    pub(super) fn ty(
        &mut self,
        text: &str,
        document: &'a Document,
        pointer: &Pointer,
    ) -> Option<Type> {
        if text.matches('<').count() > DEEPEST_TYPE {
            let message = format!("a type of more than {DEEPEST_TYPE} lists in lists is a mistake");
            self.report(document.value(pointer), message, "correct the type");
            return None;
        }
        let generic = |name: &str| text.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
        if let Some(item) = generic("list") {
            return Some(Type::List(Box::new(self.inner(item, document, pointer)?)));
        }
        if let Some(value) = generic("map") {
            return Some(Type::Map(Box::new(self.inner(value, document, pointer)?)));
        }
        if let Some(inner) = generic("string") {
            return Some(Type::Text(Box::new(self.inner(inner, document, pointer)?)));
        }
        match text {
            "string" => Some(Type::String),
            "file" => Some(Type::File),
            "int" => Some(Type::Int),
            "float" => Some(Type::Float),
            "bool" => Some(Type::Bool),
            "json" => Some(Type::Json),
            "record" => Some(Type::Record),
            name => self.named(name, document, pointer),
        }
    }

    /// The type within another one.
    fn inner(&mut self, text: &str, document: &'a Document, pointer: &Pointer) -> Option<Type> {
        let ty = self.ty(text, document, pointer)?;
        if is_id(&ty) || matches!(ty, Type::Text(_) | Type::File) {
            let message = format!("`{text}` is not allowed within another type");
            self.report(document.value(pointer), message, "it is the type of a whole field only");
            return None;
        }
        Some(ty)
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
                         `string`, `int`, `float`, `bool`, `json`, `record`, `file`, `list<T>`, \
                         `map<T>`, and `string<T>` for JSON in a string"
                    .to_owned(),
            };
            self.report(place, format!("unknown type `{name}`"), hint);
            return None;
        };
        let home = slashes(&declared.document.path);
        if declared.home == Home::Local && declared.document.path != document.path {
            let message = format!("the type `{name}` belongs to {home} alone");
            self.report(place, message, "move it into a file of `types/` to share it");
            return None;
        }
        let is_of_events = document.path.starts_with(self.specs.folder.join("events"));
        if declared.home == Home::Events && !is_of_events {
            let message = format!("the type `{name}` belongs to the events, in {home}");
            let hint =
                "move it into a file of `types/` next to the operations to share it with them";
            self.report(place, message, hint);
            return None;
        }
        Some(Type::Named(Reference {
            name: name.to_owned(),
            kind: match declared.spec {
                spec::Type { values: Some(_), int: true, .. } => Kind::IntEnum,
                spec::Type { values: Some(_), .. } => Kind::Enum,
                spec::Type { id_types: Some(_), .. } => Kind::Id,
                _ => Kind::Model,
            },
            home: declared.home,
        }))
    }

    /// A type that seems to be missing may be one that could not be read.
    fn types_are_doubtful(&self) -> bool {
        let pointer = Pointer::default().join("types");
        let specs = self.specs;
        let endpoints = specs.endpoints.iter().map(|file| &file.document);
        let events = specs.events.events.iter().map(|file| &file.document);
        let shared = ["types", "events/types"].map(|name| specs.folder.join(name));
        shared.iter().any(|folder| self.diagnostics.concern(folder))
            || endpoints.chain(events).any(|document| document.is_doubtful(&pointer))
    }
}

/// Returns the doc of a value whose name says everything.
fn wire_doc(value: &str) -> String {
    format!("`{value}` on the wire.")
}

/// Whether the text is what a whole number is written as.
fn is_whole_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}
