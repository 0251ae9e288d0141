//! A whole document.

use serde_json::json;

use super::node::{Node, Object};
use super::schema::Schemas;
use super::vendor::{Envelope, remarks, schemes, servers};
use super::words::paragraphs;
use super::{event, operation};
use crate::cargo::About;
use crate::codegen::ir::Api;

/// The version of OpenAPI that the documents are written in.
const VERSION: &str = "3.1.0";

/// How every document starts.
pub const START: &str = "{\n  \"openapi\": \"";

/// Returns the document of an API as text.
pub fn text(api: &Api, about: &About) -> String {
    // Objects of texts, numbers and lists can always be written.
    let text = serde_json::to_string_pretty(&document(api, about)).unwrap_or_default();
    text + "\n"
}

fn document(api: &Api, about: &About) -> Object {
    let schemas = Schemas::new(api);
    Object::new()
        .with("openapi", VERSION)
        .with("info", info(api, about))
        .with("servers", servers(api))
        .with("tags", tags(&schemas))
        .with("paths", operation::paths(&schemas))
        .with_if_any("webhooks", event::webhooks(&schemas))
        .with("components", components(&schemas))
        .with_if_any("x-openplat-error-codes", codes(&schemas))
}

fn info(api: &Api, about: &About) -> Object {
    let (name, repository) = (&api.name, &about.repository);
    let origin = format!(
        "Generated from the specs of [`{name}`]({repository}/tree/main/specs/{name}), which are not \
         the vendor's own. Keys that begin with `x-openplat-` are explained in \
         [openapi/README.md]({repository}/blob/main/openapi/README.md)."
    );
    let contact =
        Object::new().with("name", "openplat").with("url", format!("{repository}/issues"));
    let license = Object::new()
        .with("name", about.license.as_str())
        .with("identifier", about.license.as_str());
    Object::new()
        .with("title", name.as_str())
        .with_if_any("summary", about.summary.as_str())
        .with("version", about.version.as_str())
        .with("description", paragraphs([origin, remarks(api)]))
        .with("contact", contact)
        .with("license", license)
}

fn tags(schemas: &Schemas<'_>) -> Node {
    let api = schemas.api();
    let modules = api.modules.iter().filter(|module| !module.operations.is_empty());
    let modules = modules.map(|module| (module.name.as_str(), schemas.sentence(&module.doc)));
    let events = "Events and callbacks that the platform sends to a webhook of the app.".to_owned();
    let events = (!api.events.is_empty()).then_some((event::TAG, events));
    let tags = modules.chain(events);
    tags.map(|(name, doc)| Object::new().with("name", name).with("description", doc)).collect()
}

fn components(schemas: &Schemas<'_>) -> Object {
    let api = schemas.api();
    let errors = Envelope::all(api).into_iter();
    let errors = errors.map(|envelope| (envelope.error_name(api), envelope.error_schema()));
    Object::new()
        .with("schemas", schemas.components().and(errors.collect()))
        .with_if_any("responses", operation::other_errors(schemas))
        .with_if_any("securitySchemes", schemes(api))
}

/// Returns the codes with what to do about them: the documented ones, and those that any operation
/// of the platform can respond with.
fn codes(schemas: &Schemas<'_>) -> Object {
    let codes = schemas.api().codes.iter().map(|code| {
        let described = Object::new()
            .with("name", code.variant.as_str())
            .with("status", code.http)
            .with("kind", json!(code.kind))
            .with("description", schemas.sentence(&code.doc))
            .with_if_any("advice", schemas.sentence(&code.advice));
        (code.code.as_str(), described)
    });
    let is_documented = |code: &str| schemas.api().codes.iter().any(|known| known.code == code);
    let common = schemas.api().common_codes.iter().filter(|code| !is_documented(&code.code));
    let common = common.map(|code| {
        let described = Object::new()
            .with("status", code.http)
            .with("kind", json!(code.kind))
            .with_if_any("description", schemas.sentence(&code.doc))
            .with("advice", schemas.sentence(&code.advice))
            .with("common", true);
        (code.code.as_str(), described)
    });
    codes.chain(common).collect()
}
