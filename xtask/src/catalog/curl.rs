//! Command lines that send what the examples of the docs send. A token is a variable of the shell.

use serde_json::Value;

use crate::codegen::example_call;
use crate::codegen::ir::{Api, Body, Operation, SentBody, Type, Vendor};
use crate::distill::read::old_api;
use crate::operations::host;

/// How long JSON may be on one line.
const WIDTH: usize = 72;

/// Returns a call of an operation, with the values of its example.
pub fn curl(api: &Api, operation: &Operation) -> String {
    let call = example_call(api, operation);
    let is_old = api.vendor == Vendor::DingTalk && old_api::is_old(&operation.path);
    let mut url = quoted(&format!("https://{}{}", host(api, operation), call.target));
    if is_old {
        let separator = if call.target.contains('?') { '&' } else { '?' };
        url = format!("{url}\"{separator}{}=$TOKEN\"", old_api::TOKEN);
    }
    let mut parts = vec![format!("curl -X {} {url}", operation.method.as_str())];
    match api.vendor {
        Vendor::Feishu => parts.push("-H \"Authorization: Bearer $TOKEN\"".to_owned()),
        Vendor::DingTalk if is_old => {}
        Vendor::DingTalk => parts.push("-H \"x-acs-dingtalk-access-token: $TOKEN\"".to_owned()),
    }
    match &call.body {
        None => {}
        Some(SentBody::Json(value)) => parts.extend(json(value)),
        Some(SentBody::Form(fields)) => {
            let fields = fields.iter().map(|(name, text)| form_field(operation, name, text));
            parts.extend(fields);
        }
    }
    if operation.is_download() {
        parts.push("-o download".to_owned());
    }
    parts.join(" \\\n  ")
}

/// Returns the delivery of an event to a webhook of one's own.
pub fn curl_of_event(example: &Value) -> String {
    let mut parts = vec!["curl -X POST \"$WEBHOOK\"".to_owned()];
    parts.extend(json(example));
    parts.join(" \\\n  ")
}

fn json(value: &Value) -> [String; 2] {
    let line = value.to_string();
    let text = match line.len() {
        ..=WIDTH => line,
        _ => format!("{value:#}"),
    };
    let header = "-H 'Content-Type: application/json; charset=utf-8'";
    [header.to_owned(), format!("-d {}", quoted(&text))]
}

/// A field of a form. curl would read a text that begins with `@` or `<` from a file if it were not
/// told that it is text.
fn form_field(operation: &Operation, name: &str, text: &str) -> String {
    let fields = operation.body.as_ref().map_or(&[][..], Body::fields);
    let is_file = fields.iter().any(|field| field.wire == name && field.ty == Type::File);
    match is_file {
        true => format!("-F {}", quoted(&format!("{name}=@path/to/{text}"))),
        false => format!("--form-string {}", quoted(&format!("{name}={text}"))),
    }
}

/// Quotes a word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shell_reads_what_was_quoted() {
        assert_eq!(quoted("it's $HOME `pwd`"), r"'it'\''s $HOME `pwd`'");
        let line = curl_of_event(&json!({ "text": "it's $(pwd)" }));
        assert!(line.ends_with(r#"-d '{"text":"it'\''s $(pwd)"}'"#), "{line}");
    }
}
