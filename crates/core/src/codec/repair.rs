use std::borrow::Cow;

use serde_json::error::Category;
use serde_json::value::RawValue;

use super::warning::DecodeError;

/// The replacement of a broken character.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// Corrects what keeps a text from being JSON though its meaning is plain: a byte order mark, NULs
/// at the end, broken UTF-8, halves of surrogate pairs, control characters in strings, escapes
/// that JSON does not have, and `NaN` and `Infinity`, which become `null`.
///
/// Returns the text unchanged if there is nothing to repair. Any other error stays.
pub fn repair(json: &[u8]) -> Cow<'_, [u8]> {
    let text = trimmed(json);
    let valid = String::from_utf8_lossy(text);
    let mut repair = Repair { text: valid.as_bytes(), copied: 0, repaired: Vec::new() };
    repair.values();
    let Repair { copied, mut repaired, .. } = repair;
    if copied > 0 {
        repaired.extend_from_slice(&valid.as_bytes()[copied..]);
        return Cow::Owned(repaired);
    }
    match valid {
        Cow::Owned(valid) => Cow::Owned(valid.into_bytes()),
        Cow::Borrowed(_) if text.len() < json.len() => Cow::Owned(text.to_vec()),
        Cow::Borrowed(_) => Cow::Borrowed(json),
    }
}

fn trimmed(json: &[u8]) -> &[u8] {
    let mut text = json;
    while let Some(rest) = text.strip_prefix("\u{FEFF}".as_bytes()) {
        text = rest;
    }
    while let Some(rest) = text.strip_suffix(b"\0") {
        text = rest;
    }
    text
}

struct Repair<'a> {
    text: &'a [u8],
    /// Up to where the text is in `repaired`.
    copied: usize,
    repaired: Vec<u8>,
}

impl Repair<'_> {
    fn replace(&mut self, start: usize, end: usize, with: &[u8]) {
        self.repaired.extend_from_slice(&self.text[self.copied..start]);
        self.repaired.extend_from_slice(with);
        self.copied = end;
    }

    fn values(&mut self) {
        let mut at = 0;
        while let Some(&byte) = self.text.get(at) {
            at = match byte {
                b'"' => self.string(at + 1),
                b'N' | b'I' | b'-' => self.number(at),
                _ => at + 1,
            };
        }
    }

    /// Whether it is no number at all; a valid number is left as it is.
    fn number(&mut self, start: usize) -> usize {
        for name in ["NaN", "-Infinity", "Infinity", "-NaN"] {
            if self.text[start..].starts_with(name.as_bytes()) {
                self.replace(start, start + name.len(), b"null");
                return start + name.len();
            }
        }
        start + 1
    }

    /// Corrects a string, whose first character is at `at`, and returns where it ends.
    fn string(&mut self, mut at: usize) -> usize {
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'"' => return at + 1,
                b'\\' => at = self.escape(at),
                0..0x20 => {
                    self.replace(at, at + 1, format!("\\u{byte:04x}").as_bytes());
                    at += 1;
                }
                _ => at += 1,
            }
        }
        at
    }

    /// Corrects the escape that begins with the backslash at `at`, and returns where it ends.
    fn escape(&mut self, at: usize) -> usize {
        match self.text.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 2,
            Some(b'u') => match (self.unit(at), self.unit(at + 6)) {
                (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => at + 12,
                (Some(0xD800..0xE000), _) => {
                    self.replace(at, at + 6, REPLACEMENT);
                    at + 6
                }
                (Some(_), _) => at + 6,
                (None, _) => self.literal(at),
            },
            _ => self.literal(at),
        }
    }

    /// Lets the backslash stand for itself.
    fn literal(&mut self, at: usize) -> usize {
        self.replace(at, at + 1, b"\\\\");
        at + 1
    }

    /// The code unit that is written as `\uXXXX` at `at`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// The text as JSON.
pub(super) fn checked(json: &[u8]) -> Result<&str, DecodeError> {
    let raw: &RawValue =
        serde_json::from_slice(json).map_err(|error| DecodeError::syntax(fault(&error)))?;
    Ok(raw.get())
}

/// Says what is wrong with a text, without a word of the text: serde_json's own message can quote
/// a token or someone's message.
pub fn fault(error: &serde_json::Error) -> String {
    let problem = match error.classify() {
        Category::Syntax => "not valid JSON",
        Category::Eof => "the JSON ends too early",
        Category::Data => "the JSON has another form than expected",
        Category::Io => "the JSON could not be read",
    };
    match error.line() {
        // Errors that no text is behind have no place.
        0 => problem.to_owned(),
        line => format!("{problem}, at line {line} column {}", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_stays_as_it_is() {
        for json in [
            &br#"{"a": "\u00e9\ud83d\ude00 \\ud83d \"N\" -1", "b": [-1.5e3, true, null]}"#[..],
            "{\"é\": \"😀\u{FEFF}\"}".as_bytes(),
            b"",
            b"no JSON",
        ] {
            // A text that is owned was repaired.
            assert!(matches!(repair(json), Cow::Borrowed(same) if same == json));
        }
    }

    #[test]
    fn what_is_meant_is_plain() {
        for (broken, repaired) in [
            (&b"\xEF\xBB\xBF{}"[..], "{}"),
            (b"[]\0", "[]"),
            (br#"["\ud83d"]"#, r#"["\ufffd"]"#),
            (br#"["\ude00\ud83d"]"#, r#"["\ufffd\ufffd"]"#),
            (br#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (br#"["\ud83dx\u0041"]"#, r#"["\ufffdx\u0041"]"#),
            // A valid beginning does not end the repair.
            (br#"["\ud83d\ude00\ud83d"]"#, r#"["\ud83d\ude00\ufffd"]"#),
            (br#"["\u0041\ud83d"]"#, r#"["\u0041\ufffd"]"#),
            (br#"[ "\n\ud83d"]"#, r#"[ "\n\ufffd"]"#),
            (b"[\"\x01\x02\", NaN,NaN]", r#"["\u0001\u0002", null,null]"#),
            (b"[\"\xE4\xBD\"]", "[\"\u{FFFD}\"]"),
            (b"[\"a\n\tb\x01\"]", r#"["a\u000a\u0009b\u0001"]"#),
            (br#"["\x41 \' \u12"]"#, r#"["\\x41 \\' \\u12"]"#),
            (br#"[NaN, -Infinity, Infinity, -1, "NaN"]"#, r#"[null, null, null, -1, "NaN"]"#),
        ] {
            assert_eq!(repair(broken), Cow::<[u8]>::Owned(repaired.into()), "{repaired}");
            assert_eq!(repair(repaired.as_bytes()), Cow::Borrowed(repaired.as_bytes()));
            assert!(checked(repaired.as_bytes()).is_ok());
        }
    }

    #[test]
    fn what_ends_too_early_stays_an_error() {
        for cut in [&br#"{"a": "b"#[..], br#"["\"#, br#"["\u"#, br#"["\ud83d\u"#, b"[", b""] {
            assert!(checked(&repair(cut)).is_err());
        }
    }

    #[test]
    fn a_fault_quotes_nothing() {
        let secret = br#""my salary""#;
        let error = serde_json::from_slice::<Vec<i64>>(secret).unwrap_err();
        assert!(error.to_string().contains("salary"));
        assert_eq!(fault(&error), "the JSON has another form than expected, at line 1 column 11");
        let error = serde_json::from_slice::<i64>(b"{").unwrap_err();
        assert!(!fault(&error).is_empty());
    }
}
