use serde_json::Value;

/// The largest card that the platform accepts, in bytes, as [`Size::bytes`] counts them.
pub(crate) const MAX_BYTES: usize = 30 * 1024;

/// The largest number of components of a card.
pub(crate) const MAX_ELEMENTS: usize = 200;

/// The size of a [`Card`](crate::Card).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Size {
    /// The number of bytes that the card takes in a request, which carries its JSON in a string:
    /// each quotation mark takes at least two. At most 30 KiB (30,720).
    pub bytes: usize,
    /// The number of components and of the texts within them, the title's included. At most 200.
    pub elements: usize,
}

impl Size {
    pub(crate) fn of(card: &Value) -> Self {
        Self { bytes: in_string(&card.to_string()), elements: elements(card) }
    }
}

/// Returns the number of bytes of a text as a JSON string, without its quotation marks.
pub(crate) fn in_string(text: &str) -> usize {
    let escaped = |c| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    };
    text.chars().map(escaped).sum()
}

/// Returns the number of bytes of a text in a string of a card, which is in a string itself.
#[cfg(feature = "markdown")]
pub(crate) fn in_two_strings(text: &str) -> usize {
    let escaped = |c| match c {
        '"' | '\\' => 4,
        '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 3,
        '\0'..='\u{1f}' => 7,
        _ => c.len_utf8(),
    };
    text.chars().map(escaped).sum()
}

fn elements(card: &Value) -> usize {
    let mut count = 0;
    let mut open = vec![card];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                count += usize::from(members.contains_key("tag"));
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    count
}
