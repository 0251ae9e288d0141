//! Facts about operations that the vendor's own tools use, in addition to the pages.

use std::collections::BTreeMap;

use crate::distill::read::definition::{self, Operation};
use crate::distill::read::facts::Endpoint;
use crate::distill::read::report::Remark;
use crate::distill::specs::route;

/// Operations by their method and path, whatever their parameters are called.
#[derive(Default)]
pub(super) struct Definitions(BTreeMap<String, Operation>);

impl Definitions {
    /// Takes a file that defines operations and says why no spec is made of it; `None` if it is
    /// something else.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<String> {
        let operations = match definition::read(bytes)? {
            Ok(operations) => operations,
            Err(why) => return Some(why),
        };
        let count = operations.len();
        let keyed = operations.into_iter();
        self.0.extend(keyed.map(|operation| (key(&operation.method, &operation.path), operation)));
        Some(format!("a definition of {count} operations, which their pages are compared with"))
    }

    /// Says where a page and the definition of its operation differ.
    pub(super) fn compare(&self, page: &Endpoint) -> Vec<Remark> {
        let operation = self.0.get(&key(&page.method, &page.path));
        operation.map(|operation| operation.compare(page)).unwrap_or_default()
    }
}

fn key(method: &str, path: &str) -> String {
    format!("{method} {}", route::anonymous(path))
}
