//! A page comes to specs that are there already: facts follow the page, sentences and names stay.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::book::{Book, EVENTS, Entry, innermost};
use super::change::{self, Change, EVENT_SAMPLE, Effect, What};
use super::codes;
use super::draft::{self, Draft, EventDraft, Notes};
use super::kin::{self, Origin};
use super::samples;
use crate::codegen::{rules, spec};

/// Adds what a page says to the specs; returns the file, and what differs from what they said.
pub fn add(book: &mut Book, draft: &Draft) -> (String, Vec<Change>) {
    let Some(stem) = book.find(draft.spec.method, &draft.spec.path) else {
        add_codes(book, draft);
        let mut spec = draft.spec.clone();
        let types = std::mem::take(&mut spec.types);
        let stem = book.insert(&draft.names, spec);
        // It stays in the book meanwhile, so that no type is called like it.
        let mut spec = book.endpoints.get(&stem).cloned().unwrap_or_else(|| draft.spec.clone());
        let mut merger = Merger::new(book, &stem, types, &draft.notes);
        types_of(&mut spec).into_iter().for_each(|ty| *ty = merger.adopt(ty));
        let id = spec.id.clone();
        let mut changes = vec![Change {
            file: stem.clone(),
            at: String::new(),
            what: What::Operation,
            from: None,
            to: Some(id),
            effect: Effect::Additive,
        }];
        changes.extend(listed_elsewhere(book, &stem, &mut spec.query));
        book.endpoints.insert(stem.clone(), spec);
        return (stem, changes);
    };
    let changes = update(book, &stem, draft);
    (stem, changes)
}

/// Puts what a page says into the spec of an operation; returns what differs from what it said.
pub fn update(book: &mut Book, stem: &str, draft: &Draft) -> Vec<Change> {
    add_codes(book, draft);
    let Some(mut old) = book.endpoints.remove(stem) else { return Vec::new() };
    draft::address(&mut old.source, &draft.spec.source);
    let known = draft::known(&old);
    let mut merger = Merger::new(book, stem, draft.spec.types.clone(), &draft.notes);
    merger.endpoint(&mut old, &draft.spec, draft.is_whole);
    merger.statuses(&draft.statuses);
    let changes = merger.changes;
    draft::name_apart(&mut old, &known);
    book.endpoints.insert(stem.to_owned(), old);
    changes
}

fn add_codes(book: &mut Book, draft: &Draft) {
    for (code, known) in &draft.codes {
        if !book.api.errors.contains_key(code) {
            let name = free_code(book, &known.name, code);
            book.api.errors.insert(code.clone(), spec::ErrorCode { name, ..known.clone() });
        }
    }
}

/// Adds the event of a page to the specs, as [`add`] does an operation.
pub fn add_event(book: &mut Book, draft: &EventDraft) -> (String, Vec<Change>) {
    let EventDraft { spec: new, is_whole, is_deprecated, notes } = draft;
    let file = format!("{EVENTS}{}", new.id);
    let Some(mut old) = book.events.remove(&new.id) else {
        let mut spec = new.clone();
        let types = std::mem::take(&mut spec.types);
        book.insert_event(spec);
        let mut spec = book.events.get(&new.id).cloned().unwrap_or_else(|| new.clone());
        let mut merger = Merger::new(book, &file, types, notes);
        let fields = spec.fields.iter_mut().chain(spec.answer.iter_mut().flatten());
        fields.for_each(|field| field.ty = merger.adopt(&field.ty));
        book.events.insert(new.id.clone(), spec);
        let to = Some(new.id.clone());
        let (at, what, effect) = (String::new(), What::Event, Effect::Additive);
        return (file.clone(), vec![Change { file, at, what, from: None, to, effect }]);
    };
    draft::address(&mut old.source, &new.source);
    let mut merger = Merger::new(book, &file, new.types.clone(), notes);
    merger.event(&mut old, new, *is_whole);
    if *is_deprecated && old.replaced_by.is_none() {
        merger.deprecated(None, Some(String::new()));
    }
    let changes = merger.changes;
    book.events.insert(old.id.clone(), old);
    (file, changes)
}

/// Adds the model of an overview, into the one that it describes most of if there is one.
pub fn add_model(book: &mut Book, types: Vec<spec::Type>, notes: &Notes) -> (String, Vec<Change>) {
    let Some(model) = types.first().cloned() else { return (String::new(), Vec::new()) };
    let alike = book.types.values().filter_map(|entry| Some((likeness(&model, &entry.ty)?, entry)));
    let best = alike.max_by_key(|(likeness, _)| *likeness).map(|(_, entry)| entry.ty.name.clone());
    let file = best.clone().unwrap_or_else(|| model.name.clone());
    let mut merger = Merger::new(book, &file, types, notes);
    (merger.is_sample, merger.is_answer) = (true, true);
    match best {
        Some(name) => merger.model(&name, &model.name, &name.clone()),
        None => drop(merger.adopt(&model.name)),
    }
    let changes = merger.changes;
    (file, changes)
}

/// Returns the number of fields that two models have in common, if these are most of both, and the
/// number of others that the second one has. One field in common is chance.
fn likeness(one: &spec::Type, other: &spec::Type) -> Option<(usize, Reverse<usize>)> {
    let names = |ty: &'_ spec::Type| -> BTreeSet<String> {
        ty.fields.iter().flatten().map(|field| field.name.clone()).collect()
    };
    let (one, other) = (names(one), names(other));
    let common = one.intersection(&other).count();
    let is_most = common > 1 && common * 2 > one.len().max(other.len());
    is_most.then_some((common, Reverse(other.len())))
}

/// Returns its own name if that is free, and otherwise one with its number, which identifies it.
fn free_code(book: &Book, name: &str, code: &str) -> String {
    let is_taken = |name: &String| book.api.errors.values().any(|known| known.name == *name);
    let distinct = codes::distinct(name, code);
    let numbered = (2..).map(|n| format!("{distinct}{n}"));
    let mut names = [name.to_owned(), distinct.clone()].into_iter().chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(distinct)
}

/// Copies of pages leave out the values of parameters such as `user_id_type`. A text that is one enum
/// in all other operations of the API, if there are several, is it here too.
fn listed_elsewhere(book: &Book, stem: &str, query: &mut [spec::Field]) -> Vec<Change> {
    let others = || book.endpoints.iter().filter(|(other, _)| *other != stem);
    let mut changes = Vec::new();
    for field in query.iter_mut().filter(|field| field.ty == "string") {
        let fields = others().flat_map(|(_, spec)| &spec.query);
        let mut types = fields.filter(|other| other.name == field.name).map(|other| &other.ty);
        let Some(ty) = types.next().cloned() else { continue };
        let is_enum = book.types.get(&ty).is_some_and(|entry| entry.ty.values.is_some());
        let (more, is_one) =
            types.fold((0, true), |(n, is_one), other| (n + 1, is_one && *other == ty));
        if !is_enum || more == 0 || !is_one {
            continue;
        }
        let from = std::mem::replace(&mut field.ty, ty.clone());
        changes.push(Change {
            file: stem.to_owned(),
            at: format!("query/{}", field.name),
            what: What::Type,
            from: Some(from),
            to: Some(format!("{ty}, as elsewhere")),
            effect: Effect::Additive,
        });
    }
    changes
}

/// Every type that a spec names itself.
fn types_of(spec: &mut spec::Endpoint) -> Vec<&mut String> {
    let types = [&mut spec.body_type, &mut spec.response_type].into_iter().flatten();
    let fields = spec.params.iter_mut().chain(&mut spec.query);
    let fields = fields.chain(spec.body.iter_mut().flatten());
    let fields = fields.chain(spec.response.iter_mut().flatten()).map(|field| &mut field.ty);
    types.chain(fields).collect()
}

/// The word for a missing body or response.
const NOTHING: &str = "nothing";

struct Merger<'a> {
    book: &'a mut Book,
    file: &'a str,
    /// The types of the page.
    types: Vec<spec::Type>,
    /// Their origins.
    origins: BTreeMap<String, Origin>,
    /// The page's facts about types of the specs that describe several of its places.
    unions: BTreeMap<String, spec::Type>,
    /// The models around the field that is merged.
    open: Vec<String>,
    /// Fields of which the page does not say whether they are required.
    unsure: Vec<String>,
    /// Facts that the page is known to leave out.
    lacks: Vec<String>,
    /// Facts that are known to differ from the spec.
    differs: Vec<String>,
    /// Members of the current model that other pages have just added or changed.
    added: BTreeSet<String>,
    /// The names of the types that were kept.
    names: BTreeMap<String, String>,
    changes: Vec<Change>,
    /// Fields are known from a sample: it may lack some, and its types are guesses.
    is_sample: bool,
    /// The response or payload in the samples of the spec and of the page.
    shown: Option<(Value, Value)>,
    is_answer: bool,
}

impl<'a> Merger<'a> {
    fn new(book: &'a mut Book, file: &'a str, types: Vec<spec::Type>, notes: &Notes) -> Self {
        Self {
            book,
            file,
            types,
            origins: notes.origins.clone(),
            unions: BTreeMap::new(),
            open: Vec::new(),
            unsure: notes.unsure.clone(),
            lacks: notes.lacks.clone(),
            differs: notes.differs.clone(),
            added: BTreeSet::new(),
            names: BTreeMap::new(),
            changes: Vec::new(),
            is_sample: false,
            shown: None,
            is_answer: false,
        }
    }

    /// Says a change; returns whether it is to be made, which one that fix-ups explain is not.
    fn change(
        &mut self,
        at: &str,
        what: What,
        from: Option<String>,
        to: Option<String>,
        effect: Effect,
    ) -> bool {
        let (file, at) = (self.file.to_owned(), at.to_owned());
        let change = Change { file, at, what, from, to, effect };
        let is_accepted = self.differs.contains(&change.departure());
        self.changes.push(change);
        !is_accepted
    }

    /// Puts together what the page says of each type of the specs in all places that are of it.
    fn unite(&mut self, places: &[(&[spec::Field], &[spec::Field])]) {
        let mut pairs = BTreeMap::new();
        places.iter().for_each(|(old, new)| self.pair(old, new, &mut pairs));
        for (known, handles) in pairs.into_iter().filter(|(_, handles)| handles.len() > 1) {
            let types = self.types.iter().filter(|ty| handles.contains(&ty.name));
            self.unions.insert(known, kin::union(types));
        }
    }

    fn pair(
        &self,
        old: &[spec::Field],
        new: &[spec::Field],
        pairs: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        for known in old {
            let Some(field) = new.iter().find(|field| field.name == known.name) else { continue };
            let (one, other) = (innermost(&known.ty), innermost(&field.ty));
            let page = self.types.iter().find(|ty| ty.name == other);
            let (Some(entry), Some(page)) = (self.book.types.get(one), page) else { continue };
            if pairs.entry(one.to_owned()).or_default().insert(other.to_owned()) {
                let fields = |ty: &'_ spec::Type| ty.fields.clone().unwrap_or_default();
                self.pair(&fields(&entry.ty), &fields(page), pairs);
            }
        }
    }

    /// Returns the page's facts about a type of the specs, from all places that have the type.
    fn said(&self, old: &str, new: &str) -> Option<spec::Type> {
        let here = || self.types.iter().find(|ty| ty.name == new);
        self.unions.get(old).or_else(here).cloned()
    }

    fn endpoint(&mut self, old: &mut spec::Endpoint, new: &spec::Endpoint, is_whole: bool) {
        if old.deprecated.is_some() != new.deprecated.is_some()
            && self.deprecated(old.deprecated.clone(), new.deprecated.clone())
            && old.deprecated.is_none()
        {
            old.deprecated.clone_from(&new.deprecated);
        }
        self.names_in_path(old, &new.path);
        let body = self.wholes((&old.body, &old.body_type), (&new.body, &new.body_type));
        let response =
            self.wholes((&old.response, &old.response_type), (&new.response, &new.response_type));
        self.unite(&[
            (old.params.as_slice(), new.params.as_slice()),
            (old.query.as_slice(), new.query.as_slice()),
            (&body.0, &body.1),
            (&response.0, &response.1),
        ]);
        self.set(What::Token, "tokens", &mut old.tokens, &new.tokens, |token| {
            token.as_str().into()
        });
        self.set(What::Scope, "scopes", &mut old.scopes, &new.scopes, String::clone);
        self.set(What::Code, "errors", &mut old.errors, &new.errors, String::clone);
        if let Some(rate) = new.rate.as_ref().filter(|rate| old.rate.as_ref() != Some(rate)) {
            let (from, to) = (old.rate.clone(), Some(rate.clone()));
            if self.change("rate", What::Rate, from, to, Effect::Additive) {
                old.rate = Some(rate.clone());
            }
        }
        self.fields("params", &mut old.params, &new.params);
        self.fields("query", &mut old.query, &new.query);
        let body = (&mut old.body, &mut old.body_type);
        self.whole("body", body, (&new.body, &new.body_type));
        self.is_answer = true;
        self.is_sample = !is_whole;
        self.shown = samples::both(&old.examples.response, &new.examples.response, samples::data);
        let lacks = std::mem::take(&mut old.lacks);
        let response = (&mut old.response, &mut old.response_type);
        self.whole("response", response, (&new.response, &new.response_type));
        if new.response.is_some() && old.whole_body != new.whole_body {
            let place = |is_whole_body| if is_whole_body { "next to `code`" } else { "in `data`" };
            let (from, to) = (place(old.whole_body).to_owned(), place(new.whole_body).to_owned());
            if self.change("response", What::Type, Some(from), Some(to), Effect::Breaking) {
                old.whole_body = new.whole_body;
            }
        }
        let is_lacked = |change: &Change| {
            let name = change.at.strip_prefix("response/").unwrap_or_default();
            change.to.is_none() && lacks.iter().any(|lack| lack == name)
        };
        self.changes.retain(|change| !is_lacked(change));
        old.lacks = lacks;
        self.sample("examples/request", &mut old.examples.request, &new.examples.request);
        self.sample("examples/response", &mut old.examples.response, &new.examples.response);
    }

    /// The statuses of the codes that no other operation documents: pages can disagree on others.
    fn statuses(&mut self, statuses: &[(String, u16)]) {
        for (code, status) in statuses {
            if self.book.endpoints.values().any(|other| other.errors.contains(code)) {
                continue;
            }
            let known = self.book.api.errors.get(code).map(|known| known.http);
            let Some(known) = known.filter(|known| known != status) else { continue };
            let (at, text) =
                (format!("errors/{code}"), |status: u16| Some(format!("HTTP {status}")));
            if self.change(&at, What::Code, text(known), text(*status), Effect::Additive)
                && let Some(known) = self.book.api.errors.get_mut(code)
            {
                known.http = *status;
            }
        }
    }

    fn deprecated(&mut self, from: Option<String>, to: Option<String>) -> bool {
        let text = |says: Option<String>| says.map(|_| "by the title".to_owned());
        self.change("deprecated", What::Deprecated, text(from), text(to), Effect::Additive)
    }

    /// The parameters of a path are called as the page calls them now.
    fn names_in_path(&mut self, old: &mut spec::Endpoint, path: &str) {
        let names = |path: &str| rules::path_params(path).unwrap_or_default();
        let pairs = names(&old.path).into_iter().zip(names(path));
        let mut renamed = BTreeMap::new();
        for (from, to) in pairs.filter(|(from, to)| from != to) {
            let (at, what) = (format!("params/{from}"), What::Name);
            if self.change(&at, what, Some(from.clone()), Some(to.clone()), Effect::Breaking) {
                renamed.insert(from, to);
            }
        }
        let rename = |name: &mut String| {
            if let Some(new) = renamed.get(name) {
                name.clone_from(new);
            }
        };
        old.params.iter_mut().for_each(|field| rename(&mut field.name));
        let fields = old.params.iter_mut().chain(&mut old.query);
        let fields = fields.chain(old.body.iter_mut().flatten());
        fields.filter_map(|field| field.type_of.as_mut()).for_each(rename);
        let segments = old.path.split('/').map(|segment| {
            let name = segment.trim_start_matches([':', '{']).trim_end_matches('}');
            match renamed.get(name) {
                Some(new) if name != segment => segment.replacen(name, new, 1),
                _ => segment.to_owned(),
            }
        });
        old.path = segments.collect::<Vec<_>>().join("/");
    }

    /// Compares a body or a response, which has fields of its own or a named type.
    fn whole(
        &mut self,
        at: &str,
        (fields, ty): (&mut Option<Vec<spec::Field>>, &mut Option<String>),
        (new_fields, new_ty): (&Option<Vec<spec::Field>>, &Option<String>),
    ) {
        let known = self.wire_of(fields, ty, false);
        let said = self.wire_of(new_fields, new_ty, true);
        let is_form = fields.iter().flatten().any(|field| field.ty == "file");
        // A page that does not show a form may still have one; for a response, fields that its
        // sample no longer shows are reported.
        if said == NOTHING && (is_form || known != "object") {
            return;
        }
        if known != said && said != NOTHING && (known != NOTHING || new_ty.is_some()) {
            let is_guess = self.is_sample && ![&*known, &*said].contains(&"file");
            let is_guess = is_guess && !self.shows_another_type(at);
            if is_guess || known.contains("json") || said.contains("json") {
                return;
            }
            let is_new = known == NOTHING && self.is_answer;
            let effect = if is_new { Effect::Additive } else { Effect::Breaking };
            if self.change(at, What::Type, Some(known), Some(said), effect) {
                *ty = new_ty.as_ref().map(|ty| self.adopt(ty));
                fields.clone_from(new_fields);
                for field in fields.iter_mut().flatten() {
                    field.ty = self.adopt(&field.ty);
                }
            }
            return;
        }
        match (ty, new_ty, new_fields) {
            (Some(ty), Some(new_ty), _) => self.members(at, ty, new_ty),
            (Some(ty), None, new) => {
                self.model_of(ty, at, new.as_deref().unwrap_or_default());
            }
            // It is of another kind, which was said.
            (None, Some(_), _) => {}
            (None, None, new) => {
                let new = new.as_deref().unwrap_or_default();
                self.fields(at, fields.get_or_insert_default(), new);
            }
        }
    }

    /// The fields of two wholes, or one of each type where both have a name.
    fn wholes(
        &self,
        (fields, ty): (&Option<Vec<spec::Field>>, &Option<String>),
        (new_fields, new_ty): (&Option<Vec<spec::Field>>, &Option<String>),
    ) -> (Vec<spec::Field>, Vec<spec::Field>) {
        let one = |ty: &String| vec![spec::Field { ty: ty.clone(), ..spec::Field::default() }];
        let new = new_fields.clone().unwrap_or_default();
        match (ty, new_ty) {
            (Some(ty), Some(new_ty)) => (one(ty), one(new_ty)),
            (Some(ty), None) => {
                let known = self.book.types.get(ty).and_then(|entry| entry.ty.fields.clone());
                (known.unwrap_or_default(), new)
            }
            (None, _) => (fields.clone().unwrap_or_default(), new),
        }
    }

    /// The whole by what it is on the wire.
    fn wire_of(
        &self,
        fields: &Option<Vec<spec::Field>>,
        ty: &Option<String>,
        of_page: bool,
    ) -> String {
        match (fields, ty) {
            (_, Some(ty)) => self.wire(ty, of_page),
            (Some(_), None) => "object".to_owned(),
            (None, None) => NOTHING.to_owned(),
        }
    }

    fn event(&mut self, old: &mut spec::Event, new: &spec::Event, is_whole: bool) {
        let list = Option::as_deref;
        self.unite(&[
            (old.fields.as_slice(), new.fields.as_slice()),
            (list(&old.answer).unwrap_or_default(), list(&new.answer).unwrap_or_default()),
        ]);
        if old.schema != new.schema {
            let text = |schema: spec::EventSchema| Some(schema.as_str().to_owned());
            let (from, to) = (text(old.schema), text(new.schema));
            if self.change("schema", What::Type, from, to, Effect::Breaking) {
                old.schema = new.schema;
            }
        }
        self.set(What::Scope, "scopes", &mut old.scopes, &new.scopes, String::clone);
        let field_scopes = &mut old.field_scopes;
        self.set(What::Scope, "field_scopes", field_scopes, &new.field_scopes, String::clone);
        if let (Some(answer), None) = (&new.answer, &old.answer_type) {
            self.fields("answer", old.answer.get_or_insert_default(), answer);
        }
        self.is_answer = true;
        self.is_sample = !is_whole;
        let schema = old.schema;
        self.shown =
            samples::both(&old.example, &new.example, |sample| samples::payload(schema, sample));
        self.fields("fields", &mut old.fields, &new.fields);
        let payload = |sample| samples::payload(schema, sample);
        let is_known = match (&old.example, &new.example) {
            (Some(ours), Some(theirs)) => self.shows(&old.fields, payload(ours), payload(theirs)),
            _ => false,
        };
        // A sample of our own that shows as much stays.
        if !is_known {
            self.sample(EVENT_SAMPLE, &mut old.example, &new.example);
        }
    }

    /// Whether our sample has every member of the page's, as far as fields describe them.
    fn shows(&self, fields: &[spec::Field], ours: &Value, theirs: &Value) -> bool {
        let below = |name: &String| {
            let field = fields.iter().find(|field| field.name == *name)?;
            self.book.types.get(innermost(&field.ty))?.ty.fields.as_deref()
        };
        match (ours, theirs) {
            (Value::Array(ours), Value::Array(theirs)) => {
                theirs.iter().all(|theirs| ours.iter().any(|ours| self.shows(fields, ours, theirs)))
            }
            (ours, Value::Object(theirs)) => theirs.iter().all(|(name, theirs)| {
                let ours = ours.get(name);
                ours.is_some_and(|ours| {
                    below(name).is_none_or(|fields| self.shows(fields, ours, theirs))
                })
            }),
            _ => true,
        }
    }

    fn sample(&mut self, at: &str, old: &mut Option<Value>, new: &Option<Value>) {
        if new.is_some() && old != new {
            let from = old.as_ref().map(|_| "another".to_owned());
            let to = Some("the page's".to_owned());
            if self.change(at, What::Sample, from, to, Effect::Additive) {
                old.clone_from(new);
            }
        }
    }

    /// A list of which the page gives the whole, if it gives any of it.
    fn set<T: Clone + PartialEq>(
        &mut self,
        what: What,
        at: &str,
        old: &mut Vec<T>,
        new: &[T],
        text: impl Fn(&T) -> String,
    ) {
        if new.is_empty() {
            return;
        }
        let is_token = what == What::Token;
        for gone in old.iter().filter(|item| !new.contains(item)) {
            let effect = if is_token { Effect::Breaking } else { Effect::Additive };
            self.change(at, what, Some(text(gone)), None, effect);
        }
        let mut new = new.to_vec();
        new.retain(|item| {
            old.contains(item) || self.change(at, what, None, Some(text(item)), Effect::Additive)
        });
        let is_lacked = |item: &&T| self.lacks.contains(&change::gap(at, &text(item)));
        let lacked = old.iter().filter(|item| !new.contains(item)).filter(is_lacked);
        let whole: Vec<T> = new.iter().chain(lacked).cloned().collect();
        // In another order it says the same.
        if whole.len() != old.len() || !whole.iter().all(|item| old.contains(item)) {
            *old = whole;
        }
    }

    fn fields(&mut self, at: &str, old: &mut Vec<spec::Field>, new: &[spec::Field]) {
        for field in new {
            let path = format!("{at}/{}", field.name);
            match old.iter_mut().find(|known| known.name == field.name) {
                // Another page has just said what it is, and so may this one.
                Some(known) if self.added.contains(&known.name) => {}
                Some(known) => self.field(&path, known, field),
                None => {
                    let ty = self.adopt(&field.ty);
                    let is_breaking = field.required && !self.is_answer;
                    let effect = if is_breaking { Effect::Breaking } else { Effect::Additive };
                    let required = if is_breaking { "required " } else { "" };
                    let to = Some(format!("{required}{ty}"));
                    if !self.change(&path, What::Field, None, to, effect) {
                        continue;
                    }
                    let mut new = spec::Field { ty, ..field.clone() };
                    // Fields of a request are named apart later, together.
                    if !matches!(at, "params" | "query" | "body") {
                        draft::apart(&mut new, "", &mut old.iter().map(draft::in_rust).collect());
                    }
                    old.push(new);
                }
            }
        }
        let is_gone = |known: &&spec::Field| {
            new.iter().all(|field| field.name != known.name)
                && !self.added.contains(&known.name)
                && (!self.is_sample || self.shows_no_more(&format!("{at}/{}", known.name)))
        };
        let gone: Vec<spec::Field> = old.iter().filter(is_gone).cloned().collect();
        for field in gone {
            let path = format!("{at}/{}", field.name);
            self.change(&path, What::Field, Some(field.ty.clone()), None, Effect::Breaking);
        }
    }

    fn field(&mut self, at: &str, old: &mut spec::Field, new: &spec::Field) {
        self.ty(at, old, &new.ty);
        let is_sure = !self.is_answer && !self.unsure.iter().any(|unsure| unsure == at);
        if is_sure && !at.starts_with("params/") && old.required != new.required {
            let text =
                |required: bool| Some(if required { "required" } else { "optional" }.to_owned());
            let (from, to) = (text(old.required), text(new.required));
            if self.change(at, What::Required, from, to, Effect::Breaking) {
                old.required = new.required;
            }
            if old.required {
                old.example = old.example.take().or(old.default.take());
            }
        }
        // A fact that several places share need not appear at each.
        let around = self.open.last().and_then(|ty| self.book.types.get(ty));
        let is_shared = self.is_sample || around.is_some_and(|around| around.is_shared);
        let limits = if is_shared { kin::loosened(old, new) } else { new.clone() };
        self.limit(at, "min", &mut old.min, limits.min, Ordering::Greater);
        self.limit(at, "max", &mut old.max, limits.max, Ordering::Less);
        self.limit(at, "min_length", &mut old.min_length, limits.min_length, Ordering::Greater);
        self.limit(at, "max_length", &mut old.max_length, limits.max_length, Ordering::Less);
        self.numbers(at, old, new);
        let text = |value: &Value| value.to_string();
        if !(old.default.is_some() && is_shared) {
            let is_other = old.default.is_some() && !self.is_answer;
            let effect = if is_other { Effect::Breaking } else { Effect::Additive };
            self.update(at, What::Default, &mut old.default, &new.default, text, effect);
        }
        if !(old.example.is_some() && is_shared) {
            let effect = Effect::Additive;
            self.update(at, What::Sample, &mut old.example, &new.example, text, effect);
        }
        // A required field has no default.
        if old.required {
            old.default = None;
        }
    }

    /// A limit breaks programs if fewer values pass than before.
    fn limit<T: Copy + Ord + ToString>(
        &mut self,
        at: &str,
        name: &str,
        old: &mut Option<T>,
        new: Option<T>,
        narrower: Ordering,
    ) {
        let order = old.and_then(|old| Some(new?.cmp(&old)));
        let is_narrower = order == Some(narrower) && !self.is_answer;
        let effect = if is_narrower { Effect::Breaking } else { Effect::Additive };
        let text = |value: &T| format!("{name} {}", value.to_string());
        self.update(at, What::Limit, old, &new, text, effect);
    }

    /// Takes over one fact of a field, if the page says anything about it.
    fn update<T: Clone + PartialEq>(
        &mut self,
        at: &str,
        what: What,
        old: &mut Option<T>,
        new: &Option<T>,
        text: impl Fn(&T) -> String,
        effect: Effect,
    ) {
        if new.is_none() || old == new {
            return;
        }
        let (from, to) = (old.as_ref().map(&text), new.as_ref().map(&text));
        if self.change(at, what, from, to, effect) {
            old.clone_from(new);
        }
    }

    /// The documented values of a number, which an enum may hold by their names.
    fn numbers(&mut self, at: &str, old: &mut spec::Field, new: &spec::Field) {
        let ty = innermost(&old.ty).to_owned();
        if self.book.types.get(&ty).is_some_and(|entry| entry.ty.int) {
            if !new.values.is_empty() {
                self.values(&ty, &draft::int_enum(&new.values), at);
            }
            return;
        }
        for value in &new.values {
            if old.values.iter().all(|known| known.value != value.value) {
                let to = Some(value.value.to_string());
                if self.change(at, What::Value, None, to, Effect::Additive) {
                    old.values.push(value.clone());
                }
            }
        }
        // A page that explains none of them leaves that to its sentences.
        if !new.values.is_empty() && !self.is_sample {
            for gone in old.values.iter().map(|known| known.value) {
                if new.values.iter().all(|value| value.value != gone) {
                    let from = Some(gone.to_string());
                    self.change(at, What::Value, from, None, Effect::Breaking);
                }
            }
        }
    }

    /// Keeps the type where it says the same on the wire, or more than the page.
    fn ty(&mut self, at: &str, old: &mut spec::Field, new: &str) {
        let (known, said) = (self.wire(&old.ty, false), self.wire(new, true));
        if known == said {
            self.lists_values(at, &old.ty, new);
            return self.members(at, &old.ty.clone(), new);
        }
        let is_guess = self.is_sample && !self.shows_another_type(at);
        if is_guess || said.contains("json") || known.contains("json") {
            return;
        }
        if self.change(at, What::Type, Some(known), Some(said), Effect::Breaking) {
            old.ty = self.adopt(new);
            (old.default, old.example) = (None, None);
            (old.counts, old.accessor) = (None, None);
        }
    }

    /// Says that the page lists values of a text that can be anything in the spec, where a maintainer
    /// decides whether they are all.
    fn lists_values(&mut self, at: &str, old: &str, new: &str) {
        let page = self.types.iter().find(|ty| ty.name == innermost(new));
        if innermost(old) == "string" && page.is_some_and(|ty| ty.values.is_some()) {
            let (from, to) = (Some("string".to_owned()), Some("enum".to_owned()));
            self.change(at, What::Type, from, to, Effect::Additive);
        }
    }

    /// Whether only the sample of the spec has something at this place.
    fn shows_no_more(&self, at: &str) -> bool {
        let Some((ours, theirs)) = &self.shown else { return false };
        !samples::at(ours, at).is_empty() && samples::at(theirs, at).is_empty()
    }

    /// Whether the samples have values of different types at this place.
    fn shows_another_type(&self, at: &str) -> bool {
        let Some((ours, theirs)) = &self.shown else { return false };
        let [ours, theirs] = [ours, theirs].map(|sample| samples::types(sample, at));
        !ours.is_empty() && !theirs.is_empty() && ours.is_disjoint(&theirs)
    }

    /// Types that are the same on the wire may still have other members or values.
    fn members(&mut self, at: &str, old: &str, new: &str) {
        let (old, new) = (innermost(old).to_owned(), innermost(new).to_owned());
        let Some(page) = self.said(&old, &new) else { return };
        match self.book.types.get(&old).map(|entry| &entry.ty) {
            Some(spec::Type { fields: Some(_), .. }) => self.model(&old, &new, at),
            Some(spec::Type { values: Some(_), .. }) => self.values(&old, &page, at),
            _ => {}
        }
    }

    fn model(&mut self, old: &str, new: &str, at: &str) {
        if let Some(page) = self.said(old, new).and_then(|ty| ty.fields) {
            self.model_of(old, at, &page);
        }
    }

    fn model_of(&mut self, old: &str, at: &str, page: &[spec::Field]) {
        // A type that contains itself is merged once.
        if self.open.iter().any(|open| open == old) {
            return;
        }
        let Some(mut entry) = self.book.types.get(old).cloned() else { return };
        self.open.push(old.to_owned());
        if let Some(fields) = &mut entry.ty.fields {
            self.members_of(old, at, fields, page);
        }
        self.open.pop();
        self.book.types.insert(old.to_owned(), entry);
    }

    /// The members of a type that other pages may describe as well.
    fn members_of(&mut self, ty: &str, at: &str, old: &mut Vec<spec::Field>, new: &[spec::Field]) {
        let added = self.book.added.iter().filter(|(of, _)| of == ty);
        let added = added.map(|(_, name)| name.clone()).collect();
        let outer = std::mem::replace(&mut self.added, added);
        let facts = |field: &spec::Field| (field.name.clone(), field.ty.clone(), field.required);
        let known: BTreeSet<_> = old.iter().map(facts).collect();
        self.fields(at, old, new);
        let changed = old.iter().filter(|field| !known.contains(&facts(field)));
        let names = changed.map(|field| (ty.to_owned(), field.name.clone()));
        self.book.added.extend(names);
        self.added = outer;
    }

    fn values(&mut self, old: &str, page: &spec::Type, at: &str) {
        let Some(mut entry) = self.book.types.remove(old) else { return };
        let known = entry.ty.values.get_or_insert_default();
        let ignore_case = entry.ty.ignore_case;
        let is_same =
            |one: &str, other: &str| one == other || ignore_case && one.eq_ignore_ascii_case(other);
        for value in page.values.iter().flatten() {
            if known.iter().all(|known| !is_same(&known.value, &value.value)) {
                let to = Some(value.value.clone());
                if self.change(at, What::Value, None, to, Effect::Additive) {
                    self.book.added.insert((old.to_owned(), value.value.clone()));
                    let are_described = known.iter().any(|value| value.doc.is_some());
                    let doc = value.doc.clone().filter(|_| are_described || known.is_empty());
                    known.push(spec::EnumValue { doc, ..value.clone() });
                }
            }
        }
        if !self.is_sample {
            let listed = page.values.as_deref().unwrap_or_default();
            let is_new =
                |value: &str| self.book.added.contains(&(old.to_owned(), value.to_owned()));
            let known: Vec<_> = known.iter().filter(|known| !is_new(&known.value)).collect();
            for gone in known {
                if listed.iter().all(|value| !is_same(&value.value, &gone.value)) {
                    let from = Some(gone.value.clone());
                    self.change(at, What::Value, from, None, Effect::Breaking);
                }
            }
        }
        self.book.types.insert(old.to_owned(), entry);
    }

    /// A type by what it is on the wire.
    fn wire(&self, ty: &str, of_page: bool) -> String {
        if ty.starts_with("string<") {
            return "string".to_owned();
        }
        let name = innermost(ty);
        let found = match of_page {
            true => self.types.iter().find(|known| known.name == name),
            false => self.book.types.get(name).map(|entry| &entry.ty),
        };
        let wire = match found {
            Some(spec::Type { fields: Some(_), .. }) => "object",
            Some(spec::Type { int: true, .. }) => "int",
            Some(_) => "string",
            None if name == "record" => "json",
            None => name,
        };
        ty.replacen(name, wire, 1)
    }

    /// Takes over a type of the page, with all that it leads to, unless there is the same already.
    fn adopt(&mut self, ty: &str) -> String {
        let name = innermost(ty);
        let Some(new) = self.types.iter().find(|known| known.name == name).cloned() else {
            return ty.to_owned();
        };
        let known = self.names.get(name).cloned();
        let known = known.unwrap_or_else(|| self.find_or_add(new));
        ty.replacen(name, &known, 1)
    }

    fn find_or_add(&mut self, mut new: spec::Type) -> String {
        let handle = new.name.clone();
        let origin = self.origins.get(&handle).cloned().unwrap_or_default();
        let found = kin::find(self.book, self.file, &self.types, &new, &origin);
        if let Some((name, pairs)) = found {
            self.names.insert(handle, name.clone());
            self.grow(&pairs, &origin);
            if let Some(entry) = self.book.types.get_mut(&name) {
                entry.kin.extend(origin.kin);
            }
            return name;
        }
        let name = self.free_name(&handle, &origin.names);
        new.name.clone_from(&name);
        let mut kin = origin.kin;
        kin.insert(name.clone());
        // Its name is taken before what it leads to, which may lead back to it, gets one.
        self.names.insert(handle, name.clone());
        let taken = spec::Type { name: name.clone(), ..spec::Type::default() };
        let entry = |ty, kin| Entry {
            is_sample: origin.is_sample,
            ..Entry::new(ty, kin, !origin.is_answer)
        };
        let taken = entry(taken, BTreeSet::new());
        self.book.types.insert(name.clone(), taken);
        for field in new.fields.iter_mut().flatten() {
            field.ty = self.adopt(&field.ty);
        }
        self.book.types.insert(name.clone(), entry(new, kin));
        name
    }

    /// Adds to types that samples have shown what the page has more of them.
    fn grow(&mut self, pairs: &kin::Pairs, origin: &Origin) {
        for (of, mut field) in kin::learn(self.book, &self.types, pairs, origin) {
            let fields = self.book.types.get(&of).and_then(|entry| entry.ty.fields.as_ref());
            let known = fields.into_iter().flatten().find(|known| known.name == field.name);
            // Another place of the page has just shown it, and this one may show more.
            if let Some(known) = known.filter(|known| !kin::is_narrower(&field.ty, &known.ty)) {
                let both = (innermost(&field.ty), innermost(&known.ty));
                let same = kin::same(self.book, self.file, &self.types, both, origin);
                same.into_iter().for_each(|pairs| self.grow(&pairs, origin));
                continue;
            }
            field.ty = self.adopt(&field.ty);
            let Some(entry) = self.book.types.get_mut(&of) else { continue };
            let fields = entry.ty.fields.get_or_insert_default();
            match fields.iter_mut().find(|known| known.name == field.name) {
                Some(known) => known.ty = field.ty,
                None => {
                    draft::apart(&mut field, "", &mut fields.iter().map(draft::in_rust).collect());
                    fields.push(field);
                }
            }
        }
    }

    /// The best of its names that nothing else has.
    fn free_name(&self, handle: &str, names: &[String]) -> String {
        let last = names.last().map_or(handle, String::as_str);
        let numbered = (2..).map(|n| format!("{last}{n}"));
        let mut names = names.iter().cloned().chain(numbered);
        names.find(|name| !self.book.is_taken(name)).unwrap_or_default()
    }
}
