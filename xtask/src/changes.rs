//! `cargo xtask changes`: what the specs changed since a revision, and what that means for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Args;
use semver::Version;
use serde::Serialize;

use crate::cargo;
use crate::codegen::diagnostic::{Diagnostics, SHOWN};
use crate::codegen::ir::{
    Api, Body, Enum, Event, Field, Model, Operation, Place, Presence, Type, TypeDef, Variant,
    needs_names,
};
use crate::codegen::spec::{CommonCode, ErrorKind, Vendor};
use crate::codegen::{self, Error, load};
use crate::console;
use crate::distill::specs::book::EVENTS;
use crate::distill::specs::change::{Change, Effect, What};
use crate::git::{self, git};

/// The revision to compare with.
#[derive(Args)]
pub struct Options {
    /// A commit, branch or tag of git
    #[arg(value_name = "REV")]
    revision: String,
    /// Print one JSON array on standard output
    #[arg(long)]
    json: bool,
}

/// The changes in one crate.
#[derive(Debug, Serialize)]
pub struct CrateChanges {
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub verdict: Verdict,
    /// The least version that may have these changes, by that of the revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub changes: Vec<Change>,
    /// The operations and events, before and after, as programs and the vendor name them, by their
    /// specs.
    #[serde(skip)]
    pub names: BTreeMap<String, String>,
}

impl CrateChanges {
    /// Returns the heading of the changes in Markdown, with the verdict and the least version.
    pub fn heading(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Breaking => "breaking",
            Verdict::Additive => "additive",
            Verdict::Patch => "sentences and samples alone",
        };
        let least = self.version.iter().map(|version| format!("; {version} at least"));
        format!("## `{}`: {verdict}{}\n", self.crate_name, least.collect::<String>())
    }
}

/// The kind of release that semantic versioning asks for, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Sentences and samples alone.
    Patch,
    /// There is more than before.
    Additive,
    /// Programs may not compile, or stop to do what they did.
    Breaking,
}

/// The crate that knows the codes which any operation of a platform can respond with.
const CORE: &str = "openplat-core";

/// These codes, by their specs.
type PlatformCodes = BTreeMap<String, BTreeMap<String, CommonCode>>;

/// The changes of the specs since a revision.
#[derive(Debug, Default)]
pub struct Changes {
    /// The crates of which anything changed.
    pub crates: Vec<CrateChanges>,
    /// The reasons why other crates could not be compared, such as specs in an older language.
    pub faults: Vec<String>,
}

/// Prints the changes of the specs since a revision.
///
/// # Errors
///
/// Returns an error if the revision cannot be read, or if some specs could not be compared.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let found = since(root, &options.revision)?;
    match options.json {
        true => console::print_json(&found.crates)?,
        false => console::print(&markdown(&found.crates))?,
    }
    if found.faults.is_empty() { Ok(()) } else { Err(found.faults.join("\n\n")) }
}

/// Compares the specs below `root` with those of a revision.
pub fn since(root: &Path, revision: &str) -> Result<Changes, String> {
    let old = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    check_out(root, revision, old.path())?;
    let version = cargo::version(old.path()).ok();
    let mut changes = Changes::default();
    let mut say = |name: &str, found: Vec<Change>, is_reworded, names| {
        let verdict = match found.iter().any(Change::is_breaking) {
            true => Verdict::Breaking,
            false if !found.is_empty() => Verdict::Additive,
            false if is_reworded => Verdict::Patch,
            false => return,
        };
        let version = version.as_ref().map(|version| next(version, verdict).to_string());
        let crate_name = name.to_owned();
        changes.crates.push(CrateChanges { crate_name, verdict, version, changes: found, names });
    };
    let (before, after) = (names(old.path()), names(root));
    // No program notices what changes in a crate that is not published.
    for name in before.union(&after).filter(|name| cargo::publishes(root, name)) {
        let lower = |is_there: bool, root: &Path, of: &str| match is_there {
            true => lower(root, name, of).map(Some),
            false => Ok(None),
        };
        let one = lower(before.contains(name), old.path(), revision);
        let other = lower(after.contains(name), root, "this checkout");
        match (one, other) {
            (Ok(one), Ok(other)) => {
                let found = between(name, one.as_ref(), other.as_ref());
                let names = one.iter().chain(&other).flat_map(names_in).collect();
                say(name, found, texts(old.path(), name) != texts(root, name), names);
            }
            (Err(fault), _) | (_, Err(fault)) => changes.faults.push(fault),
        }
    }
    match (codes(old.path(), revision), codes(root, "this checkout")) {
        (Ok(one), Ok(other)) => {
            let name = |of: Vendor| format!("error codes of any operation of {of:?}");
            let names = Vendor::ALL.map(|of| (codes_of(of), name(of)));
            say(CORE, between_codes(&one, &other), one != other, names.into());
        }
        (Err(fault), _) | (_, Err(fault)) => changes.faults.push(fault),
    }
    Ok(changes)
}

/// The APIs below a root.
fn names(root: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(root.join("specs")).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().join("api.json").is_file());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn lower(root: &Path, name: &str, of: &str) -> Result<Api, String> {
    codegen::lower_api(root, &Path::new("specs").join(name)).map_err(|error| {
        let shown = error.shown(SHOWN);
        match error {
            Error::Specs(_) => {
                format!("{shown}\n\nthe specs of `{name}` at {of} have faults in today's language")
            }
            _ => shown,
        }
    })
}

/// Reads the codes that any operation of a platform can respond with, by platform.
fn codes(root: &Path, of: &str) -> Result<PlatformCodes, String> {
    let mut faults = Diagnostics::default();
    let found = load::load_codes(root, Path::new("specs"), &mut faults);
    match faults.is_empty() {
        true => Ok(found.into_iter().map(|(of, codes)| (codes_of(of), codes.spec.codes)).collect()),
        false => Err(format!(
            "{}\n\nthe codes of the platforms at {of} have faults in today's language",
            Error::Specs(faults).shown(SHOWN)
        )),
    }
}

/// The spec of the codes of a platform.
fn codes_of(vendor: Vendor) -> String {
    format!("{}.codes", vendor.as_str())
}

/// Puts the specs of a revision into a folder; the checkout and its index stay as they are.
fn check_out(root: &Path, revision: &str, folder: &Path) -> Result<(), String> {
    let commit = format!("{revision}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--end-of-options", &commit])?;
    let repository = git(root, &["rev-parse", "--absolute-git-dir"])?;
    let index = folder.join("index");
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_INDEX_FILE", index).args(["--git-dir", &repository]);
    command.args(["-c", "core.hooksPath=/dev/null"]);
    command.arg("--work-tree").arg(folder).args(["checkout", &commit, "--", "specs", "Cargo.toml"]);
    git::run(&mut command).map(drop)
}

/// Every spec of an API, by its path.
fn texts(root: &Path, name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.join("specs").join(name)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("fixups.json") {
                let relative = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                found.insert(relative, fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

/// Returns the least version after another that may have such changes. Before 1.0, the number in the
/// middle says what the first one says after it.
pub fn next(version: &Version, verdict: Verdict) -> Version {
    let Version { major, minor, patch, .. } = *version;
    match (verdict, major) {
        (Verdict::Breaking, 0) => Version::new(0, minor + 1, 0),
        (Verdict::Breaking, _) => Version::new(major + 1, 0, 0),
        (Verdict::Additive, 1..) => Version::new(major, minor + 1, 0),
        _ => Version::new(major, minor, patch + 1),
    }
}

/// Returns the changes from one API to the other.
fn between(name: &str, before: Option<&Api>, after: Option<&Api>) -> Vec<Change> {
    let mut differ = Differ::default();
    match (before, after) {
        (Some(before), Some(after)) => differ.api(before, after),
        (None, Some(_)) => differ.say("", What::Crate, None, Some(name), Effect::Additive),
        (Some(_), None) => differ.say("", What::Crate, Some(name), None, Effect::Breaking),
        (None, None) => {}
    }
    differ.changes
}

/// Returns the changes of the codes of the platforms, which have no name in Rust.
fn between_codes(before: &PlatformCodes, after: &PlatformCodes) -> Vec<Change> {
    let mut differ = Differ::default();
    let none = BTreeMap::new();
    for file in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        differ.file.clone_from(file);
        let [old, new] = [before, after].map(|codes| codes.get(file).unwrap_or(&none));
        for code in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let at = format!("codes/{code}");
            match (old.get(code), new.get(code)) {
                (Some(was), Some(is)) => differ.kind(&format!("{at}/kind"), was.kind, is.kind),
                (was, is) => {
                    let said = |it: Option<&CommonCode>| it.map(|_| code.as_str());
                    differ.say(&at, What::Code, said(was), said(is), Effect::Additive);
                }
            }
        }
    }
    differ.changes
}

#[derive(Default)]
struct Differ {
    /// The subject of the comparison: a spec without its folder and ending, or a type.
    file: String,
    changes: Vec<Change>,
}

impl Differ {
    fn say(&mut self, at: &str, what: What, from: Option<&str>, to: Option<&str>, effect: Effect) {
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        let file = self.file.clone();
        self.changes.push(Change { file, at: at.to_owned(), what, from, to, effect });
    }

    /// Says it if the two are not one.
    fn compare(&mut self, at: &str, what: What, from: &str, to: &str, effect: Effect) {
        if from != to {
            let said = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
            let (from, to) = (said(from), said(to));
            self.say(at, what, from.as_deref(), to.as_deref(), effect);
        }
    }

    /// Items of a list: one more adds, one less has the effect.
    fn list(&mut self, at: &str, what: What, before: &[&str], after: &[&str], gone: Effect) {
        for item in before.iter().filter(|item| !after.contains(item)) {
            self.say(at, what, Some(item), None, gone);
        }
        for item in after.iter().filter(|item| !before.contains(item)) {
            self.say(at, what, None, Some(item), Effect::Additive);
        }
    }

    fn api(&mut self, before: &Api, after: &Api) {
        let (old, new) = (operations(before), operations(after));
        for (file, operation) in &old {
            self.file.clone_from(file);
            match new.get(file) {
                Some(now) => self.operation(operation, now),
                None => {
                    self.say("", What::Operation, Some(&operation.id), None, Effect::Breaking);
                }
            }
        }
        for (file, operation) in new.iter().filter(|(file, _)| !old.contains_key(*file)) {
            self.file.clone_from(file);
            self.say("", What::Operation, None, Some(&operation.id), Effect::Additive);
        }
        self.events(&before.events, &after.events);
        self.types(before, after);
        self.file = "api".to_owned();
        let codes = |api: &'_ Api| {
            let codes = api.codes.iter().map(|code| (code.code.clone(), code.variant.clone()));
            codes.collect::<BTreeMap<_, _>>()
        };
        let (old, new) = (codes(before), codes(after));
        for code in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let name = |codes: &BTreeMap<String, String>| codes.get(code).cloned();
            let (from, to) = (name(&old), name(&new));
            let effect = if from.is_none() { Effect::Additive } else { Effect::Breaking };
            if from != to {
                let at = format!("errors/{code}");
                self.say(&at, What::Code, from.as_deref(), to.as_deref(), effect);
            }
        }
        for code in &before.codes {
            if let Some(now) = after.codes.iter().find(|now| now.code == code.code) {
                self.kind(&format!("errors/{}/kind", code.code), code.kind, now.kind);
            }
        }
    }

    fn kind(&mut self, at: &str, old: ErrorKind, new: ErrorKind) {
        let [old, new] = [old, new].map(|kind| format!("{kind:?}"));
        self.compare(at, What::Type, &old, &new, Effect::Additive);
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        self.compare("rust", What::Name, &old.name, &new.name, Effect::Breaking);
        let methods = (old.method.as_str(), new.method.as_str());
        self.compare("method", What::Method, methods.0, methods.1, Effect::Breaking);
        self.compare("path", What::Path, &old.path, &new.path, Effect::Breaking);
        self.deprecated("", old.deprecated.as_ref(), new.deprecated.as_ref());
        let tokens = |operation: &Operation| {
            operation.tokens.iter().map(|token| token.as_str()).collect::<Vec<_>>()
        };
        self.list("tokens", What::Token, &tokens(old), &tokens(new), Effect::Breaking);
        self.list("scopes", What::Scope, &strs(&old.scopes), &strs(&new.scopes), Effect::Additive);
        self.list("errors", What::Code, &strs(&old.codes), &strs(&new.codes), Effect::Additive);
        let rate = |operation: &Operation| operation.rate.clone().unwrap_or_default();
        self.compare("rate", What::Rate, &rate(old), &rate(new), Effect::Additive);
        self.fields(&sent(old), &sent(new), true);
        let order = |operation: &Operation| {
            let sent = operation.parts().filter(|(_, field)| field.type_of.is_none());
            let required = sent.filter(|(place, field)| *place == Place::Path || field.required);
            positions(required.map(|(_, field)| field))
        };
        self.order(&order(old), &order(new));
        let retry = |operation: &Operation| match operation.idempotent {
            Some(true) => "idempotent",
            Some(false) => "not idempotent",
            None => "by the method",
        };
        self.compare("idempotent", What::Retry, retry(old), retry(new), Effect::Additive);
        let form = |operation: &Operation| match &operation.body {
            Some(Body::Form(_)) => "form",
            _ => "json",
        };
        self.compare("body", What::Type, form(old), form(new), Effect::Breaking);
        let output = |operation: &Operation| {
            operation.output.as_ref().map_or("none".to_owned(), Type::spec_name)
        };
        self.compare("response", What::Type, &output(old), &output(new), Effect::Breaking);
        let place = |operation: &Operation| if operation.whole_body { "beside" } else { "data" };
        self.compare("response", What::Type, place(old), place(new), Effect::Additive);
        let pages = |operation: &Operation| {
            operation.paging.as_ref().map_or(String::new(), |pages| pages.item.spec_name())
        };
        let gone = if old.paging.is_some() { Effect::Breaking } else { Effect::Additive };
        self.compare("pages", What::Pages, &pages(old), &pages(new), gone);
    }

    /// The required values in the order in which `new` takes them; those that came or went are said
    /// by themselves.
    fn order(&mut self, old: &[String], new: &[String]) {
        let is_reordered =
            old != new && old.iter().collect::<BTreeSet<_>>() == new.iter().collect();
        if is_reordered {
            self.compare("new", What::Name, &old.join(", "), &new.join(", "), Effect::Breaking);
        }
    }

    fn events(&mut self, old: &[Event], new: &[Event]) {
        for event in old {
            self.file = format!("{EVENTS}{}", event.id);
            let Some(now) = new.iter().find(|now| now.id == event.id) else {
                self.say("", What::Event, Some(&event.id), None, Effect::Breaking);
                continue;
            };
            self.compare("rust", What::Name, &event.name, &now.name, Effect::Breaking);
            let schemas = (event.schema.as_str(), now.schema.as_str());
            self.compare("schema", What::Type, schemas.0, schemas.1, Effect::Breaking);
            let (before, after) = (strs(&event.scopes), strs(&now.scopes));
            self.list("scopes", What::Scope, &before, &after, Effect::Additive);
            let (before, after) = (strs(&event.field_scopes), strs(&now.field_scopes));
            self.list("field_scopes", What::Scope, &before, &after, Effect::Additive);
            self.deprecated("", event.replaced_by.as_ref(), now.replaced_by.as_ref());
            let answer =
                |event: &Event| event.answer.as_ref().map_or("none".to_owned(), Type::spec_name);
            self.compare("answer", What::Type, &answer(event), &answer(now), Effect::Breaking);
        }
        for event in new.iter().filter(|event| old.iter().all(|known| known.id != event.id)) {
            self.file = format!("{EVENTS}{}", event.id);
            self.say("", What::Event, None, Some(&event.id), Effect::Additive);
        }
    }

    /// Types that are new come with what leads to them.
    fn types(&mut self, before: &Api, after: &Api) {
        for old in before.type_defs() {
            self.file = format!("types/{}", old.name());
            match (old, after.type_def(old.name())) {
                (TypeDef::Model(old), Some(TypeDef::Model(new))) => self.model(old, new),
                (TypeDef::Enum(old), Some(TypeDef::Enum(new))) if old.int == new.int => {
                    self.values(old, new);
                }
                (TypeDef::Id(old), Some(TypeDef::Id(new))) => {
                    let names = |id: &'_ codegen::ir::Id| {
                        id.variants.iter().map(|id| id.constructor.clone()).collect::<Vec<_>>()
                    };
                    let (old, new) = (names(old), names(new));
                    self.list("id_types", What::Value, &strs(&old), &strs(&new), Effect::Breaking);
                }
                (old, new) => {
                    let new = new.map(kind);
                    self.say("", What::Type, Some(kind(old)), new, Effect::Breaking);
                }
            }
        }
    }

    fn model(&mut self, old: &Model, new: &Model) {
        if old.in_requests && !new.in_requests {
            self.say("new", What::Name, Some("constructor and setters"), None, Effect::Breaking);
        }
        if old.in_requests && new.in_requests {
            let order =
                |model: &Model| positions(model.fields.iter().filter(|field| field.required));
            self.order(&order(old), &order(new));
        }
        let named = |model: &'_ Model| -> Vec<(String, Field)> {
            model.fields.iter().map(|field| (field.wire.clone(), field.clone())).collect()
        };
        self.fields(&named(old), &named(new), old.in_requests && new.in_requests);
    }

    fn values(&mut self, old: &Enum, new: &Enum) {
        for value in &old.variants {
            match new.variants.iter().find(|now| now.value == value.value) {
                Some(now) => {
                    let at = format!("{}/rust", value.value);
                    self.compare(&at, What::Name, &value.rust, &now.rust, Effect::Breaking);
                    let (was, is) = (value.deprecated.as_ref(), now.deprecated.as_ref());
                    self.deprecated(&value.value, was, is);
                }
                None => self.say("values", What::Value, Some(&value.value), None, Effect::Breaking),
            }
        }
        let is_new = |value: &&Variant| old.variants.iter().all(|was| was.value != value.value);
        for value in new.variants.iter().filter(is_new) {
            self.say("values", What::Value, None, Some(&value.value), Effect::Additive);
        }
    }

    fn deprecated(&mut self, at: &str, old: Option<&String>, new: Option<&String>) {
        if old.is_some() != new.is_some() {
            let at =
                if at.is_empty() { "deprecated".to_owned() } else { format!("{at}/deprecated") };
            let text = |text: Option<&String>| text.cloned().unwrap_or_default();
            self.compare(&at, What::Deprecated, &text(old), &text(new), Effect::Additive);
        }
    }

    /// Fields by their places. What has to be sent breaks if it is new.
    fn fields(&mut self, old: &[(String, Field)], new: &[(String, Field)], is_sent: bool) {
        let in_model = self.file.starts_with("types/");
        for (at, field) in old {
            let Some((_, now)) = new.iter().find(|(place, _)| place == at) else {
                let ty = field.ty.spec_name();
                self.say(at, What::Field, Some(&ty), None, Effect::Breaking);
                continue;
            };
            let rust = format!("{at}/rust");
            self.compare(&rust, What::Name, &field.rust, &now.rust, Effect::Breaking);
            let (was, is) = (shape(field, in_model), shape(now, in_model));
            self.compare(at, What::Type, &was, &is, Effect::Breaking);
            if is_sent {
                let (was, is) = (required(field), required(now));
                self.compare(at, What::Required, was, is, Effect::Breaking);
            }
            let accessor = |field: &'_ Field| field.accessor.clone().unwrap_or_default();
            let (was, is) = (accessor(field), accessor(now));
            let effect = if was.is_empty() { Effect::Additive } else { Effect::Breaking };
            self.compare(&format!("{at}/accessor"), What::Name, &was, &is, effect);
            let counts =
                |field: &Field| field.counts.map(|counts| format!("{counts:?}").to_lowercase());
            let (was, is) = (counts(field), counts(now));
            if is_sent && was != is {
                let effect = if was.is_none() { Effect::Additive } else { Effect::Breaking };
                self.say(
                    &format!("{at}/counts"),
                    What::Type,
                    was.as_deref(),
                    is.as_deref(),
                    effect,
                );
            }
            let key = |field: &Field| if field.dedupe { "idempotency key" } else { "" };
            self.compare(at, What::Retry, key(field), key(now), Effect::Additive);
            if !in_model && field.nullable && !now.nullable {
                self.say(&rust, What::Name, Some(&field.clear_name()), None, Effect::Breaking);
            }
            self.deprecated(at, field.deprecated.as_ref(), now.deprecated.as_ref());
            let values = |field: &Field| {
                field.values.iter().map(|(value, _)| value.to_string()).collect::<Vec<_>>()
            };
            let (was, is) = (values(field), values(now));
            self.list(at, What::Value, &strs(&was), &strs(&is), Effect::Additive);
        }
        for (at, field) in new.iter().filter(|(at, _)| old.iter().all(|(place, _)| place != at)) {
            let is_required = is_sent && field.required;
            let text = if is_required { "required " } else { "" };
            let to = format!("{text}{}", field.ty.spec_name());
            let effect = if is_required { Effect::Breaking } else { Effect::Additive };
            self.say(at, What::Field, None, Some(&to), effect);
        }
    }
}

/// Names of operations and events for people, by their specs.
fn names_in(api: &Api) -> BTreeMap<String, String> {
    let operations = operations(api).into_iter();
    let operations = operations.map(|(file, of)| (file, format!("`{}` (`{}`)", of.name, of.id)));
    let events = api.events.iter();
    let events = events
        .map(|of| (format!("{EVENTS}{}", of.id), format!("event `{}` (`{}`)", of.name, of.id)));
    operations.chain(events).collect()
}

/// By the names of their specs.
fn operations(api: &Api) -> BTreeMap<String, &Operation> {
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".json").to_owned()
    };
    let operations = api.modules.iter().flat_map(|module| &module.operations);
    operations.map(|operation| (stem(&operation.spec_path), operation)).collect()
}

/// Returns what an operation sends, by its place on the wire.
fn sent(operation: &Operation) -> Vec<(String, Field)> {
    let parts = operation.parts().map(|(place, field)| {
        let place = match place {
            Place::Path => "params",
            Place::Query => "query",
            Place::Body => "body",
        };
        (format!("{place}/{}", field.wire), field.clone())
    });
    parts.collect()
}

/// Required values in the order in which `new` takes them, unless it takes them by their names.
fn positions<'a>(required: impl Iterator<Item = &'a Field>) -> Vec<String> {
    let required: Vec<&Field> = required.collect();
    match needs_names(required.iter().copied()) {
        true => Vec::new(),
        false => required.iter().map(|field| field.rust.clone()).collect(),
    }
}

/// The type of a field in Rust, as far as the spec decides it.
fn shape(field: &Field, in_model: bool) -> String {
    let ty = field.ty.spec_name();
    let always = if in_model && field.presence == Presence::Always { " always" } else { "" };
    let nullable = if in_model && field.nullable { " nullable" } else { "" };
    let boxed = if in_model && field.boxed { " boxed" } else { "" };
    format!("{ty}{always}{nullable}{boxed}")
}

fn required(field: &Field) -> &'static str {
    if field.required { "required" } else { "optional" }
}

fn kind(def: &TypeDef) -> &'static str {
    match def {
        TypeDef::Model(_) => "model",
        TypeDef::Enum(def) if def.int => "enum of numbers",
        TypeDef::Enum(_) => "enum",
        TypeDef::Id(_) => "id",
    }
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Returns the changes as Markdown, what breaks first.
pub fn markdown(crates: &[CrateChanges]) -> String {
    let mut text = String::new();
    for of in crates {
        let CrateChanges { crate_name, changes, .. } = of;
        let _ = writeln!(text, "{}", of.heading());
        for (title, effect) in [("Breaking", Effect::Breaking), ("Additive", Effect::Additive)] {
            let meant: Vec<_> = changes.iter().filter(|change| change.effect == effect).collect();
            if meant.is_empty() {
                continue;
            }
            let _ = writeln!(text, "### {title}\n");
            for change in meant {
                let colon = if change.at.is_empty() { ": " } else { " " };
                let file = if change.file.is_empty() { crate_name } else { &change.file };
                let _ = writeln!(text, "- `{file}`{colon}{}", change.said());
            }
            text.push('\n');
        }
    }
    text
}
