//! One type for what has one name and one shape, wherever pages show it.

use std::collections::BTreeSet;

use super::book::{Book, EVENTS, Entry, innermost};
use crate::codegen::spec;

/// The origin of a type of a page.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The vendor's name of the type, and that of the field that is of it.
    pub kin: BTreeSet<String>,
    /// The possible names, the best one first.
    pub names: Vec<String>,
    /// The vendor sends it, so that nothing says which of its fields a client would have to.
    pub is_answer: bool,
    /// A sample shows it, which may lack some of its fields.
    pub is_sample: bool,
}

/// Types of a page, each with the type of the specs that is the same.
pub type Pairs = BTreeSet<(String, String)>;

/// Names of fields that do not describe their contents: things that share one of these and little
/// else are not the same.
const VAGUE: [&str; 10] =
    ["Content", "Data", "Detail", "Entity", "Info", "Item", "List", "Node", "Result", "Value"];

/// Finds the type of the specs that a type of a page is: one that is named like it, or that a field
/// named like its field is of, and that looks the same all the way down. What samples show of one
/// type may differ. Returns its name, and all that is the same with it.
pub fn find(
    book: &Book,
    file: &str,
    types: &[spec::Type],
    ty: &spec::Type,
    origin: &Origin,
) -> Option<(String, Pairs)> {
    let known = book.types.iter().filter_map(|(name, entry)| {
        let difference = difference(entry, ty, origin)?;
        Some((difference, origin.names.first() != Some(name), name))
    });
    // The most alike comes first, and of those one that has the name itself.
    let mut known: Vec<_> = known.collect();
    known.sort();
    known.into_iter().find_map(|(_, _, name)| {
        let pairs = same(book, file, types, (&ty.name, name), origin)?;
        Some((name.clone(), pairs))
    })
}

/// Compares a type of a page with one of the specs. Returns what is the same if they are.
pub fn same(
    book: &Book,
    file: &str,
    types: &[spec::Type],
    (page, known): (&str, &str),
    origin: &Origin,
) -> Option<Pairs> {
    let Origin { is_answer, is_sample, .. } = *origin;
    let pairs = Pairs::new();
    let mut comparison = Comparison { book, file, types, is_answer, is_sample, pairs };
    comparison.is_same(page, known).then_some(comparison.pairs)
}

/// Counts the fields that only one of two types has, if they can be one type.
fn difference(entry: &Entry, ty: &spec::Type, origin: &Origin) -> Option<usize> {
    let names: Vec<&String> = entry.kin.intersection(&origin.kin).collect();
    if names.is_empty() {
        return None;
    }
    let fields = |ty: &spec::Type| -> BTreeSet<String> {
        ty.fields.iter().flatten().map(|field| field.name.clone()).collect()
    };
    let (known, page) = (fields(&entry.ty), fields(ty));
    let differing = known.symmetric_difference(&page).count();
    if differing == 0 {
        return Some(0);
    }
    let shared = known.intersection(&page).count();
    let (smaller, larger) = (known.len().min(page.len()), known.len().max(page.len()));
    let is_told = names.iter().any(|name| !VAGUE.contains(&name.as_str()));
    let is_alike = match is_told {
        true => shared * 2 >= larger,
        false => shared == smaller && shared > 2,
    };
    (is_alike && (origin.is_sample || entry.is_sample)).then_some(differing)
}

/// Takes over what a page knows of types beyond their shapes. Returns the fields that the specs still
/// lack, each with its type.
pub fn learn(
    book: &mut Book,
    types: &[spec::Type],
    pairs: &Pairs,
    origin: &Origin,
) -> Vec<(String, spec::Field)> {
    let mut lacking = Vec::new();
    for (page, known) in pairs {
        let page = types.iter().find(|ty| ty.name == *page);
        let (Some(page), Some(entry)) = (page, book.types.get_mut(known)) else { continue };
        let fields = page.fields.iter().flatten();
        let new = fields.filter(|field| entry.is_sample && !is_known(&entry.ty, field));
        lacking.extend(new.map(|field| (known.clone(), field.clone())));
        learn_of(entry, page, origin.is_answer);
        entry.is_sample &= origin.is_sample;
    }
    lacking
}

/// Whether a type has such a field, and says as much of it.
fn is_known(ty: &spec::Type, field: &spec::Field) -> bool {
    let known = ty.fields.iter().flatten().find(|known| known.name == field.name);
    known.is_some_and(|known| !is_narrower(&field.ty, &known.ty))
}

/// Whether one type says more than another one that a sample gave: of an empty list, of nothing at all,
/// or of a number without a fraction.
pub fn is_narrower(one: &str, other: &str) -> bool {
    fn element(ty: &str) -> Option<&str> {
        ty.strip_prefix("list<")?.strip_suffix('>')
    }
    match (element(one), element(other)) {
        (Some(one), Some(other)) => is_narrower(one, other),
        _ => (one, other) == ("float", "int") || one != "json" && other == "json",
    }
}

struct Comparison<'a> {
    book: &'a Book,
    file: &'a str,
    types: &'a [spec::Type],
    is_answer: bool,
    is_sample: bool,
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
        // A type that is only compiled with events is of no use to an operation.
        let of_events = other.home.as_ref().is_some_and(|home| home.starts_with(EVENTS));
        if of_events && !self.file.starts_with(EVENTS) {
            return false;
        }
        match (&one.fields, &other.ty.fields) {
            (Some(fields), Some(known)) => {
                let is_new = |known: &spec::Field| fields.iter().all(|one| one.name != known.name);
                (self.is_sample || !known.iter().any(is_new))
                    && fields.iter().all(|field| {
                        match known.iter().find(|known| known.name == field.name) {
                            Some(known) => self.is_same_field(field, known, other),
                            None => other.is_sample,
                        }
                    })
            }
            (None, None) => are_same_values(one, &other.ty),
            _ => false,
        }
    }

    fn is_same_field(&mut self, page: &spec::Field, known: &spec::Field, of: &Entry) -> bool {
        let agrees = match (self.is_answer, of.is_sent) {
            (true, _) => true,
            (false, true) => page.required == known.required,
            // A field of every response has to be sent as well.
            (false, false) => page.required || !known.always,
        };
        let contradicts =
            |one: &Option<_>, other: &Option<_>| one.is_some() && other.is_some() && one != other;
        agrees
            && !contradicts(&page.default, &known.default)
            && (self.is_same_type(&page.ty, &known.ty)
                || self.is_sample && is_narrower(&known.ty, &page.ty)
                || of.is_sample && is_narrower(&page.ty, &known.ty))
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
    one.values.is_some()
        && other.values.is_some()
        && one.int == other.int
        && values(one) == values(other)
}

fn learn_of(entry: &mut Entry, page: &spec::Type, is_answer: bool) {
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

/// Merges several types of a page that are one type in the specs.
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
