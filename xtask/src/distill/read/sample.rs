//! JSON samples amid request lines, headers and other text.

use super::json::{self, Json};
use super::report::{RemarkKind, Report};
use super::request;

/// The first object or list in the text. `line` is that of the text.
pub(super) fn find(text: &str, line: usize, report: &mut Report) -> Option<Json> {
    let start = start(text)?;
    let line = line + text[..start].matches('\n').count();
    let Some(parsed) = json::parse(&text[start..], line) else {
        report.add(RemarkKind::Json, line, "the sample is not JSON and cannot be mended");
        return None;
    };
    if let Some((line, what)) = parsed.mended {
        report.add(RemarkKind::Json, line, format!("the sample is not quite JSON: it has {what}"));
    }
    Some(parsed.value)
}

/// Where JSON starts: at the start of a line after a request or status line and headers, or else
/// somewhere in a line. Code of other languages that follows a request without a body is none.
fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    let mut head = false;
    for line in text.split('\n') {
        let content = line.trim();
        if content.starts_with(['{', '[']) && !content.starts_with("[!") {
            return Some(at + line.len() - line.trim_start().len());
        }
        if request::request_line(content).is_some() || content.starts_with("HTTP/") {
            head = true;
        } else if head && !content.is_empty() && !is_header(content) {
            return None;
        }
        at += line.len() + 1;
    }
    ["{\"", "{ \"", "[{"].iter().filter_map(|open| text.find(open)).min().filter(|_| !head)
}

/// `Content-Type:application/json`
fn is_header(line: &str) -> bool {
    line.split_once([':', '：']).is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}
