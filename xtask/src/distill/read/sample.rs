//! JSON samples amid request lines, headers and other text.

use super::json::{self, Json};
use super::report::{RemarkKind, Report};
use super::request;

/// The first object or list in the text. `line` is that of the text.
pub(super) fn find(text: &str, line: usize, report: &mut Report) -> Option<Json> {
    let start = start(text)?;
    let line = line + text[..start].matches('\n').count();
    let Some(parsed) = json::parse(&text[start..], line) else {
        report.add(RemarkKind::Json, line, "the sample is not JSON and cannot be repaired");
        return None;
    };
    if let Some((line, what)) = parsed.repaired {
        report.add(RemarkKind::Json, line, format!("the sample is not quite JSON: it has {what}"));
    }
    Some(parsed.value)
}

/// Returns the start of JSON: at the start of a line after a request or status line and headers, or
/// otherwise anywhere in a line. Code of other languages after a request without a body does not
/// count.
fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    let mut head = false;
    for line in text.split('\n') {
        let content = line.trim();
        if content.starts_with(['{', '[']) && !content.starts_with("[!") {
            return Some(at + line.len() - line.trim_start().len());
        }
        if is_program(content) {
            return None;
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

/// Whether a line is how a program of some language begins, so that no brace below opens JSON.
fn is_program(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "#include",
        "#!/",
        "# -*-",
        "<?php",
        "using ",
        "import ",
        "from ",
        "package ",
        "namespace ",
        "public ",
        "private ",
        "static ",
        "class ",
        "int main",
        "def ",
        "func ",
        "fn ",
        "use ",
        "require(",
        "// This file is auto-generated",
        "# This file is auto-generated",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// `Content-Type:application/json`
fn is_header(line: &str) -> bool {
    line.split_once([':', '：']).is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_no_json() {
        for text in [
            "#include <a>\n\nint main()\n{\n  a::B b;\n}",
            "using System;\n\nnamespace A\n{\n    public class B\n    {\n    }\n}",
            "// This file is auto-generated, don't edit it.\n{\n  a();\n}",
            "import a\n\ndef b():\n    c = [\n        1]",
        ] {
            let mut report = Report::default();
            assert!(find(text, 1, &mut report).is_none(), "{text}");
            assert!(report.finish().is_empty(), "{text}");
        }
        let request = "POST /v1.0/a HTTP/1.1\nHost:a\n\n{\"a\": 1}";
        assert!(find(request, 1, &mut Report::default()).is_some());
    }
}
