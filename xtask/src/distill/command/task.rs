//! The pages to read, the use that is made of them, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::distill::read::facts::Reading;
use crate::distill::read::report::Remark;
use crate::distill::specs::change::Change;
use crate::distill::specs::draft::{Gloss, Notes};
use crate::distill::specs::sentences::Gap;

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

/// The pages that are compared with the specs, as `drift` and `coverage` are told.
#[derive(Args)]
pub struct Compared {
    /// Files or folders of pages, or `-` for standard input
    #[arg(required = true)]
    pages: Vec<PathBuf>,
    /// The API that the pages describe; found for each page if omitted
    #[arg(long, value_name = "NAME")]
    api: Option<String>,
}

impl Compared {
    pub fn task<'a>(&'a self, specs: &'a Path) -> Task<'a> {
        Task {
            pages: &self.pages,
            specs,
            api: self.api.as_deref(),
            aim: Aim::Compare,
            glossary: None,
            sentences: None,
        }
    }
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
    /// It cannot be read.
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
    /// Those of the skipped that cannot be read.
    pub unreadable: usize,
    /// The sentences that are left to write.
    pub sentences: usize,
    /// By kind.
    pub remarks: BTreeMap<&'static str, usize>,
}

pub(super) fn done(reading: Reading, spec: String, notes: Notes) -> PageReport {
    let mut remarks = reading.remarks;
    remarks.extend(notes.remarks);
    remarks.sort_by_key(|remark| remark.line);
    let (name, glosses) = (reading.name, notes.glosses);
    PageReport { name, spec: Some(spec), remarks, glosses, ..PageReport::default() }
}

pub(super) fn skipped(reading: Reading, why: String) -> PageReport {
    PageReport { remarks: reading.remarks, ..no_page(reading.name, why) }
}

/// Returns a page that cannot be read, so that the others can still be read.
pub(super) fn unread(name: String, why: String) -> PageReport {
    PageReport { unreadable: true, ..no_page(name, why) }
}

pub(super) fn no_page(name: String, why: String) -> PageReport {
    PageReport { name, skipped: Some(why), ..PageReport::default() }
}
