//! Pages in, specs or differences out: what `cargo xtask distill`, `drift`, `refresh` and `coverage`
//! have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::definitions::Definitions;
use super::writing::{self, Sources};
use crate::codegen::diagnostic::{Diagnostics, SHOWN, one_of};
use crate::codegen::{Error, load, rules, spec};
use crate::distill::read;
use crate::distill::read::facts::{Endpoint, Event, Page, Reading, Vendor};
use crate::distill::read::report::{Remark, RemarkKind};
use crate::distill::specs::book::{Book, EVENTS, SpecFile};
use crate::distill::specs::change::{Change, EVENT_SAMPLE, Effect, NO_PAGE, What};
use crate::distill::specs::draft::{self, Draft, Gloss, Notes};
use crate::distill::specs::fixups::{self, Fixup};
use crate::distill::specs::sentences::Gap;
use crate::distill::specs::{drift, merge, paging, route, samples, settle};

/// No page comes near it; what does is no page.
const LARGEST_PAGE: u64 = 16 << 20;

/// The pages to read, and the specs to write or compare.
#[derive(Debug)]
pub struct Task<'a> {
    /// Files, folders, or `-` for standard input.
    pub pages: &'a [PathBuf],
    /// The folder that holds those of the APIs.
    pub specs: &'a Path,
    /// The API, or else the one that each page belongs to.
    pub api: Option<&'a str>,
    pub aim: Aim,
    /// The file with sentences for all APIs.
    pub glossary: Option<&'a Path>,
    /// The file with sentences that were left to write.
    pub sentences: Option<&'a Path>,
}

/// The use that is made of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// All go into the specs of the API that is named.
    Distill,
    /// They are compared with the specs: one that has none makes none, but is a difference, and so
    /// is a spec without a page.
    Compare,
    /// Each goes into the specs of the API that it belongs to. The API that is named takes its own
    /// pages and those that belong to none; the others are passed over.
    Refresh,
}

/// The outcome of a task.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub pages: Vec<PageReport>,
    /// The specs that were there before, with their pages.
    #[serde(skip)]
    pub specs: Vec<SpecReport>,
    pub changes: Vec<Change>,
    /// The specs that differ from what is on the disk.
    pub files: Vec<Written>,
    /// Advice on departures from pages that no longer exist.
    #[serde(skip)]
    pub outlived: Vec<String>,
    /// The sentences that are left to write.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
    pub summary: Summary,
}

/// The outcome of a page.
#[derive(Debug, Default, Serialize)]
pub struct PageReport {
    pub name: String,
    /// The spec that it went into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// The reason why it went into none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// There is no text to read.
    pub unreadable: bool,
    pub remarks: Vec<Remark>,
    #[serde(skip)]
    pub glosses: Vec<Gloss>,
    /// The operation or event that it describes, as fix-ups name it.
    #[serde(skip)]
    pub subject: Option<String>,
    /// The API that it belongs to.
    #[serde(skip)]
    pub api: Option<String>,
    /// The reason why it has no spec, if that is on purpose.
    #[serde(skip)]
    pub accepted: Option<String>,
}

/// A spec of an operation or event, and its page.
#[derive(Debug)]
pub struct SpecReport {
    pub api: String,
    /// The file without its ending, relative to the folder of the API.
    pub file: String,
    /// As fix-ups name it.
    pub subject: String,
    pub page: Option<String>,
    /// The reason why it has no page, if that is known.
    pub accepted: Option<String>,
}

/// A spec file, relative to the folder of the specs.
#[derive(Debug, Serialize)]
pub struct Written {
    pub path: String,
    pub text: String,
}

/// The number of each.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub pages: usize,
    pub endpoints: usize,
    pub events: usize,
    pub models: usize,
    pub skipped: usize,
    /// Those of the skipped that are no text.
    pub unreadable: usize,
    /// The sentences that are left to write.
    pub sentences: usize,
    /// By kind.
    pub remarks: BTreeMap<&'static str, usize>,
}

/// Reads the pages and puts what they say into the specs, in memory alone.
pub fn run(task: &Task<'_>, progress: &dyn Fn(usize, usize)) -> Result<Outcome, String> {
    task.api.map_or(Ok(()), rules::check_crate_name)?;
    let paths = list(task.pages)?;
    let mut readings = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        progress(index, paths.len());
        readings.push((path.clone(), load(path)));
    }
    progress(paths.len(), paths.len());
    let mut books = Books::new(task)?;
    let mut reports = Vec::new();
    readings.retain(|(path, bytes)| {
        let what = bytes.as_ref().ok().and_then(|bytes| books.definitions.take(bytes));
        let is_page = what.is_none();
        reports.extend(what.map(|what| no_page(path.display().to_string(), what)));
        is_page
    });
    let mut pages = Vec::new();
    for (path, bytes) in readings {
        match bytes {
            Ok(bytes) => pages.push((path.display().to_string(), bytes)),
            Err(why) => reports.push(unread(path.display().to_string(), why)),
        }
    }
    let (readings, types) = read::read_all(&pages);
    for ((_, bytes), reading) in pages.iter().zip(readings) {
        reports.push(books.add(reading, bytes, &types)?);
    }
    if task.aim == Aim::Compare {
        books.compare()?;
    }
    let specs = books.specs();
    let outlived = std::mem::take(&mut books.outlived);
    let (files, changes, gaps) = books.finish(&mut reports)?;
    let summary = Summary { sentences: gaps.len(), ..summary(&reports) };
    Ok(Outcome { pages: reports, specs, changes, files, outlived, gaps, summary })
}

/// Every file below what was named, in a fixed order. Links in folders are not followed to others,
/// which may be those around them.
fn list(pages: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in pages.iter().filter(|path| path.as_os_str() != "-") {
        fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    }
    let mut pending: Vec<(PathBuf, bool)> =
        pages.iter().rev().map(|path| (path.clone(), path.is_dir())).collect();
    while let Some((path, is_folder)) = pending.pop() {
        if !is_folder {
            files.push(path);
            continue;
        }
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?.is_dir()))
        };
        let entries = fs::read_dir(&path).and_then(|entries| {
            entries.map(entry).collect::<io::Result<BTreeSet<(PathBuf, bool)>>>()
        });
        let entries = entries.map_err(|error| unreadable(&path, &error))?;
        let is_visible = |(path, _): &(PathBuf, bool)| {
            path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
        };
        pending.extend(entries.into_iter().filter(is_visible).rev());
    }
    match files.is_empty() {
        true => Err("there are no pages; name files or folders, or `-`".to_owned()),
        false => Ok(files),
    }
}

/// The bytes of a page, or why there are none.
fn load(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("it cannot be read: {error}");
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().take(LARGEST_PAGE + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let metadata = fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err("a link to a folder; name that folder to read its pages".to_owned());
        }
        if !metadata.is_file() {
            return Err("not a regular file".to_owned());
        }
        let file = fs::File::open(path).map_err(failed)?;
        file.take(LARGEST_PAGE + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > LARGEST_PAGE {
        let limit = LARGEST_PAGE >> 20;
        return Err(format!("larger than {limit} MiB, so not a page"));
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{}:1: cannot be read: {error}", path.display())
}

/// The APIs that the pages belong to.
struct Books<'a> {
    task: &'a Task<'a>,
    /// The definitions that pages are compared with.
    definitions: Definitions,
    open: BTreeMap<String, OpenBook>,
    /// The operations and events that pages have described, and the page.
    seen: BTreeMap<(String, String), String>,
    /// The fix-ups of pages of which no API has a spec.
    fixups: Vec<Fixup>,
    /// The pages without a spec, by their names.
    strangers: Vec<(String, Page)>,
    /// Its changes.
    changes: Vec<Change>,
    outlived: Vec<String>,
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
            "no specs found for `{api}`; available: {}\n\nif it is a new API, make its place first and \
             commit it:\n  cargo xtask new-api {api} --vendor VENDOR",
            one_of(known.iter().map(String::as_str))
        )
    })
}

struct OpenBook {
    book: Book,
    fixups: Vec<Fixup>,
    /// The specs that were there before.
    known: BTreeSet<String>,
    /// The specs as they were, for `refresh`.
    before: Option<Book>,
    /// The specs that pages have described, and the page.
    described: BTreeMap<String, String>,
    changes: Vec<Change>,
}

impl<'a> Books<'a> {
    fn new(task: &'a Task<'a>) -> Result<Self, String> {
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
            books.open(&name, spec::Vendor::Feishu)?;
        }
        Ok(books)
    }

    fn open(&mut self, name: &str, vendor: spec::Vendor) -> Result<&mut OpenBook, String> {
        if !self.open.contains_key(name) {
            let book =
                Book::open(self.task.specs, name, vendor).map_err(|error| explain(&error))?;
            let fixups = fixups::load(&self.task.specs.join(name))?;
            let events = book.events.keys().map(|id| format!("{EVENTS}{id}"));
            let known = book.endpoints.keys().cloned().chain(events).collect();
            let before = (self.task.aim == Aim::Refresh).then(|| book.clone());
            let (described, changes) = (BTreeMap::new(), Vec::new());
            let open = OpenBook { book, fixups, known, before, described, changes };
            self.open.insert(name.to_owned(), open);
        }
        self.open.get_mut(name).ok_or_else(|| "a book that was opened is not there".to_owned())
    }

    /// The API of a page: the one that was named, or the one that has its operation or event.
    fn api_of(&self, page: &Page) -> Option<String> {
        let named = self.task.api.map(str::to_owned);
        match self.task.aim {
            Aim::Refresh => self.owner(page).or_else(|| self.home(page)).or(named),
            _ => named.or_else(|| self.owner(page)),
        }
    }

    /// The API that has the operation or event of a page.
    fn owner(&self, page: &Page) -> Option<String> {
        let mut open = self.open.iter();
        open.find(|(_, open)| describes(&open.book, page)).map(|(name, _)| name.clone())
    }

    /// The only API with operations of the service that a page is about.
    fn home(&self, page: &Page) -> Option<String> {
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

    /// The specs that were there before, with their pages.
    fn specs(&self) -> Vec<SpecReport> {
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
    fn departures(&self, page: &Page) -> Vec<Fixup> {
        let fixups = self.open.values().flat_map(|open| &open.fixups).chain(&self.fixups);
        let departs = |fixup: &&Fixup| fixup.find.is_empty() && fixup.concerns(page);
        fixups.filter(departs).cloned().collect()
    }

    /// Takes the changes that a page makes, other than those that fix-ups explain.
    fn take(
        &mut self,
        (api, file): (&str, &str),
        page: &str,
        changes: Vec<Change>,
        departures: &[Fixup],
    ) -> Result<(), String> {
        let (mut changes, outlived) = self.accept(file, changes, departures)?;
        let Some(open) = self.open.get_mut(api) else { return Ok(()) };
        open.described.insert(file.to_owned(), page.to_owned());
        changes.extend(outlived);
        open.changes.extend(changes);
        Ok(())
    }

    /// The changes that no fix-up explains, and the fix-ups that explain none.
    fn accept(
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

    /// Compares what the pages say as a whole with the specs.
    fn compare(&mut self) -> Result<(), String> {
        for (name, page) in std::mem::take(&mut self.strangers) {
            match &page {
                Page::Endpoint(facts) => self.compare_endpoint(&name, &page, facts)?,
                Page::Event(facts) => {
                    let file = format!("{EVENTS}{}", facts.event_type);
                    let change = drift::new(file.clone(), What::Event, facts.event_type.clone());
                    self.compare_new(&page, &file, change)?;
                }
                _ => {}
            }
        }
        for open in self.open.values_mut() {
            let pages: Vec<String> = open.known.iter().map(|file| open.page_of(file)).collect();
            for fixup in open.fixups.iter().filter(|fixup| fixup.has_no_page()) {
                if !pages.contains(&fixup.page) {
                    self.outlived.push(fixups::outlived(&fixup.page, NO_PAGE));
                    self.changes.push(no_fixup(&fixup.page, NO_PAGE));
                }
            }
        }
        if self.task.pages.iter().any(|page| page.is_dir()) {
            for open in self.open.values_mut() {
                let mut gone = drift::gone(&open.book, &open.described);
                gone.retain(|change| {
                    let page = open.page_of(&change.file);
                    !open.fixups.iter().any(|fixup| fixup.page == page && fixup.accepts(change))
                });
                open.changes.extend(gone);
            }
        }
        Ok(())
    }

    fn compare_endpoint(
        &mut self,
        name: &str,
        page: &Page,
        facts: &Endpoint,
    ) -> Result<(), String> {
        let Ok(mut draft) = draft::endpoint(facts) else {
            let (explored, source) = (facts.explored.as_ref(), facts.source.as_deref());
            let names = route::names(&facts.method, &facts.path, explored, source);
            let file = format!("{}.{}", names.module, names.method);
            let change = drift::new(file.clone(), What::Operation, names.id);
            return self.compare_new(page, &file, change);
        };
        let mut departures = self.departures(page);
        let Some((api, stem)) = self.spec_of(&draft) else {
            // Another page has described it.
            if self.open.values().any(|open| describes(&open.book, page)) {
                return Ok(());
            }
            let file = format!("{}.{}", draft.names.module, draft.names.method);
            let change = drift::new(file.clone(), What::Operation, draft.names.id);
            return self.compare_new(page, &file, change);
        };
        let Some(open) = self.open.get_mut(&api) else { return Ok(()) };
        let before = open.page_of(&stem);
        let departs = |fixup: &&Fixup| fixup.find.is_empty() && fixup.page == before;
        departures.extend(open.fixups.iter().filter(departs).cloned());
        draft.notes.depart(&departures);
        let Some(spec) = open.book.endpoints.get_mut(&stem) else { return Ok(()) };
        let mut changes = drift::follow(&stem, spec, &draft.spec);
        changes.extend(merge::update(&mut open.book, &stem, &draft));
        self.take((&api, &stem), name, changes, &departures)
    }

    /// The spec that no other page describes of an operation that moved, or else of the one that the
    /// page names.
    fn spec_of(&self, draft: &Draft) -> Option<(String, String)> {
        let moved = |open: &OpenBook| drift::moved(&open.book, &open.described, draft);
        let named = |open: &OpenBook| {
            let named = open.book.find(draft.spec.method, &draft.spec.path);
            named.filter(|stem| !open.described.contains_key(stem))
        };
        let find = |stem: &dyn Fn(&OpenBook) -> Option<String>| {
            self.open.iter().find_map(|(api, open)| Some((api.clone(), stem(open)?)))
        };
        find(&moved).or_else(|| find(&named))
    }

    fn compare_new(&mut self, page: &Page, file: &str, change: Change) -> Result<(), String> {
        let departures = self.departures(page);
        let (changes, outlived) = self.accept(file, vec![change], &departures)?;
        self.changes.extend(changes.into_iter().chain(outlived));
        Ok(())
    }

    fn add(
        &mut self,
        reading: Reading,
        bytes: &[u8],
        types: &read::Types,
    ) -> Result<PageReport, String> {
        if self.task.aim == Aim::Refresh {
            self.follow(&reading.page);
        }
        let subject = subject(&reading.page);
        let api = self.api_of(&reading.page).or_else(|| self.home(&reading.page));
        let departures = self.departures(&reading.page);
        let on_purpose = departures.iter().find(|fixup| fixup.has_no_spec());
        let accepted = on_purpose.map(|fixup| fixup.why.clone());
        let report = self.add_page(reading, bytes, types)?;
        Ok(PageReport { subject, api, accepted, ..report })
    }

    fn add_page(
        &mut self,
        mut reading: Reading,
        bytes: &[u8],
        types: &read::Types,
    ) -> Result<PageReport, String> {
        let name = reading.name.clone();
        if let Page::Unreadable { why, line } = &reading.page {
            let place = if *line > 1 { format!("line {line}: ") } else { String::new() };
            return Ok(unread(name, format!("{place}{why}")));
        }
        let api = self.api_of(&reading.page);
        let is_part = matches!(reading.page, Page::Endpoint(_) | Page::Event(_));
        let open = api.as_ref().and_then(|api| self.open.get(api));
        let has_spec = open.is_some_and(|open| describes(&open.book, &reading.page));
        let compares = self.task.aim == Aim::Compare;
        let is_of_another =
            compares && open.is_some_and(|open| is_of_another(&open.book, &reading.page));
        let is_stranger = is_of_another || compares && is_part && !has_spec;
        if is_stranger {
            self.strangers.push((name.clone(), reading.page.clone()));
        }
        if self.task.aim == Aim::Refresh
            && let Some(why) = self.passed_over(api.as_deref(), &reading.page)
        {
            return Ok(skipped(reading, why));
        }
        let Some(api) = api.filter(|_| !is_stranger) else {
            let why = match &reading.page {
                Page::Endpoint(facts) if is_of_another => {
                    format!("the spec of {} {} is that of another page", facts.method, facts.path)
                }
                Page::Endpoint(facts) => {
                    format!("no spec describes {} {}", facts.method, facts.path)
                }
                Page::Event(facts) => format!("no spec describes the event {}", facts.event_type),
                Page::Nothing { why } => why.clone(),
                _ => "an overview; name its API with `--api`".to_owned(),
            };
            return Ok(skipped(reading, why));
        };
        let vendor = vendor(&reading.page);
        let open = self.open(&api, vendor)?;
        let (text, corrected) = fixed(&reading.page, &open.fixups, bytes)
            .map_err(|why| format!("{name}:{}: {why}", line_of(&reading.page)))?;
        let corrected: Vec<Fixup> = corrected.into_iter().cloned().collect();
        for fixup in corrected {
            let why = format!("{name}:{}: {}", line_of(&reading.page), fixups::corrected(&fixup));
            if !compares {
                return Err(why);
            }
            self.outlived.push(why);
            self.changes.push(no_fixup(&fixup.page, &fixup.find));
        }
        if let Some(text) = text {
            reading = read::read_with(&name, text.as_bytes(), types);
        }
        let departures = self.departures(&reading.page);
        if let Page::Endpoint(facts) = &reading.page {
            reading.remarks.extend(self.definitions.compare(facts));
        }
        let page = std::mem::replace(&mut reading.page, Page::Nothing { why: String::new() });
        let line = line_of(&page);
        let added = match page {
            Page::Endpoint(facts) => self.add_endpoint(&api, reading, &facts, &departures),
            Page::Overview(facts) => {
                let stem = Path::new(&name).file_stem().unwrap_or_default();
                let stem = stem.to_string_lossy().into_owned();
                let (types, notes) = draft::overview(&stem, &facts);
                let open = self.open(&api, vendor)?;
                let (file, changes) = merge::add_model(&mut open.book, types, &notes);
                open.changes.extend(changes);
                Ok(done(reading, file, notes))
            }
            Page::Event(facts) => self.add_event(&api, reading, &facts, &departures),
            Page::Nothing { why } | Page::Unreadable { why, .. } => Ok(skipped(reading, why)),
        };
        added.map_err(|why| format!("{name}:{line}: {why}"))
    }

    /// Moves the spec of a page whose operation has another method or path now.
    fn follow(&mut self, page: &Page) {
        let Page::Endpoint(facts) = page else { return };
        let Ok(draft) = draft::endpoint(facts) else { return };
        if self.owner(page).is_some() {
            return;
        }
        for open in self.open.values_mut() {
            if let Some(stem) = drift::at_address(&open.book, &draft)
                && let Some(spec) = open.book.endpoints.get_mut(&stem)
            {
                open.changes.extend(drift::follow(&stem, spec, &draft.spec));
                return;
            }
        }
    }

    /// Returns the reason why `refresh` leaves the page of an API out.
    fn passed_over(&self, api: Option<&str>, page: &Page) -> Option<String> {
        if matches!(page, Page::Overview(_)) {
            return Some("an overview; `distill` makes a type of it".to_owned());
        }
        if let (Some(named), Some(api)) = (self.task.api, api)
            && named != api
        {
            return Some(format!("a page of `{api}`"));
        }
        let departures = self.departures(page);
        let fixup = departures.iter().find(|fixup| fixup.has_no_spec())?;
        self.owner(page).is_none().then(|| format!("it has no spec on purpose: {}", fixup.why))
    }

    fn add_endpoint(
        &mut self,
        api: &str,
        reading: Reading,
        facts: &Endpoint,
        departures: &[Fixup],
    ) -> Result<PageReport, String> {
        let route = format!("{} {}", facts.method, route::anonymous(&facts.path));
        if let Some(first) = self.seen.get(&(api.to_owned(), route.clone())) {
            let why = format!("{first} describes {} {} as well", facts.method, facts.path);
            return Ok(skipped(reading, why));
        }
        let vendor = self.open(api, spec::Vendor::Feishu)?.book.api.vendor;
        if facts.vendor.is_some_and(|of| vendor_of(of) != vendor) {
            let why = format!("a page of another vendor than that of `{api}`");
            return Ok(skipped(reading, why));
        }
        let mut draft = match draft::endpoint(facts) {
            Ok(draft) => draft,
            Err(why) => return Ok(skipped(reading, why)),
        };
        draft.notes.depart(departures);
        self.seen.insert((api.to_owned(), route), reading.name.clone());
        if self.task.aim == Aim::Refresh {
            draft.spec.aliases = draft::aliases(&facts.title);
        }
        let add = |book: &mut Book| merge::add(book, &draft);
        let (file, changes) = self.merge(api, departures, add)?;
        // Of an operation that is there, a maintainer has decided.
        if changes.iter().any(Change::is_whole) {
            draft.notes.remarks.extend(paging(&draft, facts.line));
        }
        self.take((api, &file), &reading.name, changes, departures)?;
        Ok(done(reading, file, draft.notes))
    }

    fn add_event(
        &mut self,
        api: &str,
        reading: Reading,
        facts: &Event,
        departures: &[Fixup],
    ) -> Result<PageReport, String> {
        let aim = self.task.aim;
        let key = (api.to_owned(), facts.event_type.clone());
        if let Some(first) = self.seen.get(&key) {
            let why = format!("{first} describes the event {} as well", facts.event_type);
            return Ok(skipped(reading, why));
        }
        let open = self.open(api, spec::Vendor::Feishu)?;
        if open.book.api.vendor != spec::Vendor::Feishu {
            let why = format!("a page of another vendor than that of `{api}`");
            return Ok(skipped(reading, why));
        }
        if !facts.event_type.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            let why = format!("`{}` cannot be the ID of an event", facts.event_type);
            return Ok(skipped(reading, why));
        }
        let mut draft = draft::event(facts);
        // Only a maintainer knows the successor.
        draft.is_deprecated &= aim == Aim::Compare;
        if aim == Aim::Refresh {
            draft.spec.aliases = draft::aliases(&facts.title);
        }
        draft.notes.depart(departures);
        let add = |book: &mut Book| merge::add_event(book, &draft);
        let (file, changes) = self.merge(api, departures, add)?;
        self.take((api, &file), &reading.name, changes, departures)?;
        self.seen.insert(key, reading.name.clone());
        Ok(done(reading, file, draft.notes))
    }

    /// Merges a page into the specs of its API, and returns the spec and its changes. Another sample is
    /// no reason for `refresh` to touch a spec.
    fn merge(
        &mut self,
        api: &str,
        departures: &[Fixup],
        add: impl FnOnce(&mut Book) -> (String, Vec<Change>),
    ) -> Result<(String, Vec<Change>), String> {
        let refreshes = self.task.aim == Aim::Refresh;
        let book = &mut self.open(api, spec::Vendor::Feishu)?.book;
        if !refreshes {
            return Ok(add(book));
        }
        let mut merged = book.clone();
        let (file, changes) = add(&mut merged);
        let is_accepted = |change: &Change| departures.iter().any(|fixup| fixup.accepts(change));
        if changes.iter().any(|change| change.is_drift() && !is_accepted(change)) {
            *book = merged;
        } else if let (Some(old), Some(new)) =
            (book.endpoints.get_mut(&file), merged.endpoints.get(&file))
        {
            old.source.clone_from(&new.source);
        } else if let Some(id) = file.strip_prefix(EVENTS)
            && let (Some(old), Some(new)) = (book.events.get_mut(id), merged.events.get(id))
        {
            old.source.clone_from(&new.source);
        }
        Ok((file, changes))
    }

    /// Makes the specs pass, and says what that cost.
    fn finish(mut self, reports: &mut [PageReport]) -> Result<Finished, String> {
        let (mut files, mut changes, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
        let Task { aim, glossary, sentences, .. } = *self.task;
        for (name, open) in &mut self.open {
            if aim == Aim::Refresh && open.described.is_empty() {
                continue;
            }
            let known = &open.known;
            let settled = settle::settle(&mut open.book, |stem| !known.contains(stem));
            // Specs that are only compared need not pass.
            let left_out = match settled {
                Err(_) if aim == Aim::Compare => settle::LeftOut::new(),
                settled => settled?,
            };
            if let Some(before) = &open.before {
                let mut book = open.book.clone();
                samples::restore(before, &mut book);
                // Samples that do not fit what the pages say now give way to those of the pages.
                if settle::check(&book).is_ok() {
                    open.book = book;
                }
            }
            for (stem, reasons) in left_out {
                tell(reports, &open.book, &stem, reasons);
            }
            if aim != Aim::Compare {
                let said = said(reports, name);
                let sources = Sources { glossary, sentences, said };
                let left = writing::complete(&sources, &mut open.book)?.into_iter();
                gaps.extend(left.filter_map(|gap| match aim {
                    Aim::Refresh => Some(Gap { api: Some(name.clone()), ..gap }),
                    _ => (!gap.is_of_aliases()).then_some(gap),
                }));
            }
            let lasting = open.changes.drain(..).filter(|change| lasts(change, &open.book));
            changes.extend(lasting);
            let changed = open.book.changed_files().into_iter();
            files.extend(changed.map(|SpecFile { path, text, .. }| Written {
                path: format!("{name}/{}", path.display()),
                text,
            }));
        }
        changes.append(&mut self.changes);
        Ok((files, changes, gaps))
    }
}

/// The files that differ, the changes in them, and the sentences that are left to write.
type Finished = (Vec<Written>, Vec<Change>, Vec<Gap>);

/// The facts of each page of an API, with the spec that they went to.
fn said<'a>(reports: &'a [PageReport], api: &str) -> Vec<(&'a str, &'a Gloss)> {
    let of_page = |report: &'a PageReport| {
        let spec = report.spec.iter().map(String::as_str);
        spec.flat_map(|spec| report.glosses.iter().map(move |gloss| (spec, gloss)))
    };
    let of_api = |report: &&PageReport| report.api.as_deref() == Some(api);
    reports.iter().filter(of_api).flat_map(of_page).collect()
}

impl OpenBook {
    /// Returns the name that fix-ups use for the page of a spec.
    fn page_of(&self, file: &str) -> String {
        match self.book.endpoints.get(file) {
            Some(spec) => format!("{} {}", spec.method.as_str(), spec.path),
            None => file.strip_prefix(EVENTS).unwrap_or(file).to_owned(),
        }
    }
}

/// The operation or event of a page, as fix-ups name it.
fn subject(page: &Page) -> Option<String> {
    match page {
        Page::Endpoint(facts) => Some(format!("{} {}", facts.method, facts.path)),
        Page::Event(facts) => Some(facts.event_type.clone()),
        _ => None,
    }
}

/// Whether the specs of an API have the operation or event of a page.
fn describes(book: &Book, page: &Page) -> bool {
    match page {
        Page::Endpoint(facts) => draft::method(&facts.method)
            .is_ok_and(|method| book.find(method, &facts.path).is_some()),
        Page::Event(facts) => book.events.contains_key(&facts.event_type),
        _ => false,
    }
}

/// Whether the page of an operation says what another operation of the API is.
fn is_of_another(book: &Book, page: &Page) -> bool {
    let Page::Endpoint(facts) = page else { return false };
    draft::endpoint(facts).is_ok_and(|draft| drift::is_of_another(book, &draft))
}

/// Returns a departure from a page that no longer exists.
fn no_fixup(file: &str, departure: &str) -> Change {
    Change {
        file: file.to_owned(),
        at: "fixups".to_owned(),
        what: What::Fixup,
        from: Some(departure.to_owned()),
        to: None,
        effect: Effect::Additive,
    }
}

/// Says what was left out, at the page that brought it.
fn tell(reports: &mut [PageReport], book: &Book, stem: &str, reasons: Vec<String>) {
    let is_of_api = |report: &PageReport| report.api.as_ref() == Some(&book.name);
    let is_own = |report: &PageReport| is_of_api(report) && report.spec.as_deref() == Some(stem);
    let own = reports.iter().position(is_own);
    // Remarks that several pages share appear at the first of them.
    let is_shared = |report: &PageReport| is_of_api(report) && report.spec.is_some();
    let first = || reports.iter().position(is_shared);
    let Some(report) = own.or_else(first).and_then(|index| reports.get_mut(index)) else { return };
    let is_there = match stem.strip_prefix(EVENTS) {
        Some(id) => book.events.contains_key(id),
        None => book.endpoints.contains_key(stem) || !stem.contains('.'),
    };
    if own.is_some() && !is_there {
        report.skipped = Some(format!("no spec: {}", reasons.join("; ")));
        report.spec = None;
        return;
    }
    let place = if own.is_some() { String::new() } else { format!("{stem}.json: ") };
    report.remarks.extend(reasons.into_iter().map(|reason| Remark {
        line: 1,
        kind: RemarkKind::Conflict,
        message: format!("left out: {place}{reason}"),
    }));
}

/// Whether a change is still one after the specs were made to pass.
fn lasts(change: &Change, book: &Book) -> bool {
    match change.what {
        What::Operation | What::Event if change.to.is_none() => true,
        What::Operation => book.endpoints.contains_key(&change.file),
        What::Event => change.to.as_ref().is_some_and(|id| book.events.contains_key(id)),
        What::Sample if change.at == EVENT_SAMPLE => {
            let event = change.file.strip_prefix(EVENTS).and_then(|id| book.events.get(id));
            event.is_some_and(|event| event.example.is_some())
        }
        What::Sample if change.at.starts_with("examples/") => {
            let samples = book.endpoints.get(&change.file).map(|spec| &spec.examples);
            samples.is_some_and(|samples| match change.at.as_str() {
                "examples/request" => samples.request.is_some(),
                _ => samples.response.is_some(),
            })
        }
        What::Sample => book.field_at(&change.file, &change.at).is_none_or(|field| {
            [&field.default, &field.example]
                .into_iter()
                .flatten()
                .any(|value| Some(value.to_string()) == change.to)
        }),
        _ => true,
    }
}

/// Returns what to check about the pagination of a new operation.
fn paging(draft: &Draft, line: usize) -> Option<Remark> {
    let message = match paging::draft(&draft.spec) {
        Ok(pages) => paging::remark(&pages?),
        Err(why) => why,
    };
    Some(Remark { line, kind: RemarkKind::Guessed, message })
}

fn vendor(page: &Page) -> spec::Vendor {
    match page {
        Page::Endpoint(facts) => facts.vendor.map_or(spec::Vendor::Feishu, vendor_of),
        _ => spec::Vendor::Feishu,
    }
}

fn vendor_of(vendor: Vendor) -> spec::Vendor {
    match vendor {
        Vendor::Feishu => spec::Vendor::Feishu,
        Vendor::Dingtalk => spec::Vendor::DingTalk,
    }
}

fn line_of(page: &Page) -> usize {
    match page {
        Page::Endpoint(facts) => facts.line,
        Page::Event(facts) => facts.line,
        Page::Overview(facts) => facts.line,
        Page::Nothing { .. } | Page::Unreadable { .. } => 1,
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

/// The page without the mistakes that are known of it, and the fix-ups that find none.
fn fixed<'f>(
    page: &Page,
    fixups: &'f [Fixup],
    bytes: &[u8],
) -> Result<(Option<String>, Vec<&'f Fixup>), String> {
    let meant = fixups.iter().filter(|fixup| !fixup.find.is_empty() && fixup.concerns(page));
    let meant: Vec<&Fixup> = meant.collect();
    if meant.is_empty() {
        return Ok((None, Vec::new()));
    }
    let mut text = read::text_of(bytes)?;
    let mut outlived = Vec::new();
    for fixup in meant {
        match fixup.apply(&text) {
            Some(without) => text = without,
            None => outlived.push(fixup),
        }
    }
    Ok((Some(text), outlived))
}

fn done(reading: Reading, spec: String, notes: Notes) -> PageReport {
    let mut remarks = reading.remarks;
    remarks.extend(notes.remarks);
    remarks.sort_by_key(|remark| remark.line);
    let (name, glosses) = (reading.name, notes.glosses);
    PageReport { name, spec: Some(spec), remarks, glosses, ..PageReport::default() }
}

fn skipped(reading: Reading, why: String) -> PageReport {
    PageReport { remarks: reading.remarks, ..no_page(reading.name, why) }
}

/// Returns a page without text, so that the others can still be read.
fn unread(name: String, why: String) -> PageReport {
    PageReport { unreadable: true, ..no_page(name, why) }
}

fn no_page(name: String, why: String) -> PageReport {
    PageReport { name, skipped: Some(why), ..PageReport::default() }
}

fn summary(reports: &[PageReport]) -> Summary {
    let mut summary = Summary { pages: reports.len(), ..Summary::default() };
    for report in reports {
        summary.unreadable += usize::from(report.unreadable);
        match &report.spec {
            Some(spec) if spec.starts_with(EVENTS) => summary.events += 1,
            Some(spec) if spec.contains('.') => summary.endpoints += 1,
            Some(_) => summary.models += 1,
            None => summary.skipped += 1,
        }
        for remark in &report.remarks {
            *summary.remarks.entry(remark.kind.label()).or_default() += 1;
        }
    }
    summary
}

/// The reason why files were not written, and what is left of them.
#[derive(Debug, thiserror::Error)]
#[error("{why}; {left}")]
pub struct Unwritten {
    pub why: String,
    left: &'static str,
}

/// Writes the files, all or none: they are prepared elsewhere, and then put into their places.
pub fn write(folder: &Path, files: &[Written]) -> Result<(), Unwritten> {
    let failed = |path: &Path, error: io::Error| {
        let why = format!("{} cannot be written: {error}", path.display());
        Unwritten { why, left: "nothing was written" }
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    // What a killed process leaves in `target` is not among the specs.
    let target = folder.with_file_name("target");
    let aside = tempfile::Builder::new()
        .prefix(".distill-")
        .tempdir_in(if target.is_dir() { &target } else { folder })
        .map_err(|error| failed(folder, error))?;
    for (index, file) in files.iter().enumerate() {
        let path = aside.path().join(index.to_string());
        fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
    }
    for file in files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
    }
    for (index, file) in files.iter().enumerate() {
        let path = folder.join(&file.path);
        fs::rename(aside.path().join(index.to_string()), &path)
            .map_err(|error| Unwritten { left: "those before it were", ..failed(&path, error) })?;
    }
    Ok(())
}
