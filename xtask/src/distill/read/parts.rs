//! The contents of the sections of a page.

use super::blocks::{self, Body, Document};
use super::facts::ErrorCode;
use super::json::Json;
use super::models::{self, Model};
use super::params::{self, Rows};
use super::report::{RemarkKind, Report};
use super::table::Table;
use super::vocabulary::{self, Column, Place, Section};
use super::{envelope, listed, sample, setters, words};

/// The contents of the sections, before they are combined.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) path: Rows,
    pub(super) query: Rows,
    pub(super) headers: Rows,
    pub(super) body: Rows,
    pub(super) response: Rows,
    pub(super) event: Rows,
    /// Tables that a heading within a section gives a title.
    pub(super) inner: Vec<Inner>,
    pub(super) models: Vec<Model>,
    pub(super) errors: Vec<ErrorCode>,
    pub(super) request_example: Option<Json>,
    /// The request with types instead of values.
    pub(super) request_outline: Option<Json>,
    pub(super) response_example: Option<Json>,
    /// With its envelope.
    pub(super) event_example: Option<Json>,
    pub(super) response_line: usize,
    pub(super) file_answer: bool,
}

pub(super) struct Inner {
    pub(super) answer: bool,
    pub(super) title: String,
    pub(super) rows: Rows,
    pub(super) line: usize,
}

/// The section that a block is in.
struct Position<'a> {
    section: Section,
    level: u8,
    /// The marked section that a heading without a mark interrupts.
    outer: Option<(Section, u8)>,
    /// The last heading below that of the section, or the last line of text before a table.
    title: &'a str,
}

impl Position<'_> {
    fn of(section: Section, level: u8) -> Self {
        Self { section, level, outer: None, title: "" }
    }
}

pub(super) fn collect(document: &Document, report: &mut Report) -> Parts {
    let mut parts = Parts::default();
    let mut position = Position::of(Section::Other, 0);
    for block in &document.blocks {
        match &block.body {
            Body::Heading(heading) if heading.section != Section::Other => {
                let outer = position.outer.or(Some((position.section, position.level)));
                position = Position::of(heading.section, heading.level);
                position.outer = outer.filter(|_| heading.level == blocks::UNMARKED);
                if heading.section == Section::Response {
                    parts.response_line = block.line;
                }
            }
            Body::Heading(heading) if heading.level <= position.level => {
                let outer = position.outer.filter(|(_, level)| *level < heading.level);
                position = match outer {
                    Some((section, level)) => {
                        Position { title: &heading.title, ..Position::of(section, level) }
                    }
                    None => Position::of(Section::Other, heading.level),
                };
            }
            Body::Heading(heading) => position.title = &heading.title,
            Body::Table(table) => parts.take_table(table, &position, report),
            Body::Code(text) => parts.take_code(text, block.line, position.section, report),
            Body::Text(text) => {
                parts.take_text(text, block.line, position.section, report);
                position.title = text.trim().lines().next_back().unwrap_or_default();
            }
        }
    }
    parts
}

impl Parts {
    fn take_table(&mut self, table: &Table, position: &Position<'_>, report: &mut Report) {
        if table.is_errors() && (position.section == Section::Errors || table.has(Column::Http)) {
            return self.errors(table, report);
        }
        if !table.is_params() {
            return miss_table(table, position.section, report);
        }
        let rows = |report: &mut Report| params::rows(table, report);
        match position.section {
            Section::Path => self.path.append(placed(rows(report), Place::Path)),
            Section::Query => self.query.append(placed(rows(report), Place::Query)),
            Section::Headers => self.headers.append(placed(rows(report), Place::Header)),
            Section::Body if self.body.rows.is_empty() => {
                self.body.append(placed(rows(report), Place::Body))
            }
            Section::Response if self.response.rows.is_empty() => {
                self.response.append(rows(report))
            }
            Section::Event | Section::EventBody if self.event.rows.is_empty() => {
                self.event.append(rows(report))
            }
            Section::Body | Section::Response | Section::Event | Section::EventBody => {
                let inner = Inner {
                    answer: position.section == Section::Response,
                    title: position.title.to_owned(),
                    rows: rows(report),
                    line: table.line,
                };
                self.inner.push(inner);
            }
            Section::Params | Section::Request => self.unplaced(rows(report)),
            Section::ResponseHeaders => {
                let names = rows(report).rows.into_iter().map(|(_, row)| row.param.name);
                let message = format!(
                    "specs do not hold headers of a response; left out: {}",
                    names.collect::<Vec<_>>().join(", ")
                );
                report.add(RemarkKind::Row, table.line, message);
            }
            Section::Errors | Section::Samples => {}
            _ if table.has(Column::Place) => self.unplaced(rows(report)),
            _ if table.has(Column::Type) => {
                let message =
                    "a table of parameters that no heading assigns to anything; it is left out";
                report.add(RemarkKind::Row, table.line, message);
            }
            _ => {}
        }
    }

    fn unplaced(&mut self, rows: Rows) {
        let Rows { rows, root } = rows;
        for (place, flat) in rows {
            let group = match place {
                Some(Place::Path) => &mut self.path,
                Some(Place::Query) => &mut self.query,
                Some(Place::Header) => &mut self.headers,
                Some(Place::Body) | None => &mut self.body,
            };
            group.rows.push((place, flat));
        }
        self.body.root = self.body.root.take().or(root);
    }

    fn take_code(&mut self, text: &str, line: usize, section: Section, report: &mut Report) {
        match section {
            Section::RequestExample | Section::Body => self.take_request(text, line, report),
            Section::ResponseExample | Section::Response => self.take_response(text, line, report),
            Section::EventExample | Section::EventBody => self.take_event(text, line, report),
            Section::Request if self.request_outline.is_none() => {
                // Only its nesting is read, so it need not be JSON.
                self.request_outline = sample::find(text, line, &mut Report::default());
            }
            Section::Samples => {
                self.file_answer |= text.contains("response.file")
                    || text.contains("resp.File")
                    || text.contains("writeFile(")
            }
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, line: usize, section: Section, report: &mut Report) {
        match section {
            Section::RequestExample => self.take_request(text, line, report),
            Section::ResponseExample => self.take_response(text, line, report),
            Section::EventExample => self.take_event(text, line, report),
            Section::Response => {
                self.file_answer |= vocabulary::contains(text, vocabulary::FILES);
            }
            Section::Types => self.models.extend(models::read(text, line, report)),
            Section::Path | Section::Query | Section::Headers | Section::Body | Section::Params => {
                self.take_list(text, line, section, report)
            }
            _ => {}
        }
    }

    /// Takes parameters that are in a text instead of a table.
    fn take_list(&mut self, text: &str, line: usize, section: Section, report: &mut Report) {
        let place = match section {
            Section::Path => Some(Place::Path),
            Section::Query => Some(Place::Query),
            Section::Headers => Some(Place::Header),
            Section::Body => Some(Place::Body),
            _ => None,
        };
        let rows = listed::rows(text, line);
        if let Some(first) = rows.first() {
            let message = "no table holds the parameters from here on; they are read from a list";
            report.add(RemarkKind::Guessed, first.param.line, message);
        } else if let Some(index) = listed::first_unread(text) {
            let message = "a text among the parameters; what it says of any is not read";
            report.add(RemarkKind::Row, line + index, message);
        }
        let rows = rows.into_iter().map(|row| (place, row)).collect();
        self.unplaced(Rows { rows, root: None });
    }

    fn take_request(&mut self, text: &str, line: usize, report: &mut Report) {
        if self.request_example.is_none() {
            self.request_example = sample::find(text, line, report);
        }
        if self.request_outline.is_none() {
            self.request_outline = setters::outline(text, line);
        }
    }

    fn take_response(&mut self, text: &str, line: usize, report: &mut Report) {
        self.file_answer |= text.contains("application/octet-stream");
        if self.response_example.is_none() {
            self.response_example = sample::find(text, line, report);
        }
    }

    fn take_event(&mut self, text: &str, line: usize, report: &mut Report) {
        let Some(first) = &self.event_example else {
            self.event_example = sample::find(text, line, report);
            return;
        };
        let Some(sample) = sample::find(text, line, &mut Report::default()) else { return };
        let other = envelope::event_type(&sample);
        if let Some(other) = other.filter(|other| envelope::event_type(first) != Some(*other)) {
            let message = format!("a page gives one event; `{other}` is left out");
            report.add(RemarkKind::Row, sample.line, message);
        }
    }

    fn errors(&mut self, table: &Table, report: &mut Report) {
        let columns = table.columns();
        let column = |wanted: &[Column]| {
            wanted.iter().find_map(|wanted| columns.iter().position(|found| found == wanted))
        };
        let http = column(&[Column::Http]);
        let code = column(&[Column::Code]);
        let message = column(&[Column::Message, Column::Text]);
        let gloss = column(&[Column::Advice, Column::Text]).filter(|gloss| Some(*gloss) != message);
        for row in &table.rows {
            let cell = |at: Option<usize>| {
                at.and_then(|at| row.cells.get(at))
                    .map(|cell| words::gloss(&words::unescape(&words::lines_of(cell))))
                    .unwrap_or_default()
            };
            let error = ErrorCode {
                http: cell(http).trim().parse().ok(),
                code: cell(code).trim_matches('`').to_owned(),
                message: cell(message),
                gloss: cell(gloss),
                line: row.line,
            };
            if error.code.is_empty() {
                report.add(RemarkKind::Row, row.line, "an error without a code; it is left out");
            } else if error.code == "0" {
                let message = "`0` is the code of success, so no error; the row is left out";
                report.add(RemarkKind::Row, row.line, message);
            } else if !words::is_identifier(&error.code) {
                report.add(
                    RemarkKind::Row,
                    row.line,
                    format!("`{}` is no error code; the row is left out", error.code),
                );
            } else if let Some(first) = self.errors.iter().find(|first| {
                first.code == error.code
                    && first.message == error.message
                    && first.http == error.http
            }) {
                report.add(
                    RemarkKind::Duplicate,
                    row.line,
                    format!("error {} is listed twice, see line {}", error.code, first.line),
                );
            } else {
                self.errors.push(error);
            }
        }
    }
}

/// Says that a table among parameters is not read, since its header names none.
fn miss_table(table: &Table, section: Section, report: &mut Report) {
    let is_of_params = matches!(
        section,
        Section::Path | Section::Query | Section::Headers | Section::Body | Section::Params
    );
    if is_of_params && !table.rows.is_empty() {
        let header: Vec<_> = table.header.iter().map(|title| words::bare(title)).collect();
        let message =
            format!("a table of `{}` is not one of parameters; it is left out", header.join(", "));
        report.add(RemarkKind::Row, table.line, message);
    }
}

/// Rows of a section, whatever their column of places says.
fn placed(rows: Rows, place: Place) -> Rows {
    Rows {
        rows: rows.rows.into_iter().map(|(own, flat)| (own.or(Some(place)), flat)).collect(),
        root: rows.root,
    }
}
