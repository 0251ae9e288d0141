//! Pages that were saved as HTML, as the lines of Markdown that they would be. Tables stay elements,
//! which are read as such.

use super::words;

/// Whether the text is a document of HTML rather than Markdown with some tags in it.
pub(super) fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(200).collect::<String>().to_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.contains("<head>")
}

/// The lines, each with the number of the line on the page where it starts.
pub(super) fn lines(text: &str) -> Vec<(usize, String)> {
    let mut writer = Writer { line: 1, ..Writer::default() };
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        writer.text(&rest[..start]);
        rest = &rest[start..];
        let is_tag =
            rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let Some(length) = tag_length(rest).filter(|_| is_tag) else {
            writer.text("<");
            rest = &rest[1..];
            continue;
        };
        writer.tag(rest[1..length].trim_end_matches('>'));
        rest = &rest[length..];
    }
    writer.text(rest);
    writer.finish()
}

/// The length of the tag or comment at the start of the text, if it is one. An unclosed comment
/// extends to the end.
fn tag_length(text: &str) -> Option<usize> {
    /// Longer than any tag.
    const LONGEST: usize = 10_000;
    if text.starts_with("<!--") {
        return Some(text.find("-->").map_or(text.len(), |at| at + 3));
    }
    let mut quote = None;
    text.char_indices().take(LONGEST).find_map(|(at, c)| {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('>', None) => return Some(at + 1),
            _ => {}
        }
        None
    })
}

#[derive(Default)]
struct Writer {
    lines: Vec<(usize, String)>,
    /// Of the page.
    line: usize,
    current: String,
    start: usize,
    /// The element whose content is no text of the page.
    skipped: Option<String>,
    tables: usize,
    is_code: bool,
    address: Option<String>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.skipped.is_none() {
            for (index, part) in text.split('\n').enumerate() {
                if index > 0 {
                    self.line_break();
                    self.line += 1;
                }
                self.push(part);
            }
        } else {
            self.line += text.matches('\n').count();
        }
    }

    /// In tables and code the lines of the page are lines; elsewhere they are spaces.
    fn line_break(&mut self) {
        if self.tables > 0 || self.is_code { self.end_line() } else { self.push(" ") }
    }

    fn push(&mut self, text: &str) {
        let is_blank = self.current.trim().is_empty();
        let text = if is_blank && !self.is_code { text.trim_start() } else { text };
        if text.is_empty() {
            return;
        }
        if is_blank {
            self.start = self.line;
        }
        // In a table the cells are decoded later.
        if self.tables > 0 {
            self.current.push_str(text);
        } else {
            self.current.push_str(&words::entities(text));
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.current);
        let start = if line.trim().is_empty() { self.line } else { self.start };
        self.lines.push((start, line.trim_end().to_owned()));
    }

    fn tag(&mut self, inside: &str) {
        let (closes, inside) =
            inside.strip_prefix('/').map_or((false, inside), |rest| (true, rest));
        let name = inside.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        match &self.skipped {
            Some(skipped) if closes && *skipped == name => self.skipped = None,
            Some(_) => {}
            None => self.element(&name, inside, closes),
        }
        self.line += inside.matches('\n').count();
    }

    fn element(&mut self, name: &str, inside: &str, closes: bool) {
        match name {
            "script" | "style" | "svg" | "noscript" | "title" | "button" | "nav" | "aside"
            | "footer"
                if !closes =>
            {
                self.skipped = (!inside.ends_with('/')).then(|| name.to_owned());
            }
            "link" | "meta" => self.note_address(inside),
            "table" => self.table(closes),
            _ if self.tables > 0 => self.inside_table(name, closes),
            "pre" => {
                self.end_line();
                self.is_code = !closes;
                self.lines.push((self.line, "```".to_owned()));
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_line();
                let level = name[1..].parse().unwrap_or(1);
                if !closes {
                    self.push(&"#".repeat(level));
                    self.current.push(' ');
                }
            }
            "li" if !closes => {
                self.end_line();
                self.push("- ");
            }
            "br" | "p" | "div" | "ul" | "ol" | "li" | "section" | "article" | "header" | "main" => {
                self.end_line();
            }
            _ => {}
        }
    }

    /// A table within a cell is text of the cell.
    fn table(&mut self, closes: bool) {
        if !closes {
            if self.tables == 0 {
                self.end_line();
                self.push("<table>");
            }
            self.tables += 1;
        } else if self.tables > 0 {
            if self.tables == 1 {
                self.push("</table>");
                self.end_line();
            }
            self.tables -= 1;
        }
    }

    fn inside_table(&mut self, name: &str, closes: bool) {
        let slash = if closes { "/" } else { "" };
        match name {
            "tr" | "td" | "th" if self.tables == 1 => self.push(&format!("<{slash}{name}>")),
            "br" | "p" | "div" | "li" | "tr" => self.push("<br>"),
            "td" | "th" => self.push(" "),
            "code" => self.push("`"),
            _ => {}
        }
    }

    /// The address of the page in its head.
    fn note_address(&mut self, tag: &str) {
        let is = |name, value| words::attribute(tag, name) == Some(value);
        let address = if is("rel", "canonical") {
            words::attribute(tag, "href")
        } else if is("property", "og:url") {
            words::attribute(tag, "content")
        } else {
            None
        };
        self.address = self.address.take().or(address.map(str::to_owned));
    }

    fn finish(mut self) -> Vec<(usize, String)> {
        self.end_line();
        if let Some(address) = self.address {
            self.lines.push((self.line, format!("source: {address}")));
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_that_is_broken_is_read_as_far_as_it_goes() {
        for (text, expected) in [
            ("<html><p>a < b<p>c<!-- d\n中", "a < b|c"),
            ("<html><p title='中>a<td>b</p>\n</table>c", "<p title='中>ab|c"),
            (
                "<html><table><tr><td>a\n<table><tr><td>b</td></tr></table>",
                "<table><tr><td>a|<br> b <br>",
            ),
            ("<html><pre>a\n b</pre><h2 id=x>c</h2>", "```|a| b|```|## c"),
            ("<html><script>a</div>b", ""),
        ] {
            let lines = lines(text).into_iter().map(|(_, line)| line);
            let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.join("|"), expected, "{text}");
        }
    }
}
