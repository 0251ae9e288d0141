//! From text to headings, tables, code and paragraphs, each with its line.

use super::html;
use super::markup::{self, Element};
use super::report::{RemarkKind, Report};
use super::section;
use super::table::{self, Row, Table};
use super::vocabulary::{self, Section};

#[derive(Debug)]
pub(super) struct Block {
    /// From 1.
    pub(super) line: usize,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Heading(Heading),
    Table(Table),
    /// The text between fences.
    Code(String),
    Text(String),
}

#[derive(Debug, Clone)]
pub(super) struct Heading {
    /// 1 to 6 as marked up, or [`UNMARKED`].
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) section: Section,
}

#[derive(Debug)]
pub(super) struct Document {
    pub(super) blocks: Vec<Block>,
    /// The line of the first table that cannot be read, since nothing separates its cells.
    pub(super) unmarked: Option<usize>,
    /// The address of the page, where its metadata gives it.
    pub(super) source: Option<String>,
    pub(super) is_html: bool,
}

/// The level of a line that is known as a heading by its words alone.
pub(super) const UNMARKED: u8 = 7;

impl Document {
    pub(super) fn has_params(&self) -> bool {
        self.blocks.iter().any(|block| matches!(&block.body, Body::Table(t) if t.is_params()))
    }
}

pub(super) fn parse(text: &str, report: &mut Report) -> Document {
    let html = html::is_page(text).then(|| html::lines(text));
    let (numbers, lines): (Vec<usize>, Vec<&str>) = match &html {
        Some(lines) => lines.iter().map(|(number, line)| (*number, line.as_str())).unzip(),
        None => unglued(text).into_iter().unzip(),
    };
    let map = Map::of(&lines);
    let mut parser = Parser { map, lines, numbers, blocks: Vec::new(), unmarked: None, report };
    let (first, source) = parser.front_matter();
    let source = source.or_else(|| parser.lines[first..].iter().find_map(|line| noted(line)));
    parser.read_from(first);
    let (blocks, unmarked) = (parser.blocks, parser.unmarked);
    Document { blocks, unmarked, source, is_html: html.is_some() }
}

/// The lines with their numbers. Some exports have a heading behind the last row of the table before
/// it, which becomes a line of its own.
fn unglued(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.split('\n').collect();
    let fenced = fenced(&lines);
    let parts = lines.iter().zip(fenced).enumerate().flat_map(|(index, (line, fenced))| {
        let glued = if fenced { None } else { glued_heading(line) };
        let (row, heading) = glued.map_or((*line, None), |at| (&line[..at], Some(&line[at..])));
        std::iter::once(row).chain(heading).map(move |part| (index + 1, part))
    });
    parts.collect()
}

/// Returns the start of a heading behind the last pipe of a row: `| a | b | ### Request body`.
fn glued_heading(line: &str) -> Option<usize> {
    let at = line.rfind('|')? + 1;
    let rest = line[at..].trim_start();
    let is_heading = rest.starts_with("##")
        && heading(rest, false).is_some_and(|heading| heading.section != Section::Other);
    (is_heading && !line[..at - 1].trim().is_empty()).then(|| line.len() - rest.len())
}

/// The address of the page in a line of metadata: `source_url: "https://..."`, or the path that
/// Feishu's own metadata has. Without what only chooses a language, a section or the Markdown.
fn address(line: &str) -> Option<String> {
    let (key, value) = line.trim().split_once(':')?;
    let value = value.trim().trim_matches(['"', '\'', '<', '>']);
    let url = match key.trim_matches(['"', ' ']) {
        "source" | "source_url" | "sourceUrl" | "url" | "link" | "original_url" | "doc_url" => {
            value.to_owned()
        }
        "fullPath" if value.starts_with('/') => format!("https://open.feishu.cn/document{value}"),
        _ => return None,
    };
    let page = url.split(['#', '?']).next().unwrap_or_default();
    let page = page.strip_suffix(".md").unwrap_or(page);
    let is_page = page.starts_with("https://") && !page.contains(char::is_whitespace);
    is_page.then(|| page.to_owned())
}

/// The address of the page in a line that notes it below the metadata, or at the end of the page.
fn noted(line: &str) -> Option<String> {
    let text = line.trim_start_matches(['>', '-', '*', ' ', '\t']);
    let rest = vocabulary::each(vocabulary::NOTES_OF_ADDRESSES).find_map(|word| {
        text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
        text.get(word.len()..)
    })?;
    let rest = rest.trim_start_matches(['*', '：', ':', ' ']);
    let url =
        rest.strip_prefix('[').and_then(|link| link.split_once("](")).map_or(rest, |link| link.1);
    let url = url.trim_start_matches('<').split([')', '>', ' ']).next()?;
    address(&format!("source: {url}")).filter(|url| url.contains("/document/"))
}

/// For each line, the first one at or after it that ends or continues a row, so that a cell of any
/// length is found in one step. The entry after the last line is the number of lines.
struct Map {
    starts_row: Vec<usize>,
    ends_row: Vec<usize>,
    heading: Vec<usize>,
    blank: Vec<usize>,
}

impl Map {
    fn of(lines: &[&str]) -> Self {
        let fenced = fenced(lines);
        let next = |is: &dyn Fn(usize) -> bool| {
            let mut next = vec![lines.len(); lines.len() + 1];
            for index in (0..lines.len()).rev() {
                next[index] = if is(index) { index } else { next[index + 1] };
            }
            next
        };
        Self {
            starts_row: next(&|index| !fenced[index] && table::starts_row(lines[index])),
            ends_row: next(&|index| {
                !table::starts_row(lines[index]) && table::ends_row(lines[index])
            }),
            heading: next(&|index| heading(lines[index], fenced[index]).is_some()),
            blank: next(&|index| lines[index].trim().is_empty()),
        }
    }
}

/// Tells for each line if it is between fences. A heading that pages of this kind have ends an
/// unclosed fence.
fn fenced(lines: &[&str]) -> Vec<bool> {
    let mut open = false;
    lines
        .iter()
        .map(|line| {
            if open && closes_section(line) {
                open = false;
            }
            let was = open;
            open ^= toggles_fence(line);
            was || open
        })
        .collect()
}

fn toggles_fence(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("```") || line.starts_with("~~~")) && !line[3..].contains("```")
}

fn closes_section(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("##") && section::of_line(line).is_some()
}

/// The heading that a line is, if it is one.
fn heading(line: &str, fenced: bool) -> Option<Heading> {
    if fenced && !closes_section(line) {
        return None;
    }
    let trimmed = line.trim();
    let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&level) && trimmed[level..].starts_with([' ', '\t', '\u{a0}']) {
        let title =
            trimmed[level..].trim_matches(|c: char| c.is_whitespace() || c == '#').to_owned();
        return Some(Heading {
            level: u8::try_from(level).unwrap_or(6),
            section: section::of_heading(&title),
            title,
        });
    }
    let section = section::of_line(trimmed)?;
    Some(Heading { level: UNMARKED, title: trimmed.to_owned(), section })
}

/// The positions of the pipes of a table.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// On both sides of a row.
    Piped,
    /// After each cell of a row.
    Closed,
    /// After each cell, which has a line of its own.
    Split,
    /// Between the cells.
    Bare,
}

impl Style {
    /// That of the line below the header.
    fn of(delimiter: &str) -> Self {
        if table::starts_row(delimiter) {
            Self::Piped
        } else if table::ends_row(delimiter) {
            Self::Closed
        } else {
            Self::Bare
        }
    }
}

struct Parser<'a, 'r> {
    lines: Vec<&'a str>,
    /// Of the lines, on the page.
    numbers: Vec<usize>,
    map: Map,
    blocks: Vec<Block>,
    unmarked: Option<usize>,
    report: &'r mut Report,
}

impl Parser<'_, '_> {
    fn read_from(&mut self, first: usize) {
        let mut index = first;
        while index < self.lines.len() {
            let line = self.lines[index];
            index = if line.trim().is_empty() || line.starts_with(":::") {
                self.push_text(index, "");
                index + 1
            } else if let Some((element, close)) = markup::opened(line) {
                self.element(index, element, &close)
            } else if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
                self.code(index)
            } else if let Some(heading) = heading(line, false) {
                self.push(index, Body::Heading(heading));
                index + 1
            } else if let Some(next) = self.read_table(index) {
                next
            } else {
                if !self.stray_row(index) {
                    self.note_unmarked(index);
                    self.push_text(index, line);
                }
                index + 1
            };
        }
    }

    fn number(&self, index: usize) -> usize {
        self.numbers.get(index).or(self.numbers.last()).copied().unwrap_or(1)
    }

    fn push(&mut self, index: usize, body: Body) {
        let line = self.number(index);
        self.blocks.push(Block { line, body });
    }

    /// Appends to the paragraph before; empty lines stay, so that lines can be counted.
    fn push_text(&mut self, index: usize, line: &str) {
        if let Some(Block { body: Body::Text(text), .. }) = self.blocks.last_mut() {
            text.push('\n');
            text.push_str(line);
        } else if !line.is_empty() {
            self.push(index, Body::Text(line.to_owned()));
        }
    }

    /// The line after the metadata that some exports put before a page, between two lines of dashes
    /// or in a comment, and the address of the page in it.
    fn front_matter(&self) -> (usize, Option<String>) {
        let close = match self.lines.first().map(|line| line.trim()) {
            Some("---") => "---",
            Some("<!--") => "-->",
            _ => return (0, None),
        };
        let metadata = self.lines.iter().take(40).skip(1);
        let Some(length) = metadata.clone().position(|line| line.trim() == close) else {
            return (0, None);
        };
        (length + 2, metadata.take(length).find_map(|line| address(line)))
    }

    fn code(&mut self, index: usize) -> usize {
        let opening = self.lines[index].trim_start();
        if let Some(end) = opening[3..].find("```") {
            self.push(index, Body::Code(opening[3..3 + end].to_owned()));
            return index + 1;
        }
        let fence = &opening[..3];
        let mut end = index + 1;
        while end < self.lines.len() && !self.lines[end].trim_start().starts_with(fence) {
            if closes_section(self.lines[end]) {
                self.report.add(
                    RemarkKind::Row,
                    self.number(index),
                    "the code that starts here is not closed",
                );
                break;
            }
            end += 1;
        }
        self.push(index + 1, Body::Code(self.lines[index + 1..end].join("\n")));
        let closed = end < self.lines.len() && self.lines[end].trim_start().starts_with(fence);
        end + usize::from(closed)
    }

    /// Reads an element, and gives the line after it.
    fn element(&mut self, index: usize, element: Element, close: &str) -> usize {
        let ends = |line: &&str| line.contains(close) || closes_section(line);
        let rest = &self.lines[index..];
        let end = rest.iter().position(ends).map_or(self.lines.len(), |at| index + at);
        let last = self.lines.get(end).and_then(|line| line.split_once(close));
        let mut text = self.lines[index..end].join("\n");
        match last {
            Some((last, _)) => text.extend(["\n", last, close]),
            None => {
                let message = "the element that starts here is not closed";
                self.report.add(RemarkKind::Row, self.number(index), message);
            }
        }
        let text = text.trim_start_matches('\n');
        match element {
            Element::Table => {
                if let Some(table) = markup::to_table(text, self.number(index), self.report) {
                    self.push(index, Body::Table(table));
                }
            }
            Element::Code => {
                self.push(index, Body::Code(markup::opening_and_content(text).1.to_owned()))
            }
        }
        match last {
            Some((_, rest)) => {
                self.push_text(end, rest);
                end + 1
            }
            None => end,
        }
    }

    fn note_unmarked(&mut self, index: usize) {
        if table::is_unmarked_header(self.lines[index]) {
            self.unmarked = self.unmarked.or(Some(self.number(index)));
            let message = "a table whose cells nothing separates; it is not read";
            self.report.add(RemarkKind::Row, self.number(index), message);
        }
    }

    /// A separate row belongs to the table before it in the same section, if it is as wide.
    /// Otherwise it is text, but must not go unnoticed.
    fn stray_row(&mut self, index: usize) -> bool {
        let line = self.lines[index];
        if !table::starts_row(line) || table::is_delimiter(line) || table::count_cells(line) < 2 {
            return false;
        }
        let number = self.number(index);
        let near = self.blocks.iter_mut().rev().take(3);
        let table = near
            .take_while(|block| !matches!(block.body, Body::Heading(_)))
            .find_map(
                |block| if let Body::Table(table) = &mut block.body { Some(table) } else { None },
            )
            .filter(|table| {
                table.header.len() == table::count_cells(line) && table.rows.len() < table::MAX_ROWS
            });
        let Some(table) = table else {
            let message = "a row without a table: no header was recognized above it";
            self.report.add(RemarkKind::Row, number, message);
            return false;
        };
        let message =
            format!("the row is apart from its table, which starts on line {}", table.line);
        self.report.add(RemarkKind::Row, number, message);
        let rows = table::fit(line, number, &table.columns(), self.report);
        table.rows.extend(rows);
        true
    }

    /// Reads the table whose header is the line, and gives the line after it.
    fn read_table(&mut self, index: usize) -> Option<usize> {
        let line = self.lines[index];
        if !line.contains(['|', '｜']) || table::is_delimiter(line) {
            return None;
        }
        if let Some(first) = self.split_header(index) {
            let header =
                self.lines[index..first - 1].iter().flat_map(|line| table::split(line, true));
            let (table, end) = self.rows(index, header.collect(), first, Style::Split);
            self.push(index, Body::Table(table));
            return Some(end);
        }
        let delimiter = self.lines.get(index + 1).copied().filter(|next| table::is_delimiter(next));
        let (prose, header_text) = match delimiter {
            // A paragraph that is glued to its table ends where the first pipe is.
            Some(delimiter) if table::starts_row(delimiter) && !table::starts_row(line) => {
                line.split_at(line.find(['|', '｜'])?)
            }
            Some(_) => ("", line),
            None if table::starts_row(line)
                && table::header_score(&table::split(line, true)) >= 2 =>
            {
                ("", line)
            }
            None => return None,
        };
        let mut header = table::split(header_text, true);
        if let Some(delimiter) = delimiter {
            header.resize(header.len().max(table::count_cells(delimiter)), String::new());
        }
        if header.len() > table::MAX_COLUMNS {
            return None;
        }
        if !prose.trim().is_empty() {
            self.push_text(index, prose);
        }
        let first = index + 1 + usize::from(delimiter.is_some());
        let style = Style::of(delimiter.unwrap_or(line));
        let (table, end) = self.rows(index, header, first, style);
        self.push(index, Body::Table(table));
        Some(end)
    }

    /// Returns the line of the first row, if each cell of the header has its own line.
    fn split_header(&self, index: usize) -> Option<usize> {
        let is_cell = |line: &&&str| {
            !table::starts_row(line) && table::ends_row(line) && table::count_cells(line) == 1
        };
        let rest = &self.lines[index..];
        let width = rest.iter().take(table::MAX_COLUMNS).take_while(is_cell).count();
        let delimiter = rest.get(width).filter(|line| table::is_delimiter(line))?;
        (width >= 2 && table::count_cells(delimiter) == width).then_some(index + width + 1)
    }

    fn rows(
        &mut self,
        index: usize,
        header: Vec<String>,
        first: usize,
        style: Style,
    ) -> (Table, usize) {
        let mut table = Table { line: self.number(index), header, rows: Vec::new() };
        let (mut at, mut full) = (first, false);
        while let Some(end) = self.row_end(at, &table, style) {
            let text = self.lines[at..end].join("\n");
            if table::is_delimiter(&text) {
                at = end;
                continue;
            }
            // Some exports have an empty header, and the real one as the first row.
            if table.header.iter().all(|cell| cell.trim().is_empty()) && table.rows.is_empty() {
                let cells = table::split(&text, true);
                if table::header_score(&cells) >= 2 {
                    table.header = cells;
                    at = end;
                    continue;
                }
            }
            if table.rows.len() == table::MAX_ROWS && !full {
                full = true;
                self.report.add(
                    RemarkKind::Row,
                    self.number(at),
                    "the table is too long; no more rows are read",
                );
            }
            if table.rows.len() < table::MAX_ROWS {
                table.rows.extend(self.fitted(&text, at, &table));
            }
            at = end;
        }
        (table, at)
    }

    fn fitted(&mut self, text: &str, index: usize, table: &Table) -> Vec<Row> {
        table::fit(text, self.number(index), &table.columns(), self.report)
    }

    /// The line after the row that starts at the line, or `None` if none does.
    fn row_end(&self, at: usize, table: &Table, style: Style) -> Option<usize> {
        let line = *self.lines.get(at)?;
        let width = table.header.len();
        match style {
            Style::Piped => self.piped_row_end(at, line, width),
            Style::Closed => self.closed_row_end(at, line, width),
            Style::Split => self.split_row_end(at, width),
            Style::Bare => self.bare_row_end(at, line, width),
        }
    }

    /// Every line that ends with a pipe ends a row, also one that lacks cells.
    fn closed_row_end(&self, at: usize, line: &str, width: usize) -> Option<usize> {
        if table::count_cells(line) < 2 || self.begins_table(at) {
            return None;
        }
        if table::ends_row(line) {
            return Some(at + 1);
        }
        let close = self.map.ends_row[at + 1];
        let limit = self.map.heading[at + 1].min(self.map.blank[at + 1]);
        if table::count_cells(line) < width && close < limit {
            Some(close + 1)
        } else {
            self.bare_row_end(at, line, width)
        }
    }

    /// A row has as many lines that end with a pipe as it has cells.
    fn split_row_end(&self, at: usize, width: usize) -> Option<usize> {
        if self.split_header(at).is_some() {
            return None;
        }
        let limit = self.map.heading[at].min(self.map.blank[at]);
        let mut cells = 0;
        for (index, line) in self.lines.iter().enumerate().take(limit).skip(at) {
            if table::ends_row(line) {
                cells += table::count_cells(line);
            }
            if cells >= width {
                return Some(index + 1);
            }
        }
        (cells > 0).then_some(limit)
    }

    /// A row with outer pipes ends with a pipe, however many lines later, but before a heading and
    /// before the next row.
    fn piped_row_end(&self, at: usize, line: &str, width: usize) -> Option<usize> {
        if !table::starts_row(line) || self.begins_table(at) {
            return None;
        }
        let whole = table::ends_row(line);
        if whole && table::count_cells(line) >= width {
            return Some(at + 1);
        }
        let close = self.map.ends_row[at + 1];
        let limit = self.map.starts_row[at + 1].min(self.map.heading[at + 1]);
        if close < limit {
            let joined = || table::count_cells(&self.lines[at..=close].join("\n"));
            return Some(if whole && joined() != width { at + 1 } else { close + 1 });
        }
        if whole {
            return Some(at + 1);
        }
        let blank = self.map.blank[at + 1];
        let next_is_row = self.map.starts_row[at + 1] == limit
            && limit < self.lines.len()
            && !self.begins_table(limit);
        Some(if next_is_row { limit } else { blank.min(limit) })
    }

    /// A row without outer pipes has one pipe less than columns; lines with fewer continue it, and
    /// so do paragraphs that another row follows.
    fn bare_row_end(&self, at: usize, line: &str, width: usize) -> Option<usize> {
        let is_row =
            |line: &str| !line.trim().is_empty() && table::count_cells(line) >= width.max(2);
        if !is_row(line) || self.begins_table(at) {
            return None;
        }
        let limit = self.map.heading[at + 1];
        let next = (at + 1..limit).find(|next| is_row(self.lines[*next]));
        match next {
            Some(next) if self.begins_table(next) => Some(self.map.blank[at + 1].min(next)),
            Some(next) => Some(next),
            None => Some(self.map.blank[at + 1].min(limit)),
        }
    }

    /// Whether another table's header is here.
    fn begins_table(&self, at: usize) -> bool {
        !table::is_delimiter(self.lines[at])
            && (self.lines.get(at + 1).is_some_and(|next| table::is_delimiter(next))
                || table::header_score(&table::split(self.lines[at], true)) >= 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_is_its_own() {
        let page = "https://open.feishu.cn/document/server-docs/tug-v1/job/create";
        for text in [
            "---\nsource: \"https://open.feishu.cn/document/server-docs/tug-v1/job/create\"\n---\n",
            "---\ntitle: a\nsource_url: https://open.feishu.cn/document/server-docs/tug-v1/job/create\n---",
            "<!--\nurl: https://open.feishu.cn/document/server-docs/tug-v1/job/create.md?lang=zh-CN#a\n-->",
            "---\nfullPath: \"/server-docs/tug-v1/job/create\"\n---\n# A",
            "# A\n\n> 原文：[A](https://open.feishu.cn/document/server-docs/tug-v1/job/create.md)",
            "# A\n\nsource_url: https://open.feishu.cn/document/server-docs/tug-v1/job/create\n",
            "# A\n\nSource URL: https://open.feishu.cn/document/server-docs/tug-v1/job/create\n",
            "<html><head><link href='https://open.feishu.cn/document/server-docs/tug-v1/job/create#a' rel='canonical'>",
        ] {
            let source = parse(text, &mut Report::default()).source;
            assert_eq!(source.as_deref(), Some(page), "{text}");
        }
        for text in ["# A\nsource: https://a.example/b", "---\nurl: ftp://a\n---", "---\nurl:\n---"]
        {
            assert_eq!(parse(text, &mut Report::default()).source, None, "{text}");
        }
    }
}
