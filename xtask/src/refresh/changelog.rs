//! Changes of the specs as entries of the changelog.

use std::collections::BTreeMap;

use crate::changes::CrateChanges;
use crate::codegen::ir::Api;
use crate::distill::specs::book::EVENTS;
use crate::distill::specs::change::{Change, What};

/// Lines of `CHANGELOG.md` are at most this long.
const WIDTH: usize = 110;
const UNRELEASED: &str = "## Unreleased";

/// The sections of a release, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Added,
    Changed,
    Removed,
}

impl Section {
    pub fn title(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Removed => "Removed",
        }
    }
}

/// The changes of one kind in one operation, event or type of a crate.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub section: Section,
    pub crate_name: String,
    pub text: String,
    pub is_breaking: bool,
}

impl Entry {
    fn line(&self) -> String {
        let mark = if self.is_breaking { "**breaking:** " } else { "" };
        wrap(&format!("- `{}`: {mark}{}.", self.crate_name, self.text))
    }
}

/// Returns the entries of a crate. `api` is that of the crate after the changes.
pub fn entries(changes: &CrateChanges, api: Option<&Api>) -> Vec<Entry> {
    let mut groups: BTreeMap<(Section, &str, bool), Vec<String>> = BTreeMap::new();
    for change in &changes.changes {
        let key = (section(change), change.file.as_str(), change.is_breaking());
        groups.entry(key).or_default().push(item(change));
    }
    let entry = |((section, file, is_breaking), items): (_, Vec<String>)| {
        let name = name(file, api);
        // A whole operation has no other items.
        let items: Vec<_> = items.into_iter().filter(|item| !item.is_empty()).collect();
        let text = match items.is_empty() {
            true => name,
            false => format!("{name}: {}", items.join(", ")),
        };
        Entry { section, crate_name: changes.crate_name.clone(), text, is_breaking }
    };
    groups.into_iter().map(entry).collect()
}

fn section(change: &Change) -> Section {
    match (&change.from, &change.to) {
        (None, _) if change.what != What::Deprecated => Section::Added,
        (Some(_), None) => Section::Removed,
        _ => Section::Changed,
    }
}

/// The operation, event or type as programs name it, with the vendor's ID.
fn name(file: &str, api: Option<&Api>) -> String {
    if let Some(id) = file.strip_prefix(EVENTS) {
        let event = api.and_then(|api| api.events.iter().find(|event| event.id == id));
        return match event {
            Some(event) => format!("event `{}` (`{id}`)", event.name),
            None => format!("event `{id}`"),
        };
    }
    if let Some(name) = file.strip_prefix("types/") {
        return format!("`{name}`");
    }
    match file {
        "" => return "the crate".to_owned(),
        "api" => return "error codes".to_owned(),
        _ => {}
    }
    let end = format!("/{file}.json");
    let mut operations =
        api.into_iter().flat_map(|api| &api.modules).flat_map(|module| &module.operations);
    match operations.find(|operation| operation.spec_path.ends_with(&end)) {
        Some(operation) => format!("`{}` (`{}`)", operation.name, operation.id),
        None => format!("`{file}`"),
    }
}

/// The change of a part; nothing for the whole of an operation.
fn item(change: &Change) -> String {
    let what = change.what.label();
    let place = change.at.trim_end_matches("/rust");
    let part = place.rsplit('/').next().unwrap_or_default();
    match (change.what, &change.from, &change.to) {
        (What::Operation | What::Event | What::Crate, ..) => String::new(),
        (What::Field, None, _) | (What::Field, _, None) => format!("`{part}`"),
        (What::Code, None, Some(code)) | (What::Code, Some(code), None) if change.file == "api" => {
            format!("`{code}` ({part})")
        }
        (What::Deprecated, None, _) => "deprecated".to_owned(),
        (_, None, Some(value)) | (_, Some(value), None) => format!("{what} `{value}`"),
        (_, Some(from), Some(to)) if ["", "rust", what].contains(&part) => {
            format!("its {what} is `{to}` instead of `{from}`")
        }
        (_, Some(from), Some(to)) => {
            format!("the {what} of `{part}` is `{to}` instead of `{from}`")
        }
        (_, None, None) => what.to_owned(),
    }
}

/// Puts entries below `Unreleased`, each at the end of its section.
pub fn insert(changelog: &str, entries: &[Entry]) -> Result<String, String> {
    let mut lines: Vec<String> = changelog.lines().map(str::to_owned).collect();
    for section in [Section::Added, Section::Changed, Section::Removed] {
        let own = entries.iter().filter(|entry| entry.section == section);
        let own: Vec<String> = own.map(Entry::line).collect();
        if !own.is_empty() {
            insert_section(&mut lines, section, own)?;
        }
    }
    Ok(lines.join("\n") + "\n")
}

fn insert_section(
    lines: &mut Vec<String>,
    section: Section,
    own: Vec<String>,
) -> Result<(), String> {
    let start = lines.iter().position(|line| line.starts_with(UNRELEASED)).ok_or_else(|| {
        format!(
            "CHANGELOG.md has no `{UNRELEASED}`, below which the changes belong: add the heading"
        )
    })?;
    let end_of = |from: usize, mark: &str| {
        let rest = lines.iter().skip(from).position(|line| line.starts_with(mark));
        rest.map_or(lines.len(), |at| from + at)
    };
    let end = end_of(start + 1, "## ");
    let title = format!("### {}", section.title());
    let own_heading = (start..end).find(|at| lines[*at].starts_with(&title));
    let (mut at, heading) = match own_heading {
        Some(heading) => (end_of(heading + 1, "##"), Vec::new()),
        None => (place(lines, start, end, section), vec![title, String::new()]),
    };
    let is_followed = at < lines.len();
    while at > 0 && lines[at - 1].is_empty() {
        lines.remove(at - 1);
        at -= 1;
    }
    // Within a list there is no empty line.
    let is_list = heading.is_empty() && own_heading.is_some_and(|heading| heading + 1 < at);
    let before = (!is_list).then(String::new);
    let after = is_followed.then(String::new);
    let new: Vec<String> = before.into_iter().chain(heading).chain(own).chain(after).collect();
    lines.splice(at..at, new);
    Ok(())
}

/// The line before which a section that is not there yet belongs.
fn place(lines: &[String], start: usize, end: usize, section: Section) -> usize {
    let later = [Section::Added, Section::Changed, Section::Removed];
    let later = later.into_iter().filter(|other| *other > section);
    let titles: Vec<String> = later.map(|other| format!("### {}", other.title())).collect();
    let is_later = |line: &String| titles.iter().any(|title| line.starts_with(title));
    let rest = lines[start..end].iter().position(is_later);
    rest.map_or(end, |at| start + at)
}

/// Breaks an item of a list into lines.
fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let indent = if lines.len() > 1 { "  " } else { "" };
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if indent.len() + line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n  ")
}
