//! `CHANGELOG.md`: the entries under `Unreleased`, and what becomes of them with a release.

pub mod specs;

use std::fmt;
use std::fs;
use std::path::Path;

/// The path of the changelog, from the root of the workspace.
pub const PATH: &str = "CHANGELOG.md";
const UNRELEASED: &str = "## Unreleased";
/// The columns that a line of an entry may have.
const WIDTH: usize = 100;

/// The headings of Keep a Changelog, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    Added,
    Changed,
    Deprecated,
    Removed,
    Fixed,
    Security,
}

impl Heading {
    const ALL: [Self; 6] =
        [Self::Added, Self::Changed, Self::Deprecated, Self::Removed, Self::Fixed, Self::Security];

    fn of(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|heading| heading.title() == title)
    }

    /// Returns the heading in Markdown.
    fn title(self) -> String {
        format!("### {self:?}")
    }
}

/// An entry under one of the headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub heading: Heading,
    pub is_breaking: bool,
    /// The crate, unless the entry is about several.
    pub crate_name: Option<String>,
    /// A sentence in Markdown, without a period.
    pub text: String,
}

impl Entry {
    /// Returns the item of a list, in lines that are not too long.
    pub fn bullet(&self) -> String {
        let mark = if self.is_breaking { "**Breaking:** " } else { "" };
        let name = self.crate_name.as_ref().map(|name| format!("`{name}`: "));
        let text = format!("{mark}{}{}.", name.unwrap_or_default(), self.text);
        let mut lines = vec!["-".to_owned()];
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.len() + 1 + word.len() <= WIDTH => *line += &format!(" {word}"),
                _ => lines.push(format!("  {word}")),
            }
        }
        lines.join("\n") + "\n"
    }
}

/// A changelog, taken apart where `Unreleased` begins and ends.
#[derive(Debug)]
pub struct Changelog {
    head: String,
    sections: Vec<Section>,
    released: String,
}

/// A heading of `Unreleased` with what is under it; what precedes the first one has no title.
#[derive(Debug)]
struct Section {
    title: String,
    body: String,
}

impl Changelog {
    /// Reads the changelog of a workspace.
    ///
    /// # Errors
    ///
    /// Returns an error if there is none, or if it has no heading `Unreleased`.
    pub fn read(root: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(root.join(PATH))
            .map_err(|error| format!("{PATH} cannot be read: {error}"))?;
        Self::parse(&text)
    }

    /// Takes a changelog apart.
    ///
    /// # Errors
    ///
    /// Returns an error if it has no heading `Unreleased`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.split_inclusive('\n');
        let head = lines.by_ref().take_while(|line| line.trim_end() != UNRELEASED).collect();
        let mut sections = vec![Section { title: String::new(), body: String::new() }];
        let mut released = String::new();
        for line in lines.by_ref() {
            if line.starts_with("## ") {
                released.push_str(line);
                break;
            }
            match (line.strip_prefix("### "), sections.last_mut()) {
                (None, Some(section)) => section.body.push_str(line),
                _ => sections.push(Section { title: line.trim_end().into(), body: String::new() }),
            }
        }
        released.extend(lines);
        let is_there = text.lines().any(|line| line.trim_end() == UNRELEASED);
        let changelog = is_there.then_some(Self { head, sections, released });
        changelog.ok_or_else(|| {
            format!("{PATH} has no line `{UNRELEASED}`: add it above the last release")
        })
    }

    /// Returns the entries under `Unreleased` that name a crate and a subject of it in backticks, the
    /// subject alone or at the end of an ID: `im.v1.chat.create` names `chat.create`.
    pub fn naming(&self, crate_name: &str, subject: &str) -> impl Iterator<Item = &str> {
        let (crate_name, end) = (format!("`{crate_name}`"), format!("{subject}`"));
        self.entries().filter(move |entry| {
            let before: Vec<_> = entry.split(&end).collect();
            let mut before = before.iter().rev().skip(1);
            entry.contains(&crate_name) && before.any(|text| text.ends_with(['`', '.']))
        })
    }

    /// The entries under `Unreleased`, without the marks of their lists.
    fn entries(&self) -> impl Iterator<Item = &str> {
        let texts = self.sections.iter().flat_map(|section| section.body.split("\n- "));
        texts.map(|text| text.trim().trim_start_matches("- "))
    }

    /// Whether the entry is under its heading.
    fn has(&self, entry: &Entry) -> bool {
        let bullet = entry.bullet();
        let mut sections = self.sections.iter();
        sections.any(|section| {
            Heading::of(&section.title) == Some(entry.heading) && section.body.contains(&bullet)
        })
    }

    /// Adds an entry as the last one under its heading, unless it is there.
    pub fn add(&mut self, entry: &Entry) {
        if self.has(entry) {
            return;
        }
        let bullet = entry.bullet();
        let heading = |section: &Section| Heading::of(&section.title);
        let is_same = |section: &&mut Section| heading(section) == Some(entry.heading);
        if let Some(Section { body, .. }) = self.sections.iter_mut().find(is_same) {
            *body = format!("{}\n{bullet}", body.trim_end());
            return;
        }
        let is_later = |section: &Section| heading(section) > Some(entry.heading);
        let at = self.sections.iter().position(is_later).unwrap_or(self.sections.len());
        let title = entry.heading.title();
        self.sections.insert(at, Section { title, body: bullet });
    }

    /// Whether there is nothing under `Unreleased`.
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|section| section.body.trim().is_empty())
    }

    /// Whether there is a section of a release.
    pub fn has_releases(&self) -> bool {
        !self.released.is_empty()
    }

    /// Returns what is under `Unreleased`, without headings under which there is nothing.
    pub fn unreleased(&self) -> String {
        let filled = self.sections.iter().filter(|section| !section.body.trim().is_empty());
        let texts = filled.map(|Section { title, body }| match title.as_str() {
            "" => body.trim().to_owned(),
            title => format!("{title}\n\n{}", body.trim()),
        });
        texts.collect::<Vec<_>>().join("\n\n")
    }

    /// Returns the changelog after a release, of which the date is in the form of ISO 8601.
    ///
    /// # Errors
    ///
    /// Returns an error if there is nothing to release, or if there was such a release.
    pub fn release(&self, version: &str, date: &str) -> Result<String, String> {
        if self.is_empty() {
            return Err(format!("{PATH} has nothing under `{UNRELEASED}`: write down what is new"));
        }
        let title = format!("## {version}");
        let was_released = |line: &str| line.split(" - ").next() == Some(&title);
        if self.released.lines().any(was_released) {
            return Err(format!("{PATH} has a section `{title}` already"));
        }
        let unreleased = self.unreleased();
        let section = format!("{UNRELEASED}\n\n{title} - {date}\n\n{unreleased}\n");
        Ok(format!("{}{section}{}", self.head, self.after()))
    }

    /// The releases, apart from what precedes them.
    fn after(&self) -> String {
        if self.released.is_empty() { String::new() } else { format!("\n{}", self.released) }
    }
}

impl fmt::Display for Changelog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.is_empty() { "" } else { "\n\n" };
        writeln!(f, "{}{UNRELEASED}{gap}{}", self.head, self.unreleased())?;
        f.write_str(&self.after())
    }
}
