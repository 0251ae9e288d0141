//! Plain words within Markdown.

use std::borrow::Cow;

use super::markup::is_address;

/// Appends words that Markdown shows as they are: what would be markup is escaped, line breaks and
/// indents are kept, and addresses of web pages become links.
pub(super) fn push(markdown: &mut String, words: &str) {
    let words = match words.contains('\r') {
        true => Cow::Owned(words.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(words),
    };
    for (index, line) in words.split('\n').enumerate() {
        if index > 0 {
            line_break(markdown);
        }
        push_line(markdown, line);
    }
}

/// Returns the words without line breaks and indents.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Appends the heading of a message.
pub(super) fn push_title(markdown: &mut String, title: &str) {
    let mut words = String::new();
    push(&mut words, &one_line(title));
    // Markdown leaves out what closes a heading.
    let end = words.trim_end_matches('#').len();
    if end < words.len() {
        words.insert(end, '\\');
    }
    markdown.extend(["# ", &words]);
}

/// Appends a block of code.
pub(super) fn push_code(markdown: &mut String, language: &str, code: &str) {
    let is_of_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_');
    let language: String = language.to_ascii_lowercase().chars().filter(is_of_name).collect();
    let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
    markdown.extend([&fence, &language, "\n", code]);
    if !code.is_empty() && !code.ends_with('\n') {
        markdown.push('\n');
    }
    markdown.push_str(&fence);
}

/// Appends code within a line.
pub(super) fn push_code_span(markdown: &mut String, code: &str) {
    let fence = "`".repeat(longest_run(code, '`') + 1);
    let is_padded = code.starts_with(['`', ' ']) || code.ends_with(['`', ' ']);
    let padding = if is_padded { " " } else { "" };
    let code = code.replace(['\n', '\r'], " ");
    markdown.extend([&fence, padding, &code, padding, &fence]);
}

/// Appends a link. The words are shown as they are.
pub(super) fn push_link(markdown: &mut String, words: &str, href: &str) {
    if markdown.ends_with('!') {
        // Not an image.
        markdown.insert(markdown.len() - 1, '\\');
    }
    push_target(markdown, words, href);
}

/// Appends an image, with the words for those who do not see it.
pub(super) fn push_image(markdown: &mut String, words: &str, key: &str) {
    markdown.push('!');
    push_target(markdown, words, key);
}

fn push_target(markdown: &mut String, words: &str, href: &str) {
    markdown.push('[');
    push(markdown, words);
    markdown.push_str("](");
    push_href(markdown, href);
    markdown.push(')');
}

fn push_href(markdown: &mut String, href: &str) {
    let is_simple = |c: char| c.is_ascii_graphic() && !"<>()\\&\"'".contains(c);
    if !href.is_empty() && href.chars().all(is_simple) {
        markdown.push_str(href);
        return;
    }
    markdown.push('<');
    for c in href.chars() {
        match c {
            '<' | '>' | '\\' | '&' => markdown.extend(['\\', c]),
            '\n' | '\r' => markdown.push(' '),
            c => markdown.push(c),
        }
    }
    markdown.push('>');
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or_default()
}

fn line_break(markdown: &mut String) {
    match markdown.chars().next_back() {
        None => {}
        Some('\n') => markdown.push('\n'),
        Some(_) => markdown.push_str("  \n"),
    }
}

fn push_line(markdown: &mut String, line: &str) {
    let mut rest = line;
    if markdown.is_empty() || markdown.ends_with('\n') {
        rest = push_indent(markdown, line);
    }
    while let Some(next) = rest.chars().next() {
        if let Some(len) = address(markdown, rest) {
            let (address, after) = rest.split_at(len);
            markdown.extend(["<", address, ">"]);
            rest = after;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        if is_markup(markdown, next, rest) {
            markdown.push('\\');
        }
        markdown.push(next);
    }
}

/// Appends the space before the first word of a line, so that it is neither lost nor the mark of
/// code; returns the rest.
fn push_indent<'t>(markdown: &mut String, line: &'t str) -> &'t str {
    let words = line.trim_start_matches([' ', '\t']);
    let indent = &line[..line.len() - words.len()];
    if !words.is_empty() && !indent.is_empty() {
        let first = if indent.starts_with(' ') { "&#32;" } else { "&#9;" };
        markdown.extend([first, &indent[1..]]);
    }
    words
}

/// Longer addresses are links to their beginning, so that texts full of addresses take no longer.
const LONGEST_ADDRESS: usize = 1_000;

/// Returns the length of the address at the beginning of `rest`.
fn address(markdown: &str, rest: &str) -> Option<usize> {
    if !is_address(rest) || markdown.ends_with(char::is_alphanumeric) {
        return None;
    }
    let host = rest.find("//")? + 2;
    rest[host..].starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(())?;
    let is_end = |byte: u8| !byte.is_ascii_graphic() || b"<>[]\"\\`".contains(&byte);
    let end = rest.bytes().take(LONGEST_ADDRESS).position(is_end);
    let text = &rest[..end.unwrap_or(rest.len().min(LONGEST_ADDRESS))];
    let mut semicolons = text.match_indices(';').map(|(at, _)| at);
    let text = &text[..semicolons.find(|at| ends_entity(&text[..*at])).unwrap_or(text.len())];
    let end = if text.contains('(') { ".,;:!?'*_~" } else { ".,;:!?'*_~)" };
    Some(text.trim_end_matches(|c| end.contains(c)).len())
}

/// Returns `true` if Markdown would read `next` as something else than itself, between what there
/// is already and `rest`.
fn is_markup(markdown: &str, next: char, rest: &str) -> bool {
    match next {
        '\\' | '`' | '*' | '[' | ']' | '<' | '~' => true,
        '_' => {
            !(markdown.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric))
        }
        ';' => ends_entity(markdown),
        '.' | ')' => !rest.starts_with(|c: char| !c.is_whitespace()) && is_list_number(markdown),
        '>' => is_line_start(markdown),
        '#' | '+' | '-' | '=' | '|' | ':' => {
            !rest.starts_with(char::is_alphanumeric) && is_line_start(markdown)
        }
        _ => false,
    }
}

fn is_line_start(markdown: &str) -> bool {
    let before = markdown.trim_end_matches(' ');
    before.is_empty() || before.ends_with('\n')
}

/// Returns `true` if the last line consists of a number.
fn is_list_number(markdown: &str) -> bool {
    let before = markdown.trim_end_matches(|c: char| c.is_ascii_digit());
    before.len() < markdown.len() && is_line_start(before)
}

/// Returns `true` if a semicolon would make an entity of the end of `text`.
fn ends_entity(text: &str) -> bool {
    let name = text.bytes().rev().take(40).take_while(u8::is_ascii_alphanumeric).count();
    let before = &text[..text.len() - name];
    name > 0 && before.strip_suffix('#').unwrap_or(before).ends_with('&')
}
