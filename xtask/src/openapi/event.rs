//! Events and callbacks: what the platform sends to a webhook.

use super::node::{JSON, Node, Object, content, described, reference};
use super::sample::{members, sample};
use super::schema::{Schemas, Way};
use super::words::{codes, list, paragraphs};
use crate::codegen::ir::{Event, EventSchema, Vendor};
use crate::codegen::shown_answer;

/// The tag of all events.
pub const TAG: &str = "events";

/// The description of the field that tells an event from its repetitions.
const EVENT_ID: &str = "The ID of the event, which stays the same when the platform retries.";

/// The type of the request with which Feishu checks a URL.
const CHECK: &str = "url_verification";

/// Returns all events by their types, and the check of the URL that they are sent to.
pub fn webhooks(schemas: &Schemas<'_>) -> Object {
    let api = schemas.api();
    let events = api.events.iter();
    let events = events.map(|event| (event.id.as_str(), describe(schemas, event)));
    let is_checked = api.vendor == Vendor::Feishu && !api.events.is_empty();
    let check = is_checked.then(|| (CHECK, url_verification()));
    events.chain(check).map(|(id, event)| (id, Object::new().with("post", event))).collect()
}

fn url_verification() -> Object {
    let challenge = || Object::new().with("challenge", "a1b2c3");
    let properties = Object::new()
        .with("challenge", described("string", "The text to respond with."))
        .with("token", token())
        .with("type", constant(CHECK));
    let request = object(&["challenge", "type"], properties);
    let example = challenge().with("token", "verification-token").with("type", CHECK);
    let answer =
        Object::new().with("challenge", described("string", "The `challenge` of the request."));
    let response = content(JSON, object(&["challenge"], answer), Some(challenge().into()));
    let response = Object::new().with("description", "The challenge.").and(response);
    Object::new()
        .with("tags", [TAG])
        .with("summary", "Checks the URL of a webhook")
        .with(
            "description",
            "Checks the URL of a webhook.\n\nThe platform sends it once, when the URL is entered on \
             the app's page, and without a signature. The response is due within a second.",
        )
        .with("operationId", CHECK)
        .with("requestBody", Object::new().with("required", true).and(content(JSON, request, Some(example.into()))))
        .with("responses", Object::new().with("200", response))
        .with("security", Node::List(Vec::new()))
}

fn object(required: &[&'static str], properties: Object) -> Object {
    Object::new()
        .with("type", "object")
        .with("required", required.to_vec())
        .with("properties", properties)
}

fn constant(value: &str) -> Object {
    Object::new().with("const", value)
}

fn describe(schemas: &Schemas<'_>, event: &Event) -> Object {
    let payload = match event.schema {
        EventSchema::V2 | EventSchema::V1 => "/event",
        EventSchema::Card => "",
    };
    let key = event.dedupe.as_ref().map(|pointer| format!("{payload}{pointer}"));
    Object::new()
        .with("tags", [TAG])
        .with("summary", schemas.words().summary(&event.doc, &[]))
        .with("description", description(schemas, event))
        .with("externalDocs", Object::new().with("url", event.source.as_str()))
        .with("operationId", event.id.as_str())
        .with("requestBody", request(schemas, event))
        .with("responses", Object::new().with("200", response(schemas, event)))
        .with_if_true("deprecated", event.replaced_by.is_some())
        // The platform sends no token of the app's.
        .with("security", Node::List(Vec::new()))
        .with_if_any("x-openplat-scopes", event.scopes.clone())
        .with_if_any("x-openplat-field-scopes", event.field_scopes.clone())
        .with_if_some("x-openplat-replaced-by", event.replaced_by.as_deref())
        .with_if_some("x-openplat-dedupe", key)
}

fn description(schemas: &Schemas<'_>, event: &Event) -> String {
    let replaced_by = event.replaced_by.as_ref().map(|id| format!("`{id}`"));
    let facts = [
        ("Scope", codes(&event.scopes, " or ")),
        ("Scope of some fields", codes(&event.field_scopes, ", ")),
        ("Replaced by", replaced_by.unwrap_or_default()),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    paragraphs([
        schemas.sentence(&event.doc),
        list(facts.map(|(name, fact)| format!("{name}: {fact}"))),
    ])
}

fn request(schemas: &Schemas<'_>, event: &Event) -> Object {
    let payload = reference("schemas", &event.name);
    let schema = match event.schema {
        EventSchema::V2 => object(
            &["schema", "header", "event"],
            Object::new()
                .with("schema", constant("2.0"))
                .with("header", object(&["event_type"], header(event)))
                .with("event", payload),
        ),
        EventSchema::V1 => object(
            &["uuid", "event"],
            Object::new()
                .with("uuid", described("string", EVENT_ID))
                .with("type", constant("event_callback"))
                .with(
                    "ts",
                    described(
                        "string",
                        "When it happened: seconds since the Unix epoch, with a fraction.",
                    ),
                )
                .with("token", token())
                .with("event", payload.and(of_type(&event.id))),
        ),
        EventSchema::Card => payload,
    };
    let example = example(schemas, event);
    Object::new().with("required", true).and(content(JSON, schema, example))
}

/// Returns the condition that tells an event of schema 1.0 from the others.
fn of_type(id: &str) -> Object {
    Object::new()
        .with("properties", Object::new().with("type", constant(id)))
        .with("required", ["type"])
}

fn header(event: &Event) -> Object {
    let unit = if event.answer.is_some() { "microseconds" } else { "milliseconds" };
    let created = format!("When it happened: {unit} since the Unix epoch, as a decimal string.");
    Object::new()
        .with("event_id", described("string", EVENT_ID))
        .with("event_type", constant(&event.id))
        .with("create_time", described("string", &created))
        .with("token", token())
        .with(
            "app_id",
            described("string", "The app that the event is for, which starts with `cli_`."),
        )
        .with("tenant_key", described("string", "The tenant that the event happened in."))
}

fn token() -> Object {
    described("string", "The verification token of the app.").with("x-openplat-sensitive", true)
}

/// Returns the documented body, with its envelope.
fn example(schemas: &Schemas<'_>, event: &Event) -> Option<Node> {
    let whole = event.example.as_ref()?.as_object()?;
    let fields = event.payload().map_or(&[][..], |payload| &payload.fields);
    if event.schema == EventSchema::Card {
        return Some(members(schemas.api(), fields, whole).into());
    }
    let payload = whole.get("event")?.as_object()?;
    let names = ["schema", "uuid", "type", "ts", "token", "header"];
    let envelope = names.into_iter().filter_map(|name| Some((name, whole.get(name)?.clone())));
    let envelope: Object = envelope.collect();
    Some(envelope.with("event", members(schemas.api(), fields, payload)).into())
}

fn response(schemas: &Schemas<'_>, event: &Event) -> Object {
    match &event.answer {
        None => Object::new().with(
            "description",
            "The event was received. After any other status, the platform retries.",
        ),
        Some(answer) => {
            let whole = event.answers.first().map(|answer| &answer.sent);
            let shown = whole.map(|whole| shown_answer(schemas.api(), answer, whole));
            let example = shown.map(|shown| sample(schemas.api(), answer, &shown));
            Object::new()
                .with("description", "The response that the callback waits for.")
                .and(content(JSON, schemas.of(answer, Way::Sent), example))
        }
    }
}
