//! Rows and columns of a table whose text has been found.

use super::report::{RemarkKind, Report};
use super::vocabulary::{self, Column};
use super::words;

#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Of the header.
    pub(super) line: usize,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

impl Table {
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<_> = self.header.iter().map(|title| column(title)).collect();
        // `参数 | 参数名称 | ...`: the first is the name on the wire, the second a label.
        let mut seen = false;
        for column in &mut columns {
            if *column == Column::Name && std::mem::replace(&mut seen, true) {
                *column = Column::Other;
            }
        }
        columns
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.columns().contains(&column)
    }

    /// A table of parameters or fields.
    pub(super) fn is_params(&self) -> bool {
        let columns = self.columns();
        let has = |column| columns.contains(&column);
        has(Column::Name)
            && !has(Column::Http)
            && (has(Column::Type)
                || has(Column::Required)
                || has(Column::Place)
                || has(Column::Text))
    }

    pub(super) fn is_errors(&self) -> bool {
        let columns = self.columns();
        let has = |column| columns.contains(&column);
        has(Column::Code) && !has(Column::Type) && !has(Column::Required)
    }
}

/// Returns the number of known words that a header has.
pub(super) fn header_score(cells: &[String]) -> usize {
    cells.iter().filter(|cell| vocabulary::whole_head(&words::key(cell)).is_some()).count()
}

/// Whether the line is the header of a table of parameters that has lost what separated its cells.
pub(super) fn is_unmarked_header(line: &str) -> bool {
    const LONGEST: usize = 80;
    if line.len() > LONGEST || line.contains(['|', '｜']) {
        return false;
    }
    let columns = glued_columns(&words::key(line)).unwrap_or_default();
    columns.len() >= 3
        && columns.first() == Some(&Column::Name)
        && columns.contains(&Column::Type)
        && columns.contains(&Column::Text)
}

fn glued_columns(key: &str) -> Option<Vec<Column>> {
    if key.is_empty() {
        return Some(Vec::new());
    }
    let ends = key.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
    ends.into_iter().find_map(|end| {
        let mut columns = vec![vocabulary::whole_head(&key[..end])?];
        columns.extend(glued_columns(&key[end..])?);
        Some(columns)
    })
}

pub(super) fn column(title: &str) -> Column {
    let key = words::key(&words::lines_of(title));
    let key = key.trim_end_matches([':', '：', '?', '？']);
    vocabulary::whole_head(key).or_else(|| vocabulary::head_by_part(key)).unwrap_or(Column::Other)
}

/// Whether the line is what separates header and rows: `|---|:--:|`.
pub(super) fn is_delimiter(line: &str) -> bool {
    let line = line.trim();
    line.contains('-')
        && line.contains(['|', '｜'])
        && line
            .chars()
            .all(|c| c.is_whitespace() || matches!(c, '|' | '｜' | '-' | ':' | '—' | '：' | '－'))
}

/// More columns than this, and it is no table.
pub(super) const MAX_COLUMNS: usize = 32;

/// More rows than any page has.
pub(super) const MAX_ROWS: usize = 4000;

pub(super) fn starts_row(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(['|', '｜']) && !matches!(line, "|" | "｜")
}

/// Whether the line ends with a pipe that is not escaped.
pub(super) fn ends_row(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with('｜') || line.ends_with('|') && !line.ends_with("\\|")
}

/// The cells of a row. Outer pipes are optional. Full-width pipes only separate cells in a table
/// that is drawn with them.
pub(super) fn split(text: &str, keep_code: bool) -> Vec<String> {
    // Wide spaces before a name are its indentation, but before the first pipe they are nothing.
    let text = if starts_row(text) { text.trim_start() } else { text };
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() && c != '\u{a0}' && c != '\u{2003}' && c != '\u{3000}'
    });
    let separator = if text.starts_with('｜') { '｜' } else { '|' };
    let text = text.strip_prefix(separator).unwrap_or(text);
    let mut cells = vec![String::new()];
    let (mut escaped, mut code) = (false, false);
    for c in text.chars() {
        let inside = keep_code && code;
        if c == separator && !escaped && !inside {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            if c == separator && escaped {
                cell.pop();
            }
            cell.push(c);
        }
        code ^= c == '`';
        escaped = c == '\\' && !escaped;
    }
    if cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells
}

pub(super) fn count_cells(text: &str) -> usize {
    split(text, false).len()
}

/// Makes the row as wide as its table, and says so where that took a guess. Some exports have a
/// nested row behind another.
pub(super) fn fit(text: &str, line: usize, columns: &[Column], report: &mut Report) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut cells = split(text, false);
    while let Some(at) = glued_row(&cells, columns.len()) {
        let mut glued = cells.split_off(at);
        // Its own spaces may be lost.
        if let (Some(indent), Some(0..=1)) = (indent(&cells[0]), indent(&glued[0]).map(str::len)) {
            glued[0] = format!("{indent}{}", glued[0].trim_start());
        }
        let message = format!(
            "the row {} has the row {} behind it; treating it as one of the same object",
            quoted(&cells),
            quoted(&glued)
        );
        report.add(RemarkKind::Row, line, message);
        rows.push(fit_cells(text, cells, line, columns, report));
        cells = glued;
    }
    rows.push(fit_cells(text, cells, line, columns, report));
    rows
}

/// Returns the text before the mark of a nested row.
fn indent(cell: &str) -> Option<&str> {
    let (indent, _) = cell.split_at(cell.find(['∟', '└'])?);
    words::bare(indent).is_empty().then_some(indent)
}

/// Returns the start of a nested row in a row that is too wide.
fn glued_row(cells: &[String], width: usize) -> Option<usize> {
    let at = cells.iter().skip(2).position(|cell| indent(cell).is_some())? + 2;
    (cells.len() > width).then_some(at)
}

fn fit_cells(
    text: &str,
    mut cells: Vec<String>,
    line: usize,
    columns: &[Column],
    report: &mut Report,
) -> Row {
    let width = columns.len().max(1);
    if cells.len() > width {
        let careful = split(text, true);
        if (2..=width).contains(&careful.len()) {
            cells = careful;
        } else {
            cells = merge(cells, columns);
        }
        report.add(
            RemarkKind::Row,
            line,
            format!("the row {} has pipes that are not escaped", quoted(&cells)),
        );
    } else if cells.len() < width {
        cells = widen(cells, columns);
        report.add(
            RemarkKind::Row,
            line,
            format!("the row {} has fewer cells than its table", quoted(&cells)),
        );
    }
    if let Some((required, text)) = lacks_answer(&cells, columns) {
        cells[required..=text].rotate_right(1);
    }
    Row { line, cells }
}

/// The columns between which the cells have moved to the left, because a row has its description in
/// the column for `required`.
fn lacks_answer(cells: &[String], columns: &[Column]) -> Option<(usize, usize)> {
    let place = |column| columns.iter().position(|found| *found == column);
    let (required, text) = (place(Column::Required)?, place(Column::Text)?);
    let empty = |at: usize| cells.get(at).is_some_and(|cell| words::bare(cell).is_empty());
    let moved = required < text
        && !empty(required)
        && empty(text)
        && cells.get(required).is_some_and(|cell| is_required(cell).is_none());
    moved.then_some((required, text))
}

fn quoted(cells: &[String]) -> String {
    let name: String =
        cells.first().map(|cell| words::bare(cell)).unwrap_or_default().chars().take(60).collect();
    format!("`{name}`")
}

/// Joins surplus cells: in the description, unless the column for `required` then has no valid
/// value.
fn merge(cells: Vec<String>, columns: &[Column]) -> Vec<String> {
    let surplus = cells.len() - columns.len();
    let place = |column| columns.iter().position(|found| *found == column);
    let text = place(Column::Text).or(place(Column::Message)).unwrap_or(columns.len() - 1);
    let required = place(Column::Required);
    let candidates =
        [Some(text), place(Column::Type), place(Column::Example), Some(columns.len() - 1)];
    let fits = |at: usize| {
        required.is_none_or(|required| {
            let moved = if required > at { required + surplus } else { required };
            required != at && cells.get(moved).is_some_and(|cell| is_required(cell).is_some())
        })
    };
    let at = candidates.into_iter().flatten().find(|at| fits(*at)).unwrap_or(text);
    let mut merged: Vec<String> = cells[..at].to_vec();
    merged.push(cells[at..=at + surplus].join("|"));
    merged.extend_from_slice(&cells[at + surplus + 1..]);
    merged
}

/// Adds empty cells: where the value of `required` shows that one is missing, or otherwise at the
/// end.
fn widen(mut cells: Vec<String>, columns: &[Column]) -> Vec<String> {
    if let Some(required) = columns.iter().position(|column| *column == Column::Required) {
        let found = cells.iter().position(|cell| is_required(cell).is_some());
        if let Some(found) = found.filter(|found| (1..required).contains(found)) {
            for _ in found..required {
                cells.insert(found, String::new());
            }
        }
    }
    cells.resize(columns.len(), String::new());
    cells
}

/// Reads a cell in the column for `required`.
pub(super) fn is_required(cell: &str) -> Option<bool> {
    vocabulary::required(&words::key(&words::lines_of(cell)))
}
