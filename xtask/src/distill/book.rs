//! The specs of one API as a whole: read from its folder, added to, and laid out again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::layout;
use super::route;
use crate::codegen::load::{self, ApiSpecs, Sourced};
use crate::codegen::{Error, diagnostic::Diagnostics, naming, spec};

/// The specs of an API.
#[derive(Debug)]
pub struct Book {
    /// Of the crate.
    pub name: String,
    pub api: spec::Api,
    /// By the name of their file without its ending. Their types are in `types`.
    pub endpoints: BTreeMap<String, spec::Endpoint>,
    pub types: BTreeMap<String, Entry>,
    /// The files as they were read.
    old: BTreeMap<PathBuf, String>,
    /// The types as they were read, by their place among all.
    order: BTreeMap<String, usize>,
}

/// A type and the file of `types/` in which it has its place already.
#[derive(Debug, Clone)]
pub struct Entry {
    pub ty: spec::Type,
    pub topic: Option<String>,
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
    pub fn open(folder: &Path, name: &str, vendor: spec::Vendor) -> Result<Self, Error> {
        let mut diagnostics = Diagnostics::default();
        let specs = match folder.join(name).is_dir() {
            true => Some(load::load_api(Path::new(""), &folder.join(name), &mut diagnostics)),
            false => None,
        };
        if !diagnostics.is_empty() {
            return Err(Error::Specs(diagnostics));
        }
        Ok(specs.map_or_else(|| Self::empty(name, vendor), |specs| Self::of(folder, specs)))
    }

    fn empty(name: &str, vendor: spec::Vendor) -> Self {
        let schema = Some("../schema.json".to_owned());
        let (modules, errors) = (BTreeMap::new(), BTreeMap::new());
        Self {
            name: name.to_owned(),
            api: spec::Api { schema, vendor, modules, errors },
            endpoints: BTreeMap::new(),
            types: BTreeMap::new(),
            old: BTreeMap::new(),
            order: BTreeMap::new(),
        }
    }

    fn of(folder: &Path, specs: ApiSpecs) -> Self {
        let mut book = Self::empty(&specs.name, specs.api.spec.vendor);
        let home = folder.join(&specs.name);
        let mut keep = |path: &Path| {
            let relative = path.strip_prefix(&home).unwrap_or(path).to_owned();
            let text = std::fs::read_to_string(path).unwrap_or_default();
            book.old.insert(relative, text);
        };
        let paths = specs.endpoints.iter().map(|file| &file.document.path);
        let types = specs.types.iter().map(|file| &file.document.path);
        paths.chain(types).chain([&specs.api.document.path]).for_each(|path| keep(path));
        book.api = specs.api.spec;
        for Sourced { spec, document } in specs.types {
            for ty in spec.types {
                let topic = Some(stem(&document.path));
                book.take(ty, topic);
            }
        }
        for Sourced { mut spec, document } in specs.endpoints {
            for ty in std::mem::take(&mut spec.types) {
                book.take(ty, None);
            }
            book.endpoints.insert(stem(&document.path), spec);
        }
        book
    }

    fn take(&mut self, ty: spec::Type, topic: Option<String>) {
        self.order.insert(ty.name.clone(), self.order.len());
        self.types.insert(ty.name.clone(), Entry { ty, topic });
    }

    /// The operation behind a method and a path, whatever its parameters are called.
    pub fn find(&self, method: spec::Method, path: &str) -> Option<String> {
        let same =
            |spec: &spec::Endpoint| spec.method == method && shape(&spec.path) == shape(path);
        let found = self.endpoints.iter().find(|(_, spec)| same(spec));
        found.map(|(stem, _)| stem.clone())
    }

    /// Puts a new operation under names that are free.
    pub fn insert(&mut self, names: &route::Names, mut spec: spec::Endpoint) -> String {
        let free = |method: &str| {
            let stem = format!("{}.{method}", names.module);
            (!self.endpoints.contains_key(&stem)).then_some(stem)
        };
        let verb = spec.method.as_str().to_lowercase();
        let method = &names.method;
        let mut other = (2..).map(|n| format!("{method}_{verb}_{n}"));
        let stem = free(method).or_else(|| free(&format!("{method}_{verb}")));
        let stem = stem.or_else(|| other.find_map(|method| free(&method))).unwrap_or_default();
        let method = stem.rsplit('.').next().unwrap_or_default().to_owned();
        spec.id = format!("{}{method}", names.id.strip_suffix(&names.method).unwrap_or_default());
        let plain = naming::operation(&names.module, &method);
        // Words of one letter run together: `AB` is no name, `Ab` is one.
        let name = route::pascal(&plain);
        let numbered = (2..).map(|n| format!("{name}{n}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|name| !self.is_taken(name));
        spec.rust = free.filter(|name| *name != plain);
        self.api.modules.entry(names.module.clone()).or_default();
        self.endpoints.insert(stem.clone(), spec);
        stem
    }

    /// Whether an operation or a type has this name, or one is derived from it.
    pub fn is_taken(&self, name: &str) -> bool {
        let of_operation = |operation: &str| {
            name == operation
                || name
                    .strip_prefix(operation)
                    .is_some_and(|end| matches!(end, "Response" | "Required"))
        };
        self.types.contains_key(name)
            || !crate::codegen::rules::is_free_type(name)
            || self.operations_like(name).any(|operation| of_operation(&operation))
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
    pub fn field_at(&self, stem: &str, at: &str) -> Option<&spec::Field> {
        let spec = self.endpoints.get(stem)?;
        let mut steps = at.split('/');
        let mut fields = match steps.next()? {
            "params" => &spec.params,
            "query" => &spec.query,
            "body" => self.fields_of(spec.body.as_ref(), spec.body_type.as_deref())?,
            _ => self.fields_of(spec.response.as_ref(), spec.response_type.as_deref())?,
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

    fn fields_of<'s>(
        &'s self,
        own: Option<&'s Vec<spec::Field>>,
        ty: Option<&str>,
    ) -> Option<&'s Vec<spec::Field>> {
        own.or_else(|| self.types.get(innermost(ty?))?.ty.fields.as_ref())
    }

    /// Every file that differs from what was read. Nothing at all makes no file.
    pub fn changed_files(&self) -> Vec<SpecFile> {
        if self.old.is_empty() && self.endpoints.is_empty() && self.types.is_empty() {
            return Vec::new();
        }
        self.files()
            .into_iter()
            .filter(|file| self.old.get(&file.path) != Some(&file.text))
            .collect()
    }

    /// Every file as it should be. One that says what it said before keeps its layout.
    pub fn files(&self) -> Vec<SpecFile> {
        let places = self.places();
        let mut files = vec![self.file("api.json".into(), &self.api, &[])];
        for (stem, spec) in &self.endpoints {
            let mut spec = spec.clone();
            let local = |place: &Place| *place == Place::Local(stem.clone());
            spec.types = self.types_at(&places, local);
            files.push(self.file(format!("{stem}.json").into(), &spec, &spec.types));
        }
        let topics: BTreeSet<&String> = places
            .values()
            .filter_map(|place| match place {
                Place::Shared(topic) => Some(topic),
                Place::Local(_) => None,
            })
            .collect();
        for topic in topics {
            let shared = |place: &Place| *place == Place::Shared(topic.clone());
            let types = self.types_at(&places, shared);
            let spec = spec::Types { schema: Some("../../schema.json".to_owned()), types };
            files.push(self.file(format!("types/{topic}.json").into(), &spec, &spec.types));
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
    fn types_at(
        &self,
        places: &BTreeMap<&str, Place>,
        is: impl Fn(&Place) -> bool,
    ) -> Vec<spec::Type> {
        let here = places.iter().filter(|(_, place)| is(place)).map(|(name, _)| *name);
        let mut names: Vec<&str> = here.collect();
        names.sort_by_key(|name| self.order.get(*name).copied().unwrap_or(usize::MAX));
        names.iter().filter_map(|name| Some(self.types.get(*name)?.ty.clone())).collect()
    }

    /// A type stands with the one operation that leads to it, or in a file of `types/`.
    fn places(&self) -> BTreeMap<&str, Place> {
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (stem, spec) in &self.endpoints {
            for name in self.reached(spec) {
                users.entry(name).or_default().insert(stem);
            }
        }
        // What a shared type leads to is shared as well.
        let is_shared = |name: &str, entry: &Entry| {
            entry.topic.is_some() || users.get(name).is_none_or(|users| users.len() > 1)
        };
        let shared = self.types.iter().filter(|(name, entry)| is_shared(name, entry));
        let shared = self.below(shared.map(|(name, _)| name.as_str()).collect());
        let place = |name: &str, entry: &Entry| {
            let user = users.get(name).and_then(|users| users.first());
            match (&entry.topic, user) {
                (Some(topic), _) => Place::Shared(topic.clone()),
                (None, Some(user)) if !shared.contains(name) => Place::Local((*user).to_owned()),
                (None, Some(user)) => {
                    Place::Shared(user.split('.').next().unwrap_or_default().to_owned())
                }
                (None, None) => Place::Shared(naming::field(name)),
            }
        };
        self.types.iter().map(|(name, entry)| (name.as_str(), place(name, entry))).collect()
    }

    /// The types that any operation leads to.
    pub fn used(&self) -> BTreeSet<String> {
        let reached = self.endpoints.values().flat_map(|spec| self.reached(spec));
        reached.map(str::to_owned).collect()
    }

    /// The types that an operation leads to.
    fn reached<'s>(&'s self, spec: &'s spec::Endpoint) -> BTreeSet<&'s str> {
        let types = [&spec.body_type, &spec.response_type].into_iter().flatten();
        let fields =
            [Some(&spec.params), Some(&spec.query), spec.body.as_ref(), spec.response.as_ref()];
        let fields = fields.into_iter().flatten().flatten().map(|field| &field.ty);
        self.below(types.chain(fields).map(|ty| innermost(ty)).collect())
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

/// Where a type stands.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Local(String),
    Shared(String),
}

/// The name at the bottom of `list<map<T>>`.
pub fn innermost(ty: &str) -> &str {
    let start = ty.rfind('<').map_or(0, |at| at + 1);
    ty[start..].trim_end_matches('>')
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A path without the names of its parameters.
pub fn shape(path: &str) -> String {
    let segments = path.trim_end_matches('/').split('/');
    let segments =
        segments.map(|segment| if segment.starts_with([':', '{']) { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
