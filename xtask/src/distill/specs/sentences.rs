//! The sentences that specs still lack: those that are known already are filled in, the others are
//! grouped, so that what means the same is written once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::book::{Book, EVENTS, innermost};
use super::draft::ALIASES;
use crate::codegen::spec;

/// Sentences that hold in every API, by what they are about: `glossary.json`.
pub type Glossary = BTreeMap<String, String>;

/// The vendor's words, by the place of the sentence that they are about.
pub type Glosses = BTreeMap<String, BTreeSet<String>>;

/// A sentence that is still to be written, once for all places that need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The API, where a list is of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Such as `field name`.
    pub about: String,
    /// The vendor's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gloss: Vec<String>,
    /// Its places: such as `dock.create body/name`, or `Owner/name` for a member of a type.
    pub places: Vec<String>,
    /// The sentence itself.
    pub doc: String,
}

impl Gap {
    /// Whether it asks for words that are searched for, without which specs pass as well.
    pub fn is_of_aliases(&self) -> bool {
        self.about.starts_with(ALIASES)
    }
}

/// The place of a sentence.
struct Slot {
    place: String,
    /// For people, and the same where the sentence may be the same.
    about: String,
    /// The type of a field.
    ty: String,
    /// The possible keys in the glossary, the most specific first.
    keys: Vec<String>,
}

impl Slot {
    fn new(place: String, about: String, keys: Vec<String>) -> Self {
        Self { place, about, ty: String::new(), keys }
    }
}

/// Fills in what the glossary knows, and what the vendor describes in the same words as something
/// that has a sentence. Returns whether it changed anything.
pub fn fill(book: &mut Book, glossary: &Glossary, glosses: &Glosses) -> bool {
    let mut known: BTreeMap<(String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    let of_glossary = |slot: &Slot| slot.keys.iter().find_map(|key| glossary.get(key));
    let same = |slot: &Slot| {
        let gloss = glosses.get(&slot.place)?;
        Some((slot.about.clone(), gloss.clone()))
    };
    visit(book, &mut |slot, text| {
        // A sentence of the glossary about a request need not be true of a response with the same
        // description.
        let is_written = !text.is_empty() && of_glossary(slot) != Some(text);
        if let Some(key) = same(slot).filter(|_| is_written) {
            known.entry(key).or_default().insert(text.clone());
        }
    });
    let mut changed = false;
    visit(book, &mut |slot, text| {
        if !text.is_empty() {
            return;
        }
        // If the same words got two sentences, a maintainer saw a difference.
        let only = |texts: &&BTreeSet<String>| texts.len() == 1;
        let of_another = || known.get(&same(slot)?).filter(only)?.first();
        if let Some(sentence) = of_glossary(slot).or_else(of_another) {
            text.clone_from(sentence);
            changed = true;
        }
    });
    changed
}

/// Takes over the sentences that were written. Fails with the places that do not need one.
pub fn take(book: &mut Book, gaps: &[Gap]) -> Result<bool, Vec<String>> {
    let written = gaps.iter().filter(|gap| !gap.doc.trim().is_empty());
    let written = written.flat_map(|gap| gap.places.iter().map(|place| (place.clone(), &gap.doc)));
    let mut left: BTreeMap<String, &String> = written.collect();
    let mut changed = false;
    visit(book, &mut |slot, text| {
        let Some(sentence) = left.get(&slot.place).copied() else { return };
        if text.is_empty() {
            text.clone_from(sentence);
            changed = true;
        } else if !words(text).eq(words(sentence)) {
            return;
        }
        left.remove(&slot.place);
    });
    match left.is_empty() {
        true => Ok(changed),
        false => Err(left.into_keys().collect()),
    }
}

/// Returns the missing sentences. Places with the same name and the same description of the vendor
/// are grouped; those that it does not describe go to the others of their name, if these have one
/// description.
pub fn gaps(book: &mut Book, glosses: &Glosses) -> Vec<Gap> {
    let mut groups: Vec<(Slot, BTreeSet<String>, Vec<String>)> = Vec::new();
    let mut index: BTreeMap<(String, String, BTreeSet<String>), usize> = BTreeMap::new();
    visit(book, &mut |slot, text| {
        if !text.is_empty() {
            return;
        }
        let gloss = glosses.get(&slot.place).cloned().unwrap_or_default();
        // Without a description, only the type distinguishes places of one name.
        let ty = if gloss.is_empty() { slot.ty.clone() } else { String::new() };
        let at = *index.entry((slot.about.clone(), ty, gloss.clone())).or_insert(groups.len());
        if at == groups.len() {
            let Slot { place, about, ty, .. } = slot;
            let slot = Slot { ty: ty.clone(), ..Slot::new(place.clone(), about.clone(), vec![]) };
            groups.push((slot, gloss, Vec::new()));
        }
        groups[at].2.push(slot.place.clone());
    });
    let mut told: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, (slot, gloss, _)) in groups.iter().enumerate() {
        if !gloss.is_empty() {
            told.entry((slot.about.clone(), slot.ty.clone())).or_default().push(at);
        }
    }
    for at in 0..groups.len() {
        let (slot, gloss, _) = &groups[at];
        let of_name = told.get(&(slot.about.clone(), slot.ty.clone()));
        if let (true, Some([one])) = (gloss.is_empty(), of_name.map(Vec::as_slice)) {
            let places = std::mem::take(&mut groups[at].2);
            groups[*one].2.extend(places);
        }
    }
    let gaps = groups.into_iter().filter(|(_, _, places)| !places.is_empty());
    let gaps = gaps.map(|(slot, gloss, places)| Gap {
        api: None,
        about: slot.about,
        gloss: gloss.into_iter().collect(),
        places,
        doc: String::new(),
    });
    gaps.collect()
}

/// The place of the sentence about what `of` of a page's gloss names, such as `body/owner/name`.
pub fn place(book: &Book, file: &str, of: &str) -> Option<String> {
    if let Some((part @ ("code" | "advice"), code)) = of.split_once('/') {
        return Some(format!("{part} {code}"));
    }
    match of {
        "" => return Some(file.to_owned()),
        ALIASES => return Some(format!("{file} {ALIASES}")),
        _ => {}
    }
    let (path, value) = match of.split_once('=') {
        Some((path, value)) => (path, Some(value)),
        None => (of, None),
    };
    let field = book.field_at(file, path)?;
    let ty = innermost(&field.ty);
    let is_enum = || book.types.get(ty).is_some_and(|entry| entry.ty.values.is_some());
    let (above, name) = path.rsplit_once('/')?;
    let owner = match above.contains('/') {
        true => innermost(&book.field_at(file, above)?.ty).to_owned(),
        false => format!("{file} {above}"),
    };
    Some(match value {
        Some(value) if is_enum() => format!("{ty}={value}"),
        Some(value) => format!("{owner}/{name}={value}"),
        None => format!("{owner}/{name}"),
    })
}

/// Every place of a sentence.
fn visit(book: &mut Book, each: &mut dyn FnMut(&Slot, &mut String)) {
    for (name, text) in &mut book.api.modules {
        each(&Slot::new(format!("module {name}"), format!("module {name}"), vec![]), text);
    }
    for (stem, spec) in &mut book.endpoints {
        each(&Slot::new(stem.clone(), format!("operation {}", spec.id), vec![]), &mut spec.doc);
        of_aliases(stem, &spec.id, &mut spec.aliases, each);
        if let Some(text) = &mut spec.deprecated {
            let about = format!("what to use instead of {}", spec.id);
            each(&Slot::new(format!("{stem} deprecated"), about, vec![]), text);
        }
        let lists = [
            ("params", "request", Some(&mut spec.params)),
            ("query", "request", Some(&mut spec.query)),
            ("body", "request", spec.body.as_mut()),
            ("response", "answer", spec.response.as_mut()),
        ];
        for (part, role, fields) in lists {
            let fields = fields.into_iter().flatten();
            fields.for_each(|field| of_field(&format!("{stem} {part}"), role, field, each));
        }
    }
    for (id, spec) in &mut book.events {
        let file = format!("{EVENTS}{id}");
        each(&Slot::new(file.clone(), format!("event {id}"), vec![]), &mut spec.doc);
        of_aliases(&file, id, &mut spec.aliases, each);
        let lists = [("fields", Some(&mut spec.fields)), ("answer", spec.answer.as_mut())];
        for (part, fields) in lists {
            let owner = format!("{file} {part}");
            let fields = fields.into_iter().flatten();
            fields.for_each(|field| of_field(&owner, "event", field, each));
        }
    }
    for (name, entry) in &mut book.types {
        of_type(name, &mut entry.ty, each);
    }
    for (code, known) in &mut book.api.errors {
        let name = known.name.strip_suffix(code.as_str()).unwrap_or(&known.name).to_owned();
        let slot = |place: String, part: &str| {
            Slot::new(place, format!("{part} {name}"), vec![format!("{part} {name}")])
        };
        each(&slot(format!("code {code}"), "code"), &mut known.doc);
        each(&slot(format!("advice {code}"), "advice"), &mut known.advice);
    }
}

/// The words that an operation or event is searched by, with commas between them. They are missing
/// until one of them is Chinese.
fn of_aliases(
    file: &str,
    id: &str,
    aliases: &mut Vec<String>,
    each: &mut dyn FnMut(&Slot, &mut String),
) {
    let is_found = aliases.iter().any(|alias| !alias.is_ascii());
    let mut text = if is_found { aliases.join(", ") } else { String::new() };
    let about = format!("{ALIASES} of {id}, with commas between them, one in Chinese at least");
    each(&Slot::new(format!("{file} {ALIASES}"), about, vec![]), &mut text);
    if !is_found {
        let known = aliases.clone();
        let new =
            words(&text).filter(|word| !word.is_empty() && !known.iter().any(|it| it == word));
        aliases.extend(new.map(str::to_owned));
    }
}

/// The parts of a text between commas.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', '、']).map(str::trim)
}

fn of_type(name: &str, ty: &mut spec::Type, each: &mut dyn FnMut(&Slot, &mut String)) {
    let key = format!("type {name}");
    each(&Slot::new(key.clone(), key.clone(), vec![key]), &mut ty.doc);
    for field in ty.fields.iter_mut().flatten() {
        of_field(name, "model", field, each);
    }
    for value in ty.values.iter_mut().flatten() {
        let place = format!("{name}={}", value.value);
        let about = format!("value {}", value.value);
        if let Some(doc) = &mut value.doc {
            each(&Slot::new(place.clone(), about, vec![place]), doc);
        }
    }
}

fn of_field(
    owner: &str,
    role: &str,
    field: &mut spec::Field,
    each: &mut dyn FnMut(&Slot, &mut String),
) {
    let name = &field.name;
    let place = format!("{owner}/{name}");
    let keys = vec![format!("{role}/{name}"), name.clone()];
    let slot =
        Slot { ty: field.ty.clone(), ..Slot::new(place.clone(), format!("field {name}"), keys) };
    each(&slot, &mut field.doc);
    for value in &mut field.values {
        let about = format!("value {} of {name}", value.value);
        let place = format!("{place}={}", value.value);
        each(&Slot::new(place, about, vec![format!("{name}={}", value.value)]), &mut value.doc);
    }
}
