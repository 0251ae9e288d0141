//! Specs that pass, the changes that are left in them, and what that cost.

use super::books::Books;
use super::task::{Aim, PageReport, Task, Written};
use super::writing::{self, Sources};
use crate::distill::read::report::{Remark, RemarkKind};
use crate::distill::specs::book::{Book, EVENTS, SpecFile};
use crate::distill::specs::change::{Change, EVENT_SAMPLE, What};
use crate::distill::specs::draft::Gloss;
use crate::distill::specs::sentences::Gap;
use crate::distill::specs::{samples, settle};

impl Books<'_> {
    /// Makes the specs pass, and says what that cost.
    pub(super) fn finish(mut self, reports: &mut [PageReport]) -> Result<Finished, String> {
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
pub(super) type Finished = (Vec<Written>, Vec<Change>, Vec<Gap>);

/// Returns the facts of each page of an API, with the spec that they went to.
fn said<'a>(reports: &'a [PageReport], api: &str) -> Vec<(&'a str, &'a Gloss)> {
    let of_page = |report: &'a PageReport| {
        let spec = report.spec.iter().map(String::as_str);
        spec.flat_map(|spec| report.glosses.iter().map(move |gloss| (spec, gloss)))
    };
    let of_api = |report: &&PageReport| report.api.as_deref() == Some(api);
    reports.iter().filter(of_api).flat_map(of_page).collect()
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
