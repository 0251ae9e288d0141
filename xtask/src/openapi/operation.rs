//! Operations: what is sent, and what comes back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::node::{JSON, Node, Object, content, reference};
use super::sample::{members, sample};
use super::schema::{Schemas, Way, deprecation, is_required, marks, model, nullable};
use super::vendor::{Envelope, old_servers, scheme};
use super::words::{codes, list, paragraphs};
use crate::codegen::ir::{Body, Code, Field, Operation, Paging, PagingBy, Place, Type};

/// Returns all operations by path and method.
pub fn paths(schemas: &Schemas<'_>) -> Object {
    let mut paths: Vec<(&str, Object)> = Vec::new();
    for module in &schemas.api().modules {
        for operation in &module.operations {
            // Paths that differ in the names of their parameters are one.
            let shape = shape(&operation.template);
            let known = paths.iter_mut().find(|(path, _)| self::shape(path) == shape);
            let path = known.as_ref().map_or(&*operation.template, |(path, _)| path);
            let method = operation.method.as_str().to_lowercase();
            let described = describe(schemas, &module.name, operation, path);
            match known {
                Some((_, item)) => *item = std::mem::take(item).with(method, described),
                None => paths.push((path, Object::new().with(method, described))),
            }
        }
    }
    paths.into_iter().collect()
}

/// Returns a path without the names of its parameters.
fn shape(path: &str) -> Vec<&str> {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect()
}

fn describe(schemas: &Schemas<'_>, module: &str, operation: &Operation, path: &str) -> Object {
    let envelope = Envelope::of(schemas.api(), operation);
    let siblings: Vec<_> = operation.parts().map(|(_, field)| field).collect();
    let security = operation.tokens.iter();
    let security =
        security.map(|token| Object::new().with(scheme(envelope, *token), Node::List(Vec::new())));
    let rates = operation.rates.iter();
    let rates =
        rates.map(|(calls, seconds)| Object::new().with("calls", *calls).with("seconds", *seconds));
    Object::new()
        .with("tags", [module])
        .with("summary", schemas.words().summary(&operation.doc, &siblings))
        .with("description", description(schemas, operation, &siblings))
        .with("externalDocs", Object::new().with("url", operation.source.as_str()))
        .with("operationId", operation.id.as_str())
        .with_if_any("parameters", parameters(schemas, operation, path, &siblings))
        .with_if_some("requestBody", request(schemas, operation, &siblings))
        .with("responses", responses(schemas, operation))
        .with_if_true("deprecated", operation.deprecated.is_some())
        .with("security", security.collect::<Node>())
        .with_if_some("servers", (envelope == Envelope::OldDingTalk).then(old_servers))
        .with_if_any("x-openplat-scopes", operation.scopes.clone())
        .with_if_any("x-openplat-rate-limit", rates.collect::<Node>())
        .with("x-openplat-idempotent", operation.is_idempotent())
        .with_if_some(
            "x-openplat-paging",
            operation.paging.as_ref().map(|pages| paging(pages, operation, envelope)),
        )
        .with_if_any("x-openplat-lacks", operation.lacks.clone())
        .with_if_any("x-openplat-errors", operation.codes.clone())
}

/// The facts that generators and viewers do not show are said in words as well.
fn description(schemas: &Schemas<'_>, operation: &Operation, siblings: &[&Field]) -> String {
    let markdown = |text: &str| schemas.words().markdown(text, siblings);
    let tokens = operation.tokens.iter().map(|token| token.meaning());
    let scopes = codes(&operation.scopes, " or ");
    let lacks = codes(&operation.lacks, ", ");
    let rate = operation.rate.as_deref().map(markdown).unwrap_or_default();
    let facts = [
        ("Token", tokens.collect::<Vec<_>>().join(" or ")),
        ("Scope", scopes),
        ("Rate limit", rate),
        ("Not in this response", lacks),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    paragraphs([
        markdown(&operation.doc),
        deprecation(operation.deprecated.as_deref().map(markdown)),
        list(facts.map(|(name, fact)| format!("{name}: {fact}"))),
    ])
}

/// Returns the parameters, those of the path by their names in `path`.
fn parameters(
    schemas: &Schemas<'_>,
    operation: &Operation,
    path: &str,
    siblings: &[&Field],
) -> Node {
    let in_path = path.split('/').filter(|part| part.starts_with('{'));
    let in_path = in_path.map(|part| part.trim_matches(['{', '}'])).zip(&operation.params);
    let in_path = in_path.map(|(name, field)| ("path", name, field));
    let in_query = operation.query.iter().map(|field| ("query", field.wire.as_str(), field));
    let parameters = in_path.chain(in_query).map(|(place, name, field)| {
        Object::new()
            .with("name", name)
            .with("in", place)
            .with_if_true("required", field.required)
            .with("description", schemas.description(field, siblings))
            .with_if_true("deprecated", field.deprecated.is_some())
            .with("schema", schemas.bare(field, Way::Sent))
            .with_if_some("example", schemas.example(field))
            .and(marks(field, siblings))
    });
    parameters.collect()
}

fn request(schemas: &Schemas<'_>, operation: &Operation, siblings: &[&Field]) -> Option<Object> {
    let body = operation.body.as_ref()?;
    let (media_type, schema) = match body {
        Body::Object(fields) => (JSON, schemas.object(fields, siblings, Way::Sent)),
        Body::Form(fields) => ("multipart/form-data", schemas.object(fields, siblings, Way::Sent)),
        Body::Whole(field) => (JSON, schemas.of(&field.ty, Way::Sent)),
    };
    let example = operation.request_example.as_ref().map(|value| match (body, value) {
        (Body::Whole(field), value) => sample(schemas.api(), &field.ty, value),
        (Body::Object(fields) | Body::Form(fields), Value::Object(values)) => {
            members(schemas.api(), fields, values).into()
        }
        (_, value) => value.clone().into(),
    });
    Some(Object::new().with("required", true).and(content(media_type, schema, example)))
}

fn responses(schemas: &Schemas<'_>, operation: &Operation) -> Object {
    let mut by_status: BTreeMap<u16, Vec<&Code>> = BTreeMap::new();
    for code in &operation.codes {
        let code = schemas.api().codes.iter().find(|known| known.code == *code);
        code.into_iter().for_each(|code| by_status.entry(code.http).or_default().push(code));
    }
    let with_success = by_status.remove(&200).unwrap_or_default();
    let responses = Object::new().with("200", success(schemas, operation, &with_success));
    let envelope = Envelope::of(schemas.api(), operation);
    let refusals = by_status.iter().map(|(status, codes)| {
        let description =
            paragraphs(["The operation failed.".to_owned(), meanings(schemas, codes)]);
        let content = Object::new().with(JSON, error(schemas, envelope, codes));
        let response = Object::new().with("description", description).with("content", content);
        (status.to_string(), response)
    });
    let refusals: Object = refusals.collect();
    responses
        .and(refusals)
        .with("default", reference("responses", &envelope.error_name(schemas.api())))
}

fn success(schemas: &Schemas<'_>, operation: &Operation, codes: &[&Code]) -> Object {
    let envelope = Envelope::of(schemas.api(), operation);
    let intro = if codes.is_empty() { "" } else { "These errors have this status as well:" };
    let description =
        paragraphs(["Success.".to_owned(), intro.to_owned(), meanings(schemas, codes)]);
    let response = Object::new().with("description", description);
    if operation.is_download() {
        let file = Object::new().with("schema", schemas.of(&Type::File, Way::Received));
        let error = (!codes.is_empty()).then(|| error(schemas, envelope, codes));
        let content = Object::new().with("application/octet-stream", file);
        return response
            .with("headers", Object::new().with("Content-Disposition", file_name()))
            .with("content", content.with_if_some(JSON, error));
    }
    let documented = documented(schemas, operation, envelope);
    // Mock servers respond with the first sample, which must not be an error.
    let examples = documented.map(|value| {
        let success = Object::new().with("success", Object::new().with("value", value));
        success.and(error_examples(envelope, codes))
    });
    let media = Object::new()
        .with_if_any("schema", success_schema(schemas, operation, envelope))
        .with_if_some("examples", examples);
    let content = Object::new().with_if_any(JSON, media);
    response.with_if_any("content", content)
}

fn file_name() -> Object {
    Object::new()
        .with("description", "The name of the file.")
        .with("schema", Object::new().with("type", "string"))
        .with("example", "attachment; filename=\"report.pdf\"")
}

/// Returns the schema of a response's body.
fn success_schema(schemas: &Schemas<'_>, operation: &Operation, envelope: Envelope) -> Object {
    let output = operation.output.as_ref();
    let data = output.map(|output| schemas.of(output, Way::Received));
    let Some(code) = envelope.code() else { return data.unwrap_or_default() };
    let model = output.and_then(|output| model(schemas.api(), output));
    let fields = model.map_or(&[][..], |model| &model.fields);
    let required = fields.iter().filter(|field| is_required(field, Way::Received));
    let mut required: Vec<_> = required.map(|field| field.wire.as_str()).collect();
    let has_data = envelope.has_data(operation);
    let properties = if has_data {
        required = if required.is_empty() { required } else { vec!["data"] };
        let nothing = || Object::new().with("type", "object").with("description", "Empty.");
        // Next to an error, it can be `null`.
        Object::new().with("data", nullable(data.unwrap_or_else(nothing)))
    } else {
        let siblings: Vec<_> = fields.iter().collect();
        schemas.properties(fields, &siblings, Way::Received)
    };
    let properties = envelope.members().and(properties);
    let condition = match required.is_empty() {
        true => Object::new(),
        false => in_success(code, required, &properties, has_data),
    };
    Object::new()
        .with("type", "object")
        .with_if_any("required", envelope.always().to_vec())
        .with("properties", properties)
        .and(condition)
}

/// Returns the condition that a success has these members, which an error lacks. It names all
/// `properties`: to Redocly's linter, those that it left out would be unknown.
fn in_success(code: &str, required: Vec<&str>, properties: &Object, has_data: bool) -> Object {
    let zero = Object::new().with(code, Object::new().with("const", 0_i64));
    let properties = properties.names().map(|name| {
        let is_object = has_data && name == "data";
        (name, Object::new().with_if_some("type", is_object.then_some("object")))
    });
    let then =
        Object::new().with("required", required).with("properties", properties.collect::<Object>());
    Object::new().with("if", Object::new().with("properties", zero)).with("then", then)
}

/// Returns the documented response with its envelope, or that of an operation without data.
fn documented(schemas: &Schemas<'_>, operation: &Operation, envelope: Envelope) -> Option<Node> {
    let nothing = json!({ "code": 0, "data": {} });
    let needs_none = operation.output.is_none() && envelope.has_data(operation);
    let whole = operation.response_example.as_ref().or(needs_none.then_some(&nothing))?;
    let read = |value: &Value| match &operation.output {
        Some(output) => sample(schemas.api(), output, value),
        None => value.clone().into(),
    };
    let own = |names: &[&'static str]| -> Object {
        let members = names.iter().filter_map(|name| Some((*name, whole.get(*name)?.clone())));
        members.collect()
    };
    if envelope.has_data(operation) {
        let message = whole.get("msg").cloned().unwrap_or_else(|| "success".into());
        let data = whole.get("data").map(read);
        return Some(own(&["code"]).with("msg", message).with_if_some("data", data).into());
    }
    Some(match read(whole) {
        Node::Object(data) => own(envelope.names()).and(data).into(),
        data => data,
    })
}

/// Returns the content of a response with one of these codes.
fn error(schemas: &Schemas<'_>, envelope: Envelope, codes: &[&Code]) -> Object {
    Object::new()
        .with("schema", reference("schemas", &envelope.error_name(schemas.api())))
        .with_if_any("examples", error_examples(envelope, codes))
}

/// Returns a sample for each code, by its name: programs put keys that are numbers before others.
fn error_examples(envelope: Envelope, codes: &[&Code]) -> Object {
    let examples = codes.iter().map(|code| {
        let value = envelope.error(&code.code, &code.doc);
        let sample = Object::new().with("summary", code.code.as_str()).with("value", value);
        (code.variant.as_str(), sample)
    });
    examples.collect()
}

/// Returns the responses for what no operation documents.
pub fn other_errors(schemas: &Schemas<'_>) -> Object {
    let envelopes = Envelope::all(schemas.api()).into_iter();
    let responses = envelopes.map(|envelope| {
        let content = Object::new().with(JSON, error(schemas, envelope, &[]));
        let response = Object::new()
            .with("description", "An error that any operation can return, or an undocumented one.")
            .with("content", content);
        (envelope.error_name(schemas.api()), response)
    });
    responses.collect()
}

fn meanings(schemas: &Schemas<'_>, codes: &[&Code]) -> String {
    list(codes.iter().map(|code| {
        let text = format!("{} {}", code.doc, code.advice);
        format!("`{}` (`{}`): {}", code.code, code.variant, schemas.sentence(text.trim()))
    }))
}

/// Returns the way from one page to the next: parameters, and pointers into the response.
fn paging(paging: &Paging, operation: &Operation, envelope: Envelope) -> Object {
    let data = if envelope.has_data(operation) { "/data" } else { "" };
    let pointer = |field: &Field| {
        let name = field.wire.replace('~', "~0").replace('/', "~1");
        format!("{data}/{name}")
    };
    let parameter = |field: &Field| {
        let mut parts = operation.parts();
        let place = parts.find(|(_, other)| other.rust == field.rust).map(|(place, _)| place);
        let place = if place == Some(Place::Body) { "body" } else { "query" };
        Object::new().with("in", place).with("name", field.wire.as_str())
    };
    let turn = match &paging.by {
        PagingBy::Token { request, next } => {
            Object::new().with("token", parameter(request)).with("next", pointer(next))
        }
        PagingBy::Offset { request, total } => Object::new()
            .with("offset", parameter(request))
            .with_if_some("total", total.as_ref().map(pointer)),
    };
    Object::new()
        .with("items", pointer(&paging.items))
        .and(turn)
        .with_if_some("more", paging.more.as_ref().map(pointer))
        .with_if_some("flag", paging.flag.as_ref().map(parameter))
}
