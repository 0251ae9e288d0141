/// Returns foreign text as an error can show it: on one line, without invisible characters, and of
/// at most `limit` bytes. A text that is cut ends with `…`.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for char in text.chars() {
        let char = if char.is_control() || char.is_whitespace() { ' ' } else { char };
        if is_invisible(char) || (char == ' ' && (shown.is_empty() || shown.ends_with(' '))) {
            continue;
        }
        if shown.len() + char.len_utf8() > limit {
            shown.push('…');
            return shown;
        }
        shown.push(char);
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// Returns `true` for what `Debug` would show as a code point, such as a mark of the direction of
/// text.
fn is_invisible(char: char) -> bool {
    // `Debug` judges the first character of a text more strictly: an accent needs a letter before
    // it.
    !char.is_ascii() && format!("_{char}").escape_debug().count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_visible_characters() {
        for (text, expected) in [
            ("no such chat", "no such chat"),
            (" a\r\n\tb\u{0}c ", "a b c"),
            ("群聊 \"x\"", "群聊 \"x\""),
            ("กำ e\u{301}", "กำ e\u{301}"),
            ("a\u{202e}b\u{200b}c\u{2028}d", "abc d"),
            ("\u{feff}", ""),
        ] {
            assert_eq!(printable(text, 100), expected);
        }
    }

    #[test]
    fn a_text_is_cut_between_two_characters() {
        assert_eq!(printable("12345", 5), "12345");
        assert_eq!(printable("123456", 5), "12345…");
        assert_eq!(printable("群群", 5), "群…");
    }
}
