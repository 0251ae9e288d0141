//! Tables as components, and as text.

use std::mem;

use pulldown_cmark::Alignment;
use serde_json::Value;

use super::dialect;
use super::inline::{Inline, Span};
use super::parse::{Block, Row, TableBlock};
use crate::size::in_string;
use crate::{Align, Element, Table, TableColumn};

/// The most columns of a table; the platform hides the rest.
pub(super) const MAX_COLUMNS: usize = 50;

/// The most that the columns, and a row, take. A table with more in it is text.
const MAX_HEADER: usize = 10_000;
const MAX_ROW: usize = 10_000;

impl TableBlock {
    pub(super) fn columns(&self) -> usize {
        self.header.len()
    }

    /// Returns tables with the same rows and at most that many columns each.
    pub(super) fn split_by_columns(mut self, columns: usize) -> Vec<Self> {
        let mut tables = Vec::new();
        while self.columns() > columns {
            let rest = Self {
                alignments: self.alignments.split_off(columns.min(self.alignments.len())),
                header: self.header.split_off(columns),
                rows: self
                    .rows
                    .iter_mut()
                    .map(|row| row.split_off(columns.min(row.len())))
                    .collect(),
            };
            tables.push(mem::replace(&mut self, rest));
        }
        tables.push(self);
        tables
    }

    /// Returns the table as code: a line for each row.
    pub(super) fn as_code(&self) -> Block {
        let line = |row: &Row| {
            let cells: Vec<_> = row.iter().map(|cell| plain(cell)).collect();
            cells.join(" | ") + "\n"
        };
        let rule = vec!["---"; self.columns()].join(" | ") + "\n";
        let rows = self.rows.iter().map(line);
        let text = [line(&self.header), rule].into_iter().chain(rows).collect();
        Block::Code { language: None, text }
    }
}

/// Returns the components that show a table, each no larger than `limit`. `None` if it has a row
/// that is too large.
pub(super) fn components(table: &TableBlock, limit: usize) -> Option<Vec<Element>> {
    let is_text: Vec<_> = (0..table.columns()).map(|column| is_plain(table, column)).collect();
    let empty = empty(table, &is_text);
    let header = weight(&json(empty.clone()));
    if header > MAX_HEADER {
        return None;
    }
    let mut done = Vec::new();
    let mut open = empty.clone();
    let mut used = header;
    for row in &table.rows {
        let cells = cells(row, &is_text);
        let row = weight(&Value::Object(cells.clone().into_iter().collect()));
        if row > MAX_ROW {
            return None;
        }
        if used + row > limit {
            done.push(mem::replace(&mut open, empty.clone()));
            used = header;
        }
        used += row;
        open = open.row(cells);
    }
    done.push(open);
    Some(done.into_iter().map(Element::from).collect())
}

fn json(table: Table) -> Value {
    Element::from(table).into_json()
}

fn weight(json: &Value) -> usize {
    in_string(&json.to_string()) + 1
}

fn empty(table: &TableBlock, is_text: &[bool]) -> Table {
    let columns = table.header.iter().zip(is_text).enumerate().map(|(index, (title, is_text))| {
        let data_type = if *is_text { "text" } else { "markdown" };
        let column = TableColumn::new(data_type, name(index), plain(title));
        match table.alignments.get(index) {
            Some(Alignment::Right) => column.align(Align::Right),
            Some(Alignment::Center) => column.align(Align::Center),
            _ => column,
        }
    });
    Table::new(columns).page_size(10).auto_height()
}

fn cells(row: &Row, is_text: &[bool]) -> Vec<(String, Value)> {
    let cell = |(index, (cell, is_text)): (usize, (&Vec<Inline>, &bool))| {
        let text = if *is_text { plain(cell) } else { dialect::cell(cell) };
        (name(index), Value::from(text))
    };
    row.iter().zip(is_text).enumerate().map(cell).collect()
}

fn name(column: usize) -> String {
    format!("c{}", column + 1)
}

/// Returns `true` for a column of nothing but words, which are shown as they are.
fn is_plain(table: &TableBlock, column: usize) -> bool {
    let is_plain = |inline: &Inline| match inline {
        Inline::Span(span) => span.styles.is_empty() && span.link.is_none(),
        _ => false,
    };
    table.rows.iter().filter_map(|row| row.get(column)).flatten().all(is_plain)
}

/// Returns text without its looks, with the addresses of links.
fn plain(inlines: &[Inline]) -> String {
    let word = |inline: &Inline| match inline {
        Inline::Span(Span { text, link: Some(link), .. }) if **link != **text => {
            format!("{text} ({link})")
        }
        Inline::Span(span) => span.text.clone(),
        Inline::Image { key, alt } => format!("{alt} ({key})"),
        Inline::Mention(id) => format!("@{id}"),
        Inline::Break => " ".to_owned(),
    };
    inlines.iter().map(word).collect()
}
