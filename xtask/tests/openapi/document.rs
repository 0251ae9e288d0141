//! The documents of all APIs, that of `showcase` as well, which has one operation for each feature.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use xtask::cargo::About;
use xtask::codegen;
use xtask::codegen::ir::Api;
use xtask::openapi;

use crate::schema;

/// A document and what it was made from.
pub struct Document {
    pub api: Api,
    pub json: Value,
}

/// A schema with its samples, and where they are.
pub struct Samples<'a> {
    pub place: String,
    pub schema: &'a Value,
    pub values: Vec<&'a Value>,
}

/// Returns the root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns all documents, those of APIs that are not published as well.
pub fn all() -> &'static [Document] {
    static ALL: LazyLock<Vec<Document>> =
        LazyLock::new(|| codegen::lower(root()).unwrap().into_iter().map(Document::new).collect());
    &ALL
}

impl Document {
    pub fn new(api: Api) -> Self {
        let json = serde_json::from_str(&text(&api)).unwrap();
        Self { api, json }
    }

    /// Returns each operation with its path and method.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.json["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    pub fn operation(&self, id: &str) -> &Value {
        let mut operations = self.operations().map(|(.., operation)| operation);
        operations.find(|operation| operation["operationId"] == id).expect(id)
    }

    /// Returns each event with its type.
    pub fn webhooks(&self) -> impl Iterator<Item = (&str, &Value)> {
        let webhooks = self.json["webhooks"].as_object().into_iter().flatten();
        webhooks.map(|(id, item)| (id.as_str(), &item["post"]))
    }

    pub fn component(&self, name: &str) -> &Value {
        &self.json["components"]["schemas"][name]
    }

    /// Returns what a reference leads to.
    pub fn target(&self, reference: &str) -> &Value {
        let target = reference.strip_prefix('#').and_then(|pointer| self.json.pointer(pointer));
        target.expect(reference)
    }

    /// Returns the faults of a value.
    pub fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        schema::check(&self.json, schema, value, "", &mut faults);
        faults
    }

    /// Returns every sample and default of the document.
    pub fn samples(&self) -> Vec<Samples<'_>> {
        let mut found = Vec::new();
        visit(&self.json, "", &mut |place, object| {
            let with = |schema, values| Samples { place: place.to_owned(), schema, values };
            let is_schema = ["type", "anyOf", "$ref"].iter().any(|key| object.get(key).is_some());
            match object.get("schema") {
                Some(schema) if schema.is_object() => {
                    let named = object.get("examples").and_then(Value::as_object);
                    let named = named.into_iter().flat_map(|named| named.values());
                    let values = object.get("example").into_iter();
                    let values = values.chain(named.map(|example| &example["value"]));
                    found.push(with(schema, values.collect()));
                }
                _ if is_schema => {
                    let values = object.get("examples").and_then(Value::as_array);
                    let values = values.into_iter().flatten().chain(object.get("default"));
                    found.push(with(object, values.collect()));
                }
                _ => {}
            }
        });
        found.retain(|samples| !samples.values.is_empty());
        found
    }
}

/// Returns the text of a document.
pub fn text(api: &Api) -> String {
    let about = About {
        summary: "An API".to_owned(),
        version: "1.2.3".to_owned(),
        license: "MIT".to_owned(),
        repository: "https://example.com".to_owned(),
    };
    openapi::text(api, &about)
}

/// Visits every object that is not part of a sample.
pub fn visit<'v>(value: &'v Value, place: &str, found: &mut impl FnMut(&str, &'v Value)) {
    match value {
        Value::Object(members) => {
            found(place, value);
            let is_named = place.ends_with("/properties") || place.ends_with("/schemas");
            for (name, value) in members {
                let is_sample = matches!(name.as_str(), "example" | "examples" | "default")
                    && !place.ends_with("/responses");
                if is_named || !is_sample {
                    visit(value, &format!("{place}/{name}"), found);
                }
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                visit(value, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}
