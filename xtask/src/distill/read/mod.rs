//! Reads pages: bytes become text, text becomes blocks, blocks become facts, and what is not certain
//! becomes a remark with its line. Knows neither spec files nor a terminal.
//!
//! The formats are those of Feishu's endpoint pages (Markdown, with or without elements of its own),
//! its pages of events and callbacks, DingTalk's endpoint pages (flattened to text, with or without
//! markup) and overviews of a resource. Pages are read by what their tables, headings and lists say,
//! never by their position.

mod blocks;
mod cell;
pub mod definition;
mod endpoint;
mod envelope;
mod event;
mod explorer;
pub mod facts;
mod form;
mod html;
mod infer;
mod json;
mod known;
mod listed;
mod maps;
mod markup;
mod models;
mod nest;
pub mod old_api;
mod overview;
mod params;
mod parts;
mod places;
pub mod report;
mod request;
mod sample;
mod section;
mod setters;
mod table;
mod text;
mod types;
mod unmarked;
mod vocabulary;
mod words;

pub use known::Types;

use facts::{Page, Reading};
use report::Report;

/// Reads one page. `name` is what remarks are shown with. Never fails: a page that describes nothing
/// is [`Page::Nothing`], one that is no text [`Page::Unreadable`], and both say why.
pub fn read(name: &str, bytes: &[u8]) -> Reading {
    read_with(name, bytes, &Types::default())
}

/// Reads pages together, each with its name, so that the types that one shows tell the nesting that
/// another leaves open. Returns the types as well.
pub fn read_all(pages: &[(String, Vec<u8>)]) -> (Vec<Reading>, Types) {
    let mut types = Types::default();
    let read = |(name, bytes): &(String, Vec<u8>), types: &Types| read_with(name, bytes, types);
    let mut readings: Vec<Reading> = pages.iter().map(|page| read(page, &types)).collect();
    // Those that leave some nesting to guess.
    let mut open: Vec<usize> = (0..pages.len()).collect();
    open.retain(|at| !types.learn(&readings[*at]));
    while !open.is_empty() {
        for at in &open {
            readings[*at] = read(&pages[*at], &types);
        }
        let before = open.len();
        open.retain(|at| !types.learn(&readings[*at]));
        if open.len() == before {
            break;
        }
    }
    (readings, types)
}

/// Reads one page, of whose types others may have shown the fields.
pub fn read_with(name: &str, bytes: &[u8], types: &Types) -> Reading {
    let mut report = Report::default();
    let page = match text::decode(bytes, &mut report) {
        Ok(text) => page(&text, types, &mut report),
        Err(why) => Page::Unreadable { why },
    };
    Reading { name: name.to_owned(), page, remarks: report.finish() }
}

/// The text of a page, decoded and repaired.
pub fn text_of(bytes: &[u8]) -> Result<String, String> {
    text::decode(bytes, &mut Report::default())
}

fn page(text: &str, types: &Types, report: &mut Report) -> Page {
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
    if let Some(mut endpoint) = endpoint::read(&document, types, report) {
        endpoint.explored = explorer::find(text);
        return Page::Endpoint(Box::new(endpoint));
    }
    if let Some(event) = event::shown(&document, report) {
        return Page::Event(Box::new(event));
    }
    match overview::read(&document, report) {
        Ok(overview) => Page::Overview(overview),
        Err(why) if document.is_html => Page::Nothing {
            why: format!(
                "this is HTML, and {why}; save the page as Markdown, or with what scripts show"
            ),
        },
        Err(why) => Page::Nothing { why },
    }
}
