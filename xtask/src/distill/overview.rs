//! Pages that describe a resource for several operations.

use super::blocks::{Body, Document};
use super::facts::Overview;
use super::report::{RemarkKind, Report};
use super::section::Section;
use super::table::{Column, Table};
use super::{endpoint, nest, params, sample, words};

/// The resource, or why the page describes none.
pub(super) fn read(document: &Document, report: &mut Report) -> Result<Overview, String> {
    if let Some(kind) = other_kind(document) {
        return Err(kind.into());
    }
    let tables: Vec<&Table> = document.blocks.iter().filter_map(fields_table).collect();
    let Some((table, others)) = tables.split_first() else {
        return Err("it has neither an HTTP URL nor a table of fields".into());
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

fn fields_table(block: &super::blocks::Block) -> Option<&Table> {
    match &block.body {
        Body::Table(table)
            if table.has(Column::Name) && table.has(Column::Type) && !table.is_errors() =>
        {
            Some(table)
        }
        _ => None,
    }
}

/// What a page without a URL may be instead.
fn other_kind(document: &Document) -> Option<&'static str> {
    document.blocks.iter().find_map(|block| match &block.body {
        Body::Table(table) => {
            table.rows.iter().map(|row| &row.cells).chain([&table.header]).find_map(|cells| {
                let key = words::key(cells.first()?);
                ["事件类型", "eventtype", "事件key"]
                    .iter()
                    .any(|word| key.starts_with(word))
                    .then_some("it describes an event, no operation")
            })
        }
        _ => None,
    })
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
