//! Markdown to blocks that need nothing around them: the platform shows code and tables only at the
//! beginning of a line, so lists and quotes are no containers here but places.

use std::collections::HashSet;
use std::mem;
use std::rc::Rc;

use pulldown_cmark::{
    Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset,
};

use super::address::linkable;
use super::emphasis;
use super::inline::{Inline, Span, Style, link_addresses, push_span};
use super::language::language;
use super::{Markdown, Note, NoteKind};

/// The greatest depth of quotes and lists. Deeper ones are shown at this depth.
const MAX_DEPTH: usize = 5;

/// The longest words that an image has; longer ones become text before it.
const MAX_ALT: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Text(Place, Vec<Inline>),
    Code { language: Option<&'static str>, text: String },
    Table(TableBlock),
    Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) quotes: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Paragraph,
    Heading(usize),
    Item { indent: usize, number: Option<u64> },
}

pub(super) type Row = Vec<Vec<Inline>>;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TableBlock {
    pub(super) alignments: Vec<Alignment>,
    pub(super) header: Row,
    pub(super) rows: Vec<Row>,
}

/// Reads a text. Everything in it is in the blocks or in the notes.
pub(super) fn parse(markdown: &Markdown) -> (Vec<Block>, Vec<Note>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let mut reader = Reader { mentions: &markdown.mentions, ..Reader::default() };
    let text = emphasis::marked(&markdown.text);
    let parser = Parser::new_ext(&text, options);
    let definitions = definitions(&parser);
    let mut used = HashSet::new();
    let mut cells_end = 0;
    for (event, range) in TextMergeWithOffset::new(parser.into_offset_iter()) {
        match &event {
            Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) => {
                used.insert(id.to_lowercase());
            }
            Event::End(TagEnd::TableCell) => cells_end = range.end,
            Event::End(TagEnd::TableRow) => {
                reader.more_cells(text.get(cells_end..range.end).unwrap_or_default());
            }
            _ => {}
        }
        reader.event(event);
    }
    for (_, definition) in definitions.iter().filter(|(label, _)| !used.contains(label)) {
        reader.text(definition);
        reader.flush();
    }
    if reader.is_too_deep {
        reader.note(NoteKind::TooDeep, "");
    }
    (reader.blocks, reader.notes)
}

/// Returns the labels of addresses that are defined apart from their links, in their order, and how
/// they are shown if no link uses them.
fn definitions(parser: &Parser<'_>) -> Vec<(String, String)> {
    let mut definitions: Vec<_> = parser.reference_definitions().iter().collect();
    definitions.sort_by_key(|(_, definition)| definition.span.start);
    let shown = definitions.into_iter().map(|(label, definition)| {
        let title = title_text(definition.title.as_deref().unwrap_or_default());
        (label.to_lowercase(), format!("[{label}]: {}{title}", definition.dest))
    });
    shown.collect()
}

enum Container {
    Quote,
    List(Option<u64>),
    Item,
}

#[derive(Default)]
struct Reader<'a> {
    mentions: &'a [String],
    blocks: Vec<Block>,
    notes: Vec<Note>,
    containers: Vec<Container>,
    /// The number of the item that has not been written yet.
    marker: Option<Option<u64>>,
    /// Whether the last block is the item that is being read.
    continues_item: bool,
    /// The depth that the outermost item of the list before has, and the indent of the last one.
    list: Option<(usize, usize)>,
    heading: Option<usize>,
    inlines: Vec<Inline>,
    styles: Vec<Style>,
    /// Whether each open tag of a style added one to `styles`.
    added: Vec<bool>,
    link: Option<Rc<str>>,
    /// The links that are open.
    links: Vec<Target>,
    /// Whether the link that was opened last has no words.
    is_blank: bool,
    /// The images that are open, and their words.
    images: Vec<(Target, String)>,
    code: Option<(Option<&'static str>, String)>,
    table: TableBlock,
    row: Row,
    html: String,
    /// The words within a mention, in whose place clients show the name.
    mention: Option<String>,
    is_too_deep: bool,
}

/// The target of a link or an image.
struct Target {
    address: String,
    title: String,
}

impl Target {
    fn new(address: &str, title: &str) -> Self {
        let unmarked = |text| emphasis::unmarked(text).into_owned();
        Self { address: unmarked(address), title: unmarked(title) }
    }
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                self.styles.push(Style::Code);
                self.text(&code);
                self.styles.pop();
            }
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => self.inline_html(&html),
            Event::FootnoteReference(label) => self.text(&format!("[{label}]")),
            Event::SoftBreak | Event::HardBreak => self.line_break(),
            Event::Rule => self.whole(Block::Rule),
            Event::TaskListMarker(is_done) => self.text(if is_done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(level as usize);
            }
            Tag::BlockQuote(_) => {
                self.flush_marker();
                self.leave_list();
                self.containers.push(Container::Quote);
            }
            Tag::List(first) => {
                self.flush();
                self.containers.push(Container::List(first));
            }
            Tag::Item => self.start_item(),
            Tag::FootnoteDefinition(label) => {
                self.flush();
                self.text(&format!("[{label}] "));
            }
            Tag::CodeBlock(kind) => {
                self.flush_marker();
                self.code = Some((self.language(&kind), String::new()));
            }
            Tag::Table(alignments) => {
                self.flush_marker();
                self.table = TableBlock { alignments, ..TableBlock::default() };
            }
            Tag::Emphasis => self.open_style(Style::Italic),
            Tag::Strong => self.open_style(Style::Bold),
            Tag::Strikethrough => self.open_style(Style::Strike),
            Tag::Link { dest_url, title, .. } => {
                self.begin_link(Target::new(&dest_url, &title));
            }
            Tag::Image { dest_url, title, .. } => {
                self.images.push((Target::new(&dest_url, &title), String::new()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.leave_list();
                self.containers.pop();
            }
            TagEnd::List(_) => {
                self.flush();
                self.containers.pop();
            }
            TagEnd::Item => {
                self.flush_marker();
                self.containers.pop();
                self.continues_item = false;
            }
            TagEnd::FootnoteDefinition => self.flush(),
            TagEnd::CodeBlock => {
                let (language, text) = self.code.take().unwrap_or_default();
                self.whole(Block::Code { language, text });
            }
            TagEnd::HtmlBlock => self.html_block(),
            TagEnd::TableCell => {
                let cell = self.take_inlines();
                self.row.push(cell);
            }
            TagEnd::TableHead => self.table.header = mem::take(&mut self.row),
            TagEnd::TableRow => self.table.rows.push(mem::take(&mut self.row)),
            TagEnd::Table => {
                let table = mem::take(&mut self.table);
                self.whole(Block::Table(table));
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.close_style(),
            TagEnd::Link => self.end_link(),
            TagEnd::Image => self.end_image(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let text = &*emphasis::unmarked(text);
        self.is_blank &= text.trim().is_empty();
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
        } else if let Some((_, alt)) = self.images.last_mut() {
            alt.push_str(text);
        } else if let Some(name) = &mut self.mention {
            name.push_str(text);
        } else {
            let (styles, link) = (self.styles.clone(), self.link.clone());
            push_span(&mut self.inlines, Span { text: text.to_owned(), styles, link });
        }
    }

    /// Adds what a row has beyond the columns of its table, which CommonMark leaves out, to the last
    /// cell.
    fn more_cells(&mut self, source: &str) {
        let more = source.trim().trim_matches('|').trim();
        if more.is_empty() {
            return;
        }
        self.note(NoteKind::MoreCells, more);
        if let Some(cell) = self.row.last_mut() {
            push_span(cell, Span::plain(format!(" | {}", emphasis::unmarked(more))));
        }
    }

    fn line_break(&mut self) {
        self.end_mention();
        match self.images.last_mut() {
            Some((_, alt)) => alt.push(' '),
            None => self.inlines.push(Inline::Break),
        }
    }

    fn open_style(&mut self, style: Style) {
        let is_new = !self.styles.contains(&style);
        if is_new {
            self.styles.push(style);
        }
        self.added.push(is_new);
    }

    fn close_style(&mut self) {
        if self.added.pop() == Some(true) {
            self.styles.pop();
        }
    }

    fn start_item(&mut self) {
        self.flush();
        self.marker = Some(None);
        if let Some(Container::List(Some(next))) = self.containers.last_mut() {
            self.marker = Some(Some(*next));
            *next = next.saturating_add(1);
        }
        self.containers.push(Container::Item);
    }

    fn begin_link(&mut self, target: Target) {
        self.end_mention();
        self.link = linkable(&target.address).map(Rc::from);
        self.links.push(target);
        self.is_blank = true;
    }

    fn end_link(&mut self) {
        let Some(Target { address, title }) = self.links.pop() else { return };
        if self.is_blank && self.link.is_some() {
            self.text(&address);
        }
        let is_lost = self.link.take().is_none() || !self.images.is_empty();
        if is_lost && !address.is_empty() {
            self.note(NoteKind::LinkAsText, &address);
            if !self.ends_with(&address) {
                self.text(&format!(" ({address})"));
            }
        }
        self.text(&title_text(&title));
    }

    /// Returns `true` if the text ends with these words, as with an address in angle brackets.
    fn ends_with(&self, words: &str) -> bool {
        matches!(self.inlines.last(), Some(Inline::Span(span)) if span.text.ends_with(words))
    }

    fn end_image(&mut self) {
        let Some((Target { address, title }, alt)) = self.images.pop() else { return };
        if !self.images.is_empty() {
            self.text(&format!("{alt} ({address})"));
        } else if is_key(&address) {
            self.image(address, alt);
        } else {
            self.note(NoteKind::ImageAsLink, &address);
            self.image_link(&address, &alt);
        }
        self.text(&title_text(&title));
    }

    fn image(&mut self, key: String, mut alt: String) {
        self.end_mention();
        if alt.len() > MAX_ALT {
            self.text(&mem::take(&mut alt));
        }
        self.inlines.push(Inline::Image { key, alt });
        self.is_blank = false;
        // An image cannot be a link, but its address can follow.
        if let Some(url) = self.link.clone() {
            self.text(&url);
        }
    }

    fn image_link(&mut self, address: &str, alt: &str) {
        let words = if alt.is_empty() { address } else { alt };
        match linkable(address).filter(|_| self.link.is_none()) {
            Some(url) => {
                self.link = Some(Rc::from(url));
                self.text(words);
                self.link = None;
            }
            None if alt.is_empty() => self.text(address),
            None => self.text(&format!("{alt} ({address})")),
        }
    }

    fn inline_html(&mut self, html: &str) {
        let tag = html.trim_matches(['<', '>', '/', ' ']).to_ascii_lowercase();
        if tag == "at" && self.mention.take().is_some() {
            return;
        }
        self.end_mention();
        if tag == "br" {
            return self.line_break();
        }
        match mentioned(html) {
            Some(id) if self.mentions.iter().any(|allowed| allowed == id) => {
                self.inlines.push(Inline::Mention(id.to_owned()));
                self.mention = Some(String::new());
                return;
            }
            Some(id) => self.note(NoteKind::MentionAsText, id),
            None if html.starts_with("</") => {}
            None => self.note(NoteKind::HtmlAsText, html),
        }
        self.text(&html.replace('\n', " "));
    }

    /// Shows the words of a mention that was not closed.
    fn end_mention(&mut self) {
        if let Some(name) = self.mention.take() {
            self.text(&name);
        }
    }

    fn html_block(&mut self) {
        let html = mem::take(&mut self.html);
        match html.trim().to_ascii_lowercase().as_str() {
            "<br>" | "<br/>" | "<br />" => return,
            "<hr>" | "<hr/>" | "<hr />" => return self.whole(Block::Rule),
            _ => self.note(NoteKind::HtmlAsText, html.trim()),
        }
        for line in html.trim_end().lines() {
            self.text(line);
            self.inlines.push(Inline::Break);
        }
        self.inlines.pop();
        self.flush();
    }

    fn note(&mut self, kind: NoteKind, text: &str) {
        self.notes.push(Note::new(kind, &emphasis::unmarked(text)));
    }

    fn language(&mut self, kind: &CodeBlockKind<'_>) -> Option<&'static str> {
        let CodeBlockKind::Fenced(info) = kind else { return None };
        let (name, rest) = info.trim().split_once(char::is_whitespace).unwrap_or((info.trim(), ""));
        let known = language(name);
        if !rest.is_empty() || (known.is_none() && !name.is_empty()) {
            self.note(NoteKind::CodeInfo, info);
        }
        known
    }

    /// Adds the text that was read as a block.
    fn flush(&mut self) {
        let inlines = self.take_inlines();
        if !inlines.is_empty() {
            self.push_text(inlines);
        }
    }

    /// Adds the text that was read, and the number of an item that has none.
    fn flush_marker(&mut self) {
        self.flush();
        if let Some(Some(_)) = self.marker {
            self.push_text(Vec::new());
        }
        self.marker = None;
    }

    fn whole(&mut self, block: Block) {
        self.flush_marker();
        self.leave_list();
        self.blocks.push(block);
    }

    /// Ends the list: the next block is outside it.
    fn leave_list(&mut self) {
        self.continues_item = false;
        self.list = None;
    }

    fn push_text(&mut self, inlines: Vec<Inline>) {
        let (quotes, depth) = self.depths();
        if let Some(number) = self.marker.take() {
            let kind = Kind::Item { indent: self.indent(depth), number };
            self.blocks.push(Block::Text(Place { quotes, kind }, inlines));
            self.continues_item = true;
            return;
        }
        if let Some(Block::Text(_, item)) = self.blocks.last_mut().filter(|_| self.continues_item) {
            item.push(Inline::Break);
            item.extend(inlines);
            return;
        }
        let kind = self.heading.map_or(Kind::Paragraph, Kind::Heading);
        self.list = None;
        self.blocks.push(Block::Text(Place { quotes, kind }, inlines));
    }

    /// Returns how many quotes are open, and how many items within the last of them.
    fn depths(&mut self) -> (usize, usize) {
        let is_quote = |container: &Container| matches!(container, Container::Quote);
        let quotes = self.containers.iter().filter(|container| is_quote(container)).count();
        let within = self.containers.iter().rev().take_while(|container| !is_quote(container));
        let depth = within.filter(|container| matches!(container, Container::Item)).count();
        (self.shown(quotes), depth)
    }

    /// Returns how far an item is indented. Where something else has come before, which ended the
    /// list, the next item begins a new one at the left.
    fn indent(&mut self, depth: usize) -> usize {
        let (outermost, last) = self.list.unwrap_or((depth, 0));
        let outermost = outermost.min(depth);
        let indent = self.shown((depth - outermost).min(last + 1));
        self.list = Some((outermost, indent));
        indent
    }

    fn shown(&mut self, depth: usize) -> usize {
        self.is_too_deep |= depth > MAX_DEPTH;
        depth.min(MAX_DEPTH)
    }

    fn take_inlines(&mut self) -> Vec<Inline> {
        self.end_mention();
        let mut inlines = Vec::new();
        for inline in self.inlines.drain(..) {
            match inline {
                Inline::Span(span) => link_addresses(span, &mut inlines),
                other => inlines.push(other),
            }
        }
        inlines
    }
}

fn title_text(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" (\"{title}\")") }
}

/// Returns `true` for the key of an image that was uploaded.
fn is_key(address: &str) -> bool {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    address.starts_with("img_") && address.len() <= 200 && address.chars().all(is_of_key)
}

/// Returns the ID that a tag mentions, in either of the platform's forms.
fn mentioned(html: &str) -> Option<&str> {
    let attributes = html.strip_prefix("<at ")?;
    let (_, id) = attributes.split_once("id=")?;
    let id = id.trim_start_matches(['"', '\'']);
    let end = id.find(|c: char| c != '_' && c != '-' && !c.is_ascii_alphanumeric());
    Some(&id[..end.unwrap_or(id.len())]).filter(|id| !id.is_empty())
}
