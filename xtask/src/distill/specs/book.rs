//! The specs of one API as a whole: read from its folder, added to, and laid out again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::layout;
use super::route;
use crate::codegen::load::{self, ApiSpecs, Sourced};
use crate::codegen::{Error, diagnostic::Diagnostics, naming, spec};

/// The specs of an API.
#[derive(Debug, Clone)]
pub struct Book {
    /// Of the crate.
    pub name: String,
    pub api: spec::Api,
    /// By the name of their file without its ending. Their types are in `types`.
    pub endpoints: BTreeMap<String, spec::Endpoint>,
    /// By their ID. Their types are in `types` as well.
    pub events: BTreeMap<String, spec::Event>,
    pub types: BTreeMap<String, Entry>,
    /// The members and values of `types` that pages have added or changed, each with its type.
    pub added: BTreeSet<(String, String)>,
    /// The files as they were read.
    old: BTreeMap<PathBuf, String>,
    /// The types as they were read, by their place among all.
    order: BTreeMap<String, usize>,
}

/// A type and the file of shared types in which it has its place already.
#[derive(Debug, Clone)]
pub struct Entry {
    pub ty: spec::Type,
    pub home: Option<PathBuf>,
    /// The names it is known by: its own, and those of the fields of its type.
    pub kin: BTreeSet<String>,
    /// A request holds it.
    pub is_sent: bool,
    /// Several operations or events hold it.
    pub is_shared: bool,
    /// It is known from samples of this run alone, so that there may be more of it.
    pub is_sample: bool,
}

impl Entry {
    /// A type that is not in any file yet.
    pub fn new(ty: spec::Type, kin: BTreeSet<String>, is_sent: bool) -> Self {
        Self { ty, home: None, kin, is_sent, is_shared: false, is_sample: false }
    }
}

/// A spec file, relative to the folder of the API.
#[derive(Debug, PartialEq)]
pub struct SpecFile {
    pub path: PathBuf,
    pub text: String,
    /// The names of the types in it, in their order.
    pub types: Vec<String>,
}

impl Book {
    /// Reads the specs in `folder/name`, if there are any.
    pub fn open(folder: &Path, name: &str) -> Result<Self, Error> {
        let mut diagnostics = Diagnostics::default();
        let specs = match folder.join(name).is_dir() {
            true => Some(load::load_api(Path::new(""), &folder.join(name), &mut diagnostics)),
            false => None,
        };
        if !diagnostics.is_empty() {
            return Err(Error::Specs(diagnostics));
        }
        Ok(specs.map_or_else(|| Self::empty(name), |specs| Self::of(folder, specs)))
    }

    fn empty(name: &str) -> Self {
        let (schema, vendor) = (Some("../schema.json".to_owned()), spec::Vendor::Feishu);
        let (modules, errors) = (BTreeMap::new(), BTreeMap::new());
        Self {
            name: name.to_owned(),
            api: spec::Api { schema, vendor, modules, errors },
            endpoints: BTreeMap::new(),
            events: BTreeMap::new(),
            types: BTreeMap::new(),
            added: BTreeSet::new(),
            old: BTreeMap::new(),
            order: BTreeMap::new(),
        }
    }

    fn of(folder: &Path, specs: ApiSpecs) -> Self {
        let mut book = Self::empty(&specs.name);
        let home = folder.join(&specs.name);
        let relative = |path: &Path| path.strip_prefix(&home).unwrap_or(path).to_owned();
        let shared = || specs.types.iter().chain(&specs.events.types);
        let documents = specs.endpoints.iter().map(|file| &file.document);
        let documents = documents.chain(specs.events.events.iter().map(|file| &file.document));
        let documents = documents.chain(shared().map(|file| &file.document));
        for document in documents.chain([&specs.api.document]) {
            let text = std::fs::read_to_string(&document.path).unwrap_or_default();
            book.old.insert(relative(&document.path), text);
        }
        book.api = specs.api.spec.clone();
        for Sourced { spec, document } in shared() {
            spec.types.iter().for_each(|ty| book.take(ty, Some(relative(&document.path))));
        }
        for Sourced { mut spec, document } in specs.endpoints {
            std::mem::take(&mut spec.types).iter().for_each(|ty| book.take(ty, None));
            book.endpoints.insert(stem(&document.path), spec);
        }
        for Sourced { mut spec, .. } in specs.events.events {
            std::mem::take(&mut spec.types).iter().for_each(|ty| book.take(ty, None));
            book.events.insert(spec.id.clone(), spec);
        }
        book.meet();
        book
    }

    /// Finds out what each type goes by, and which types are sent.
    fn meet(&mut self) {
        let operations = self.endpoints.values().flat_map(|spec| {
            let lists = [Some(&spec.params), Some(&spec.query), spec.body.as_ref()];
            lists.into_iter().chain([spec.response.as_ref()]).flatten().flatten()
        });
        let events = self.events.values();
        let events = events.flat_map(|spec| spec.fields.iter().chain(spec.answer.iter().flatten()));
        let models = self.types.values().flat_map(|entry| entry.ty.fields.iter().flatten());
        let fields = operations.chain(events).chain(models);
        let names: Vec<(String, String)> = fields
            .filter(|field| self.types.contains_key(innermost(&field.ty)))
            .map(|field| (innermost(&field.ty).to_owned(), route::type_name(&field.name)))
            .collect();
        let requests = self.endpoints.values().flat_map(|spec| {
            let lists = [Some(&spec.params), Some(&spec.query), spec.body.as_ref()];
            self.reached(&[&spec.body_type], &lists)
        });
        let callbacks = self.events.values();
        let callbacks =
            callbacks.flat_map(|spec| self.reached(&[&spec.answer_type], &[spec.answer.as_ref()]));
        let sent: BTreeSet<String> = requests.chain(callbacks).map(str::to_owned).collect();
        for (ty, name) in names {
            if let Some(entry) = self.types.get_mut(&ty) {
                entry.kin.insert(name);
            }
        }
        for (name, entry) in &mut self.types {
            entry.is_sent = sent.contains(name);
        }
    }

    fn take(&mut self, ty: &spec::Type, home: Option<PathBuf>) {
        self.order.insert(ty.name.clone(), self.order.len());
        let kin = BTreeSet::from([ty.name.clone()]);
        let is_shared = home.is_some();
        let entry = Entry { home, is_shared, ..Entry::new(ty.clone(), kin, false) };
        self.types.insert(ty.name.clone(), entry);
    }

    /// The operation behind a method and a path, whatever its parameters are called.
    pub fn find(&self, method: spec::Method, path: &str) -> Option<String> {
        let same = |spec: &spec::Endpoint| {
            spec.method == method && route::anonymous(&spec.path) == route::anonymous(path)
        };
        let found = self.endpoints.iter().find(|(_, spec)| same(spec));
        found.map(|(stem, _)| stem.clone())
    }

    /// Puts a new operation under names that are free.
    pub fn insert(&mut self, names: &route::Names, mut spec: spec::Endpoint) -> String {
        let free = |module: &str, method: &str| {
            let stem = format!("{module}.{method}");
            (!self.endpoints.contains_key(&stem)).then_some(stem)
        };
        let (module, method) = (&names.module, &names.method);
        let verb = spec.method.as_str().to_lowercase();
        let mut others = (2..).map(|n| format!("{method}_{verb}_{n}"));
        // Another version of the service may have an operation of that name.
        let is_new = self.endpoints.values().all(|known| known.id != names.id);
        let version = names.version.as_ref().filter(|_| is_new);
        let stem = free(module, method)
            .or_else(|| free(&format!("{module}_{}", version?), method))
            .or_else(|| free(module, &format!("{method}_{verb}")))
            .or_else(|| others.find_map(|method| free(module, &method)))
            .unwrap_or_default();
        let (module, method) = stem.split_once('.').unwrap_or((module, method));
        let service = names.id.strip_suffix(&format!("{}.{}", names.module, names.method));
        spec.id = match is_new {
            true => names.id.clone(),
            false => format!("{}{module}.{method}", service.unwrap_or_default()),
        };
        let plain = naming::operation(module, method);
        // Words of one letter run together: `AB` is no name, `Ab` is one.
        let name = route::pascal(&plain);
        let numbered = (2..).map(|n| format!("{name}{n}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|name| !self.is_taken(name));
        spec.rust = free.filter(|name| *name != plain);
        self.api.modules.entry(module.to_owned()).or_default();
        self.endpoints.insert(stem.clone(), spec);
        stem
    }

    /// Puts a new event under a name that is free.
    pub fn insert_event(&mut self, mut spec: spec::Event) {
        let name = spec.rust.clone();
        let numbered = (2..).map(|n| format!("{name}{n}"));
        let mut names = [name.clone(), format!("{name}Event")].into_iter().chain(numbered);
        spec.rust = names.find(|name| !self.is_taken(name)).unwrap_or(name);
        self.events.insert(spec.id.clone(), spec);
    }

    /// Whether an operation, an event or a type has this name, or one is derived from it.
    pub fn is_taken(&self, name: &str) -> bool {
        let of_event = |event: &spec::Event| {
            let end = name.strip_prefix(event.rust.as_str());
            end.is_some_and(|end| matches!(end, "" | "Answer" | "AnswerRequired"))
        };
        let of_operation = |operation: &str| {
            name == operation
                || name
                    .strip_prefix(operation)
                    .is_some_and(|end| matches!(end, "Response" | "Required"))
        };
        self.types.contains_key(name)
            || !crate::codegen::rules::is_free_type(name)
            || self.operations_like(name).any(|operation| of_operation(&operation))
            || self.events.values().any(of_event)
    }

    /// The operations whose names `name` may begin with. Names are costly to make, and in a large
    /// API there are many for each that is asked about.
    fn operations_like(&self, name: &str) -> impl Iterator<Item = String> {
        let letters = name.to_lowercase();
        self.endpoints.iter().filter_map(move |(stem, spec)| {
            let (module, method) = stem.split_once('.').unwrap_or((stem, ""));
            let mut rest = letters.chars();
            let mut own = method.chars().chain(module.chars()).filter(|char| *char != '_');
            match &spec.rust {
                Some(name) => Some(name.clone()),
                None => own
                    .all(|char| rest.next() == Some(char))
                    .then(|| naming::operation(module, method)),
            }
        })
    }

    /// The field at such a place as `body/items/name`, through the types on the way.
    pub fn field_at(&self, file: &str, at: &str) -> Option<&spec::Field> {
        let mut steps = at.split('/');
        let part = steps.next()?;
        let mut fields = match file.strip_prefix(EVENTS) {
            Some(id) => self.event_fields(self.events.get(id)?, part)?,
            None => self.operation_fields(self.endpoints.get(file)?, part)?,
        };
        let mut found = None;
        for step in steps {
            let field = fields.iter().find(|field| field.name == step)?;
            let below = self.types.get(innermost(&field.ty));
            fields = below.and_then(|entry| entry.ty.fields.as_ref()).unwrap_or(&NO_FIELDS);
            found = Some(field);
        }
        found
    }

    fn operation_fields<'s>(
        &'s self,
        spec: &'s spec::Endpoint,
        part: &str,
    ) -> Option<&'s Vec<spec::Field>> {
        match part {
            "params" => Some(&spec.params),
            "query" => Some(&spec.query),
            "body" => self.fields_of(spec.body.as_ref(), spec.body_type.as_deref()),
            _ => self.fields_of(spec.response.as_ref(), spec.response_type.as_deref()),
        }
    }

    fn event_fields<'s>(
        &'s self,
        spec: &'s spec::Event,
        part: &str,
    ) -> Option<&'s Vec<spec::Field>> {
        match part {
            "fields" => Some(&spec.fields),
            _ => self.fields_of(spec.answer.as_ref(), spec.answer_type.as_deref()),
        }
    }

    fn fields_of<'s>(
        &'s self,
        own: Option<&'s Vec<spec::Field>>,
        ty: Option<&str>,
    ) -> Option<&'s Vec<spec::Field>> {
        own.or_else(|| self.types.get(innermost(ty?))?.ty.fields.as_ref())
    }

    /// Whether nothing was read or added, so that the platform may still be another one.
    pub fn is_empty(&self) -> bool {
        let is_new = self.old.is_empty() && self.endpoints.is_empty();
        is_new && self.events.is_empty() && self.types.is_empty()
    }

    /// Every file that differs from what was read. Nothing at all makes no file.
    pub fn changed_files(&self) -> Vec<SpecFile> {
        if self.is_empty() {
            return Vec::new();
        }
        self.files()
            .into_iter()
            .filter(|file| self.old.get(&file.path) != Some(&file.text))
            .collect()
    }

    /// Every file as it should be. One that says what it said before keeps its layout.
    pub fn files(&self) -> Vec<SpecFile> {
        let homes = self.homes();
        let mut files = vec![self.file("api.json".into(), &self.api, &[])];
        for (stem, spec) in &self.endpoints {
            let path = of_operation(stem);
            let spec = spec::Endpoint { types: self.types_in(&homes, &path), ..spec.clone() };
            files.push(self.file(path, &spec, &spec.types));
        }
        for (id, spec) in &self.events {
            let path = of_event(id);
            let spec = spec::Event { types: self.types_in(&homes, &path), ..spec.clone() };
            files.push(self.file(path, &spec, &spec.types));
        }
        let shared: BTreeSet<&PathBuf> =
            homes.values().filter(|home| is_shared(home.as_path())).collect();
        for path in shared {
            let schema = "../".repeat(path.components().count()) + "schema.json";
            let spec = spec::Types { schema: Some(schema), types: self.types_in(&homes, path) };
            files.push(self.file(path.clone(), &spec, &spec.types));
        }
        files
    }

    fn file<T>(&self, path: PathBuf, spec: &T, types: &[spec::Type]) -> SpecFile
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
    {
        let old = self.old.get(&path);
        let said = old.and_then(|old| serde_json::from_str::<T>(old).ok());
        let text = match (old, said) {
            (Some(old), Some(said)) if said == *spec => old.clone(),
            (old, _) => layout::file(spec, old.map(String::as_str)),
        };
        let types = types.iter().map(|ty| ty.name.clone()).collect();
        SpecFile { path, text, types }
    }

    /// In the order in which they were read, new ones after them by name.
    fn types_in(&self, homes: &BTreeMap<&str, PathBuf>, home: &Path) -> Vec<spec::Type> {
        let here = homes.iter().filter(|(_, path)| *path == home).map(|(name, _)| *name);
        let mut names: Vec<&str> = here.collect();
        names.sort_by_key(|name| self.order.get(*name).copied().unwrap_or(usize::MAX));
        names.iter().filter_map(|name| Some(self.types.get(*name)?.ty.clone())).collect()
    }

    /// The file of each type: that of the one operation or event that leads to it, or one of shared
    /// types, among the events if nothing else leads to it.
    fn homes(&self) -> BTreeMap<&str, PathBuf> {
        let mut users: BTreeMap<&str, BTreeSet<PathBuf>> = BTreeMap::new();
        for (path, names) in self.leads() {
            for name in names {
                users.entry(name).or_default().insert(path.clone());
            }
        }
        let alone = |name: &str| users.get(name).filter(|users| users.len() == 1)?.first();
        // Types that a shared type leads to are shared as well.
        let named = |is: &dyn Fn(&str, &Entry) -> bool| {
            let found = self.types.iter().filter(|(name, entry)| is(name, entry));
            self.below(found.map(|(name, _)| name.as_str()).collect())
        };
        let shared = named(&|name, entry| entry.home.is_some() || alone(name).is_none());
        let of_operations = named(&|name, entry| match &entry.home {
            Some(home) => !home.starts_with(EVENTS),
            None => users.get(name).is_none_or(|users| users.iter().any(|user| !is_event(user))),
        });
        let home = |name: &str, entry: &Entry| match (&entry.home, alone(name)) {
            (Some(home), _) => home.clone(),
            (None, Some(user)) if !shared.contains(name) => user.clone(),
            _ => {
                let users = users.get(name);
                let operation = users.and_then(|users| users.iter().find(|user| !is_event(user)));
                let user = operation.or_else(|| users?.first());
                let topic = user.map_or_else(|| naming::field(name), |user| topic(user));
                let events = if of_operations.contains(name) { "" } else { EVENTS };
                PathBuf::from(format!("{events}types/{topic}.json"))
            }
        };
        self.types.iter().map(|(name, entry)| (name.as_str(), home(name, entry))).collect()
    }

    /// The types that any operation or event leads to.
    pub fn used(&self) -> BTreeSet<String> {
        self.leads().flat_map(|(_, names)| names).map(str::to_owned).collect()
    }

    /// The types that each operation and event leads to, by its file.
    fn leads(&self) -> impl Iterator<Item = (PathBuf, BTreeSet<&str>)> {
        let operations = self.endpoints.iter().map(|(stem, spec)| {
            let types = [&spec.body_type, &spec.response_type];
            let lists =
                [Some(&spec.params), Some(&spec.query), spec.body.as_ref(), spec.response.as_ref()];
            (of_operation(stem), self.reached(&types, &lists))
        });
        let events = self.events.iter().map(|(id, spec)| {
            let lists = [Some(&spec.fields), spec.answer.as_ref()];
            (of_event(id), self.reached(&[&spec.answer_type], &lists))
        });
        operations.chain(events)
    }

    fn reached<'s>(
        &'s self,
        types: &[&'s Option<String>],
        lists: &[Option<&'s Vec<spec::Field>>],
    ) -> BTreeSet<&'s str> {
        let types = types.iter().filter_map(|ty| ty.as_ref());
        let fields = lists.iter().flatten().flat_map(|fields| fields.iter());
        let types = types.chain(fields.map(|field| &field.ty));
        self.below(types.map(|ty| innermost(ty)).collect())
    }

    /// Types, and those that they lead to.
    fn below<'s>(&'s self, mut pending: Vec<&'s str>) -> BTreeSet<&'s str> {
        let mut seen = BTreeSet::new();
        while let Some(name) = pending.pop() {
            let Some(entry) = self.types.get(name) else { continue };
            if seen.insert(name) {
                let fields = entry.ty.fields.iter().flatten().map(|field| innermost(&field.ty));
                pending.extend(fields.chain(entry.ty.id_types.as_deref()));
            }
        }
        seen
    }
}

static NO_FIELDS: Vec<spec::Field> = Vec::new();

/// The folder of the events of an API.
pub const EVENTS: &str = "events/";

fn of_operation(stem: &str) -> PathBuf {
    format!("{stem}.json").into()
}

fn of_event(id: &str) -> PathBuf {
    format!("{EVENTS}{id}.json").into()
}

fn is_event(file: &Path) -> bool {
    file.starts_with(EVENTS)
}

/// Whether a file is one of shared types.
fn is_shared(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("types"))
}

/// Returns the name of the file of shared types for a type of the operation or event.
fn topic(user: &Path) -> String {
    let name = stem(user);
    naming::field(name.split('.').next().unwrap_or_default())
}

/// The name at the bottom of `list<map<T>>`.
pub fn innermost(ty: &str) -> &str {
    let start = ty.rfind('<').map_or(0, |at| at + 1);
    ty[start..].trim_end_matches('>')
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
