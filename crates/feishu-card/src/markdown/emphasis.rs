//! Bold words in Chinese texts. CommonMark sees the end of `**“so”**` only before a space or
//! punctuation, and Chinese has no spaces.

use std::borrow::Cow;

/// A character that is neither a space nor punctuation, and in no text: it means none.
const MARK: char = '\u{FDD0}';

/// Returns the text with a mark between asterisks and the quotation marks, brackets and other
/// punctuation within them, where a word follows directly.
pub(super) fn marked(text: &str) -> Cow<'_, str> {
    if !text.contains("**") {
        return text.into();
    }
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(start) = rest.find("**") {
        let (words, from) = rest.split_at(start);
        let after_run = from.trim_start_matches('*');
        let run = &from[..from.len() - after_run.len()];
        before = words.chars().next_back().or(before);
        let after = after_run.chars().next();
        marked.push_str(words);
        if before.is_some_and(closes) && after.is_some_and(char::is_alphanumeric) {
            marked.push(MARK);
        }
        marked.push_str(run);
        if before.is_some_and(char::is_alphanumeric) && after.is_some_and(opens) {
            marked.push(MARK);
        }
        before = Some('*');
        rest = after_run;
    }
    (marked + rest).into()
}

/// Returns the text without marks.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) { text.replace(MARK, "").into() } else { text.into() }
}

fn opens(c: char) -> bool {
    "“‘（【《「『〈〔［".contains(c)
}

fn closes(c: char) -> bool {
    "”’）】》」』〉〕］，。：；！？、…".contains(c)
}
