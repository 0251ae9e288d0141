//! From specs to the IR. The only builder of the IR, and the only place that checks what the specs
//! say; it continues after a fault so that one run reports them all.

mod calls;
mod codes;
mod event;
mod graph;
mod limits;
mod operation;
mod paging;
pub mod path;
mod place;
mod sample;
mod sentence;
mod turn;
mod types;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

pub use self::calls::sample_call;
pub use self::codes::common_codes;
pub use self::operation::NO_MODULES;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::Document;
use super::ir::{Api, Code, Field, Home, Presence, Type, TypeIndex, needs_names, required_name};
use super::load::{ApiSpecs, Sourced};
use super::source::{Place, Pointer};
use super::{naming, spec};

/// Names that an operation or a model needs for itself.
pub const RESERVED: [&str; 3] = ["new", "send", "clone"];
/// Names that an operation needs in addition, now or once it is paginated.
pub const RESERVED_FOR_PAGES: [&str; 2] = ["pages", "items"];

/// Types that generated code uses.
pub const TAKEN: [&str; 31] = [
    "AcceptsAppToken",
    "AcceptsUserToken",
    "BTreeMap",
    "Box",
    "Call",
    "Callback",
    "Default",
    "Deserialize",
    "DingTalk",
    "Download",
    "ErrorCode",
    "Event",
    "Feishu",
    "Into",
    "IntoIterator",
    "Items",
    "JsonText",
    "Method",
    "Offset",
    "Operation",
    "OperationMeta",
    "Option",
    "Paged",
    "Pages",
    "Parts",
    "Serialize",
    "Some",
    "String",
    "Turn",
    "Upload",
    "Vec",
];

/// Lowers an API. The result is only meant to be rendered if nothing was reported.
pub fn lower(specs: &ApiSpecs, diagnostics: &mut Diagnostics) -> Api {
    Lowering::new(specs, diagnostics).api()
}

struct Lowering<'a> {
    specs: &'a ApiSpecs,
    types: BTreeMap<&'a str, Declared<'a>>,
    /// The item that each name of the API belongs to.
    names: BTreeMap<String, String>,
    diagnostics: &'a mut Diagnostics,
    /// The places of missing sentences.
    undescribed: Vec<String>,
}

/// A type that the specs declare, and where.
#[derive(Clone, Copy)]
struct Declared<'a> {
    spec: &'a spec::Type,
    document: &'a Document,
    index: usize,
    home: Home,
}

/// The place of a field, which decides what it may be.
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
        Self {
            specs,
            types: BTreeMap::new(),
            names: taken.into(),
            diagnostics,
            undescribed: Vec::new(),
        }
    }

    fn api(mut self) -> Api {
        self.declare_types();
        let specs = self.specs;
        let mut api = Api {
            name: specs.name.clone(),
            vendor: specs.api.spec.vendor,
            types: self.types_files(&specs.types),
            event_types: self.types_files(&specs.events.types),
            codes: self.codes(),
            common_codes: Vec::new(),
            modules: self.modules(),
            events: self.events(),
            undescribed: Vec::new(),
            index: TypeIndex::default(),
        };
        api.index = TypeIndex::new(&api);
        graph::mark_sent(&mut api);
        graph::box_cycles(&mut api);
        self.check_models(&api);
        self.page(&mut api);
        sample::fill(&mut api, self.specs, self.diagnostics);
        api.undescribed = self.undescribed;
        api
    }

    fn report(&mut self, place: Place, message: String, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::at(place, message).hint(hint));
    }

    /// Reserves a name, or reports who has it.
    fn claim(&mut self, name: &str, owner: String, place: Place) -> bool {
        if let Some(first) = self.names.get(name) {
            let message = format!("`{name}` would name both {first} and {owner}");
            let hint = "choose another name: for a type its `name`, for anything else `rust`";
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
        let doc = self.doc_of(&spec.name, &spec.doc, document, pointer);
        let rust = spec.rust.clone().unwrap_or_else(|| naming::field(&spec.name));
        let is_reserved = RESERVED.contains(&rust.as_str())
            || position != Position::Model && RESERVED_FOR_PAGES.contains(&rust.as_str());
        if !naming::is_snake_case(&rust) || is_reserved {
            let key = if spec.rust.is_some() { "rust" } else { "name" };
            let message = format!("`{rust}` cannot be the Rust name of a field");
            let hint = "add a `rust` name in snake_case, such as `\"rust\": \"kind\"` for `type`";
            self.report(document.value(&pointer.join(key)), message, hint);
        }
        let ty = self.ty(&spec.ty, document, &pointer.join("type"))?;
        self.check_place(spec, &ty, position, document, pointer);
        let required = spec.required || position == Position::Path;
        let ty_kind = limits::Of::ty(&ty);
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
            deprecated: self.deprecation(&spec.deprecated, document, pointer),
            values: self.number_values(spec, document, pointer),
            limits: limits::sentences(spec, matches!(ty_kind, limits::Of::Elements)),
            range: (spec.min, spec.max),
            length: (spec.min_length, spec.max_length),
            default: spec.default.as_ref().map(plain),
            required,
            dedupe: spec.dedupe,
            nullable: spec.nullable,
            type_of: spec.type_of.clone(),
            boxed: false,
            sensitive: spec.sensitive,
            counts: spec.counts,
            accessor: spec.accessor.clone(),
            example: spec.example.clone(),
        })
    }

    fn check_struct(&mut self, places: &[(Pointer, &[Field])], document: &Document) {
        self.check_clashes(places, document);
        self.check_named(places, document);
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
                        (format!("duplicate field `{wire}`"), "remove one")
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
        for (pointer, fields) in places {
            for field in fields.iter().filter(|field| field.nullable) {
                let clear = field.clear_name();
                if let Some(other) = in_rust.get(clear.as_str()) {
                    let message =
                        format!("`{clear}` would set `{other}` and clear `{}`", field.wire);
                    let hint = format!("give `{other}` a `rust` name of its own");
                    let place = document.key(&pointer.join(field.index).join("nullable"));
                    self.report(place, message, hint);
                }
            }
        }
    }

    /// Reports docs that call a field of their struct as it is called on the wire alone.
    fn check_named(&mut self, places: &[(Pointer, &[Field])], document: &Document) {
        let all = || places.iter().flat_map(|(_, fields)| *fields);
        let shown = |field: &&Field| field.type_of.is_none();
        for (pointer, fields) in places {
            for field in fields.iter().filter(shown) {
                for word in field.doc.split('`').skip(1).step_by(2) {
                    let Some(named) = all().find(|field| field.wire == word) else { continue };
                    let hint = match &named.type_of {
                        Some(id) => {
                            format!("an ID carries its type: describe `{id}` without this name")
                        }
                        None if all().filter(shown).any(|field| field.rust == word) => continue,
                        None => format!("write `{}`", named.rust),
                    };
                    let place = document.value(&pointer.join(field.index).join("doc"));
                    self.report(
                        place,
                        format!("`{word}` is not the name of a field in Rust"),
                        hint,
                    );
                }
            }
        }
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
                self.report(place, message, "name it in PascalCase, such as `ChatDissolved`");
            } else if let Some(first) = seen.insert(&spec.name, code) {
                let message = format!("`{first}` and `{code}` are both named `{}`", spec.name);
                self.report(place, message, "give one of them a name of its own");
            }
            codes.push(Code {
                code: code.clone(),
                variant: spec.name.clone(),
                http: spec.http,
                kind: spec.kind,
                doc: self.doc_of(&spec.name, &spec.doc, document, &pointer),
                advice: match spec.advice.as_str() {
                    "" => String::new(),
                    advice => self.sentence(advice, document, &pointer.join("advice")),
                },
            });
        }
        codes
    }

    fn doc(&mut self, doc: &str, document: &Document, pointer: &Pointer) -> String {
        self.sentence(doc, document, &pointer.join("doc"))
    }

    /// A sentence that has to say more than its name.
    fn doc_of(&mut self, name: &str, doc: &str, document: &Document, pointer: &Pointer) -> String {
        if sentence::says_only(name, doc) {
            let message = format!("this sentence says no more than the name `{name}`");
            let hint = "say what it stands for: where it comes from, its unit or format, what it \
                        means that it is absent";
            self.report(document.value(&pointer.join("doc")), message, hint);
        }
        self.doc(doc, document, pointer)
    }

    /// The words that the docs of an item are found by.
    fn aliases(&mut self, aliases: &[String], own: [&str; 2], document: &Document) -> Vec<String> {
        let own = own.map(searched);
        for (index, alias) in aliases.iter().enumerate() {
            let word = searched(alias);
            let (message, hint) = if !is_searched(alias) {
                let hint = "an alias is words of letters, digits, `@`, `.`, `_` and `-`, with one \
                            space between them";
                (format!("`{alias}` is not a word that people search for"), hint)
            } else if own.contains(&word) {
                let hint = "remove it: the docs are found by their name and `id` in any case";
                (format!("the alias `{alias}` is the name or the `id`"), hint)
            } else if aliases.iter().take(index).any(|other| searched(other) == word) {
                (format!("duplicate alias `{alias}`"), "remove one")
            } else {
                continue;
            };
            let place = document.value(&Pointer::default().join("aliases").join(index));
            self.report(place, message, hint);
        }
        aliases.to_vec()
    }

    fn number_values(
        &mut self,
        spec: &spec::Field,
        document: &Document,
        pointer: &Pointer,
    ) -> Vec<(i64, String)> {
        let pointer = pointer.join("values");
        if !spec.values.is_empty() && spec.ty != "int" {
            let message = format!("`{}` is not a number", spec.name);
            let hint = "an enum lists the values of a string; declare it under `types`";
            self.report(document.key(&pointer), message, hint);
        }
        let values = spec.values.iter().enumerate();
        let value = |(index, value): (usize, &spec::NumberValue)| {
            let pointer = pointer.join(index);
            (value.value, self.doc_of(&value.value.to_string(), &value.doc, document, &pointer))
        };
        values.map(value).collect()
    }

    fn deprecation(
        &mut self,
        sentence: &Option<String>,
        document: &Document,
        pointer: &Pointer,
    ) -> Option<String> {
        let sentence = sentence.as_ref()?;
        Some(self.sentence(sentence, document, &pointer.join("deprecated")))
    }

    fn sentence(&mut self, text: &str, document: &Document, pointer: &Pointer) -> String {
        if text.is_empty() && !document.is_doubtful(pointer) {
            self.undescribed.push(document.value(pointer).to_string());
            return NOT_DESCRIBED.to_owned();
        }
        if let Some(problem) = sentence::problem(text) {
            self.report(document.value(pointer), problem.to_owned(), sentence::HINT);
        }
        text.trim().to_owned()
    }
}

/// The placeholder of a missing sentence in the docs.
const NOT_DESCRIBED: &str = "Not described here yet; see the vendor's documentation.";

fn stem(document: &Document) -> String {
    document.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A word as a search of the docs compares it.
fn searched(word: &str) -> String {
    word.replace('_', "").to_lowercase()
}

pub(super) fn is_searched(alias: &str) -> bool {
    let is_allowed = |char: char| char.is_alphanumeric() || "@._-".contains(char);
    alias.split(' ').all(|word| !word.is_empty() && word.chars().all(is_allowed))
}

/// A value as a reader of the docs writes it.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How a field of a model tells that it is absent.
fn presence(spec: &spec::Field, ty: &Type) -> Presence {
    match ty {
        _ if spec.always => Presence::Always,
        _ if spec.nullable => Presence::Optional,
        Type::List(_) | Type::Map(_) | Type::Record => Presence::Empty,
        Type::Text(inner) => presence(spec, inner),
        _ => Presence::Optional,
    }
}
