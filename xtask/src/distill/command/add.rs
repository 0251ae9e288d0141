//! A page goes into the specs of its API.

use std::path::Path;

use super::books::{Books, describes, no_fixup, vendor_of};
use super::task::{Aim, PageReport, done, skipped, unread};
use crate::codegen::spec;
use crate::distill::read;
use crate::distill::read::facts::{Endpoint, Event, Page, Reading};
use crate::distill::read::report::{Remark, RemarkKind};
use crate::distill::specs::book::Book;
use crate::distill::specs::change::Change;
use crate::distill::specs::draft::{self, Draft};
use crate::distill::specs::fixups::{self, Fixup, Kind, Replacement};
use crate::distill::specs::{drift, merge, paging, route};

impl Books<'_> {
    /// Adds what a page says to the specs of the API that it belongs to.
    pub(super) fn add(
        &mut self,
        reading: Reading,
        bytes: &[u8],
        types: &read::Types,
    ) -> Result<PageReport, String> {
        if self.task.aim == Aim::Refresh {
            self.follow(&reading.page);
        }
        let subject = subject(&reading.page);
        let own = self.api_of(&reading.page);
        let api = own.clone().or_else(|| self.home(&reading.page));
        let departures = self.departures(&reading.page);
        let on_purpose = departures.iter().find(|fixup| fixup.has_no_spec());
        let accepted = on_purpose.map(|fixup| fixup.why.clone());
        let report = match &reading.page {
            Page::Unreadable { why } => unread(reading.name, why.clone()),
            _ => match self.destination(own, accepted.as_deref(), &reading) {
                Ok(api) => self.add_to(&api, reading, bytes, types)?,
                Err(why) => skipped(reading, why),
            },
        };
        Ok(PageReport { subject, api, accepted, ..report })
    }

    /// Returns the API whose specs a page goes into, or the reason why it goes into none.
    fn destination(
        &mut self,
        api: Option<String>,
        accepted: Option<&str>,
        reading: &Reading,
    ) -> Result<String, String> {
        let page = &reading.page;
        let is_part = matches!(page, Page::Endpoint(_) | Page::Event(_));
        let open = api.as_ref().and_then(|api| self.open.get(api));
        let has_spec = open.is_some_and(|open| describes(&open.book, page));
        let compares = self.task.aim == Aim::Compare;
        let is_of_another = compares && open.is_some_and(|open| is_of_another(&open.book, page));
        let is_stranger = is_of_another || compares && is_part && !has_spec;
        if is_stranger {
            self.strangers.push((reading.name.clone(), page.clone()));
        }
        if self.task.aim == Aim::Refresh
            && let Some(why) = self.passed_over(api.as_deref(), accepted, page)
        {
            return Err(why);
        }
        api.filter(|_| !is_stranger).ok_or_else(|| match page {
            Page::Endpoint(facts) if is_of_another => {
                format!("the spec of {} {} is that of another page", facts.method, facts.path)
            }
            Page::Endpoint(facts) => format!("no spec describes {} {}", facts.method, facts.path),
            Page::Event(facts) => format!("no spec describes the event {}", facts.event_type),
            Page::Nothing { why } => why.clone(),
            _ => "an overview; name its API with `--api`".to_owned(),
        })
    }

    fn add_to(
        &mut self,
        api: &str,
        mut reading: Reading,
        bytes: &[u8],
        types: &read::Types,
    ) -> Result<PageReport, String> {
        let name = reading.name.clone();
        let open = self.book(api)?;
        if open.book.is_empty() {
            open.book.api.vendor = vendor(&reading.page);
        }
        let (text, corrected) = fixed(&reading.page, &open.fixups, bytes)
            .map_err(|why| format!("{name}:{}: {why}", line_of(&reading.page)))?;
        for (page, wrong) in corrected {
            let why = fixups::corrected(&page, &wrong);
            let why = format!("{name}:{}: {why}", line_of(&reading.page));
            if self.task.aim != Aim::Compare {
                return Err(why);
            }
            self.outlived.push(why);
            self.changes.push(no_fixup(&page, &wrong.find));
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
            Page::Endpoint(facts) => self.add_endpoint(api, reading, &facts, &departures),
            Page::Overview(facts) => {
                let stem = Path::new(&name).file_stem().unwrap_or_default();
                let stem = stem.to_string_lossy().into_owned();
                let (types, notes) = draft::overview(&stem, &facts);
                let open = self.book(api)?;
                let (file, changes) = merge::add_model(&mut open.book, types, &notes);
                open.changes.extend(changes);
                Ok(done(reading, file, notes))
            }
            Page::Event(facts) => self.add_event(api, reading, &facts, &departures),
            Page::Nothing { why } | Page::Unreadable { why } => Ok(skipped(reading, why)),
        };
        added.map_err(|why| format!("{name}:{line}: {why}"))
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
        let vendor = self.book(api)?.book.api.vendor;
        if facts.vendor.is_some_and(|of| vendor_of(of) != vendor) {
            let why = format!("a page of another vendor than that of `{api}`");
            return Ok(skipped(reading, why));
        }
        let mut draft = match draft::endpoint(facts) {
            Ok(draft) => draft,
            Err(why) if self.task.aim == Aim::Refresh => {
                return Err(format!("{why}; correct the page, or leave it out"));
            }
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
        let open = self.book(api)?;
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
}

/// Returns the operation or event of a page, as fix-ups name it.
fn subject(page: &Page) -> Option<String> {
    match page {
        Page::Endpoint(facts) => Some(format!("{} {}", facts.method, facts.path)),
        Page::Event(facts) => Some(facts.event_type.clone()),
        _ => None,
    }
}

/// A fix-up that has nothing to replace any more, with the page that it names.
type Corrected = (String, Replacement);

/// Returns the page without the mistakes that are known of it, and the fix-ups that find none.
fn fixed(
    page: &Page,
    fixups: &[Fixup],
    bytes: &[u8],
) -> Result<(Option<String>, Vec<Corrected>), String> {
    let (mut text, mut outlived) = (None, Vec::new());
    for fixup in fixups.iter().filter(|fixup| fixup.concerns(page)) {
        let Kind::Replace(wrong) = &fixup.kind else { continue };
        let before = text.map_or_else(|| read::text_of(bytes), Ok)?;
        let without = wrong.apply(&before);
        if without.is_none() {
            outlived.push((fixup.page.clone(), wrong.clone()));
        }
        text = Some(without.unwrap_or(before));
    }
    Ok((text, outlived))
}

/// Whether the page of an operation says what another operation of the API is.
fn is_of_another(book: &Book, page: &Page) -> bool {
    let Page::Endpoint(facts) = page else { return false };
    draft::endpoint(facts).is_ok_and(|draft| drift::is_of_another(book, &draft))
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

fn line_of(page: &Page) -> usize {
    match page {
        Page::Endpoint(facts) => facts.line,
        Page::Event(facts) => facts.line,
        Page::Overview(facts) => facts.line,
        Page::Nothing { .. } | Page::Unreadable { .. } => 1,
    }
}
