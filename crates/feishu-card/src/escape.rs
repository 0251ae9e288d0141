use std::borrow::Cow;

/// Returns a text as Markdown of a card that shows it as it is, in one paragraph.
///
/// Characters that the platform's Markdown would read become entities such as `&#42;`, as the
/// platform documents it. Characters that are harmless where they are stay.
///
/// ```
/// use feishu_card::escape;
///
/// assert_eq!(escape("List<T> costs $5"), "List&#60;T> costs &#36;5");
/// assert_eq!(escape("snake_case, 10:30"), "snake_case, 10:30");
/// assert_eq!(escape("<at id=all></at>"), "&#60;at id=all>&#60;/at>");
/// ```
///
/// Not for code blocks, in which entities are not read.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_at(text, true)
}

/// Escapes a text that is at the beginning of a line, or behind other text.
pub(crate) fn escape_at(text: &str, begins_line: bool) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut copied = 0;
    let mut before = Before { begins_line, ..Before::default() };
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_special(before, c, &text[end..]) {
            escaped.push_str(&text[copied..at]);
            escaped.push_str(&format!("&#{};", u32::from(c)));
            copied = end;
        }
        before = before.then(c);
    }
    if copied == 0 {
        return text.into();
    }
    escaped.push_str(&text[copied..]);
    escaped.into()
}

/// The context of a character: the line before it.
#[derive(Clone, Copy, Default)]
struct Before {
    begins_line: bool,
    /// Whether the line consists of a number so far.
    is_number: bool,
    is_of_word: bool,
}

impl Before {
    fn then(self, c: char) -> Self {
        Self {
            begins_line: c == '\n',
            is_number: c.is_ascii_digit() && (self.begins_line || self.is_number),
            is_of_word: c.is_alphanumeric(),
        }
    }
}

/// Returns `true` if `c` would be read as Markdown where it is.
fn is_special(before: Before, c: char, after: &str) -> bool {
    let next = after.chars().next();
    match c {
        '<' | '*' | '`' | '[' | ']' | '\\' | '$' | '~' => true,
        '_' => !(before.is_of_word && next.is_some_and(char::is_alphanumeric)),
        '&' => next.is_some_and(|next| next == '#' || next.is_ascii_alphabetic()),
        ':' => before.begins_line || begins_emoji(after),
        '>' | '#' | '+' | '-' | '=' | '|' => before.begins_line,
        '.' | ')' => before.is_number && next.is_none_or(char::is_whitespace),
        _ => false,
    }
}

/// Returns `true` if the text after a colon makes it an emoji of the platform, such as `:OK:`. None
/// is called like the minutes in `10:30:45`.
fn begins_emoji(after: &str) -> bool {
    let end = after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(after.len());
    let (key, rest) = after.split_at(end);
    let is_time = key.len() <= 2 && key.bytes().all(|byte| byte.is_ascii_digit());
    !is_time && rest.starts_with(':')
}

/// Returns the tag that mentions and notifies a user, by open ID, union ID or user ID, for
/// [`MarkdownText`](crate::MarkdownText). `all` mentions everyone, which the chat must allow: the
/// platform rejects the card otherwise.
///
/// ```
/// use feishu_card::mention;
///
/// assert_eq!(mention("ou_1"), "<at id=ou_1></at>");
/// ```
///
/// Only letters, digits, `_`, `-` and `.` of the ID are kept, so that it cannot end the tag.
pub fn mention(id: &str) -> String {
    let id: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).collect();
    format!("<at id={id}></at>")
}

/// Returns code in which no one is mentioned: an invisible character is behind the `<` of a mention,
/// since an entity would be seen in code.
#[cfg(feature = "markdown")]
pub(crate) fn without_mentions(code: &str) -> Cow<'_, str> {
    let is_mention = |after: &str| {
        let name = after.get(..2).is_some_and(|name| name.eq_ignore_ascii_case("at"));
        name && !after.get(2..).unwrap_or_default().starts_with(char::is_alphanumeric)
    };
    let mut written = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('<') {
        written.push_str(before);
        written.push('<');
        written.extend(is_mention(after).then_some('\u{200D}'));
        rest = after;
    }
    if written.is_empty() { code.into() } else { (written + rest).into() }
}
