//! Operations and events as a whole: those that moved, those that no page describes any more, and
//! those of which there is no spec.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, EVENTS};
use super::change::{Change, Effect, What};
use super::draft::{self, Draft};
use super::route;
use crate::codegen::spec;

/// The percentage of names that two operations must share to be the same.
const ALIKE: usize = 75;

/// The spec of an operation whose page says another method or path now, if there is one among those
/// that no page describes.
pub fn moved(book: &Book, described: &BTreeMap<String, String>, draft: &Draft) -> Option<String> {
    let free = book.endpoints.iter().filter(|(stem, _)| !described.contains_key(*stem));
    let alike = free.filter_map(|(stem, spec)| Some((likeness(spec, &draft.spec)?, stem)));
    alike.max().map(|(_, stem)| stem.clone())
}

/// The spec that has the address of a page.
pub fn at_address(book: &Book, draft: &Draft) -> Option<String> {
    let mut specs = book.endpoints.iter();
    specs.find(|(_, spec)| has_address_of(spec, &draft.spec)).map(|(stem, _)| stem.clone())
}

/// Whether a page that names the method and path of one spec is that of another, which has the
/// page's address, or the path and the fields that the page names.
pub fn is_of_another(book: &Book, draft: &Draft) -> bool {
    let new = &draft.spec;
    let Some(named) = book.find(new.method, &new.path).and_then(|stem| book.endpoints.get(&stem))
    else {
        return false;
    };
    if has_address_of(named, new) {
        return false;
    }
    let differs = names_alike(named, new) < ALIKE;
    book.endpoints.values().any(|other| {
        has_address_of(other, new)
            || differs && is_path_of(other, new) && names_alike(other, new) >= ALIKE
    })
}

/// How sure it is that two specs are those of one operation; `None` if they are not.
fn likeness(old: &spec::Endpoint, new: &spec::Endpoint) -> Option<usize> {
    if has_address_of(old, new) {
        return Some(301);
    }
    if is_path_of(old, new) {
        return Some(200 + names_alike(old, new));
    }
    let (names, segments) = (names_alike(old, new), alike(&segments(old), &segments(new)));
    let is_one = old.method == new.method && names >= ALIKE && segments >= ALIKE / 2;
    is_one.then_some((names + segments) / 2)
}

fn has_address_of(old: &spec::Endpoint, new: &spec::Endpoint) -> bool {
    draft::is_address(&new.source) && old.source == new.source
}

fn is_path_of(old: &spec::Endpoint, new: &spec::Endpoint) -> bool {
    route::anonymous(&old.path) == route::anonymous(&new.path)
}

/// Returns the percentage that two lists have in common.
fn alike(one: &BTreeSet<&str>, other: &BTreeSet<&str>) -> usize {
    let all = one.union(other).count();
    (one.intersection(other).count() * 100).checked_div(all).unwrap_or(0)
}

fn names_alike(old: &spec::Endpoint, new: &spec::Endpoint) -> usize {
    // A response can be of a type that is declared elsewhere.
    let has_answer = old.response.is_some() && new.response.is_some();
    alike(&names(old, has_answer), &names(new, has_answer))
}

/// Returns the names in request and response, and the documented codes.
fn names(spec: &spec::Endpoint, has_answer: bool) -> BTreeSet<&str> {
    let answer = spec.response.as_ref().filter(|_| has_answer);
    let lists = [Some(&spec.query), spec.body.as_ref(), answer];
    let fields = lists.into_iter().flatten().flatten().map(|field| field.name.as_str());
    fields.chain(spec.errors.iter().map(String::as_str)).collect()
}

fn segments(spec: &spec::Endpoint) -> BTreeSet<&str> {
    spec.path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Says that an operation has another method or path, and gives it to the spec.
pub fn follow(book: &mut Book, stem: &str, new: &spec::Endpoint) -> Vec<Change> {
    let mut changes = Vec::new();
    let Some(old) = book.endpoints.get_mut(stem) else { return changes };
    let mut change = |at: &str, what, from: &str, to: &str| {
        let (file, at) = (stem.to_owned(), at.to_owned());
        let (from, to) = (Some(from.to_owned()), Some(to.to_owned()));
        changes.push(Change { file, at, what, from, to, effect: Effect::Breaking });
    };
    if old.method != new.method {
        change("method", What::Method, old.method.as_str(), new.method.as_str());
        old.method = new.method;
    }
    if route::anonymous(&old.path) != route::anonymous(&new.path) {
        change("path", What::Path, &old.path, &new.path);
        old.path.clone_from(&new.path);
        // They are part of the path that was just said.
        old.params.clone_from(&new.params);
    }
    changes
}

/// An operation or event of which a page has come.
pub fn new(file: String, what: What, id: String) -> Change {
    let (at, from, to) = (String::new(), None, Some(id));
    Change { file, at, what, from, to, effect: Effect::Additive }
}

/// The operations and events that no page describes, of those groups of which the pages describe
/// half at least: the others have their pages elsewhere.
pub fn gone(book: &Book, described: &BTreeMap<String, String>) -> Vec<Change> {
    let mut groups: BTreeMap<&str, Vec<(String, What, &str)>> = BTreeMap::new();
    for (stem, spec) in &book.endpoints {
        let entry = (stem.clone(), What::Operation, spec.id.as_str());
        groups.entry(service(&spec.id)).or_default().push(entry);
    }
    for id in book.events.keys() {
        let entry = (format!("{EVENTS}{id}"), What::Event, id.as_str());
        groups.entry(EVENTS).or_default().push(entry);
    }
    let mut changes = Vec::new();
    for group in groups.into_values() {
        let all = group.len();
        let missing: Vec<_> =
            group.into_iter().filter(|(file, ..)| !described.contains_key(file)).collect();
        if missing.len() * 2 > all {
            continue;
        }
        changes.extend(missing.into_iter().map(|(file, what, id)| {
            let (at, from, to) = (String::new(), Some(id.to_owned()), None);
            Change { file, at, what, from, to, effect: Effect::Breaking }
        }));
    }
    changes
}

/// `im.v1` of `im.v1.chat.link`.
fn service(id: &str) -> &str {
    let mut ends = id.rmatch_indices('.').map(|(at, _)| at);
    ends.nth(1).map_or("", |at| &id[..at])
}
