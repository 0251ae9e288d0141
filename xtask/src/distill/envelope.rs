//! What answers have around their data.

use super::facts::Param;
use super::json::{Json, JsonKind};

const FEISHU: &[&str] =
    &["code", "msg", "message", "error", "log_id", "request_id", "StatusCode", "StatusMessage"];

/// The data of an answer of Feishu: its `data`, or what stands beside `code` and `msg`.
pub(super) fn data(answer: &Json) -> Json {
    if let Some(data) =
        answer.get("data").filter(|_| answer.get("code").is_some() || answer.get("msg").is_some())
    {
        return data.clone();
    }
    let kind = match &answer.kind {
        JsonKind::Object(entries) if answer.get("code").is_some() => JsonKind::Object(
            entries.iter().filter(|(key, _)| !FEISHU.contains(&key.as_str())).cloned().collect(),
        ),
        kind => kind.clone(),
    };
    Json { line: answer.line, kind }
}

/// The same for the rows of a table.
pub(super) fn fields(fields: Vec<Param>) -> Vec<Param> {
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    if !has("code") || !(has("msg") || has("message") || has("data")) {
        return fields;
    }
    let rest: Vec<_> =
        fields.into_iter().filter(|field| !FEISHU.contains(&field.name.as_str())).collect();
    match <[Param; 1]>::try_from(rest) {
        Ok([data]) if data.name == "data" => data.fields,
        Ok([other]) => vec![other],
        Err(rest) => rest,
    }
}
