//! The fields of the vendor's types, as pages show them: in samples, and wherever a page leaves no
//! nesting to guess.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::facts::{Page, Param, Reading};
use super::report::RemarkKind;

/// The fields of each type that pages have shown.
#[derive(Debug, Default)]
pub struct Types {
    models: BTreeMap<String, Known>,
    /// The names that stand behind a name in some object.
    next: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Known {
    fields: BTreeSet<String>,
    /// A page shows the type as a whole.
    is_whole: bool,
}

impl Types {
    /// Takes over what a page shows of types, and returns whether it leaves no nesting to guess.
    pub(super) fn learn(&mut self, reading: &Reading) -> bool {
        let is_guess = |kind| kind == RemarkKind::GuessedNesting;
        let is_sure = !reading.remarks.iter().any(|remark| is_guess(remark.kind));
        if let Page::Endpoint(endpoint) = &reading.page {
            let request = endpoint.request_example.iter().flat_map(objects).collect();
            self.add(&endpoint.body, request, is_sure);
            let answer = endpoint.response_example.as_ref();
            let data = answer.map(|answer| answer.get("data").unwrap_or(answer));
            if endpoint.response_of_table {
                self.add(&endpoint.response, data.into_iter().flat_map(objects).collect(), is_sure);
            }
        }
        is_sure
    }

    fn add(&mut self, fields: &[Param], samples: Vec<&Value>, is_sure: bool) {
        let is_shown = |name: &str| samples.iter().any(|sample| sample.get(name).is_some());
        let is_certain = |field: &&Param| is_sure || is_shown(&field.name);
        for pair in fields.windows(2) {
            if let [one, other] = pair
                && pair.iter().all(|field| is_certain(&field))
            {
                self.next.entry(one.name.clone()).or_default().insert(other.name.clone());
            }
        }
        for field in fields.iter().filter(|field| !field.fields.is_empty()) {
            let shown = samples.iter().filter_map(|sample| sample.get(&field.name));
            let shown: Vec<&Value> = shown.flat_map(objects).collect();
            if let Some(model) = &field.model {
                let is_shown = |name: &str| shown.iter().any(|sample| sample.get(name).is_some());
                let names = field.fields.iter().map(|field| field.name.clone());
                let known = self.models.entry(model.clone()).or_default();
                known.fields.extend(names.filter(|name| is_sure || is_shown(name)));
                known.is_whole |= is_sure;
            }
            self.add(&field.fields, shown, is_sure);
        }
    }

    /// Returns whether a type has the field; `None` if no page shows it.
    pub(super) fn has(&self, model: &str, field: &str) -> Option<bool> {
        let known = self.models.get(model)?;
        let has = known.fields.contains(field);
        (has || known.is_whole).then_some(has)
    }

    /// Whether pages have shown a field right behind another.
    pub(super) fn follows(&self, name: &str, before: &str) -> bool {
        self.next.get(before).is_some_and(|names| names.contains(name))
    }
}

/// The objects in a sample, also in lists.
fn objects(sample: &Value) -> Vec<&Value> {
    match sample {
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        Value::Object(_) => vec![sample],
        _ => Vec::new(),
    }
}
