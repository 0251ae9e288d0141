//! What is read from each page in `tests/pages`.

use std::fmt::Write as _;

use xtask::distill::{Page, Param, Reading, read};

#[test]
fn pages_give_their_facts_and_what_is_not_certain() {
    insta::glob!("../pages", "*.*", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        insta::assert_snapshot!(digest(&read(name, &std::fs::read(path).unwrap())));
    });
}

/// One line for each fact.
fn digest(reading: &Reading) -> String {
    let mut out = String::new();
    match &reading.page {
        Page::Endpoint(endpoint) => {
            let e = endpoint;
            writeln!(out, "{} {} ({:?}, line {})", e.method, e.url, e.vendor, e.line).unwrap();
            writeln!(out, "host {} path {}", e.host, e.path).unwrap();
            writeln!(out, "title {:?}, gloss {:?}", e.title, e.gloss).unwrap();
            writeln!(out, "tokens {:?}, apps {:?}, scopes {:?}", e.tokens, e.app_types, e.scopes)
                .unwrap();
            writeln!(out, "rate {:?}, deprecated {}", e.rate_limit, e.deprecated).unwrap();
            writeln!(out, "multipart {}, download {}", e.multipart, e.download).unwrap();
            section(&mut out, "params", &e.params);
            section(&mut out, "query", &e.query);
            section(&mut out, "headers", &e.headers);
            section(&mut out, if e.body_list { "body, each" } else { "body" }, &e.body);
            if e.whole_body {
                writeln!(out, "response next to its code").unwrap();
            }
            section(
                &mut out,
                if e.response_list { "response, each" } else { "response" },
                &e.response,
            );
            for error in &e.errors {
                let http = error.http.map_or("-".into(), |http| http.to_string());
                writeln!(out, "error {} {http} {:?} {:?}", error.code, error.message, error.gloss)
                    .unwrap();
            }
            writeln!(out, "request {}", serde_json::json!(e.request_example)).unwrap();
            writeln!(out, "response {}", serde_json::json!(e.response_example)).unwrap();
        }
        Page::Event(event) => {
            let e = event;
            writeln!(out, "event {} ({:?}, line {})", e.event_type, e.schema, e.line).unwrap();
            writeln!(out, "title {:?}, gloss {:?}", e.title, e.gloss).unwrap();
            writeln!(out, "source {:?}, deprecated {}", e.source, e.deprecated).unwrap();
            writeln!(out, "apps {:?}, scopes {:?}", e.app_types, e.scopes).unwrap();
            writeln!(out, "dedupe {:?}", e.dedupe).unwrap();
            writeln!(out, "field scopes {:?}", e.field_scopes).unwrap();
            section(
                &mut out,
                if e.of_table { "fields" } else { "fields of the sample" },
                &e.fields,
            );
            section(&mut out, "answer", e.answer.as_deref().unwrap_or_default());
            writeln!(out, "example {}", serde_json::json!(e.example)).unwrap();
            writeln!(out, "answer example {}", serde_json::json!(e.answer_example)).unwrap();
        }
        Page::Overview(overview) => {
            writeln!(out, "overview {:?}, line {}", overview.title, overview.line).unwrap();
            section(&mut out, "fields", &overview.fields);
            writeln!(out, "example {}", serde_json::json!(overview.example)).unwrap();
        }
        Page::Nothing { why } => writeln!(out, "nothing: {why}").unwrap(),
        Page::Unreadable { why } => writeln!(out, "unreadable: {why}").unwrap(),
    }
    for remark in &reading.remarks {
        writeln!(
            out,
            "{}:{}: {}: {}",
            reading.name,
            remark.line,
            remark.kind.label(),
            remark.message
        )
        .unwrap();
    }
    out
}

fn section(out: &mut String, title: &str, params: &[Param]) {
    if !params.is_empty() {
        writeln!(out, "{title}:").unwrap();
        list(out, params, 1);
    }
}

fn list(out: &mut String, params: &[Param], depth: usize) {
    for param in params {
        write!(out, "{}{}: {}", "  ".repeat(depth), param.name, param.ty).unwrap();
        let required =
            param.required.map(|required| if required { "required" } else { "optional" });
        let facts = [
            required.map(str::to_owned),
            param.model.as_ref().map(|model| format!("model {model}")),
            param.default.as_ref().map(|default| format!("default {default:?}")),
            param.example.as_ref().map(|example| format!("example {example:?}")),
            param.min.as_ref().map(|min| format!("min {min}")),
            param.max.as_ref().map(|max| format!("max {max}")),
            param.min_length.map(|length| format!("min length {length}")),
            param.max_length.map(|length| format!("max length {length}")),
        ];
        for fact in facts.into_iter().flatten() {
            write!(out, ", {fact}").unwrap();
        }
        for value in &param.values {
            write!(out, ", {:?} = {:?}", value.value, value.gloss).unwrap();
        }
        writeln!(out, " (line {})", param.line).unwrap();
        list(out, &param.fields, depth + 1);
    }
}
