//! Pages that describe an event, or a callback with the response it waits for.

use super::blocks::{Body, Document};
use super::endpoint::{self, flats};
use super::envelope;
use super::facts::{Event, Param, Schema, Ty};
use super::json::{Json, JsonKind};
use super::nest::{self, Evidence};
use super::parts::{self, Inner, Parts};
use super::report::{RemarkKind, Report};
use super::request::{self, Request};
use super::vocabulary::{self, Section};
use super::{infer, params, sample};

/// The event whose type a table of the page names.
pub(super) fn named(document: &Document, report: &mut Report) -> Option<Event> {
    let mut guesses = Report::default();
    let request = request::read(document, &mut guesses);
    if request.event_type.is_empty() || !request.url.is_empty() {
        return None;
    }
    report.append(guesses);
    Some(build(document, request, report))
}

/// The event of a page that has a sample of it and nothing else. Guides show samples as well, but
/// not under a heading that says so.
pub(super) fn shown(document: &Document, report: &mut Report) -> Option<Event> {
    let mut section = Section::Other;
    let (event_type, line) = document.blocks.iter().find_map(|block| match &block.body {
        Body::Heading(heading) => {
            section = heading.section;
            None
        }
        Body::Code(text) if section == Section::EventExample => {
            let sample = sample::find(text, block.line, &mut Report::default())?;
            Some((envelope::event_type(&sample)?.to_owned(), sample.line))
        }
        _ => None,
    })?;
    let mut request = request::read(document, &mut Report::default());
    let message = format!("no table names the event type; `{event_type}` is that of the sample");
    report.add(RemarkKind::Guessed, line, message);
    (request.event_type, request.line) = (event_type, line);
    Some(build(document, request, report))
}

fn build(document: &Document, request: Request, report: &mut Report) -> Event {
    let title = endpoint::title(document);
    let mut parts = parts::collect(document, report);
    let example = parts.event_example.take();
    check_type(&request, example.as_ref(), report);
    let (answer_rows, event_rows): (Vec<_>, Vec<_>) =
        std::mem::take(&mut parts.inner).into_iter().partition(|inner| inner.answer);
    // A heading may say no more than that parameters follow.
    let rows = if parts.event.rows.is_empty() { &mut parts.body } else { &mut parts.event };
    let rows = flats(std::mem::take(rows));
    let mut table = nest::tree(rows, Evidence::Sample(example.as_ref()), report);
    endpoint::attach_inner(&mut table, event_rows, example.as_ref(), report);
    let Payload { schema, fields, of_table } = payload(&request, table, example.as_ref(), report);
    let answer_example = parts.response_example.take();
    let answer = answer(&request, &mut parts, answer_rows, answer_example.as_ref(), report);
    leave_out(&parts, report);
    let dedupe = dedupe(document, &fields, report);
    let deprecated = endpoint::is_deprecated(&title);
    if deprecated {
        let message = "the title says that the event is outdated; name its successor in the spec";
        report.add(RemarkKind::Missing, request.line, message);
    }
    Event {
        title,
        gloss: endpoint::gloss(document),
        source: document.source.clone(),
        event_type: request.event_type,
        schema,
        app_types: request.app_types,
        scopes: request.scopes,
        field_scopes: request.field_scopes,
        deprecated,
        dedupe,
        fields,
        of_table,
        answer,
        example: example.as_ref().map(Json::to_value),
        answer_example: answer_example.as_ref().map(Json::to_value),
        line: request.line,
    }
}

fn check_type(request: &Request, example: Option<&Json>, report: &mut Report) {
    let Some(example) = example else {
        return report.add(
            RemarkKind::Missing,
            request.line,
            "the page has no sample of the event",
        );
    };
    let shown = envelope::event_type(example).filter(|shown| *shown != request.event_type);
    if let Some(shown) = shown {
        let message = format!(
            "the sample is of `{shown}`, the page describes `{}` on line {}",
            request.event_type, request.line
        );
        report.add(RemarkKind::Conflict, example.line, message);
    }
}

struct Payload {
    schema: Schema,
    fields: Vec<Param>,
    of_table: bool,
}

/// The fields of the payload: those of the table, or else those of the sample.
fn payload(
    request: &Request,
    table: Vec<Param>,
    example: Option<&Json>,
    report: &mut Report,
) -> Payload {
    let schema = envelope::schema(&table, example).unwrap_or_else(|| {
        let message = "the page does not show the envelope of the event; schema 2.0 is assumed";
        report.add(RemarkKind::Guessed, request.line, message);
        Schema::V2
    });
    let event = envelope::event(schema, table, request.line, report);
    if let Some(example) = example {
        envelope::check(schema, example, report);
    }
    let of_table = !event.fields.is_empty();
    let sample = example.map(|example| envelope::payload(schema, example));
    let mut fields = compared(event, sample, report);
    if let Some(sample) = sample {
        let shown = infer::fields(&[sample]);
        add_shown(&mut fields, shown, report);
    }
    if fields.is_empty() {
        let message = "the page shows neither fields of the event nor a sample";
        report.add(RemarkKind::Missing, request.line, message);
    }
    Payload { schema, fields, of_table }
}

/// Adds what the sample has beyond the table: the platform sends it.
fn add_shown(fields: &mut Vec<Param>, shown: Vec<Param>, report: &mut Report) {
    for shown in shown {
        match fields.iter_mut().find(|field| field.name == shown.name) {
            // The keys of a map are no fields.
            Some(field)
                if field.fields.is_empty() || holds_map(&field.ty) || holds_map(&shown.ty) => {}
            Some(field) => add_shown(&mut field.fields, shown.fields, report),
            None => {
                let message =
                    format!("`{}` is treated as {}, as in the sample", shown.name, shown.ty);
                report.add(RemarkKind::Sampled, shown.line, message);
                fields.push(shown);
            }
        }
    }
}

fn holds_map(ty: &Ty) -> bool {
    match ty {
        Ty::List(of) => holds_map(of),
        ty => matches!(ty, Ty::Map(_)),
    }
}

/// The fields of an object that is compared with its sample, which gives them where no table does.
fn compared(object: Param, sample: Option<&Json>, report: &mut Report) -> Vec<Param> {
    let whole = sample.map(|sample| Json {
        kind: JsonKind::Object(vec![(object.name.clone(), sample.clone())]),
        ..sample.clone()
    });
    let mut object = [object];
    params::compare(&mut object, whole.as_ref(), report);
    let [object] = object;
    object.fields
}

/// The fields of the response that a callback waits for.
fn answer(
    request: &Request,
    parts: &mut Parts,
    inner: Vec<Inner>,
    sample: Option<&Json>,
    report: &mut Report,
) -> Option<Vec<Param>> {
    let rows = flats(std::mem::take(&mut parts.response));
    let mut fields = nest::tree(rows, Evidence::Sample(sample), report);
    endpoint::attach_inner(&mut fields, inner, sample, report);
    let line = parts.response_line.max(request.line);
    if let Some(sample) = sample {
        let message =
            "the sample of the response is not part of specs; it is compared and left out";
        report.add(RemarkKind::Row, sample.line, message);
    }
    let fields = match (fields.is_empty(), sample) {
        (true, None) if request.is_callback => {
            let message = "the page does not show what the callback is answered with";
            report.add(RemarkKind::Missing, line, message);
            return None;
        }
        (true, None) => return None,
        _ => compared(envelope::object("the response", fields, line), sample, report),
    };
    Some(fields)
}

/// The field by which the text tells an event from its repetitions, as a JSON pointer.
fn dedupe(document: &Document, fields: &[Param], report: &mut Report) -> Option<String> {
    let texts = document.blocks.iter().filter_map(|block| match &block.body {
        Body::Text(text) => Some((text, block.line)),
        _ => None,
    });
    let mut lines = texts
        .flat_map(|(text, line)| text.lines().enumerate().map(move |(at, text)| (text, line + at)));
    lines.find_map(|(text, line)| {
        if !vocabulary::contains(text, vocabulary::REPETITIONS) {
            return None;
        }
        let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let pointer =
            names.filter(|name| !name.is_empty()).find_map(|name| pointer(fields, name))?;
        let message = format!("the text names `{pointer}` as what repetitions have in common");
        report.add(RemarkKind::Prose, line, message);
        Some(pointer)
    })
}

/// Returns the place of the field of a name, in objects as well.
fn pointer(fields: &[Param], name: &str) -> Option<String> {
    fields.iter().find_map(|field| match field.ty {
        Ty::String | Ty::Int if field.name == name && field.values.is_empty() => {
            Some(format!("/{name}"))
        }
        Ty::Object if !field.name.contains(['/', '~']) => {
            Some(format!("/{}{}", field.name, pointer(&field.fields, name)?))
        }
        _ => None,
    })
}

/// Says what pages of events have no place for.
fn leave_out(parts: &Parts, report: &mut Report) {
    let places = [&parts.path, &parts.query, &parts.headers, &parts.body];
    for (_, flat) in places.into_iter().flat_map(|rows| &rows.rows) {
        let message = format!("`{}` is a parameter of a request; it is left out", flat.param.name);
        report.add(RemarkKind::Row, flat.param.line, message);
    }
    if let Some(error) = parts.errors.first() {
        let message = "error codes are not part of the specs of events; they are left out";
        report.add(RemarkKind::Row, error.line, message);
    }
}
