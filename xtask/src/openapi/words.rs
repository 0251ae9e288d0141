//! Sentences of the specs, as a reader of another language needs them.

use std::collections::HashMap;

use crate::codegen::docs;
use crate::codegen::ir::{Api, Field};

/// The names that sentences of an API use and that mean nothing outside Rust.
pub struct Words<'a> {
    /// The IDs of operations and events by their Rust names.
    ids: HashMap<&'a str, &'a str>,
}

impl<'a> Words<'a> {
    pub fn new(api: &'a Api) -> Self {
        let operations = api.modules.iter().flat_map(|module| &module.operations);
        let operations = operations.map(|operation| (&*operation.name, &*operation.id));
        let events = api.events.iter().map(|event| (&*event.name, &*event.id));
        Self { ids: operations.chain(events).collect() }
    }

    /// Returns sentences as Markdown, in which everything is called as on the wire.
    pub fn markdown(&self, text: &str, siblings: &[&Field]) -> String {
        docs::paragraph(&self.plain(text, siblings)).join("\n")
    }

    /// Returns the first sentence without its period, for a list of contents.
    pub fn summary(&self, text: &str, siblings: &[&Field]) -> String {
        first_sentence(&self.plain(text, siblings))
    }

    /// Calls the fields of the same struct as on the wire, operations and events by their IDs.
    fn plain(&self, text: &str, siblings: &[&Field]) -> String {
        replace(text, |word| wire_name(word, siblings).or_else(|| self.ids.get(word).copied()))
    }
}

/// Calls the fields next to a sentence as on the wire.
pub fn with_wire_names(text: &str, siblings: &[&Field]) -> String {
    replace(text, |word| wire_name(word, siblings))
}

fn wire_name<'f>(word: &str, siblings: &[&'f Field]) -> Option<&'f str> {
    siblings.iter().find(|field| field.rust == word).map(|field| field.wire.as_str())
}

/// Gives words between backticks another name, where there is one.
fn replace<'t>(text: &'t str, name: impl Fn(&'t str) -> Option<&'t str>) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => part,
        _ => name(part).unwrap_or(part),
    });
    parts.collect::<Vec<_>>().join("`")
}

fn first_sentence(text: &str) -> String {
    let mut sentence = String::new();
    for part in text.lines().next().unwrap_or_default().split_inclusive(". ") {
        sentence.push_str(part);
        // A period within code ends nothing.
        if sentence.matches('`').count().is_multiple_of(2) {
            break;
        }
    }
    sentence.trim_end_matches(['.', ':', ' ']).to_owned()
}

/// Joins what is not empty as paragraphs.
pub fn paragraphs<const N: usize>(parts: [String; N]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Returns the lines of a list, if there are any.
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}

/// Returns words as code, with a separator between them.
pub fn codes(words: &[String], separator: &str) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(separator)
}
