//! Divides a text that is too long for one card, so that each part is valid Markdown on its own.

use super::dialect;

/// The most tables in one text. The platform allows 4.
const MOST_TABLES: usize = 4;
/// The most that the next part repeats, in bytes of a request.
const MOST_REPEATED: usize = 1_000;
/// The longest fence that is recognized.
const LONGEST_FENCE: usize = 60;

/// The longest space that a part begins with, in bytes.
const LONGEST_SPACE: usize = 1_000;

/// The construct that a place in the text is in.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Context {
    #[default]
    Prose,
    /// A block of code, with the line that opens it.
    Code(String),
    /// A table, with its head.
    Table(String),
}

impl Context {
    /// Returns the context at the end of `text`, which begins in this one.
    pub(super) fn after(&self, text: &str) -> Self {
        let mut reader = Reader::new(self);
        for line in text.split_inclusive('\n') {
            reader.read(line);
        }
        reader.context
    }

    fn is_code(&self) -> bool {
        matches!(self, Self::Code(_))
    }

    /// Returns the beginning of a part that continues in this context.
    fn opening(&self) -> &str {
        match self {
            Self::Code(lines) | Self::Table(lines) => lines,
            Self::Prose => "",
        }
    }
}

/// Returns the length of the part of `text` that a card has room for: `room` bytes of a request. It ends
/// between two paragraphs where that wastes less than half of the card, or else between two lines.
/// A long space at the beginning is part of it without being shown: a card of nothing else would be
/// refused.
pub(super) fn cut(text: &str, context: &Context, room: usize) -> usize {
    let space = long_space(text);
    let text = text.get(space..).unwrap_or_default();
    let repeated = weight(context.opening()) + LONGEST_FENCE + weight("\n\n");
    let room = room.saturating_sub(repeated);
    let mut reader = Reader::new(context);
    let mut tables = usize::from(matches!(context, Context::Table(_)));
    let (mut used, mut last_line, mut end, mut paragraph) = (0, 0, 0, 0);
    for line in text.split_inclusive('\n') {
        used += weight(line);
        if used > room {
            break;
        }
        if reader.read(line) == Line::TableRule {
            tables += 1;
            if tables > MOST_TABLES {
                return space + last_line;
            }
        }
        last_line = end;
        end += line.len();
        if reader.context == Context::Prose && line.trim().is_empty() {
            paragraph = end;
        }
    }
    let length = match end {
        _ if end == text.len() => end,
        0 => longest_prefix(text, room),
        _ if paragraph > end / 2 => paragraph,
        _ => end,
    };
    space + length
}

/// Returns the length of the space that `text` begins with, if it is too long to be shown.
fn long_space(text: &str) -> usize {
    let space = text.len() - text.trim_start().len();
    if space > LONGEST_SPACE { space } else { 0 }
}

/// Returns `text`, which begins in `context`, as it is shown: with a beginning and, if the text
/// `goes_on` elsewhere, an end of its own. Fences lose the spaces around them, with which the
/// platform does not recognize them. The text mentions no one but `mentions`.
pub(super) fn render(text: &str, context: &Context, goes_on: bool, mentions: &[String]) -> String {
    let mut reader = Reader::new(context);
    let mut shown = String::new();
    dialect::write(context.opening(), context.is_code(), mentions, &mut shown);
    let text = text.get(long_space(text)..).unwrap_or_default();
    for line in text.split_inclusive('\n') {
        if reader.read(line) == Line::Fence {
            dialect::write(line.trim(), true, mentions, &mut shown);
            shown.extend(line.ends_with('\n').then_some('\n'));
        } else {
            dialect::write(line, reader.context.is_code(), mentions, &mut shown);
        }
    }
    if let (true, Context::Code(opening)) = (goes_on, &reader.context) {
        shown.extend((!shown.ends_with('\n')).then_some('\n'));
        shown.push_str(fence(opening).unwrap_or("```"));
    }
    shown
}

/// Returns whether `text`, which begins in `context`, shows a table.
pub(super) fn has_table(text: &str, context: &Context) -> bool {
    let mut reader = Reader::new(context);
    matches!(context, Context::Table(_))
        || text.split_inclusive('\n').any(|line| reader.read(line) == Line::TableRule)
}

/// Returns the number of bytes that `text` takes at most in a request, which carries the JSON of a
/// card in a string.
pub(super) fn weight(text: &str) -> usize {
    text.chars().map(char_weight).sum()
}

fn char_weight(char: char) -> usize {
    match char {
        '"' | '\\' => 4,
        // Another character may be written behind it.
        '<' | '!' | ']' => 4,
        '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 3,
        '\0'..='\u{1f}' => 7,
        _ => char.len_utf8(),
    }
}

fn longest_prefix(text: &str, room: usize) -> usize {
    let mut used = 0;
    let too_long = text.char_indices().find(|(_, char)| {
        used += char_weight(*char);
        used > room
    });
    too_long.map_or(text.len(), |(at, _)| at)
}

#[derive(PartialEq)]
enum Line {
    Fence,
    /// The line below the head of a table.
    TableRule,
    Other,
}

/// Follows a text line by line.
struct Reader<'a> {
    context: Context,
    last: &'a str,
}

impl<'a> Reader<'a> {
    fn new(context: &Context) -> Self {
        Self { context: context.clone(), last: "" }
    }

    fn read(&mut self, line: &'a str) -> Line {
        let last = std::mem::replace(&mut self.last, line);
        if let Context::Code(opening) = &self.context {
            if !closes(line, opening) {
                return Line::Other;
            }
            self.context = Context::Prose;
            return Line::Fence;
        }
        if let Some(fence) = fence(line) {
            let is_short = weight(line) <= MOST_REPEATED;
            self.context =
                Context::Code(format!("{}\n", if is_short { line.trim() } else { fence }));
            return Line::Fence;
        }
        if let Context::Table(_) = self.context {
            if !line.contains('|') {
                self.context = Context::Prose;
            }
            return Line::Other;
        }
        if is_table_rule(line) && last.contains('|') {
            let head = format!("{}\n{}\n", last.trim(), line.trim());
            let is_short = weight(&head) <= MOST_REPEATED;
            self.context = Context::Table(if is_short { head } else { String::new() });
            return Line::TableRule;
        }
        Line::Other
    }
}

/// Returns the fence that opens a block of code.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim();
    let mark = line.chars().next().filter(|char| matches!(char, '`' | '~'))?;
    let info = line.trim_start_matches(mark);
    let fence = &line[..line.len() - info.len()];
    let is_fence = (3..=LONGEST_FENCE).contains(&fence.len()) && !info.contains('`');
    is_fence.then_some(fence)
}

fn closes(line: &str, opening: &str) -> bool {
    let (line, fence) = (line.trim(), fence(opening).unwrap_or("```"));
    line.starts_with(fence) && line.chars().all(|char| fence.starts_with(char))
}

fn is_table_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('|') && line.contains('-') && line.chars().all(|char| "|-: \t".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Divides a text as cards do.
    fn parts(text: &str, room: usize) -> Vec<String> {
        let (mut parts, mut context, mut rest) = (Vec::new(), Context::default(), text);
        while !rest.is_empty() {
            let (part, others) = rest.split_at(cut(rest, &context, room));
            parts.push(render(part, &context, !others.is_empty(), &[]));
            context = context.after(part);
            rest = others;
        }
        parts
    }

    /// Returns the number of bytes of a text in a string of JSON, which is in a string itself.
    fn in_request(text: &str) -> usize {
        let in_card = serde_json::to_string(text).unwrap();
        serde_json::to_string(&in_card).unwrap().len() - 6
    }

    #[test]
    fn a_text_is_divided_between_paragraphs() {
        let text = format!("{}\n\n{}\n\n{}\n", "a".repeat(60), "b".repeat(30), "c".repeat(60));
        assert_eq!(
            parts(&text, 200),
            [
                format!("{}\n\n{}\n\n", "a".repeat(60), "b".repeat(30)),
                format!("{}\n", "c".repeat(60))
            ]
        );
    }

    #[test]
    fn code_and_tables_go_on_in_the_next_part() {
        let code = format!("````rust\n{}````\nend", "```\n".repeat(20));
        let parts_of_code = parts(&code, 150);
        assert!(parts_of_code.len() > 1);
        for part in &parts_of_code[..parts_of_code.len() - 1] {
            assert!(part.starts_with("````rust\n") && part.ends_with("\n````"), "{part}");
        }
        let table = format!("| a |\n| - |\n{}\nend", "| 1 |\n".repeat(20));
        let parts_of_table = parts(&table, 120);
        assert!(parts_of_table.len() > 1);
        for part in &parts_of_table {
            assert!(part.starts_with("| a |\n| - |\n| 1 |"), "{part}");
        }
    }

    #[test]
    fn fences_lose_their_spaces_and_code_keeps_them() {
        let text = "- a\n  ```rust \n  let a;\n  ```  \nb ``` c";
        let shown = "- a\n```rust\n  let a;\n```\nb ``` c";
        assert_eq!(render(text, &Context::Prose, false, &[]), shown);
    }

    #[test]
    fn no_text_is_lost_and_no_part_is_too_long() {
        let pieces = [
            "```",
            "````",
            "~~~",
            "rust",
            "\n",
            "\n\n",
            " ",
            "|",
            "| a | b |\n",
            "|-|-|\n",
            "字",
            "\"",
            "\\",
            "\u{1}",
            "words and words ",
            "\r\n",
            "<at id=all>",
            "![",
            "](a)",
            "`",
            "\u{1f468}\u{200d}\u{1f469}",
        ];
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.arbitrary_len::<u16>()? {
                text.push_str(u.choose(&pieces)?);
            }
            let room = u.int_in_range(1_200..=3_000)?;
            assert!(weight(&text) >= in_request(&text));
            let parts = parts(&text, room);
            for part in &parts {
                assert!(in_request(part) <= room, "{part}");
            }
            // Heads of tables and beginnings of code are repeated.
            assert!(parts.concat().matches('字').count() >= text.matches('字').count());
            Ok(())
        });
    }
}
