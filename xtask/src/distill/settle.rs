//! Specs from pages have to pass as specs. A sample that contradicts the rest is left out, and so
//! is an operation that cannot be one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::book::{Book, SpecFile};
use crate::codegen::{self, Error, diagnostic::Diagnostic, spec};

/// What was left out and why, by the name of the file without its ending.
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
            let stem = stem(file);
            let reason = fault.to_string();
            if drop_sample(book, &files, file, pointer) {
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
                left_out.entry(stem).or_default().push(reason);
            }
            drop_unused(book);
        }
        if !progress {
            let faults = faults.iter().map(|fault| {
                let file = fault.place().map_or("specs", |(file, _)| file);
                format!("{file}: {fault}")
            });
            let faults: Vec<_> = faults.collect();
            return Err(format!(
                "what the pages say does not go together with what the specs say:\n{}\n\ncorrect \
                 the specs, or the pages with `fixups.json`",
                faults.join("\n")
            ));
        }
    }
}

fn faults(api: &str, files: &[SpecFile]) -> Result<Vec<Diagnostic>, String> {
    let failed = |error: std::io::Error| format!("the specs cannot be checked: {error}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let home = folder.path().join("specs").join(api);
    fs::create_dir_all(home.join("types")).map_err(failed)?;
    for file in files {
        fs::write(home.join(&file.path), &file.text).map_err(failed)?;
    }
    match codegen::lower_specs_in(folder.path(), Path::new("specs")) {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Specs(diagnostics)) => Ok(diagnostics.into_list()),
        Err(error) => Err(error.to_string()),
    }
}

fn stem(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").unwrap_or(name).to_owned()
}

/// Whether the fault is one of a sample, which is gone now.
fn drop_sample(book: &mut Book, files: &[SpecFile], file: &str, pointer: &str) -> bool {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let is_shared = file.contains("/types/");
    let spec = book.endpoints.get_mut(&stem(file)).filter(|_| !is_shared);
    match (steps.as_slice(), spec) {
        (["examples", "request", ..], Some(spec)) => spec.examples.request.take().is_some(),
        (["examples", "response", ..], Some(spec)) => spec.examples.response.take().is_some(),
        (["params", index, rest @ ..], Some(spec)) => drop_of(spec.params.get_mut(at(index)), rest),
        (["query", index, rest @ ..], Some(spec)) => drop_of(spec.query.get_mut(at(index)), rest),
        (["body", index, rest @ ..], Some(spec)) => {
            drop_of(spec.body.as_mut().and_then(|body| body.get_mut(at(index))), rest)
        }
        (["response", index, rest @ ..], Some(spec)) => {
            drop_of(spec.response.as_mut().and_then(|fields| fields.get_mut(at(index))), rest)
        }
        (["types", index, rest @ ..], _) => {
            let made = files.iter().find(|made| Path::new(file).ends_with(&made.path));
            let name = made.and_then(|made| made.types.get(at(index)));
            let Some(entry) = name.and_then(|name| book.types.get_mut(name)) else { return false };
            match rest {
                ["example", ..] => entry.ty.example.take().is_some(),
                ["fields", index, rest @ ..] => drop_of(
                    entry.ty.fields.as_mut().and_then(|fields| fields.get_mut(at(index))),
                    rest,
                ),
                _ => false,
            }
        }
        _ => false,
    }
}

fn at(index: &str) -> usize {
    index.parse().unwrap_or(usize::MAX)
}

fn drop_of(field: Option<&mut spec::Field>, rest: &[&str]) -> bool {
    let Some(field) = field else { return false };
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
    book.types.retain(|name, entry| entry.topic.is_some() || used.contains(name));
}
