//! Blocks to cards.

use std::mem;

use super::inline::{Inline, split};
use super::parse::{Block, Kind, Place, TableBlock};
use super::table::{MAX_COLUMNS, components};
use super::{Converted, Markdown, Note, NoteKind, ROOM, dialect};
use crate::size::{MAX_ELEMENTS, in_string, in_two_strings};
use crate::{Card, Divider, Element, Header, MarkdownText};

/// The most that one component with text takes. Clients were seen to cut longer ones.
const MAX_TEXT: usize = 9_000;

/// The most that a marker, quotes and a line break before a text take.
const PLACE: usize = 64;

/// The most that the lines between two texts of a component take.
const SEPARATOR: usize = 20;

/// The most components of a card, with room for the title's.
const MAX_PIECES: usize = MAX_ELEMENTS - 20;

const MAX_TABLES: usize = 5;

/// The heaviest heading that is kept together with what follows.
const MAX_HEADING: usize = 1_000;

/// The most that a table takes, with such a heading before it.
const MAX_TABLE: usize = ROOM - MAX_HEADING - 4 * PLACE;

pub(super) fn cards(
    markdown: &Markdown,
    blocks: Vec<Block>,
    mut notes: Vec<Note>,
) -> Converted<Card> {
    let mut packer = Packer::default();
    for block in blocks {
        packer.block(block, &mut notes);
    }
    markdown.titled(packer.finish(), notes, |title, elements| {
        let card = Card::builder().elements(elements);
        let card = if title.is_empty() { card } else { card.header(Header::new(title)) };
        card.assemble()
    })
}

/// A text that has its place in a component with others.
struct Text {
    place: Option<Place>,
    markdown: String,
}

#[derive(Default)]
struct Packer {
    done: Vec<Vec<Element>>,
    elements: Vec<Element>,
    used: usize,
    tables: usize,
    /// The component that is being written, what it takes, and the place of its last text.
    text: String,
    text_used: usize,
    place: Option<Place>,
    /// A heading that waits for what follows it.
    heading: Option<Text>,
}

impl Packer {
    fn block(&mut self, block: Block, notes: &mut Vec<Note>) {
        match block {
            Block::Text(place, inlines) => self.paragraph(place, inlines),
            Block::Code { language, text } => {
                for part in code_parts(&text) {
                    self.push_text(Text { place: None, markdown: dialect::code(language, part) });
                }
            }
            Block::Table(table) => self.table(table, notes),
            Block::Rule => self.push_element(Divider::new().into()),
        }
    }

    fn paragraph(&mut self, place: Place, inlines: Vec<Inline>) {
        let Place { quotes, kind } = place;
        let mut place = place;
        let parts =
            if inlines.is_empty() { vec![inlines] } else { split(inlines, MAX_TEXT - PLACE) };
        for part in parts {
            let markdown = dialect::text(place, &part);
            self.push_text(Text { place: Some(place), markdown });
            // The rest of an item has no marker of its own.
            let rest = if matches!(kind, Kind::Item { .. }) { Kind::Paragraph } else { kind };
            place = Place { quotes, kind: rest };
        }
    }

    fn table(&mut self, table: TableBlock, notes: &mut Vec<Note>) {
        if table.columns() > MAX_COLUMNS {
            notes.push(Note::new(NoteKind::TableSplit, ""));
        }
        for inline in table.header.iter().flatten() {
            if let Inline::Mention(id) = inline {
                notes.push(Note::new(NoteKind::MentionAsText, id));
            }
        }
        let tables = table.split_by_columns(MAX_COLUMNS);
        for table in tables {
            match components(&table, MAX_TABLE) {
                Some(tables) => tables.into_iter().for_each(|table| self.push_element(table)),
                None => {
                    notes.push(Note::new(NoteKind::TableAsText, ""));
                    self.block(table.as_code(), notes);
                }
            }
        }
    }

    fn push_text(&mut self, text: Text) {
        let weight = in_two_strings(&text.markdown);
        let is_heading = matches!(text.place, Some(Place { kind: Kind::Heading(_), .. }));
        if is_heading && self.used + self.text_used > ROOM / 4 * 3 {
            self.close_card();
        }
        if is_heading && weight <= MAX_HEADING {
            self.write_heading();
            self.heading = Some(text);
            return;
        }
        self.make_room(weight);
        self.write_heading();
        self.write(text);
    }

    fn push_element(&mut self, element: Element) {
        let weight = element_weight(&element);
        let is_table = is_table(&element);
        if is_table && self.tables == MAX_TABLES {
            self.close_card();
        }
        self.make_room(weight);
        self.write_heading();
        self.close_text();
        self.used += weight;
        self.tables += usize::from(is_table);
        self.elements.push(element);
    }

    /// Begins a new card if what comes next does not fit, together with the heading before it.
    fn make_room(&mut self, weight: usize) {
        let heading = self.heading.as_ref().map_or(0, |text| in_two_strings(&text.markdown));
        let needed = weight + heading + 2 * PLACE;
        let is_full = self.used + self.text_used + needed > ROOM;
        if is_full || self.elements.len() + 3 > MAX_PIECES {
            self.close_card();
        }
    }

    fn write_heading(&mut self) {
        if let Some(heading) = self.heading.take() {
            self.write(heading);
        }
    }

    fn write(&mut self, text: Text) {
        let weight = in_two_strings(&text.markdown) + SEPARATOR;
        if self.text_used + weight > MAX_TEXT {
            self.close_text();
        }
        if !self.text.is_empty() {
            self.text.push_str(&separator(self.place, text.place));
        }
        self.text.push_str(&text.markdown);
        self.text_used += weight;
        self.place = text.place;
    }

    fn close_text(&mut self) {
        if !self.text.is_empty() {
            let element = MarkdownText::new(mem::take(&mut self.text)).into();
            self.used += element_weight(&element);
            self.elements.push(element);
        }
        self.text_used = 0;
        self.place = None;
    }

    /// Closes the card. A heading that waits is for the next one.
    fn close_card(&mut self) {
        self.close_text();
        if !self.elements.is_empty() {
            self.done.push(mem::take(&mut self.elements));
        }
        self.used = 0;
        self.tables = 0;
    }

    fn finish(mut self) -> Vec<Vec<Element>> {
        self.make_room(0);
        self.write_heading();
        self.close_card();
        self.done
    }
}

/// Returns the lines between two texts of a component.
fn separator(before: Option<Place>, after: Option<Place>) -> String {
    let is_item = |place: &Place| matches!(place.kind, Kind::Item { .. });
    match (before, after) {
        (Some(before), Some(after)) if before.quotes == after.quotes => {
            if is_item(&before) && is_item(&after) {
                "\n".to_owned()
            } else {
                format!("\n{}\n", "> ".repeat(after.quotes).trim_end())
            }
        }
        _ => "\n\n".to_owned(),
    }
}

/// Splits code into parts for a fence each: at line breaks, and a line only if it is too long.
pub(super) fn code_parts(code: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = code;
    while !rest.is_empty() || parts.is_empty() {
        let (part, after) = rest.split_at(code_part(rest, MAX_TEXT - 2 * PLACE));
        parts.push(part);
        rest = after;
    }
    parts
}

/// Returns the length of the beginning of `code` that, with its fence, takes no more than `limit`.
fn code_part(code: &str, limit: usize) -> usize {
    let mut weight = 0;
    let mut lines = 0;
    let mut ticks = 0;
    for (at, c) in code.char_indices() {
        weight += in_two_strings(c.encode_utf8(&mut [0; 4]));
        // Both fences are longer than any run of backticks.
        ticks = if c == '`' { ticks + 1 } else { 0 };
        weight += 2 * usize::from(ticks > 2);
        // An invisible character may be written behind it.
        weight += 3 * usize::from(c == '<');
        if weight > limit {
            return if lines > 0 { lines } else { at };
        }
        if c == '\n' {
            lines = at + 1;
        }
    }
    code.len()
}

/// Returns the number of bytes that a component takes in a request, with the comma before it.
fn element_weight(element: &Element) -> usize {
    in_string(&element.as_json().to_string()) + 1
}

fn is_table(element: &Element) -> bool {
    element.as_json().get("tag").is_some_and(|tag| tag == "table")
}
