//! Reads a vendor's page: bytes become text, text becomes blocks, blocks become facts, and what is
//! not certain becomes a remark with its line. Knows neither spec files nor a terminal.
//!
//! The formats are those of Feishu's endpoint pages (Markdown), DingTalk's (flattened to text, with
//! or without markup) and overviews of a resource. Pages are read by what their tables, headings
//! and lists say, never by their position.

mod blocks;
mod cell;
mod endpoint;
mod envelope;
mod facts;
mod json;
mod models;
mod nest;
mod overview;
mod params;
mod parts;
mod report;
mod request;
mod sample;
mod section;
mod shape;
mod table;
mod text;
mod types;
mod words;

pub use facts::{
    Endpoint, ErrorCode, NamedValue, Overview, Page, Param, Reading, Token, Ty, Vendor,
};
pub use report::{Remark, RemarkKind};

use report::Report;

/// Reads one page. `name` is what remarks are shown with. Never fails: a page that cannot be read is
/// [`Page::Nothing`], and says why.
pub fn read(name: &str, bytes: &[u8]) -> Reading {
    let mut report = Report::default();
    let page = match text::decode(bytes, &mut report) {
        Ok(text) => page(&text, &mut report),
        Err(why) => Page::Unreadable { why, line: 1 },
    };
    Reading { name: name.to_owned(), page, remarks: report.finish() }
}

fn page(text: &str, report: &mut Report) -> Page {
    let document = blocks::parse(text, report);
    if let Some(endpoint) = endpoint::read(&document, report) {
        return Page::Endpoint(Box::new(endpoint));
    }
    match overview::read(&document, report) {
        Ok(overview) => Page::Overview(overview),
        Err(why) => Page::Nothing { why },
    }
}
