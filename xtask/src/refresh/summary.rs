//! The summary for the pull request, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::checkout::Changed;
use super::checks::Check;
use crate::changelog::specs;
use crate::changes::{CrateChanges, Verdict};
use crate::console::count;
use crate::distill::command::task::{Outcome, PageReport};
use crate::distill::command::terminal;
use crate::distill::read::report::Remark;
use crate::distill::specs::change::Change;

/// The results of a refresh.
pub struct Summary<'a> {
    pub outcome: &'a Outcome,
    pub crates: &'a [CrateChanges],
    pub files: &'a [Changed],
    pub checks: &'a [Check],
}

impl Summary<'_> {
    pub fn markdown(&self) -> String {
        let mut text = "# Refresh from the vendor's pages\n\n".to_owned();
        let counts = &self.outcome.summary;
        let _ = writeln!(
            text,
            "{} read: {}, {}, {} passed over.\n",
            count(counts.pages, "page", "pages"),
            count(counts.endpoints, "operation", "operations"),
            count(counts.events, "event", "events"),
            counts.skipped
        );
        self.changes(&mut text);
        self.facts(&mut text);
        self.to_check(&mut text);
        self.written(&mut text);
        self.review(&mut text);
        text
    }

    fn changes(&self, text: &mut String) {
        for of in self.crates {
            let _ = writeln!(text, "{}", of.heading());
            for entry in specs::entries(of) {
                let mark = if entry.is_breaking { ", **breaking**" } else { "" };
                let _ = writeln!(text, "- {:?}{mark}: {}", entry.heading, entry.text);
            }
            text.push('\n');
        }
    }

    /// The facts that the pages changed, including those that no compiler sees, such as limits.
    fn facts(&self, text: &mut String) {
        let part = |change: &&Change| !change.is_whole() && change.is_drift();
        let (new, kept): (Vec<&Change>, Vec<&Change>) =
            self.outcome.changes.iter().filter(part).partition(|change| change.to.is_some());
        let line = |change: &Change| format!("`{}` {}", change.file, change.said());
        list(text, "Facts of the pages that differ from the specs", new.into_iter().map(line));
        let title = "On no page any more, and kept: remove by hand what is gone";
        list(text, title, kept.into_iter().map(line));
    }

    fn to_check(&self, text: &mut String) {
        let changed: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let is_changed = |page: &&PageReport| {
            let PageReport { api: Some(api), spec: Some(spec), .. } = page else { return false };
            changed.contains(format!("specs/{api}/{spec}.json").as_str())
        };
        let pages = self.outcome.pages.iter().filter(is_changed);
        list(text, "Not certain from the pages", pages.flat_map(guesses));
        let skipped = self.outcome.pages.iter().filter_map(|page| {
            let kind = if page.unreadable { "no page" } else { "no operation or event" };
            let subject = page.subject.as_deref().unwrap_or(kind);
            Some(format!("`{}` ({subject}): {}", page.name, page.skipped.as_ref()?))
        });
        list(text, "Pages that were passed over", skipped);
    }

    fn written(&self, text: &mut String) {
        let files = self
            .files
            .iter()
            .map(|file| format!("{} `{}`", if file.is_new { "add" } else { "change" }, file.path));
        list(text, "Files", files);
        let checks = self.checks.iter().map(|check| {
            let outcome = match check.outcome {
                Some(Ok(())) => "passed",
                Some(Err(_)) => "**failed**",
                None => "not run",
            };
            format!("`{}`: {outcome}", check.command)
        });
        list(text, "Checks", checks);
    }

    fn review(&self, text: &mut String) {
        let mut points = vec![
            "Names, types, `required` and values in the diff of `xtask/tests/codegen/snapshots`, one \
             line each",
            "Sentences: right, our own, and more than the name of the field; advice says what to do",
            "Facts that are on no page: `sensitive`, `always`, `idempotent`, `dedupe`, `counts`, `pages`, \
             the `kind` of new codes, and `source` if it is only the site",
            "No page and no list of sentences is among the files",
            "The rest of the checks: `cargo xtask ci`",
        ];
        let has_breaking = self.crates.iter().any(|it| it.verdict == Verdict::Breaking);
        if has_breaking {
            points.insert(0, "Each breaking change: the vendor's doing, and no misread page");
        }
        list(text, "For the reviewer", points.into_iter().map(|point| format!("[ ] {point}")));
    }
}

/// The remarks on a page, except for those on facts that only a sample shows, which are counted.
fn guesses(page: &PageReport) -> Vec<String> {
    let (shown, counted) = terminal::remarks(page, false);
    let place = |remark: &Remark| format!("`{}:{}`", page.name, remark.line);
    let lines = shown.into_iter();
    let lines = lines.map(|it| format!("{}: {}: {}", place(it), it.kind.label(), it.message));
    let counted = counted.into_iter().map(|others| {
        let api = page.api.as_deref().unwrap_or_default();
        let list = format!("cargo xtask distill {} --api {api} --verbose", page.name);
        format!("`{}`: {others}; `{list}` lists them", page.name)
    });
    lines.chain(counted).collect()
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("- {line}\n")).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "## {title}\n\n{}", lines.concat());
    }
}
