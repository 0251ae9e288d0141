//! Tables and samples that Feishu's pages have as elements of their own, such as `<md-dt-table>`
//! and `<md-code-json>`, and plain `<table>`.

use super::nest::MAX_DEPTH;
use super::report::{RemarkKind, Report};
use super::table::{MAX_COLUMNS, MAX_ROWS, Row, Table};
use super::words;

/// An element that fills whole lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Element {
    Table,
    Code,
}

/// The elements, each by the name of its tag.
const ELEMENTS: &[(&str, Element)] = &[
    ("md-dt-table", Element::Table),
    ("md-table", Element::Table),
    ("table", Element::Table),
    ("md-code-json", Element::Code),
];

/// The element that a line opens, and the tag that closes it.
pub(super) fn opened(line: &str) -> Option<(Element, String)> {
    let inside = line.trim_start().strip_prefix('<')?;
    let name = inside.split(|c: char| c.is_whitespace() || c == '>').next()?;
    let (_, element) = ELEMENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some((*element, format!("</{name}>")))
}

/// The opening tag of an element, and what is between that and the closing one.
pub(super) fn opening_and_content(element: &str) -> (&str, &str) {
    let (opening, rest) = element.split_at(element.find('>').map_or(0, |at| at + 1));
    (opening, rest.rfind("</").map_or(rest, |end| &rest[..end]))
}

/// The rows and cells between the tags of a table, whose first row is the header. `line` is that of
/// the opening tag.
pub(super) fn to_table(element: &str, line: usize, report: &mut Report) -> Option<Table> {
    let mut reader = Reader { rows: Vec::new(), row: None, cell: None, report };
    let (opening, mut rest) = opening_and_content(element);
    let mut line = line + opening.matches('\n').count();
    while !rest.is_empty() {
        let text = rest.find('<').map_or(rest, |at| &rest[..at]);
        reader.text(text, line);
        line += text.matches('\n').count();
        rest = &rest[text.len()..];
        let Some((tag, length)) = tag(rest) else {
            // A `<` that opens no tag.
            let length = rest.chars().next().map_or(0, char::len_utf8);
            reader.text(&rest[..length], line);
            rest = &rest[length..];
            continue;
        };
        match tag {
            Tag::Row { level } => reader.open_row(line, level),
            Tag::RowEnd => reader.close_row(),
            Tag::Cell => reader.open_cell(line),
            Tag::CellEnd => reader.close_cell(),
            Tag::Frame => {}
            Tag::Inline => reader.text(&rest[..length], line),
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    reader.close_row();
    reader.finish()
}

enum Tag {
    /// How deep the field of the row lies.
    Row {
        level: usize,
    },
    RowEnd,
    Cell,
    CellEnd,
    /// The table itself, or its head or body.
    Frame,
    /// Part of the text of a cell.
    Inline,
}

/// The tag at the start of the text, and its length.
fn tag(text: &str) -> Option<(Tag, usize)> {
    const LONGEST: usize = 400;
    text.strip_prefix('<')?.strip_prefix(|c: char| c.is_ascii_alphabetic() || c == '/')?;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b'>')?;
    let inside = text.get(1..end)?;
    let (closes, inside) =
        inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let name = inside.split(|c: char| c.is_whitespace() || c == '/').next()?.to_ascii_lowercase();
    let name = name.strip_prefix("md-dt-").or(name.strip_prefix("md-")).unwrap_or(&name);
    let tag = match (name, closes) {
        ("tr", false) => {
            let level = words::attribute(inside, "level").and_then(|level| level.parse().ok());
            Tag::Row { level: level.unwrap_or(0).min(MAX_DEPTH) }
        }
        ("tr", true) => Tag::RowEnd,
        ("td" | "th", false) => Tag::Cell,
        ("td" | "th", true) => Tag::CellEnd,
        ("table" | "thead" | "tbody", _) => Tag::Frame,
        _ => Tag::Inline,
    };
    Some((tag, end + 1))
}

struct Reader<'r> {
    rows: Vec<Row>,
    row: Option<(Row, usize)>,
    cell: Option<String>,
    report: &'r mut Report,
}

impl Reader<'_> {
    fn text(&mut self, text: &str, line: usize) {
        match &mut self.cell {
            Some(cell) => cell.push_str(text),
            None if text.trim().is_empty() => {}
            None => self.report.add(
                RemarkKind::Row,
                line,
                format!(
                    "text outside the cells of a table; it is left out: `{}`",
                    words::gloss(text).chars().take(60).collect::<String>()
                ),
            ),
        }
    }

    fn open_row(&mut self, line: usize, level: usize) {
        self.close_row();
        self.row = Some((Row { line, cells: Vec::new() }, level));
    }

    fn open_cell(&mut self, line: usize) {
        self.close_cell();
        // Some rows lack their opening tag.
        self.row.get_or_insert((Row { line, cells: Vec::new() }, 0));
        self.cell = Some(String::new());
    }

    fn close_cell(&mut self) {
        if let (Some(cell), Some((row, level))) = (self.cell.take(), &mut self.row) {
            let indent = if row.cells.is_empty() { *level } else { 0 };
            row.cells.push(format!("{}{}", "\u{2003}".repeat(indent), cell.trim()));
        }
    }

    fn close_row(&mut self) {
        self.close_cell();
        if let Some((row, _)) = self.row.take().filter(|(row, _)| !row.cells.is_empty()) {
            self.rows.push(row);
        }
    }

    fn finish(self) -> Option<Table> {
        let mut rows = self.rows.into_iter();
        let Row { line, cells: header } =
            rows.next().filter(|row| row.cells.len() <= MAX_COLUMNS)?;
        let mut rows: Vec<Row> = rows.collect();
        if let Some(row) = rows.get(MAX_ROWS) {
            let message = "the table is too long; no more rows are read";
            self.report.add(RemarkKind::Row, row.line, message);
        }
        rows.truncate(MAX_ROWS);
        for row in rows.iter_mut().filter(|row| row.cells.len() != header.len()) {
            let name = row.cells.first().map(|cell| words::bare(cell)).unwrap_or_default();
            let other = if row.cells.len() < header.len() { "fewer" } else { "more" };
            let message = format!("the row `{name}` has {other} cells than its table");
            self.report.add(RemarkKind::Row, row.line, message);
            row.cells.resize(header.len(), String::new());
        }
        Some(Table { line, header, rows })
    }
}
