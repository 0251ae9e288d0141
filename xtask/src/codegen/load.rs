//! From a folder of spec files to typed specs, each with the document it was read from.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use schemars::{Schema, SchemaGenerator, schema_for};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::Document;
use super::source::Pointer;
use super::{shape, spec};

/// A spec and where it stands.
#[derive(Debug)]
pub struct Sourced<T> {
    pub spec: T,
    pub document: Document,
}

/// The specs of one API.
#[derive(Debug)]
pub struct ApiSpecs {
    /// The name of the folder, which is the name of the crate.
    pub name: String,
    pub folder: PathBuf,
    pub api: Sourced<spec::Api>,
    pub types: Vec<Sourced<spec::Types>>,
    pub endpoints: Vec<Sourced<spec::Endpoint>>,
    pub events: Events,
}

/// The events of one API, and the types that several of them share.
#[derive(Debug, Default)]
pub struct Events {
    pub types: Vec<Sourced<spec::Types>>,
    pub events: Vec<Sourced<spec::Event>>,
}

/// A kind of spec file.
trait Kind: DeserializeOwned {
    /// The schema of the kind, made once: making it takes longer than to check a file by it.
    fn schema() -> &'static Schema;
}

macro_rules! kinds {
    ($($kind:ident)*) => {$(
        impl Kind for spec::$kind {
            fn schema() -> &'static Schema {
                static SCHEMA: LazyLock<Schema> = LazyLock::new(|| schema_for!(spec::$kind));
                &SCHEMA
            }
        }
    )*};
}

kinds! { Api Codes Types Endpoint Event }

impl ApiSpecs {
    /// Whether something was reported about what operations or events share.
    pub fn share_doubts(&self, diagnostics: &Diagnostics) -> bool {
        let shared = ["api.json", "types", "events/types"].map(|name| self.folder.join(name));
        shared.iter().any(|path| diagnostics.concern(path))
    }
}

/// The folder of each API in the folder `specs` below `root`.
pub fn folders(root: &Path, specs: &Path, diagnostics: &mut Diagnostics) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for entry in entries(root, specs, diagnostics) {
        if root.join(&entry).is_dir() {
            folders.push(entry);
        } else if !matches!(
            file_name(&entry),
            "README.md" | "schema.json" | "fixups.json" | "glossary.json"
        ) && !spec::Vendor::ALL.iter().any(|vendor| entry == codes_file(specs, *vendor))
        {
            diagnostics.push(
                Diagnostic::file(&entry, "belongs to no API")
                    .hint("move it into the folder of its API, such as `specs/feishu-im/`"),
            );
        }
    }
    folders
}

/// Reads the codes of each platform that has a file of them in the folder `specs`.
pub fn load_codes(
    root: &Path,
    specs: &Path,
    diagnostics: &mut Diagnostics,
) -> Vec<(spec::Vendor, Sourced<spec::Codes>)> {
    let files = spec::Vendor::ALL.map(|vendor| (vendor, codes_file(specs, vendor)));
    let files = files.into_iter().filter(|(_, file)| root.join(file).exists());
    files.filter_map(|(vendor, file)| Some((vendor, read(root, file, diagnostics)?))).collect()
}

/// Returns the file of the codes that any operation of a platform can respond with.
pub fn codes_file(specs: &Path, vendor: spec::Vendor) -> PathBuf {
    specs.join(format!("{}.codes.json", vendor.as_str()))
}

/// Reads the specs of one API.
pub fn load_api(root: &Path, folder: &Path, diagnostics: &mut Diagnostics) -> ApiSpecs {
    let mut api = None;
    let mut types = Vec::new();
    let mut endpoints = Vec::new();
    let mut events = Events::default();
    for entry in entries(root, folder, diagnostics) {
        match file_name(&entry) {
            "api.json" => api = Some(read(root, entry, diagnostics)),
            "types" if root.join(&entry).is_dir() => types = read_all(root, &entry, diagnostics),
            "events" if root.join(&entry).is_dir() => {
                events = load_events(root, &entry, diagnostics)
            }
            // Not a spec, but what is wrong with the pages they come from.
            "fixups.json" => {}
            _ if is_json_file(root, &entry, diagnostics) => {
                endpoints.extend(read(root, entry, diagnostics));
            }
            _ => {}
        }
    }
    let api = api.unwrap_or_else(|| {
        diagnostics.push(
            Diagnostic::file(folder, "has no `api.json`")
                .hint("add one: it names the vendor, the modules and the error codes of the API"),
        );
        None
    });
    let path = folder.join("api.json");
    let api = api.unwrap_or_else(|| Sourced {
        spec: spec::Api {
            schema: None,
            vendor: spec::Vendor::Feishu,
            modules: BTreeMap::new(),
            errors: BTreeMap::new(),
        },
        document: Document::unreadable(path),
    });
    let name = file_name(folder).to_owned();
    ApiSpecs { name, folder: folder.to_owned(), api, types, endpoints, events }
}

fn load_events(root: &Path, folder: &Path, diagnostics: &mut Diagnostics) -> Events {
    let mut found = Events::default();
    for entry in entries(root, folder, diagnostics) {
        if file_name(&entry) == "types" && root.join(&entry).is_dir() {
            found.types = read_all(root, &entry, diagnostics);
        } else if is_json_file(root, &entry, diagnostics) {
            found.events.extend(read(root, entry, diagnostics));
        }
    }
    found
}

/// Reads the spec files of a folder that has nothing else in it.
fn read_all<T: Kind>(root: &Path, folder: &Path, diagnostics: &mut Diagnostics) -> Vec<Sourced<T>> {
    let mut found = Vec::new();
    for entry in entries(root, folder, diagnostics) {
        if is_json_file(root, &entry, diagnostics) {
            found.extend(read(root, entry, diagnostics));
        }
    }
    found
}

/// Lists a folder, sorted; hidden files belong to other programs.
fn entries(root: &Path, folder: &Path, diagnostics: &mut Diagnostics) -> BTreeSet<PathBuf> {
    let listed = std::fs::read_dir(root.join(folder))
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let names: Vec<_> = listed.unwrap_or_else(|error| {
        diagnostics.push(Diagnostic::file(folder, format!("cannot be listed: {error}")));
        Vec::new()
    });
    let visible = names.iter().filter(|name| !name.to_string_lossy().starts_with('.'));
    visible.map(|name| folder.join(name)).collect()
}

fn is_json_file(root: &Path, path: &Path, diagnostics: &mut Diagnostics) -> bool {
    if root.join(path).is_dir() {
        diagnostics.push(Diagnostic::file(path, "is a directory where a spec file belongs").hint(
            "a spec is one file; types that several share are in `types/`, events in `events/`",
        ));
        return false;
    }
    if path.extension() == Some(OsStr::new("json")) {
        return true;
    }
    diagnostics.push(
        Diagnostic::file(path, "is not a spec").hint("specs end in `.json`; move other files away"),
    );
    false
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

fn read<T: Kind>(root: &Path, path: PathBuf, diagnostics: &mut Diagnostics) -> Option<Sourced<T>> {
    let (mut document, json) = Document::read(root, path, diagnostics)?;
    let json = shape::check(json, &mut document, T::schema().as_value(), diagnostics);
    match T::deserialize(json) {
        Ok(spec) => Some(Sourced { spec, document }),
        Err(error) => {
            let place = document.value(&Pointer::default());
            diagnostics.push(Diagnostic::at(place, format!("cannot be read: {error}")));
            None
        }
    }
}

/// `specs/schema.json`: which of the five kinds of file it is, an editor tells from its keys.
pub fn schema() -> String {
    let mut generator = SchemaGenerator::default();
    let api = generator.subschema_for::<spec::Api>();
    let codes = generator.subschema_for::<spec::Codes>();
    let types = generator.subschema_for::<spec::Types>();
    let endpoint = generator.subschema_for::<spec::Endpoint>();
    let event = generator.subschema_for::<spec::Event>();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A spec file; specs/README.md explains the keys",
        "if": { "required": ["vendor"] },
        "then": api,
        "else": {
            "if": { "required": ["codes"] },
            "then": codes,
            "else": {
                "if": { "required": ["id", "fields"] },
                "then": event,
                "else": { "if": { "required": ["id"] }, "then": endpoint, "else": types },
            },
        },
        "$defs": Value::Object(generator.take_definitions(true)),
    });
    format!("{schema:#}\n")
}
