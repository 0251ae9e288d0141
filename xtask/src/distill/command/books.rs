//! The specs of the APIs that pages belong to.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::definitions::Definitions;
use super::task::{Aim, SpecReport, Task};
use crate::codegen::diagnostic::{Diagnostics, SHOWN, one_of};
use crate::codegen::{Error, load, spec};
use crate::distill::read::facts::{Page, Vendor};
use crate::distill::specs::book::{Book, EVENTS};
use crate::distill::specs::change::{Change, Effect, What};
use crate::distill::specs::fixups::{self, Fixup};
use crate::distill::specs::{draft, route};

/// The APIs that the pages belong to.
pub(super) struct Books<'a> {
    pub(super) task: &'a Task<'a>,
    /// The definitions that pages are compared with.
    pub(super) definitions: Definitions,
    pub(super) open: BTreeMap<String, OpenBook>,
    /// The operations and events that pages have described, and the page.
    pub(super) seen: BTreeMap<(String, String), String>,
    /// The fix-ups of pages of which no API has a spec.
    pub(super) fixups: Vec<Fixup>,
    /// The pages without a spec, by their names.
    pub(super) strangers: Vec<(String, Page)>,
    /// The changes that belong to no API.
    pub(super) changes: Vec<Change>,
    pub(super) outlived: Vec<String>,
}

pub(super) struct OpenBook {
    pub(super) book: Book,
    pub(super) fixups: Vec<Fixup>,
    /// The specs that were there before.
    pub(super) known: BTreeSet<String>,
    /// The specs as they were, for `refresh`.
    pub(super) before: Option<Book>,
    /// The specs that pages have described, and the page.
    pub(super) described: BTreeMap<String, String>,
    pub(super) changes: Vec<Change>,
}

impl<'a> Books<'a> {
    pub(super) fn new(task: &'a Task<'a>) -> Result<Self, String> {
        // A folder that is still to be made holds none.
        let fixups = if task.specs.is_dir() { fixups::load(task.specs)? } else { Vec::new() };
        let mut books = Self {
            task,
            definitions: Definitions::default(),
            open: BTreeMap::new(),
            seen: BTreeMap::new(),
            fixups,
            strangers: Vec::new(),
            changes: Vec::new(),
            outlived: Vec::new(),
        };
        if task.aim == Aim::Distill {
            return Ok(books);
        }
        let mut names = apis(task.specs)?;
        if let Some(api) = task.api {
            check_name(api, &names)?;
            names.retain(|name| task.aim == Aim::Refresh || name == api);
        }
        for name in names {
            books.book(&name)?;
        }
        Ok(books)
    }

    /// Returns the specs of an API, which are read the first time.
    pub(super) fn book(&mut self, name: &str) -> Result<&mut OpenBook, String> {
        match self.open.entry(name.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(OpenBook::read(self.task, name)?)),
        }
    }

    /// Returns the API of a page: the one that was named, or the one that has its operation or event.
    pub(super) fn api_of(&self, page: &Page) -> Option<String> {
        let named = self.task.api.map(str::to_owned);
        match self.task.aim {
            Aim::Refresh => self.owner(page).or_else(|| self.home(page)).or(named),
            _ => named.or_else(|| self.owner(page)),
        }
    }

    /// Returns the API that has the operation or event of a page.
    pub(super) fn owner(&self, page: &Page) -> Option<String> {
        let mut open = self.open.iter();
        open.find(|(_, open)| describes(&open.book, page)).map(|(name, _)| name.clone())
    }

    /// Returns the only API with operations of the service that a page is about.
    pub(super) fn home(&self, page: &Page) -> Option<String> {
        let (service, vendor) = match page {
            Page::Endpoint(facts) => (route::family(&facts.path), facts.vendor.map(vendor_of)),
            Page::Event(facts) => {
                let service = facts.event_type.split('.').next().unwrap_or_default();
                (service.to_owned(), Some(spec::Vendor::Feishu))
            }
            _ => return None,
        };
        let is_home = |book: &Book| {
            vendor.is_none_or(|vendor| vendor == book.api.vendor)
                && book.endpoints.values().any(|spec| route::family(&spec.path) == service)
        };
        let mut homes = self.open.iter().filter(|(_, open)| is_home(&open.book));
        match (homes.next(), homes.next()) {
            (Some((name, _)), None) => Some(name.clone()),
            _ => None,
        }
    }

    /// Returns the specs that were there before, with their pages.
    pub(super) fn specs(&self) -> Vec<SpecReport> {
        let of_api = |(api, open): (&String, &OpenBook)| -> Vec<SpecReport> {
            let spec = |file: &String| {
                let subject = open.page_of(file);
                let is_meant = |fixup: &&Fixup| fixup.page == subject && fixup.has_no_page();
                let accepted = open.fixups.iter().find(is_meant).map(|fixup| fixup.why.clone());
                let page = open.described.get(file).cloned();
                SpecReport { api: api.clone(), file: file.clone(), subject, page, accepted }
            };
            open.known.iter().map(spec).collect()
        };
        self.open.iter().flat_map(of_api).collect()
    }

    /// Returns the facts that a page leaves out or contradicts, according to fix-ups.
    pub(super) fn departures(&self, page: &Page) -> Vec<Fixup> {
        let fixups = self.open.values().flat_map(|open| &open.fixups).chain(&self.fixups);
        let departs = |fixup: &&Fixup| fixup.is_departure() && fixup.concerns(page);
        fixups.filter(departs).cloned().collect()
    }

    /// Takes the changes that a page makes, other than those that fix-ups explain.
    pub(super) fn take(
        &mut self,
        (api, file): (&str, &str),
        page: &str,
        changes: Vec<Change>,
        departures: &[Fixup],
    ) -> Result<(), String> {
        let (mut changes, outlived) = self.accept(file, changes, departures)?;
        let open = self.book(api)?;
        open.described.insert(file.to_owned(), page.to_owned());
        changes.extend(outlived);
        open.changes.extend(changes);
        Ok(())
    }

    /// Returns the changes that no fix-up explains, and the fix-ups that explain none.
    pub(super) fn accept(
        &mut self,
        file: &str,
        mut changes: Vec<Change>,
        departures: &[Fixup],
    ) -> Result<(Vec<Change>, Vec<Change>), String> {
        let compares = self.task.aim == Aim::Compare;
        let makes_spec = !compares && changes.iter().any(Change::is_whole);
        let mut outlived = Vec::new();
        for fixup in departures.iter().filter(|_| !makes_spec) {
            for departure in fixup.outlived(&changes) {
                let why = fixups::outlived(&fixup.page, departure);
                if !compares {
                    return Err(why);
                }
                self.outlived.push(why);
                outlived.push(no_fixup(file, departure));
            }
        }
        changes.retain(|change| !departures.iter().any(|fixup| fixup.accepts(change)));
        Ok((changes, outlived))
    }
}

impl OpenBook {
    fn read(task: &Task<'_>, name: &str) -> Result<Self, String> {
        let book = Book::open(task.specs, name).map_err(|error| explain(&error))?;
        let fixups = fixups::load(&task.specs.join(name))?;
        let events = book.events.keys().map(|id| format!("{EVENTS}{id}"));
        let known = book.endpoints.keys().cloned().chain(events).collect();
        let before = (task.aim == Aim::Refresh).then(|| book.clone());
        let (described, changes) = (BTreeMap::new(), Vec::new());
        Ok(Self { book, fixups, known, before, described, changes })
    }

    /// Returns the name that fix-ups use for the page of a spec.
    pub(super) fn page_of(&self, file: &str) -> String {
        match self.book.endpoints.get(file) {
            Some(spec) => format!("{} {}", spec.method.as_str(), spec.path),
            None => file.strip_prefix(EVENTS).unwrap_or(file).to_owned(),
        }
    }
}

/// Returns the names of the APIs that have specs.
fn apis(specs: &Path) -> Result<Vec<String>, String> {
    let mut faults = Diagnostics::default();
    let folders = load::folders(Path::new(""), specs, &mut faults);
    if !faults.is_empty() {
        return Err(explain(&Error::Specs(faults)));
    }
    let name = |folder: &PathBuf| Some(folder.file_name()?.to_string_lossy().into_owned());
    Ok(folders.iter().filter_map(name).collect())
}

fn check_name(api: &str, known: &[String]) -> Result<(), String> {
    let is_known = known.iter().any(|name| name == api);
    is_known.then_some(()).ok_or_else(|| {
        format!(
            "unknown API `{api}`; available: {}\n\nif it is a new API, make its place first \
             and commit it:\n  cargo xtask new-api {api} --vendor VENDOR",
            one_of(known.iter().map(String::as_str))
        )
    })
}

/// Whether the specs of an API have the operation or event of a page.
pub(super) fn describes(book: &Book, page: &Page) -> bool {
    match page {
        Page::Endpoint(facts) => draft::method(&facts.method)
            .is_ok_and(|method| book.find(method, &facts.path).is_some()),
        Page::Event(facts) => book.events.contains_key(&facts.event_type),
        _ => false,
    }
}

/// Returns a departure from a page that no longer exists.
pub(super) fn no_fixup(file: &str, departure: &str) -> Change {
    Change {
        file: file.to_owned(),
        at: "fixups".to_owned(),
        what: What::Fixup,
        from: Some(departure.to_owned()),
        to: None,
        effect: Effect::Additive,
    }
}

pub(super) fn vendor_of(vendor: Vendor) -> spec::Vendor {
    match vendor {
        Vendor::Feishu => spec::Vendor::Feishu,
        Vendor::Dingtalk => spec::Vendor::DingTalk,
    }
}

/// Returns the reason why specs cannot be read, for a terminal.
fn explain(error: &Error) -> String {
    let shown = error.shown(SHOWN);
    match error {
        Error::Specs(_) => {
            format!("{shown}\n\nthe specs have faults; run `cargo xtask codegen`")
        }
        _ => shown,
    }
}
