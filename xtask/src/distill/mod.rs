//! From a vendor's page to a spec.
//!
//! `read` turns bytes into text, text into blocks, blocks into facts, and what is not certain into
//! a remark with its line. `draft` makes a spec of the facts, `merge` puts it among those that are
//! there, `settle` leaves out what keeps them from passing, `layout` writes them; `run` has all of
//! it done. The reader knows neither spec files nor a terminal.
//!
//! The formats are those of Feishu's endpoint pages (Markdown, with or without elements of its own),
//! its pages of events and callbacks, DingTalk's endpoint pages (flattened to text, with or without
//! markup) and overviews of a resource. Pages are read by what their tables, headings and lists say,
//! never by their position.

mod blocks;
pub mod book;
mod cell;
pub mod console;
pub mod draft;
mod endpoint;
mod envelope;
mod event;
mod facts;
pub mod fixups;
mod json;
pub mod layout;
mod markup;
pub mod merge;
mod models;
mod nest;
mod overview;
mod params;
mod parts;
mod report;
mod request;
pub mod route;
pub mod run;
mod sample;
mod section;
pub mod settle;
mod shape;
mod table;
mod text;
mod types;
mod words;

pub use facts::{
    Endpoint, ErrorCode, Event, NamedValue, Overview, Page, Param, Reading, Schema, Token, Ty,
    Vendor,
};
pub use report::{Remark, RemarkKind};

use report::Report;

/// Reads one page. `name` is what remarks are shown with. Never fails: a page that describes nothing
/// is [`Page::Nothing`], one that is no text [`Page::Unreadable`], and both say why.
pub fn read(name: &str, bytes: &[u8]) -> Reading {
    let mut report = Report::default();
    let page = match text::decode(bytes, &mut report) {
        Ok(text) => page(&text, &mut report),
        Err(why) => Page::Unreadable { why, line: 1 },
    };
    Reading { name: name.to_owned(), page, remarks: report.finish() }
}

/// The text of a page, decoded and repaired.
fn text_of(bytes: &[u8]) -> Result<String, String> {
    text::decode(bytes, &mut Report::default())
}

/// Why specs cannot be read, for a terminal.
fn explain(error: &crate::codegen::Error) -> String {
    match error {
        crate::codegen::Error::Specs(faults) => {
            format!("{}\n\nthe specs have faults; run `cargo xtask codegen`", faults.render(true))
        }
        error => error.to_string(),
    }
}

fn page(text: &str, report: &mut Report) -> Page {
    let document = blocks::parse(text, report);
    if let Some(line) = document.unmarked.filter(|_| !document.has_params()) {
        let why = format!(
            "nothing separates the cells of its tables, see line {line}; save the page as Markdown"
        );
        return Page::Nothing { why };
    }
    if let Some(event) = event::named(&document, report) {
        return Page::Event(Box::new(event));
    }
    if let Some(endpoint) = endpoint::read(&document, report) {
        return Page::Endpoint(Box::new(endpoint));
    }
    if let Some(event) = event::shown(&document, report) {
        return Page::Event(Box::new(event));
    }
    match overview::read(&document, report) {
        Ok(overview) => Page::Overview(overview),
        Err(why) => Page::Nothing { why },
    }
}
