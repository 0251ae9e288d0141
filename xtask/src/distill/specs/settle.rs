//! Specs from pages have to pass as specs. A sample that contradicts the rest is left out, and so
//! is an operation that cannot be one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::book::{Book, EVENTS, SpecFile};
use crate::codegen::{self, Error, diagnostic::Diagnostic, spec};

/// The items that were left out and the reasons, by the name of the file without its ending.
pub type LeftOut = BTreeMap<String, Vec<String>>;

/// Leaves out what keeps the specs from passing, but nothing that was there before.
pub fn settle(book: &mut Book, is_new: impl Fn(&str) -> bool) -> Result<LeftOut, String> {
    let mut left_out = LeftOut::new();
    loop {
        let files = book.files();
        let faults = faults(&book.name, &files)?;
        if faults.is_empty() {
            return Ok(left_out);
        }
        let mut progress = false;
        let mut hopeless: BTreeMap<String, String> = BTreeMap::new();
        for fault in &faults {
            let Some((file, pointer)) = fault.place() else { continue };
            let Some(stem) = stem(&book.name, file) else { continue };
            let reason = fault.to_string();
            if drop_sample(book, &files, &stem, pointer, is_new(&stem)) {
                progress = true;
                left_out.entry(stem).or_default().push(reason);
            } else if is_new(&stem) {
                hopeless.entry(stem).or_insert(reason);
            }
        }
        // One thing after the other: a fault may follow from a sample that is gone now.
        if !progress {
            for (stem, reason) in hopeless {
                progress |= book.endpoints.remove(&stem).is_some();
                let event = stem.strip_prefix(EVENTS);
                progress |= event.is_some_and(|id| book.events.remove(id).is_some());
                left_out.entry(stem).or_default().push(reason);
            }
            drop_unused(book);
        }
        if !progress {
            return Err(format!(
                "what the pages say does not go together with what the specs say:\n{}\n\ncorrect \
                 the specs, or the pages with `fixups.json`",
                listed(&faults)
            ));
        }
    }
}

/// Says what keeps the specs from passing, if anything does.
pub fn check(book: &Book) -> Result<(), String> {
    let faults = faults(&book.name, &book.files())?;
    match faults.is_empty() {
        true => Ok(()),
        false => Err(listed(&faults)),
    }
}

/// One on a line, each with its file.
fn listed(faults: &[Diagnostic]) -> String {
    let faults = faults.iter().map(|fault| {
        let file = fault.place().map_or("specs", |(file, _)| file);
        format!("{file}: {fault}")
    });
    faults.collect::<Vec<_>>().join("\n")
}

fn faults(api: &str, files: &[SpecFile]) -> Result<Vec<Diagnostic>, String> {
    let failed = |error: std::io::Error| format!("the specs cannot be checked: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let home = folder.path().join("specs").join(api);
    for file in files {
        let path = home.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(&home)).map_err(failed)?;
        fs::write(path, &file.text).map_err(failed)?;
    }
    match codegen::lower_specs_in(folder.path(), Path::new("specs")) {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Specs(diagnostics)) => Ok(diagnostics.into_list()),
        Err(error) => Err(error.to_string()),
    }
}

/// The path of a spec below the folder of its API, without its ending.
fn stem(api: &str, file: &str) -> Option<String> {
    let file = file.strip_prefix("specs/")?.strip_prefix(api)?.strip_prefix('/')?;
    Some(file.strip_suffix(".json").unwrap_or(file).to_owned())
}

/// Whether the fault is one of a sample, or of pages that were drafted, which is gone now.
fn drop_sample(
    book: &mut Book,
    files: &[SpecFile],
    stem: &str,
    pointer: &str,
    is_new: bool,
) -> bool {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    if let ["types", index, rest @ ..] = steps.as_slice() {
        let made = files.iter().find(|made| made.path.with_extension("").as_os_str() == stem);
        let name = made.and_then(|made| made.types.get(at(index)));
        let Some(entry) = name.and_then(|name| book.types.get_mut(name)) else { return false };
        return match rest {
            ["example", ..] => entry.ty.example.take().is_some(),
            ["fields", rest @ ..] => drop_of(entry.ty.fields.as_mut(), rest),
            _ => false,
        };
    }
    if let Some(spec) = stem.strip_prefix(EVENTS).and_then(|id| book.events.get_mut(id)) {
        return match steps.as_slice() {
            ["example", ..] => spec.example.take().is_some(),
            ["dedupe"] => spec.dedupe.take().is_some(),
            ["fields", rest @ ..] => drop_of(Some(&mut spec.fields), rest),
            ["answer", rest @ ..] => drop_of(spec.answer.as_mut(), rest),
            _ => false,
        };
    }
    let Some(spec) = book.endpoints.get_mut(stem) else { return false };
    match steps.as_slice() {
        ["examples", "request", ..] => spec.examples.request.take().is_some(),
        ["examples", "response", ..] => spec.examples.response.take().is_some(),
        ["params", rest @ ..] => drop_of(Some(&mut spec.params), rest),
        ["query", rest @ ..] => drop_of(Some(&mut spec.query), rest),
        ["body", rest @ ..] => drop_of(spec.body.as_mut(), rest),
        ["response", rest @ ..] => drop_of(spec.response.as_mut(), rest),
        ["pages", ..] if is_new => spec.pages.take().is_some(),
        _ => false,
    }
}

fn at(index: &str) -> usize {
    index.parse().unwrap_or(usize::MAX)
}

fn drop_of(fields: Option<&mut Vec<spec::Field>>, steps: &[&str]) -> bool {
    let Some((index, rest)) = steps.split_first() else { return false };
    let Some(field) = fields.and_then(|fields| fields.get_mut(at(index))) else { return false };
    match rest.first() {
        Some(&"example") => field.example.take().is_some(),
        Some(&"default") => field.default.take().is_some(),
        Some(&"min") => field.min.take().is_some(),
        Some(&"max") => field.max.take().is_some(),
        Some(&"min_length") => field.min_length.take().is_some(),
        Some(&"max_length") => field.max_length.take().is_some(),
        _ => false,
    }
}

/// Types to which nothing leads any more, of those that no file of `types/` holds.
fn drop_unused(book: &mut Book) {
    let used = book.used();
    book.types.retain(|name, entry| entry.home.is_some() || used.contains(name));
}
