//! JSON as pages print it: with comments, trailing commas, ellipses, missing commas and brackets,
//! bare words, cut off, or amid other text. Keeps the order of keys and the line of each, which
//! serde_json's values do not.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

/// A value with the line on which it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Json {
    pub(super) line: usize,
    pub(super) kind: JsonKind,
    /// The comment on the line where it starts, at the first value that starts there.
    pub(super) comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonKind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The JSON that was read, and how.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) value: Json,
    /// The repair that was needed, with its line.
    pub(super) repaired: Option<(usize, &'static str)>,
}

impl Json {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            JsonKind::Object(entries) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Takes the comments of the lines where it and the values in it start.
    fn take_comments(&mut self, comments: &mut BTreeMap<usize, String>) {
        self.comment = comments.remove(&self.line);
        match &mut self.kind {
            JsonKind::Array(items) => {
                items.iter_mut().for_each(|item| item.take_comments(comments))
            }
            JsonKind::Object(entries) => {
                entries.iter_mut().for_each(|(_, value)| value.take_comments(comments));
            }
            _ => {}
        }
    }

    /// The members of an object.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            JsonKind::Object(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the number of keys or items.
    pub(super) fn len(&self) -> usize {
        match &self.kind {
            JsonKind::Object(entries) => entries.len(),
            JsonKind::Array(items) => items.len(),
            _ => 0,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            JsonKind::Null => Value::Null,
            JsonKind::Bool(bool) => Value::Bool(*bool),
            JsonKind::Number(number) => Value::Number(number.clone()),
            JsonKind::String(string) => Value::String(string.clone()),
            JsonKind::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            JsonKind::Object(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.entry(key.clone()).or_insert_with(|| value.to_value());
                }
                Value::Object(map)
            }
        }
    }
}

/// Reads the object or list that the text starts with. `line` is that of the text.
pub(super) fn parse(text: &str, line: usize) -> Option<Parsed> {
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with(['{', '[']) {
        return None;
    }
    let line = line + text[..start].matches('\n').count();
    let mut reader = Reader { text, at: start, line, repaired: None, comments: BTreeMap::new() };
    let mut value = reader.value(0)?;
    value.take_comments(&mut reader.comments);
    Some(Parsed { value, repaired: reader.repaired })
}

/// Deeper than any sample, and shallow enough for every recursion over values.
const MAX_DEPTH: usize = 48;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    repaired: Option<(usize, &'static str)>,
    /// By their lines.
    comments: BTreeMap<usize, String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn repair(&mut self, what: &'static str) {
        self.repaired.get_or_insert((self.line, what));
    }

    /// Past spaces, comments and dots that stand for more of the same.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else { return };
            if c.is_whitespace() || c == '\u{feff}' {
                self.next();
            } else if rest.starts_with("//") || c == '#' {
                self.repair("a comment");
                self.comment("\n");
            } else if rest.starts_with("/*") {
                self.repair("a comment");
                self.comment("*/");
            } else if rest.starts_with("..") || c == '…' {
                self.repair("an ellipsis");
                while matches!(self.peek(), Some('.' | '…')) {
                    self.next();
                }
            } else {
                return;
            }
        }
    }

    fn comment(&mut self, end: &str) {
        let rest = &self.text[self.at..];
        let (text, length) = match rest.split_once(end) {
            Some((text, _)) => (text, text.len() + end.len()),
            None => (rest, rest.len()),
        };
        let words = text.trim_matches(['/', '*', '#', ' ', '\t', '\r']);
        self.comments.entry(self.line).or_insert_with(|| words.to_owned());
        self.line += rest[..length].matches('\n').count();
        self.at += length;
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip();
        let line = self.line;
        let kind = match self.peek()? {
            '{' | '[' if depth >= MAX_DEPTH => return None,
            '{' => self.object(depth)?,
            '[' => self.array(depth)?,
            '"' | '“' | '”' | '\'' => JsonKind::String(self.string()?),
            _ => self.word()?,
        };
        Some(Json { line, kind, comment: None })
    }

    fn object(&mut self, depth: usize) -> Option<JsonKind> {
        self.next();
        let mut entries: Vec<(String, Json)> = Vec::new();
        while !self.closes('}') {
            let key = match self.peek()? {
                '"' | '“' | '”' | '\'' => self.string()?,
                _ => self.bare_key()?,
            };
            self.skip();
            match self.peek() {
                Some(':') => _ = self.next(),
                Some('：' | '=') => {
                    self.repair("another colon");
                    self.next();
                }
                None => {
                    self.repair("a missing end");
                    break;
                }
                Some(_) => return None,
            }
            self.skip();
            let value = match self.peek() {
                Some(',' | '}' | '，') => {
                    self.repair("a missing value");
                    Json { line: self.line, kind: JsonKind::Null, comment: None }
                }
                None => {
                    self.repair("a missing end");
                    Json { line: self.line, kind: JsonKind::Null, comment: None }
                }
                Some(_) => self.value(depth + 1)?,
            };
            entries.push((key, value));
            self.comma('}');
        }
        Some(JsonKind::Object(entries))
    }

    fn array(&mut self, depth: usize) -> Option<JsonKind> {
        self.next();
        let mut items = Vec::new();
        while !self.closes(']') {
            items.push(self.value(depth + 1)?);
            self.comma(']');
        }
        Some(JsonKind::Array(items))
    }

    /// Whether the container ends here; text that was cut off ends all of them.
    fn closes(&mut self, close: char) -> bool {
        self.skip();
        match self.peek() {
            Some(c) if c == close => _ = self.next(),
            None => self.repair("a missing end"),
            Some(_) => return false,
        }
        true
    }

    fn comma(&mut self, close: char) {
        self.skip();
        match self.peek() {
            Some(',') => {
                self.next();
                self.skip();
                if self.peek() == Some(close) {
                    self.repair("a trailing comma");
                }
            }
            Some('，' | ';' | '；' | '、') => {
                self.repair("another comma");
                self.next();
            }
            Some(c) if c == close => {}
            None => {}
            Some(_) => self.repair("a missing comma"),
        }
    }

    fn string(&mut self) -> Option<String> {
        let open = self.next()?;
        let is_close = |c: char| {
            if open == '\'' || open == '"' { c == open } else { matches!(c, '“' | '”' | '"') }
        };
        if open != '"' {
            self.repair("other quotes");
        }
        let mut out = String::new();
        loop {
            match self.next() {
                Some(c) if is_close(c) => return Some(out),
                Some('\\') => self.escape(&mut out),
                Some(c) => {
                    if c == '\n' {
                        self.repair("a line break in a string");
                    }
                    out.push(c);
                }
                None => {
                    self.repair("a missing end");
                    return Some(out);
                }
            }
        }
    }

    fn escape(&mut self, out: &mut String) {
        match self.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => out.push(self.unicode().unwrap_or('\u{fffd}')),
            Some(c) if c.is_ascii_punctuation() => out.push(c),
            Some(c) => {
                self.repair("an unknown escape");
                out.push('\\');
                out.push(c);
            }
            None => {}
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let high = self.hex4()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.text[self.at..].starts_with("\\u") {
            return None;
        }
        self.at += 2;
        let low = self.hex4()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(number)
    }

    fn bare(&mut self) -> &str {
        let start = self.at;
        while self.peek().is_some_and(|c| {
            !c.is_whitespace()
                && !matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '"' | '，' | '：')
        }) {
            self.next();
        }
        &self.text[start..self.at]
    }

    fn bare_key(&mut self) -> Option<String> {
        self.repair("a key without quotes");
        let key = self.bare().to_owned();
        (!key.is_empty()).then_some(key)
    }

    /// A number, `true`, `false`, `null`, or a word that should have been a string.
    fn word(&mut self) -> Option<JsonKind> {
        let word = self.bare().to_owned();
        Some(match word.as_str() {
            "" => return None,
            "null" => JsonKind::Null,
            "true" => JsonKind::Bool(true),
            "false" => JsonKind::Bool(false),
            _ => {
                if let Ok(number) = word.parse() {
                    return Some(JsonKind::Number(number));
                }
                if let Some(Ok(number)) =
                    word.strip_suffix(['L', 'l', 'f', 'F', 'D', 'd']).map(str::parse)
                {
                    self.repair("a number with a suffix");
                    return Some(JsonKind::Number(number));
                }
                match word.as_str() {
                    "True" => JsonKind::Bool(true),
                    "False" => JsonKind::Bool(false),
                    "None" | "undefined" => JsonKind::Null,
                    _ => {
                        self.repair("a word without quotes");
                        JsonKind::String(word)
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, value: Value, repaired: Option<&str>) {
        let parsed = parse(text, 1).unwrap_or_else(|| panic!("no JSON: {text}"));
        assert_eq!(parsed.value.to_value(), value, "{text}");
        assert_eq!(parsed.repaired.map(|(_, what)| what), repaired, "{text}");
    }

    #[test]
    fn json_as_pages_print_it_is_read() {
        check(
            r#"{"a": [1, -2.5, true, null]} and more"#,
            json!({"a": [1, -2.5, true, null]}),
            None,
        );
        check(r#"{"a": "\u4e2d\ud83d\ude00\n"}"#, json!({"a": "中😀\n"}), None);
        check(r#"{"a": 1,}"#, json!({"a": 1}), Some("a trailing comma"));
        check("{\"a\": 1 // one\n}", json!({"a": 1}), Some("a comment"));
        check("{\"a\": [1, ...]}", json!({"a": [1]}), Some("an ellipsis"));
        check("{\"a\": 1 \"b\": 2}", json!({"a": 1, "b": 2}), Some("a missing comma"));
        check("{\"a\": Long}", json!({"a": "Long"}), Some("a word without quotes"));
        check("{\"a\": 12L}", json!({"a": 12}), Some("a number with a suffix"));
        check("{a: 1}", json!({"a": 1}), Some("a key without quotes"));
        check("{“a”： “b”}", json!({"a": "b"}), Some("other quotes"));
        check("{\"a\": }", json!({"a": null}), Some("a missing value"));
        check("{\"a\": {\"b\": \"c", json!({"a": {"b": "c"}}), Some("a missing end"));
    }

    #[test]
    fn keys_keep_their_order_and_line() {
        let parsed = parse("\n{\n\"z\": 1,\n\"a\": 2}", 10).unwrap();
        let JsonKind::Object(entries) = parsed.value.kind else { panic!("no object") };
        let keys: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value.line)).collect();
        assert_eq!(keys, [("z", 12), ("a", 13)]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "text", "{{{", "{: 1}", "{\"a\" 1}", "[}"] {
            assert!(parse(text, 1).is_none(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000), 1).is_none());
    }
}
