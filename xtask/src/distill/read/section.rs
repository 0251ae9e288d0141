//! The sections that headings announce.

use super::vocabulary::{self, Section};
use super::words;

/// Returns the section that a line announces that is marked as a heading, or is all in bold.
pub(super) fn of_heading(title: &str) -> Section {
    let key = normalized(title);
    if vocabulary::is_one_of(&key, vocabulary::OF_EVENTS) {
        return Section::Event;
    }
    vocabulary::whole_title(&key)
        .or_else(|| vocabulary::title_by_parts(&key))
        .unwrap_or(Section::Other)
}

/// Whether the fields of a resource may be below a heading of this title.
pub(super) fn announces_fields(title: &str) -> bool {
    vocabulary::announces_fields(&normalized(title))
}

/// Returns the section that a plain line announces, if it is not ambiguous.
pub(super) fn of_line(line: &str) -> Option<Section> {
    // The longest of these titles has some twenty letters.
    if line.len() > 60 || line.contains(['|', '{', ';', '"', '(', '=']) {
        return None;
    }
    // In code samples such words have a line of their own as well, but in lower case and one by
    // one.
    let title = line.trim_start_matches(['#', '*', ' ']).trim_end();
    let code = title.starts_with(|c: char| c.is_ascii_lowercase()) && !title.contains(' ');
    if title.is_empty() || code { None } else { vocabulary::whole_title(&normalized(line)) }
}

/// Without marks, numbering, colon and spaces, in lower case.
fn normalized(title: &str) -> String {
    let key = words::key(title);
    let mut media = vocabulary::each(vocabulary::MEDIA_TYPES);
    let key = media.find_map(|media| key.strip_suffix(media)).unwrap_or(&key);
    let key = key.trim_start_matches('#').trim_end_matches([':', '：', '#']);
    let unnumbered = key.trim_start_matches(|c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                '.' | '、' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十'
            )
    });
    if unnumbered.is_empty() { key.to_owned() } else { unnumbered.to_owned() }
}
