//! The changes of the specs as entries of the changelog.

use std::collections::BTreeMap;

use super::{Changelog, Entry, Heading, PATH};
use crate::changes::CrateChanges;
use crate::distill::specs::book::EVENTS;
use crate::distill::specs::change::{Change, What};

/// The spec of the modules and error codes.
const API: &str = "api";
/// The end of the place of a method that reads a field in another type.
const ACCESSOR: &str = "/accessor";

/// Returns an entry for each spec and type, heading, and effect on programs.
pub fn entries(of: &CrateChanges) -> Vec<Entry> {
    entries_on(of, of.changes.iter())
}

/// Adds the changes to what is unreleased. An entry written by hand on an operation, an event, a type or
/// a code takes the place of a generated one, unless `before`, the changelog as it was before these
/// changes, has it too, or the change is breaking and the entry does not say so.
///
/// Returns the generated entries that were left out and say something else than those written by hand.
pub fn record(
    crates: &[CrateChanges],
    changelog: &mut Changelog,
    before: Option<&Changelog>,
) -> Vec<Entry> {
    let (mut added, mut left_out) = (Vec::new(), Vec::new());
    for of in crates {
        let is_said = |change: &&Change| {
            changelog.naming(&of.crate_name, subject(change)).any(|entry| {
                let is_older = before.is_some_and(|it| it.entries().any(|old| old == entry));
                !is_older && (!change.is_breaking() || entry.starts_with("**Breaking"))
            })
        };
        let (said, new): (Vec<_>, Vec<_>) = of.changes.iter().partition(is_said);
        left_out.extend(entries_on(of, said.into_iter()));
        added.extend(entries_on(of, new.into_iter()));
    }
    left_out.retain(|entry| !changelog.has(entry));
    added.iter().for_each(|entry| changelog.add(entry));
    left_out
}

/// Lists the generated entries that were left out; nothing if there are none.
pub fn list(left_out: &[Entry]) -> String {
    let bullets: String = left_out.iter().map(Entry::bullet).collect();
    match bullets.trim_end() {
        "" => bullets,
        bullets => format!("not added, since entries of {PATH} are about the same:\n{bullets}\n"),
    }
}

fn entries_on<'a>(of: &CrateChanges, changes: impl Iterator<Item = &'a Change>) -> Vec<Entry> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for change in changes {
        let group = (heading(change), !change.is_breaking(), &change.file);
        groups.entry(group).or_default().push(item(change));
    }
    let entry = |((heading, is_safe, file), mut items): ((_, bool, &String), Vec<String>)| {
        // A whole operation has no other items.
        items.retain(|item| !item.is_empty());
        let name = name(of, file);
        let text = match items.is_empty() {
            true => name,
            false => format!("{name}: {}", items.join(", ")),
        };
        let crate_name = Some(of.crate_name.clone());
        Entry { heading, is_breaking: !is_safe, crate_name, text }
    };
    groups.into_iter().map(entry).collect()
}

/// The operation, event or type as programs name it, with the vendor's ID.
fn name(of: &CrateChanges, file: &str) -> String {
    match (of.names.get(file), file) {
        (Some(name), _) => name.clone(),
        (None, "") => "the crate".to_owned(),
        (None, API) => "error codes".to_owned(),
        (None, _) => format!("`{}`", last(file)),
    }
}

/// The word by which people look for what changed: a spec, an event, a type or a code.
fn subject(change: &Change) -> &str {
    match change.file.as_str() {
        "" => change.to.as_deref().or(change.from.as_deref()).unwrap_or_default(),
        _ if is_of_codes(change) => part(change),
        file => last(file.strip_prefix(EVENTS).unwrap_or(file)),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The field or the code that changed.
fn part(change: &Change) -> &str {
    let at = &change.at;
    let of = match change.what {
        What::Name => at.strip_suffix("/rust").or(at.strip_suffix(ACCESSOR)),
        What::Deprecated => at.strip_suffix("/deprecated"),
        What::Type if is_kind(change) => at.strip_suffix("/kind"),
        _ => None,
    };
    last(of.unwrap_or(at))
}

/// Whether the error codes of an API or of a platform changed.
fn is_of_codes(change: &Change) -> bool {
    change.file == API || change.file.ends_with(".codes")
}

/// Whether the kind of an error code changed, and not a field of that name.
fn is_kind(change: &Change) -> bool {
    is_of_codes(change) && change.at.ends_with("/kind")
}

fn heading(change: &Change) -> Heading {
    match (change.what, &change.from, &change.to) {
        (What::Deprecated, None, _) => Heading::Deprecated,
        (What::Deprecated, ..) | (_, Some(_), Some(_)) => Heading::Changed,
        (_, None, _) => Heading::Added,
        (_, Some(_), None) => Heading::Removed,
    }
}

/// The change of a part; nothing for the whole of an operation.
fn item(change: &Change) -> String {
    let what = match change.what {
        What::Type if is_kind(change) => "kind",
        What::Name if change.at.ends_with(ACCESSOR) => "accessor",
        what => what.label(),
    };
    let part = part(change);
    let is_whole = ["", "rust", what].contains(&part);
    let of = if is_whole { String::new() } else { format!(" of `{part}`") };
    match (change.what, &change.from, &change.to) {
        (What::Operation | What::Event | What::Crate, ..) => String::new(),
        (What::Deprecated, None, _) if is_whole => what.to_owned(),
        (What::Deprecated, None, _) => format!("`{part}` {what}"),
        (What::Deprecated, _, None) if is_whole => format!("no longer {what}"),
        (What::Deprecated, _, None) => format!("`{part}` no longer {what}"),
        (What::Required, Some(from), Some(to)) => format!("`{part}` is {to} instead of {from}"),
        (_, Some(from), Some(to)) => format!("the {what}{of} is `{to}` instead of `{from}`"),
        (What::Field, ..) => format!("field `{part}`"),
        (What::Code, None, Some(name)) | (What::Code, Some(name), None) if change.file == API => {
            format!("`{part}` (`{name}`)")
        }
        (What::Value | What::Token | What::Scope | What::Code, None, Some(value))
        | (What::Value | What::Token | What::Scope | What::Code, Some(value), None) => {
            format!("{what} `{value}`")
        }
        (_, None, Some(value)) | (_, Some(value), None) => format!("{what}{of} (`{value}`)"),
        (_, None, None) => format!("{what}{of}"),
    }
}
