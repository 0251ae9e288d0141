//! Markup inside of a line or cell.

use std::borrow::Cow;

/// Without `**`, backticks and the spaces around; for comparing words of the format.
pub(super) fn bare(text: &str) -> String {
    let text = entities(text);
    let kept: String = text.chars().filter(|c| !matches!(c, '*' | '`' | '\\')).collect();
    kept.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
        .to_owned()
}

/// In lower case and without any space, so that `HTTP 状态码` is `http状态码`.
pub(super) fn key(text: &str) -> String {
    bare(text).to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

/// A cell as lines of plain text: `<br>` breaks lines, other tags go, entities become characters.
pub(super) fn lines_of(cell: &str) -> String {
    entities(&tags(cell)).into_owned()
}

/// On one line, links as their text, for a gloss.
pub(super) fn gloss(text: &str) -> String {
    let text = links(text).replace("**", "").replace("==", "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Backslashes before punctuation are Markdown's.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match ENTITIES.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, character)) => {
                out.push(*character);
                rest = &rest[name.len()..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

const ENTITIES: &[(&str, char)] = &[
    ("&nbsp;", '\u{a0}'),
    ("&emsp;", '\u{2003}'),
    ("&ensp;", '\u{2002}'),
    ("&thinsp;", '\u{a0}'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
    ("&quot;", '"'),
    ("&#39;", '\''),
    ("&#x27;", '\''),
    ("&#124;", '|'),
    ("&#96;", '`'),
];

/// HTML tags; a `<` that opens none stays, such as that of `List<String>`.
fn tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag(rest) {
            Some((length, breaks)) => {
                if breaks {
                    out.push('\n');
                }
                out.push_str(&said(&rest[..length]));
                rest = &rest[length..];
            }
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns what a tag says only by its attributes: the ID of a scope, a value, kinds of apps.
fn said(tag: &str) -> String {
    let inside = tag.trim_matches(['<', '>']);
    let attribute = |name| attribute(inside, name).unwrap_or_default();
    match inside.split(char::is_whitespace).next().unwrap_or_default() {
        "md-perm" => format!("\n{} ", attribute("name")),
        "md-enum-item" => format!("\n- `{}`：", attribute("key")),
        "md-app-support" => attribute("types").to_owned(),
        _ => String::new(),
    }
}

/// The value of an attribute of a tag, which comes without its brackets.
pub(super) fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let starts = tag.match_indices(name);
    starts.into_iter().find_map(|(at, _)| {
        let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        tag[..at].ends_with(char::is_whitespace).then(|| value[1..].split(quote).next())?
    })
}

/// The length of a tag at the start of the text, and whether it breaks the line.
fn tag(text: &str) -> Option<(usize, bool)> {
    const LONGEST: usize = 400;
    let window = text.as_bytes().iter().take(LONGEST);
    let end = window.enumerate().find(|(_, byte)| **byte == b'>').map(|(at, _)| at)?;
    let inside = text.get(1..end)?.trim_start_matches('/');
    let name = inside.split(|c: char| c.is_whitespace() || c == '/').next()?.to_ascii_lowercase();
    let breaks = matches!(name.as_str(), "br" | "p" | "li" | "ul" | "ol" | "div" | "tr");
    let known = breaks
        || name.starts_with("md-")
        || matches!(
            name.as_str(),
            "b" | "i"
                | "em"
                | "strong"
                | "span"
                | "code"
                | "a"
                | "font"
                | "u"
                | "s"
                | "sup"
                | "sub"
                | "img"
                | "pre"
                | "div"
        );
    known.then_some((end + 1, breaks))
}

/// `[text](target)` and `![text](target)` become their text.
pub(super) fn links(text: &str) -> Cow<'_, str> {
    if !text.contains("](") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let Some(end) = rest[middle..].find(')') else { break };
        let open = rest[..middle].rfind('[').unwrap_or(middle);
        out.push_str(rest[..open].trim_end_matches('!'));
        out.push_str(rest[..middle].get(open + 1..).unwrap_or_default());
        rest = &rest[middle + end + 1..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether the text can be the name of a parameter or a value on the wire.
pub(super) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '_' | '-' | '.' | '$' | '@' | ':' | '/' | '+' | '#' | '%')
        })
        && text.chars().any(|c| c.is_ascii_alphanumeric() || c == '_')
}
