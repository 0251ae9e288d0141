//! Pages that describe a resource for several operations.

use super::blocks::{Body, Document};
use super::facts::Overview;
use super::report::{RemarkKind, Report};
use super::table::Table;
use super::vocabulary::{self, Column, Section};
use super::{endpoint, nest, params, sample, section, words};

/// The resource, or why the page describes none.
pub(super) fn read(document: &Document, report: &mut Report) -> Result<Overview, String> {
    let tables = tables(document);
    let Some((table, others)) = tables.split_first() else {
        return Err(other_kind(document));
    };
    for other in others {
        report.add(
            RemarkKind::Row,
            other.line,
            "a second table of fields; a page gives one model, so it is left out",
        );
    }
    let example = example(document, report);
    let rows = params::rows(table, report);
    let flats = rows.rows.into_iter().map(|(_, flat)| flat).collect();
    let mut fields = nest::tree(flats, nest::Evidence::Sample(example.as_ref()), report);
    params::compare(&mut fields, example.as_ref(), report);
    if fields.is_empty() {
        return Err("its table of fields is empty".into());
    }
    Ok(Overview {
        title: endpoint::title(document),
        fields,
        example: example.as_ref().map(params::value),
        line: table.line,
    })
}

/// The tables of fields. Guides have some as well, each below the step that it belongs to.
fn tables(document: &Document) -> Vec<&Table> {
    let mut announced = true;
    let tables = document.blocks.iter().filter_map(|block| match &block.body {
        Body::Heading(heading) => {
            announced = heading.level == 1 || section::announces_fields(&heading.title);
            None
        }
        Body::Table(table) if announced && is_fields(table) => Some(table),
        _ => None,
    });
    tables.collect()
}

fn is_fields(table: &Table) -> bool {
    table.has(Column::Name) && table.has(Column::Type) && !table.is_errors()
}

/// Returns what the page may be instead.
fn other_kind(document: &Document) -> String {
    let is_type =
        |cell: &String| vocabulary::is_one_of(&words::key(cell), vocabulary::HEADS_OF_EVENTS);
    let lists_events = document.blocks.iter().any(|block| match &block.body {
        Body::Table(table) => table.header.iter().any(is_type),
        Body::Text(text) => text.contains("<md-event-list"),
        _ => false,
    });
    let has_headings = document.blocks.iter().any(|block| matches!(block.body, Body::Heading(_)));
    let kind = match (lists_events, has_headings) {
        (true, _) => "a list of events: ",
        (false, true) => "a guide: ",
        (false, false) => "",
    };
    let is_fields = |body: &Body| matches!(body, Body::Table(table) if is_fields(table));
    if document.blocks.iter().any(|block| is_fields(&block.body)) {
        return format!("{kind}its tables of fields belong to neither an HTTP URL nor an event");
    }
    format!("{kind}it has neither an HTTP URL nor a table of fields, and describes no event")
}

fn example(document: &Document, report: &mut Report) -> Option<super::json::Json> {
    let mut section = Section::Other;
    for block in &document.blocks {
        match &block.body {
            Body::Heading(heading) => section = heading.section,
            Body::Code(text) | Body::Text(text)
                if matches!(section, Section::ResponseExample | Section::Fields) =>
            {
                if let Some(sample) = sample::find(text, block.line, report) {
                    return Some(sample);
                }
            }
            _ => {}
        }
    }
    None
}
