//! The output of commands that read pages, on a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::run;
use super::task::{Aim, Outcome, PageReport, Task};
use crate::console::count;
use crate::distill::read::report::{Remark, RemarkKind};
use crate::distill::specs::change::{Change, Effect};
use crate::distill::specs::sentences::Gap;

const PLACE: Style = Style::new().bold();
const KIND: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();

fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Reads the pages of a task, and shows how far it has come.
pub fn read(task: &Task<'_>) -> Result<Outcome, String> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} pages");
    let bar = ProgressBar::new(0).with_style(style.map_err(|error| error.to_string())?);
    let outcome = run::run(task, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    // A comparison writes nothing in any case.
    outcome.map_err(|why| match task.aim {
        Aim::Compare => why,
        Aim::Distill | Aim::Refresh => format!("{why}\n\nnothing was written"),
    })
}

/// Repeats at the end what could not be read, for the exit status.
pub fn all_read(outcome: &Outcome) -> Result<(), String> {
    match outcome.summary.unreadable {
        0 => Ok(()),
        pages => {
            let pages = count(pages, "page", "pages");
            Err(format!("{pages} cannot be read, see above"))
        }
    }
}

/// As many lines about a page fit on a screen.
const LINES: usize = 20;

/// Lists what is not certain, each with the line of the page: `file:line: kind: message`. Facts
/// that only a sample shows are counted, and so are those that do not fit on a screen, unless all
/// are wanted.
pub fn report(outcome: &Outcome, all: bool) -> String {
    let mut text = String::new();
    for page in &outcome.pages {
        let (shown, counted) = remarks(page, all);
        for remark in shown {
            let place = styled(PLACE, format!("{}:{}", page.name, remark.line));
            let kind = styled(KIND, remark.kind.label());
            let _ = writeln!(text, "{place}: {kind}: {}", remark.message);
        }
        for others in counted {
            let place = styled(PLACE, format!("{}:1", page.name));
            let _ = writeln!(text, "{place}: {others}; `--verbose` lists them");
        }
        text.push_str(&skipped(page));
    }
    text
}

/// Returns the remarks on a page that are listed, and a text for those that are only counted.
pub fn remarks(page: &PageReport, all: bool) -> (Vec<&Remark>, Vec<String>) {
    let is_shown = |remark: &&Remark| all || remark.kind != RemarkKind::Sampled;
    let mut shown: Vec<&Remark> = page.remarks.iter().filter(is_shown).collect();
    let sampled = page.remarks.len() - shown.len();
    let further = if all { 0 } else { shown.len().saturating_sub(LINES) };
    shown.truncate(shown.len() - further);
    let counted = [
        (sampled, "type is taken from a sample alone", "types are taken from a sample alone"),
        (further, "further place is not certain", "further places are not certain"),
    ];
    let counted = counted.into_iter().filter(|(number, ..)| *number > 0);
    (shown, counted.map(|(number, one, many)| count(number, one, many)).collect())
}

/// Returns the reason why a page went into no spec.
pub fn skipped(page: &PageReport) -> String {
    let Some(why) = &page.skipped else { return String::new() };
    let place = styled(PLACE, format!("{}:1", page.name));
    let kind = if page.unreadable { "unreadable" } else { "skipped" };
    format!("{place}: {}: {why}\n", styled(KIND, kind))
}

/// Lists the missing sentences, each with its places and with the text of the vendor.
pub fn gaps(gaps: &[Gap]) -> String {
    let mut text = String::new();
    for gap in gaps {
        let first: Vec<&str> = gap.places.iter().take(3).map(String::as_str).collect();
        let more = gap.places.len() - first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "{}: {}{more}", styled(PLACE, &gap.about), first.join(", "));
        for gloss in &gap.gloss {
            let _ = writeln!(text, "    {}", styled(QUIET, gloss));
        }
    }
    text
}

pub fn changes(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let effect = match change.effect {
            Effect::Additive => styled(GOOD, "additive"),
            Effect::Breaking => styled(BAD, "breaking"),
        };
        let _ = writeln!(text, "{effect}: {change}");
    }
    text
}

/// A table of what came of it all.
pub fn summary(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let remarks: usize = summary.remarks.values().sum();
    let rows = [
        ("pages read", summary.pages),
        ("endpoints", summary.endpoints),
        ("events", summary.events),
        ("models", summary.models),
        ("skipped", summary.skipped),
        ("unreadable", summary.unreadable),
        ("changes", outcome.changes.len()),
        ("specs that differ", outcome.files.len()),
        ("sentences to write", outcome.gaps.len()),
        ("report lines", remarks),
    ];
    let rows = rows.into_iter().map(|(name, count)| (name.to_owned(), count));
    let kinds = summary.remarks.iter().map(|(kind, count)| (format!("  {kind}"), *count));
    let mut text = String::new();
    for (name, count) in rows.chain(kinds) {
        let _ = writeln!(text, "{name:<20} {count:>6}");
    }
    text
}
