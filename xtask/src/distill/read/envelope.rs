//! The envelopes around the data of responses and events.

use super::facts::{Param, Schema, Ty};
use super::json::{Json, JsonKind};
use super::old_api::ENVELOPE;
use super::places::Flat;
use super::report::{RemarkKind, Report};

const FEISHU: &[&str] =
    &["code", "msg", "message", "error", "log_id", "request_id", "StatusCode", "StatusMessage"];

/// Returns the data of a response of Feishu's: its `data`, or the members next to `code` and `msg`.
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
    Json { kind, ..answer.clone() }
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

/// Takes the rows of the envelope of DingTalk's old API out of a table, in which they stand behind the
/// data and could sink into it. Those that the sample has within the data stay.
pub(super) fn leave_out_old(rows: &mut Vec<Flat>, sample: Option<&Json>) {
    let entries = sample.map(Json::entries).unwrap_or_default();
    rows.retain(|Flat { indent, param }| {
        let is_of_envelope = *indent == 0 && ENVELOPE.contains(&param.name.as_str());
        !is_of_envelope || entries.iter().any(|(_, value)| holds(value, &param.name))
    });
}

fn holds(value: &Json, name: &str) -> bool {
    match &value.kind {
        JsonKind::Object(entries) => {
            entries.iter().any(|(key, value)| key == name || holds(value, name))
        }
        JsonKind::Array(items) => items.iter().any(|item| holds(item, name)),
        _ => false,
    }
}

/// Returns the data of a response of DingTalk's old API: all but its envelope.
pub(super) fn data_of_old(answer: &Json) -> Json {
    let entries = answer.entries().iter().filter(|(key, _)| !ENVELOPE.contains(&key.as_str()));
    let kind = match &answer.kind {
        JsonKind::Object(_) => JsonKind::Object(entries.cloned().collect()),
        kind => kind.clone(),
    };
    Json { kind, ..answer.clone() }
}

/// Returns `true` if the members of a response of Feishu's are next to `code` and not in `data`. The
/// sample counts if it has any of the members.
pub(super) fn is_whole_body(table: &[Param], answer: Option<&Json>) -> bool {
    let is_member = |name: &str| name != "data" && !FEISHU.contains(&name);
    if let Some(answer) = answer.filter(|answer| answer.get("code").is_some()) {
        let has_data = answer.get("data").is_some();
        return !has_data && answer.entries().iter().any(|(name, _)| is_member(name));
    }
    let has = |name: &str| table.iter().any(|row| row.name == name);
    has("code") && !has("data") && table.iter().any(|row| is_member(&row.name))
}

/// The members that each envelope of an event has in addition to the payload.
const EVENT_V2: &[&str] = &["schema", "header"];
const EVENT_HEADER: &[&str] =
    &["event_id", "event_type", "create_time", "token", "app_id", "tenant_key"];
const EVENT_V1: &[&str] = &["ts", "uuid", "token", "type"];

/// The type of an event, where its envelope gives it.
pub(super) fn event_type(sample: &Json) -> Option<&str> {
    let event_type = match sample.get("header") {
        Some(header) => header.get("event_type"),
        None => sample.get("event")?.get("type"),
    };
    match &event_type?.kind {
        JsonKind::String(event_type) => Some(event_type),
        _ => None,
    }
}

/// The envelope that the rows of a table or a sample have; `None` if neither has one.
pub(super) fn schema(rows: &[Param], sample: Option<&Json>) -> Option<Schema> {
    let has = |name: &str| {
        rows.iter().any(|row| row.name == name) || sample.is_some_and(|s| s.get(name).is_some())
    };
    if has("header") && has("event") {
        Some(Schema::V2)
    } else if has("uuid") && has("event") {
        Some(Schema::V1)
    } else if has("action") && has("open_message_id") {
        Some(Schema::Card)
    } else {
        None
    }
}

/// The payload of a sample, which may have no envelope.
pub(super) fn payload(schema: Schema, sample: &Json) -> &Json {
    let event = sample.get("event").filter(|_| schema != Schema::Card);
    event.unwrap_or(sample)
}

/// The row of the payload, made of all rows where they have no envelope. Says what the envelope has
/// that is not known of it.
pub(super) fn event(
    schema: Schema,
    mut rows: Vec<Param>,
    line: usize,
    report: &mut Report,
) -> Param {
    let at = rows.iter().position(|row| row.name == "event" && schema != Schema::Card);
    let Some(event) = at.map(|at| rows.remove(at)) else {
        return object("event", rows, line);
    };
    let known = if schema == Schema::V1 { EVENT_V1 } else { EVENT_V2 };
    let inner = rows.iter().filter(|row| row.name == "header").flat_map(|header| &header.fields);
    let unknown = rows.iter().filter(|row| !known.contains(&row.name.as_str()));
    let unknown = unknown.chain(inner.filter(|row| !EVENT_HEADER.contains(&row.name.as_str())));
    for row in unknown {
        let message =
            format!("`{}` of the envelope is not part of specs; it is left out", row.name);
        report.add(RemarkKind::Row, row.line, message);
    }
    event
}

/// Says what a sample has around the payload that is not known of its envelope.
pub(super) fn check(schema: Schema, sample: &Json, report: &mut Report) {
    if schema == Schema::Card || sample.get("event").is_none() {
        return;
    }
    let known = if schema == Schema::V1 { EVENT_V1 } else { EVENT_V2 };
    let around = sample.entries().iter().filter(|(key, _)| key != "event");
    let around = around.filter(|(key, _)| !known.contains(&key.as_str()));
    let header = sample.get("header").map(Json::entries).unwrap_or_default().iter();
    let header = header.filter(|(key, _)| !EVENT_HEADER.contains(&key.as_str()));
    for (key, value) in around.chain(header) {
        let message = format!("`{key}` of the envelope is not part of specs; it is left out");
        report.add(RemarkKind::Row, value.line, message);
    }
}

/// An object of the fields, or of a type that is yet to be found.
pub(super) fn object(name: &str, fields: Vec<Param>, line: usize) -> Param {
    let ty = if fields.is_empty() { Ty::Unknown } else { Ty::Object };
    Param { name: name.to_owned(), ty, fields, line, ..Param::default() }
}
