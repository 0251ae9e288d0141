//! Method, URL, tokens, scopes and the other facts in the first table, or elsewhere.

use super::blocks::{Block, Body, Document};
use super::facts::{Token, Vendor};
use super::old_api;
use super::report::{RemarkKind, Report};
use super::table::Table;
use super::vocabulary::{self, Basic, Section};
use super::words;

#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) line: usize,
    /// Method and URL are those of a request that the text shows.
    pub(super) is_of_text: bool,
    pub(super) tokens: Vec<Token>,
    pub(super) app_types: Vec<String>,
    pub(super) scopes: Vec<String>,
    /// Scopes without which some fields are absent.
    pub(super) field_scopes: Vec<String>,
    pub(super) rate_limit: Option<String>,
    pub(super) multipart: bool,
    /// Of an event or callback; empty if the page names none.
    pub(super) event_type: String,
    pub(super) is_callback: bool,
    /// The names that a page gives to scopes, with their IDs or instead of them.
    scope_names: Names,
    field_scope_names: Names,
}

/// Names of scopes, and the line where they are.
#[derive(Debug, Default)]
struct Names {
    line: usize,
    names: Vec<String>,
}

impl Request {
    pub(super) fn vendor(&self) -> Option<Vendor> {
        let host = self.host();
        if host.contains("dingtalk") {
            Some(Vendor::Dingtalk)
        } else if ["feishu", "larksuite", "larkoffice"].iter().any(|name| host.contains(name))
            || self.path().starts_with("/open-apis/")
        {
            Some(Vendor::Feishu)
        } else {
            None
        }
    }

    fn after_scheme(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, rest)| rest)
    }

    pub(super) fn host(&self) -> String {
        let rest = self.after_scheme();
        rest.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    /// Without the query.
    pub(super) fn path(&self) -> String {
        let rest = self.after_scheme();
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.to_owned()
    }

    pub(super) fn query_names(&self) -> Vec<String> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let names = query.split('&').filter_map(|pair| pair.split('=').next());
        names.filter(|name| words::is_identifier(name)).map(str::to_owned).collect()
    }

    /// The names in the template: `:name` and `{name}`.
    pub(super) fn path_names(&self) -> Vec<String> {
        let path = self.path();
        let names = path.split('/').filter_map(|segment| {
            let name =
                segment.strip_prefix(':').or_else(|| segment.strip_prefix('{')?.strip_suffix('}'));
            name.map(|name| name.trim_end_matches('}')).filter(|name| !name.is_empty())
        });
        names.map(str::to_owned).collect()
    }
}

pub(super) fn read(document: &Document, report: &mut Report) -> Request {
    let mut request = Request::default();
    let mut section = Section::Other;
    for block in &document.blocks {
        match &block.body {
            Body::Heading(heading) => {
                section = heading.section;
                request.read_line(&heading.title, block.line, report);
            }
            Body::Table(table) => request.read_table(table, section, report),
            _ => {}
        }
    }
    if request.event_type.is_empty() && (request.url.is_empty() || request.method.is_empty()) {
        request.read_text(document, report);
    }
    request.miss_scopes(report);
    request
}

impl Request {
    fn read_table(&mut self, table: &Table, section: Section, report: &mut Report) {
        if table.header.len() > 2 && (table.is_params() || table.is_errors()) {
            return;
        }
        if table.header.iter().any(|title| words::key(title) == vocabulary::SUPPORT) {
            return self.read_support(table);
        }
        // Some pages have lost the first column of this table.
        let pairs = !table.is_params();
        let keyless = pairs && section == Section::Request;
        let of_event = pairs && section == Section::Event;
        for row in std::iter::once((&table.header, table.line))
            .chain(table.rows.iter().map(|row| (&row.cells, row.line)))
        {
            let (cells, line) = row;
            let key = cells.first().map(|cell| words::key(cell)).unwrap_or_default();
            let value = cells.get(1).map(|cell| words::lines_of(cell)).unwrap_or_default();
            let known = (pairs || key.starts_with("http")) && self.take(&key, &value, line, report);
            let only = || words::bare(&words::lines_of(cells.first().map_or("", String::as_str)));
            if !known && keyless {
                self.take_alone(&only(), line, report);
            } else if !known && of_event && line != table.line && words::bare(&value).is_empty() {
                self.take_alone_of_event(&only(), line, report);
            }
        }
    }

    /// `企业内部应用 | 支持 | ...`
    fn read_support(&mut self, table: &Table) {
        let supported =
            |cell: &String| vocabulary::is_one_of(&words::key(cell), vocabulary::SUPPORTED);
        for row in table.rows.iter().filter(|row| row.cells.get(1).is_some_and(supported)) {
            self.add_app_types(&row.cells[0]);
        }
    }

    /// Takes a pair of the table; `false` if the key is not known.
    fn take(&mut self, key: &str, value: &str, line: usize, report: &mut Report) -> bool {
        let Some(basic) = vocabulary::basic(key) else { return false };
        match basic {
            Basic::EventType => self.set_event_type(value, line, report),
            Basic::CallbackType => {
                self.is_callback = true;
                self.set_event_type(value, line, report);
            }
            Basic::Url => self.set_url(value, line, report),
            Basic::Method => self.set_method(value, line, report),
            Basic::Tokens => self.add_tokens(value),
            Basic::AppTypes => self.add_app_types(value),
            Basic::FieldScopes => {
                add_scopes(value, line, &mut self.field_scopes, &mut self.field_scope_names);
            }
            Basic::Scopes => add_scopes(value, line, &mut self.scopes, &mut self.scope_names),
            Basic::Rate => self.rate_limit = rate_limit(value),
            Basic::ContentType => self.multipart |= value.to_lowercase().contains("multipart"),
        }
        true
    }

    fn take_alone(&mut self, value: &str, line: usize, report: &mut Report) {
        if url_in(value).is_some() {
            self.set_url(value, line, report);
        } else if is_method(value.trim()) {
            self.set_method(value, line, report);
        }
    }

    /// A row of an event's table that has lost its key.
    fn take_alone_of_event(&mut self, value: &str, line: usize, report: &mut Report) {
        if self.event_type.is_empty() && is_event_type(value) {
            let message =
                format!("`{value}` is treated as the event type; the row has lost its key");
            report.add(RemarkKind::Guessed, line, message);
            self.set_event_type(value, line, report);
        } else if vocabulary::contains(value, vocabulary::FIELD_SCOPES) {
            add_scopes(value, line, &mut self.field_scopes, &mut self.field_scope_names);
        } else if !value.is_ascii() || value.contains(':') {
            add_scopes(value, line, &mut self.scopes, &mut self.scope_names);
        }
    }

    fn set_event_type(&mut self, value: &str, line: usize, report: &mut Report) {
        let value = words::bare(&words::unescape(value));
        if !words::is_identifier(&value) {
            return;
        }
        if self.event_type.is_empty() {
            self.event_type = value;
            if self.url.is_empty() {
                self.line = line;
            }
        } else if self.event_type != value {
            let message = format!(
                "the event type is `{value}` here and `{}` on line {}",
                self.event_type, self.line
            );
            report.add(RemarkKind::Conflict, line, message);
        }
    }

    /// Says that scopes have names alone, of which a spec holds none.
    fn miss_scopes(&self, report: &mut Report) {
        for (noun, scopes, Names { line, names }) in [
            ("scopes", &self.scopes, &self.scope_names),
            ("field scopes", &self.field_scopes, &self.field_scope_names),
        ] {
            if scopes.is_empty() && !names.is_empty() {
                let message =
                    format!("the page does not give the IDs of its {noun}: {}", names.join(", "));
                report.add(RemarkKind::Missing, *line, message);
            }
        }
    }

    fn set_url(&mut self, value: &str, line: usize, report: &mut Report) {
        let Some(url) = url_in(&words::bare(value)) else { return };
        if self.url.is_empty() {
            (self.url, self.line) = (url, line);
        } else if self.url != url && !same_path(&self.url, &url) {
            report.add(
                RemarkKind::Conflict,
                line,
                format!("the URL is `{url}` here and `{}` on line {}", self.url, self.line),
            );
        }
    }

    fn set_method(&mut self, value: &str, line: usize, report: &mut Report) {
        let value = words::bare(value).to_uppercase();
        let Some(method) =
            value.split(|c: char| !c.is_ascii_alphabetic()).find(|word| is_method(word))
        else {
            return;
        };
        if self.method.is_empty() {
            self.method = method.to_owned();
        } else if self.method != method {
            report.add(
                RemarkKind::Conflict,
                line,
                format!("the method is {method} here and {} before", self.method),
            );
        }
    }

    fn add_tokens(&mut self, value: &str) {
        for (token, words) in vocabulary::TOKENS {
            if vocabulary::contains(value, words) && !self.tokens.contains(token) {
                self.tokens.push(*token);
            }
        }
    }

    fn add_app_types(&mut self, value: &str) {
        let lower = value.to_lowercase();
        let before = self.app_types.len();
        for (name, words) in vocabulary::APP_TYPES {
            let is_known = self.app_types.iter().any(|found| found == name);
            if vocabulary::contains(&lower, words) && !is_known {
                self.app_types.push((*name).to_owned());
            }
        }
        if self.app_types.len() == before {
            let words = value
                .split([' ', ',', '，', '、', '\n', '\u{3000}'])
                .map(words::gloss)
                .filter(|word| !word.is_empty());
            self.app_types.extend(words);
        }
    }

    /// Without a table: reads a request line in code or text, or a URL and a method in a sample.
    fn read_text(&mut self, document: &Document, report: &mut Report) {
        for (text, line) in document.blocks.iter().filter_map(text_of) {
            let mut method = "";
            for (index, text) in text.split('\n').enumerate() {
                // Some texts have the URL on a line of its own, below the method.
                let joined = format!("{method} {text}");
                let request = if method.is_empty() { text } else { &joined };
                let found = self.read_line(request, line + index, report);
                if !text.trim().is_empty() {
                    method = if is_method(text.trim()) { text.trim() } else { "" };
                }
                self.is_of_text |= found;
                if found || !self.url.is_empty() && !self.method.is_empty() {
                    return;
                }
            }
        }
    }

    /// `POST /v1.0/a HTTP/1.1`, `HTTPPOST /v1.0/a`, or `GET https://...`
    fn read_line(&mut self, text: &str, line: usize, report: &mut Report) -> bool {
        let Some((method, url)) = request_line(text) else { return false };
        if self.method.is_empty() {
            method.clone_into(&mut self.method);
        }
        if self.url.is_empty() {
            let path = url.split('?').next().unwrap_or_default();
            let host = match path {
                _ if path.starts_with("/open-apis/") => "open.feishu.cn",
                _ if old_api::is_old(path) => old_api::HOST,
                _ => "api.dingtalk.com",
            };
            let is_path = path.starts_with('/');
            self.url = if is_path { format!("https://{host}{path}") } else { url.to_owned() };
            self.line = line;
            report.add(
                RemarkKind::Guessed,
                line,
                "method and URL are taken from a request that the page shows",
            );
        }
        true
    }
}

/// Scopes are codes among their Chinese names: `im:chat`, `permission-Todo.Todo.Read-...`.
fn add_scopes(value: &str, line: usize, scopes: &mut Vec<String>, names: &mut Names) {
    let value = words::unescape(value);
    for word in
        value.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '.' | '-')))
    {
        let scope = match word.rfind("permission-") {
            Some(at) => word[at + "permission-".len()..].split('-').next().unwrap_or_default(),
            None if word.contains(':') => word.trim_matches([':', '.', '-']),
            None => continue,
        };
        if words::is_identifier(scope)
            && (scope.contains(':') || word.contains("permission-"))
            && !scopes.iter().any(|found| found == scope)
        {
            scopes.push(scope.to_owned());
        }
    }
    let lines = value.lines().map(words::bare).filter(|line| is_scope_name(line));
    names.names.extend(lines);
    names.line = line;
}

/// Whether the line is not a sentence about scopes, or the lack of them.
fn is_scope_name(line: &str) -> bool {
    !matches!(line, "" | "None" | "none")
        && !vocabulary::is_one_of(line, vocabulary::NOTHING)
        && !line.contains(['，', '。', '；', ';'])
}

/// Events have types of several words, unlike the rest of the cells next to them.
fn is_event_type(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains(['.', '_'])
        && words::is_identifier(text)
}

/// The text of a block that is neither heading nor table, and its line.
pub(super) fn text_of(block: &Block) -> Option<(&str, usize)> {
    match &block.body {
        Body::Code(text) | Body::Text(text) => Some((text, block.line)),
        _ => None,
    }
}

pub(super) const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

fn is_method(word: &str) -> bool {
    METHODS.contains(&word)
}

/// Method and target of a line that is a request.
pub(super) fn request_line(text: &str) -> Option<(&'static str, &str)> {
    let text = text.trim().trim_start_matches(['`', '*', '#', ' ']);
    if text.starts_with("curl ") {
        return curl(text);
    }
    let text = text.strip_prefix("HTTP").unwrap_or(text).trim_start();
    let method = METHODS.iter().find(|method| text.starts_with(**method))?;
    let rest = text[method.len()..].trim_start_matches(['`', '*', ':', '：']);
    let target = rest
        .strip_prefix([' ', '\t', '\u{a0}'])?
        .split_whitespace()
        .next()?
        .trim_matches(['`', '*', '"', '\'']);
    let is_target = target.starts_with("http://")
        || target.starts_with("https://")
        || target.starts_with('/') && target.len() > 1;
    is_target.then_some((*method, target))
}

/// `curl -X POST 'https://...'`
fn curl(text: &str) -> Option<(&'static str, &str)> {
    let url = text
        .split([' ', '\'', '"'])
        .find(|word| word.starts_with("https://") || word.starts_with("http://"))?;
    let word = text.split_once("-X ").or_else(|| text.split_once("--request "))?.1;
    let method = METHODS
        .iter()
        .find(|method| word.trim_start_matches(['\'', '"', ' ']).starts_with(**method))?;
    Some((*method, url))
}

/// The URL, or path, in a cell.
fn url_in(text: &str) -> Option<String> {
    let start = text
        .find("https://")
        .or_else(|| text.find("http://"))
        .or_else(|| text.find("/open-apis/"))
        .or_else(|| text.starts_with('/').then_some(0))?;
    let url = text[start..]
        .split(|c: char| {
            c.is_whitespace()
                || matches!(c, '`' | '"' | '，' | '。' | ')' | '(' | '）' | '（' | '<')
        })
        .next()?;
    // `[text](url)` leaves the text.
    let url = url.split("](").next()?.trim_end_matches([']', ',', '.']);
    (url.len() > 1).then(|| url.to_owned())
}

fn same_path(a: &str, b: &str) -> bool {
    let path = |url: &str| {
        url.split_once("://")
            .map_or(url, |(_, rest)| rest)
            .split_once('/')
            .map(|(_, path)| path.to_owned())
    };
    path(a) == path(b)
}

/// `1000 次/分钟、50 次/秒` becomes `1000/min, 50/s`.
fn rate_limit(value: &str) -> Option<String> {
    let text = words::gloss(value);
    let parts = text.split(['、', ',', '，', ';', '；', '&']).map(|part| {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        let part = part.to_lowercase();
        let (unit, _) =
            vocabulary::UNITS.iter().find(|(_, words)| vocabulary::contains(&part, words))?;
        (!digits.is_empty()).then(|| format!("{digits}/{unit}"))
    });
    let parts: Option<Vec<_>> = parts.collect();
    let said = parts.map(|parts| parts.join(", ")).unwrap_or(text);
    let none = said.is_empty() || vocabulary::is_one_of(&said, vocabulary::NOTHING);
    (!none).then_some(said)
}
