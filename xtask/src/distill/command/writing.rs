//! Sentences that are known, put into specs, and those that are left to write.

use std::fs;
use std::io;
use std::path::Path;

use crate::distill::specs::book::{Book, innermost};
use crate::distill::specs::draft::Gloss;
use crate::distill::specs::sentences::{self, Gap, Glossary, Glosses};
use crate::distill::specs::settle;

/// The sources of sentences.
pub struct Sources<'a> {
    /// Sentences for all APIs.
    pub glossary: Option<&'a Path>,
    /// The file with sentences that were left to write.
    pub sentences: Option<&'a Path>,
    /// The facts of each page, with the spec that they went to.
    pub said: Vec<(&'a str, &'a Gloss)>,
}

/// Puts the sentences of the file and of the glossary where they belong. Returns what is still to be
/// written.
pub fn complete(sources: &Sources<'_>, book: &mut Book) -> Result<Vec<Gap>, String> {
    let glosses = glosses(book, &sources.said);
    let mut changed = false;
    if let Some(path) = sources.sentences {
        let mut written = read(path)?;
        written.retain(|gap| gap.api.as_ref().is_none_or(|api| *api == book.name));
        changed |= sentences::take(book, &written).map_err(|places| {
            let places = places.join("\n  ");
            format!(
                "{}:1: these places have another sentence already, or are not there:\n  {places}\n\
                 \ntake them out of the file, or empty their `doc`",
                path.display()
            )
        })?;
    }
    let glossary: Option<Glossary> = sources.glossary.map_or(Ok(None), load)?;
    changed |= sentences::fill(book, &glossary.unwrap_or_default(), &glosses);
    if changed {
        settle::check(book).map_err(|faults| {
            format!("sentences that were filled in do not pass:\n{faults}\n\ncorrect them")
        })?;
    }
    Ok(sentences::gaps(book, &glosses))
}

/// The sentences of a file, and the places of those that are missing in it; none without the file.
pub fn read(path: &Path) -> Result<Vec<Gap>, String> {
    load(path).map(Option::unwrap_or_default)
}

/// Writes what is left for whoever writes it; nothing left leaves an empty list.
pub fn save(path: &Path, gaps: &[Gap]) -> Result<(), String> {
    let failed = |why: String| format!("{} cannot be written: {why}", path.display());
    let text = serde_json::to_string_pretty(gaps).map_err(|error| failed(error.to_string()))?;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    // Half a file would lose sentences.
    let aside =
        tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.to_string()))?;
    fs::write(aside.path(), format!("{text}\n")).map_err(|error| failed(error.to_string()))?;
    aside.persist(path).map_err(|error| failed(error.to_string()))?;
    Ok(())
}

/// The contents of a file of JSON, if there is one.
fn load<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}:1: cannot be read: {error}", path.display())),
    };
    let value = serde_json::from_str(&text)
        .map_err(|error| format!("{}:{}: {error}", path.display(), error.line()))?;
    Ok(Some(value))
}

/// The vendor's words by the place of our sentence; those about a field speak of its type as well.
fn glosses(book: &Book, said: &[(&str, &Gloss)]) -> Glosses {
    let mut glosses = Glosses::new();
    for (spec, gloss) in said {
        let mut add = |place: String| {
            glosses.entry(place).or_default().insert(gloss.text.trim().to_owned());
        };
        if let Some(place) = sentences::place(book, spec, &gloss.of) {
            add(place);
        }
        let ty = book.field_at(spec, &gloss.of).map(|field| innermost(&field.ty));
        if let Some(name) = ty.filter(|name| book.types.contains_key(*name)) {
            add(format!("type {name}"));
        }
    }
    glosses
}
