//! `cargo xtask coverage`: the operations and events of a vendor's pages that have specs, and the specs
//! that have pages.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::cargo;
use crate::console::{self, count};
use crate::distill::command::task::{Compared, Outcome, PageReport, SpecReport};
use crate::distill::command::terminal;
use crate::distill::specs::route;

/// The pages to compare with the specs, and what to make of the outcome.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    compared: Compared,
    /// Fail if a page has no spec or a spec has no page, and `fixups.json` gives no reason
    #[arg(long)]
    check: bool,
    /// Print one JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// The specs of the published crates and the pages, each with its counterpart.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub crates: Vec<CrateCoverage>,
    pub specs: Vec<SpecCoverage>,
    pub pages: Vec<PageCoverage>,
}

/// The counts of a crate.
#[derive(Debug, Serialize)]
pub struct CrateCoverage {
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub operations: Count,
    pub events: Count,
}

/// The number of specs and pages of one kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub specs: usize,
    pub with_page: usize,
    /// Pages of which there is no spec.
    pub without_spec: usize,
}

/// A spec, and its page.
#[derive(Debug, Serialize)]
pub struct SpecCoverage {
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The file without its ending, relative to the folder of the API.
    pub spec: String,
    /// The method and path of the operation, or the type of the event.
    pub describes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The reason why it has no page, according to `fixups.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A page, and its spec.
#[derive(Debug, Serialize)]
pub struct PageCoverage {
    pub page: String,
    pub standing: Standing,
    /// The method and path of the operation, or the type of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub describes: Option<String>,
    /// The crate that it belongs to.
    #[serde(rename = "crate", skip_serializing_if = "Option::is_none")]
    pub crate_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// The reason why it has no spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The relation of a page to the specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A spec has its operation or event.
    Covered,
    /// Another page describes the same operation or event.
    Repeated,
    /// No spec has its operation or event.
    NoSpec,
    /// No spec has its operation or event, and a fix-up says why.
    Accepted,
    /// It describes neither an operation nor an event.
    Other,
    /// It cannot be read.
    Unreadable,
}

/// Prints what has a counterpart and what has none.
///
/// # Errors
///
/// Returns an error if the pages or specs cannot be read, or if something is not covered that should be.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let specs = root.join("specs");
    let outcome = terminal::read(&options.compared.task(&specs))?;
    let coverage = of(&outcome, |name| cargo::publishes(root, name));
    match options.json {
        true => console::print_json(&coverage)?,
        false => console::print(&text(&coverage))?,
    }
    if options.check { check(&coverage) } else { Ok(()) }
}

/// Finds the counterpart of each spec of a published crate, and of each page.
pub fn of(outcome: &Outcome, is_published: impl Fn(&str) -> bool) -> Coverage {
    let published: Vec<_> = outcome.specs.iter().filter(|spec| is_published(&spec.api)).collect();
    let pages = outcome.pages.iter().map(|report| page(report, &published)).collect();
    let specs = published.into_iter().map(|report| {
        let SpecReport { api, file, subject, page, accepted } = report;
        SpecCoverage {
            crate_name: api.clone(),
            spec: file.clone(),
            describes: subject.clone(),
            page: page.clone(),
            why: accepted.clone().filter(|_| page.is_none()),
        }
    });
    let mut coverage = Coverage { crates: Vec::new(), specs: specs.collect(), pages };
    let specs = coverage.specs.iter().map(|spec| &spec.crate_name);
    let pages = coverage.uncovered_pages().filter_map(|page| page.crate_name.as_ref());
    let names: BTreeSet<String> = specs.chain(pages).cloned().collect();
    coverage.crates = names.iter().map(|name| coverage.count(Some(name))).collect();
    coverage
}

fn page(report: &PageReport, specs: &[&SpecReport]) -> PageCoverage {
    let PageReport { name, skipped, unreadable, subject, api, accepted, .. } = report;
    let own = specs.iter().find(|spec| spec.page.as_ref() == Some(name));
    let is_one = |one: &str, other: &str| route::anonymous(one) == route::anonymous(other);
    let standing = match subject {
        _ if *unreadable => Standing::Unreadable,
        None => Standing::Other,
        Some(_) if own.is_some() => Standing::Covered,
        Some(subject) if specs.iter().any(|spec| is_one(&spec.subject, subject)) => {
            Standing::Repeated
        }
        Some(_) if accepted.is_some() => Standing::Accepted,
        Some(_) => Standing::NoSpec,
    };
    PageCoverage {
        page: name.clone(),
        standing,
        describes: subject.clone(),
        crate_name: own.map(|spec| spec.api.clone()).or_else(|| api.clone()),
        spec: own.map(|spec| spec.file.clone()),
        why: accepted.clone().or_else(|| skipped.clone()).filter(|_| own.is_none()),
    }
}

impl SpecCoverage {
    fn is_event(&self) -> bool {
        is_event(&self.describes)
    }
}

/// An operation has a method and a path.
fn is_event(subject: &str) -> bool {
    !subject.contains(' ')
}

impl Coverage {
    /// Counts what belongs to a crate, or to none.
    fn count(&self, crate_name: Option<&str>) -> CrateCoverage {
        let of_kind = |events: bool| {
            let is_own = |spec: &&SpecCoverage| {
                crate_name == Some(&spec.crate_name) && spec.is_event() == events
            };
            let pages = self.uncovered_pages().filter(|page| {
                page.crate_name.as_deref() == crate_name
                    && page.describes.as_deref().is_some_and(is_event) == events
            });
            let own = self.specs.iter().filter(is_own);
            Count {
                specs: own.clone().count(),
                with_page: own.filter(|spec| spec.page.is_some()).count(),
                without_spec: pages.count(),
            }
        };
        let (operations, events) = (of_kind(false), of_kind(true));
        let crate_name = crate_name.unwrap_or("no crate").to_owned();
        CrateCoverage { crate_name, operations, events }
    }

    fn uncovered_pages(&self) -> impl Iterator<Item = &PageCoverage> {
        let is_uncovered =
            |page: &&PageCoverage| matches!(page.standing, Standing::NoSpec | Standing::Accepted);
        self.pages.iter().filter(is_uncovered)
    }

    /// Returns the specs without a page of the crates that the pages are about.
    fn uncovered_specs(&self) -> impl Iterator<Item = &SpecCoverage> {
        let is_uncovered =
            |spec: &&SpecCoverage| spec.page.is_none() && self.is_concerned(&spec.crate_name);
        self.specs.iter().filter(is_uncovered)
    }

    fn is_concerned(&self, crate_name: &str) -> bool {
        let mut pages = self.pages.iter().filter(|page| page.describes.is_some());
        pages.any(|page| page.crate_name.as_deref() == Some(crate_name))
    }
}

/// Formats the counts by crate, and below them what has no counterpart, with the reasons.
pub fn text(coverage: &Coverage) -> String {
    let without_crate = coverage.uncovered_pages().any(|page| page.crate_name.is_none());
    let without_crate = without_crate.then(|| coverage.count(None));
    let mut text = table(&coverage.crates.iter().chain(&without_crate).collect::<Vec<_>>());
    let specs = coverage.uncovered_specs().map(|spec| {
        let SpecCoverage { crate_name, spec, describes, why, .. } = spec;
        let file = format!("specs/{crate_name}/{spec}.json");
        format!("{file}: {describes}: {}", why.as_deref().unwrap_or("NO REASON IS GIVEN"))
    });
    section(&mut text, "Specs without a page", specs);
    let pages = coverage.uncovered_pages().map(|page| {
        let why = page.why.as_deref().filter(|_| page.standing == Standing::Accepted);
        let describes = page.describes.as_deref().unwrap_or_default();
        format!("{}: {describes}: {}", page.page, why.unwrap_or("NO REASON IS GIVEN"))
    });
    section(&mut text, "Pages without a spec", pages);
    for (title, standing) in [
        ("Pages of what another page describes", Standing::Repeated),
        ("Pages that describe neither an operation nor an event", Standing::Other),
        ("Pages that cannot be read", Standing::Unreadable),
    ] {
        let pages = coverage.pages.iter().filter(|page| page.standing == standing);
        let why = |page: &PageCoverage| page.why.clone().unwrap_or_default();
        section(&mut text, title, pages.map(|page| format!("{}: {}", page.page, why(page))));
    }
    let idle = coverage.crates.iter().map(|it| it.crate_name.as_str());
    let idle: Vec<_> = idle.filter(|name| !coverage.is_concerned(name)).collect();
    if !idle.is_empty() {
        let _ = writeln!(text, "\nNo page is about {}", idle.join(", "));
    }
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title} ({}):\n  {}", lines.len(), lines.join("\n  "));
    }
}

fn table(crates: &[&CrateCoverage]) -> String {
    let names = crates.iter().map(|it| it.crate_name.len());
    let width = names.max().unwrap_or_default().max("crate".len());
    let mut text =
        format!("{:width$}  operations  with page  no spec  events  with page  no spec\n", "crate");
    let mut row = |name: &str, operations: &Count, events: &Count| {
        let _ = writeln!(
            text,
            "{name:width$}  {:>10}  {:>9}  {:>7}  {:>6}  {:>9}  {:>7}",
            operations.specs,
            operations.with_page,
            operations.without_spec,
            events.specs,
            events.with_page,
            events.without_spec,
        );
    };
    for CrateCoverage { crate_name, operations, events } in crates {
        row(crate_name, operations, events);
    }
    let all = |count: fn(&CrateCoverage) -> &Count| Count {
        specs: crates.iter().map(|it| count(it).specs).sum(),
        with_page: crates.iter().map(|it| count(it).with_page).sum(),
        without_spec: crates.iter().map(|it| count(it).without_spec).sum(),
    };
    row("all", &all(|it| &it.operations), &all(|it| &it.events));
    text
}

/// Fails if something has no counterpart and no fix-up says why.
fn check(coverage: &Coverage) -> Result<(), String> {
    let specs = coverage.uncovered_specs().filter(|spec| spec.why.is_none()).count();
    let with = |standing| coverage.pages.iter().filter(move |page| page.standing == standing);
    let (pages, unreadable) = (with(Standing::NoSpec).count(), with(Standing::Unreadable).count());
    let mut said = Vec::new();
    if specs > 0 {
        said.push(count(specs, "spec has no page", "specs have no page"));
    }
    if pages > 0 {
        said.push(count(pages, "page has no spec", "pages have no spec"));
    }
    let mut todo = Vec::new();
    if !said.is_empty() {
        todo.push(
            "run `cargo xtask refresh` with the pages, or give the reason in `fixups.json` as `no spec` or \
             `no page`",
        );
    }
    if unreadable > 0 {
        said.push(count(unreadable, "page cannot be read", "pages cannot be read"));
        todo.push("take what is no page out of the folder");
    }
    match said.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\n\n{}", said.join(", "), todo.join("; "))),
    }
}
