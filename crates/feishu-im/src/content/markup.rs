//! The platform's markup: placeholders and tags of mentions, links, and entities.

/// The tag of a mention: `<at user_id="ou_1">Tom</at>`, in cards `<at id=ou_1></at>`.
pub(super) struct Tag<'t> {
    pub(super) id: &'t str,
    pub(super) name: &'t str,
    pub(super) after: &'t str,
}

impl<'t> Tag<'t> {
    /// Never looks beyond the next `<`, so that texts full of tags take no longer than others.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let open = text.strip_prefix("<at")?;
        let (attributes, rest) = open.split_once(['>', '<'])?;
        if !open[attributes.len()..].starts_with('>') || !attributes.starts_with(is_space) {
            return None;
        }
        let id = attribute(attributes)?;
        if attributes.ends_with('/') {
            return Some(Self { id, name: "", after: rest });
        }
        let (name, close) = rest.split_at(rest.find('<')?);
        Some(Self { id, name: name.trim(), after: close.strip_prefix("</at>")? })
    }
}

/// Returns the first ID among the attributes of a tag.
fn attribute(attributes: &str) -> Option<&str> {
    let (name, value) = attributes.trim_end_matches('/').split_once('=')?;
    let is_id = matches!(name.trim(), "user_id" | "open_id" | "union_id" | "id");
    let value = value.trim_start();
    let id = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(char::is_whitespace).next()?,
    };
    (is_id && !id.is_empty()).then_some(id)
}

/// A link in a text: `[words](https://example.com)`.
pub(super) struct Link<'t> {
    pub(super) words: &'t str,
    pub(super) href: &'t str,
    pub(super) after: &'t str,
}

impl<'t> Link<'t> {
    /// Never looks beyond the next `[`, so that texts full of brackets take no longer than others.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let inner = text.strip_prefix('[')?;
        let (words, rest) = inner.split_at(inner.find(['[', ']', '\n'])?);
        let rest = rest.strip_prefix("](")?;
        let is_end = |c: char| matches!(c, ')' | '[' | '<') || c.is_whitespace();
        let (href, end) = rest.split_at(rest.find(is_end)?);
        let is_link = is_address(href) && !words.trim().is_empty();
        Some(Self { words, href, after: end.strip_prefix(')').filter(|_| is_link)? })
    }
}

/// Returns `true` if `text` begins as the address of a web page.
pub(super) fn is_address(text: &str) -> bool {
    ["https://", "http://"].into_iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    })
}

/// Returns `true` if `rest` continues the word that the placeholder `key` begins.
pub(super) fn goes_on(key: &str, rest: &str) -> bool {
    if key.ends_with(|last: char| last.is_ascii_digit()) {
        rest.starts_with(|next: char| next.is_ascii_digit())
    } else {
        rest.starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric())
    }
}

pub(super) const NEWLINE: [char; 2] = ['\n', '\r'];

/// Returns `true` for white space within a line.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() && !NEWLINE.contains(&c)
}

/// Replaces entities by the characters that they stand for; unknown ones stay.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        plain.push_str(before);
        let (read, len) = entity(from).unwrap_or(('&', 1));
        plain.push(read);
        rest = &from[len..];
    }
    plain + rest
}

/// Reads the entity at the beginning of `text`, and says how long it is.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest is `&#1114111;`.
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let read = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => number(name.strip_prefix('#')?)?,
    };
    Some((read, end + 1))
}

fn number(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    char::from_u32(code.ok()?)
}
