//! One type for what has one name and one shape, wherever pages show it.

use std::collections::BTreeSet;

use super::book::{Book, EVENTS, Entry, innermost};
use crate::codegen::spec;

/// Where a type of a page comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The vendor's name of the type, and that of the field that is of it.
    pub kin: BTreeSet<String>,
    /// What it may be called, the best name first.
    pub names: Vec<String>,
    /// The vendor sends it, so that nothing says which of its fields a client would have to.
    pub is_answer: bool,
}

/// Types of a page, each with the type of the specs that is the same.
type Pairs = BTreeSet<(String, String)>;

/// Finds the type of the specs that a type of a page is: one that is named like it, or that a field
/// named like its field is of, and that looks the same all the way down. That type learns what the
/// page knows of it.
pub fn find(
    book: &mut Book,
    file: &str,
    types: &[spec::Type],
    ty: &spec::Type,
    origin: &Origin,
) -> Option<String> {
    let is_kin = |entry: &Entry| {
        let size = |ty: &spec::Type| ty.fields.as_ref().map(Vec::len);
        size(&entry.ty) == size(ty) && !entry.kin.is_disjoint(&origin.kin)
    };
    let known = book.types.iter().filter(|(_, entry)| is_kin(entry));
    // One that has the name itself comes first.
    let mut known: Vec<&String> = known.map(|(name, _)| name).collect();
    known.sort_by_key(|name| origin.names.first() != Some(name));
    let (found, pairs) = known.into_iter().find_map(|name| {
        let mut comparison =
            Comparison { book, file, types, is_answer: origin.is_answer, pairs: Pairs::new() };
        let is_same = comparison.is_same(&ty.name, name);
        is_same.then(|| (name.clone(), comparison.pairs))
    })?;
    for (page, known) in &pairs {
        let page = types.iter().find(|ty| ty.name == *page);
        if let (Some(page), Some(entry)) = (page, book.types.get_mut(known)) {
            learn(entry, page, origin.is_answer);
        }
    }
    if let Some(entry) = book.types.get_mut(&found) {
        entry.kin.extend(origin.kin.iter().cloned());
    }
    Some(found)
}

struct Comparison<'a> {
    book: &'a Book,
    file: &'a str,
    types: &'a [spec::Type],
    is_answer: bool,
    /// Those that are the same if all others are, so that types may contain themselves.
    pairs: Pairs,
}

impl Comparison<'_> {
    fn is_same(&mut self, page: &str, known: &str) -> bool {
        let one = self.types.iter().find(|ty| ty.name == page);
        let (Some(one), Some(other)) = (one, self.book.types.get(known)) else {
            return false;
        };
        if !self.pairs.insert((page.to_owned(), known.to_owned())) {
            return true;
        }
        // What is compiled with events alone is of no use to an operation.
        let of_events = other.home.as_ref().is_some_and(|home| home.starts_with(EVENTS));
        if of_events && !self.file.starts_with(EVENTS) {
            return false;
        }
        match (&one.fields, &other.ty.fields) {
            (Some(fields), Some(known)) => {
                fields.len() == known.len()
                    && fields.iter().all(|field| {
                        let known = known.iter().find(|known| known.name == field.name);
                        known.is_some_and(|known| self.is_same_field(field, known, other.is_sent))
                    })
            }
            (None, None) => are_same_values(one, &other.ty),
            _ => false,
        }
    }

    fn is_same_field(&mut self, page: &spec::Field, known: &spec::Field, is_sent: bool) -> bool {
        let agrees = match (self.is_answer, is_sent) {
            (true, _) => true,
            (false, true) => page.required == known.required,
            // What every answer holds has to be sent as well.
            (false, false) => page.required || !known.always,
        };
        let contradicts =
            |one: &Option<_>, other: &Option<_>| one.is_some() && other.is_some() && one != other;
        agrees
            && !contradicts(&page.default, &known.default)
            && self.is_same_type(&page.ty, &known.ty)
    }

    fn is_same_type(&mut self, page: &str, known: &str) -> bool {
        let is_json_in_text = known.starts_with("string<");
        if page == "string" && is_json_in_text {
            return true;
        }
        let (one, other) = (innermost(page), innermost(known));
        if page.len() - one.len() != known.len() - other.len()
            || page.split(one).next() != known.split(other).next()
        {
            return false;
        }
        let is_of_page = self.types.iter().any(|ty| ty.name == one);
        match (is_of_page, self.book.types.contains_key(other)) {
            (true, true) => self.is_same(one, other),
            (false, false) => one == other,
            _ => false,
        }
    }
}

fn are_same_values(one: &spec::Type, other: &spec::Type) -> bool {
    let values = |ty: &spec::Type| -> BTreeSet<String> {
        let values = ty.values.iter().flatten().map(|value| value.value.as_str());
        values
            .map(|value| if other.ignore_case { value.to_lowercase() } else { value.into() })
            .collect()
    };
    one.values.is_some() && other.values.is_some() && values(one) == values(other)
}

/// Takes over what a page knows of a type beyond its shape.
fn learn(entry: &mut Entry, page: &spec::Type, is_answer: bool) {
    let is_sent = entry.is_sent;
    entry.is_sent |= !is_answer;
    entry.is_shared = true;
    for known in entry.ty.fields.iter_mut().flatten() {
        let field = page.fields.iter().flatten().find(|field| field.name == known.name);
        let Some(field) = field else { continue };
        if !is_sent && !is_answer {
            known.required = field.required;
        }
        let limits = loosened(known, field);
        (known.min, known.max) = (limits.min, limits.max);
        (known.min_length, known.max_length) = (limits.min_length, limits.max_length);
        let new =
            field.values.iter().filter(|new| known.values.iter().all(|v| v.value != new.value));
        let new: Vec<_> = new.cloned().collect();
        known.values.extend(new);
        known.example = known.example.take().or_else(|| field.example.clone());
        known.default = known.default.take().or_else(|| field.default.clone());
        if known.required {
            known.example = known.example.take().or_else(|| known.default.take());
            known.default = None;
        }
    }
}

/// What several types of a page that are one type in the specs say together.
pub fn union<'a>(mut types: impl Iterator<Item = &'a spec::Type>) -> spec::Type {
    let mut all = types.next().cloned().unwrap_or_default();
    for ty in types {
        let values = all.values.get_or_insert_default();
        let new = ty.values.iter().flatten();
        let new = new.filter(|new| values.iter().all(|known| known.value != new.value));
        let new: Vec<_> = new.cloned().collect();
        values.extend(new);
        let fields = all.fields.get_or_insert_default();
        for field in ty.fields.iter().flatten() {
            match fields.iter_mut().find(|known| known.name == field.name) {
                Some(known) => {
                    let limits = loosened(field, known);
                    let required = known.required || field.required;
                    let example = known.example.take().or_else(|| field.example.clone());
                    *known = spec::Field { required, example, ..limits };
                }
                None => fields.push(field.clone()),
            }
        }
    }
    all.values = all.values.filter(|values| !values.is_empty());
    all.fields = all.fields.filter(|fields| !fields.is_empty());
    all
}

/// A field with the limits that hold wherever its model is used.
pub fn loosened(known: &spec::Field, page: &spec::Field) -> spec::Field {
    fn either<T: Copy>(one: Option<T>, other: Option<T>, pick: fn(T, T) -> T) -> Option<T> {
        match (one, other) {
            (Some(one), Some(other)) => Some(pick(one, other)),
            (one, other) => one.or(other),
        }
    }
    spec::Field {
        min: either(known.min, page.min, Ord::min),
        max: either(known.max, page.max, Ord::max),
        min_length: either(known.min_length, page.min_length, Ord::min),
        max_length: either(known.max_length, page.max_length, Ord::max),
        ..page.clone()
    }
}
