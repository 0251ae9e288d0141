//! `cargo xtask openapi`: one document of OpenAPI 3.1 for each published API.
//!
//! `document` puts together what `operation` and `event` say with the `schema`s of their types.
//! Like `codegen`, it reads the specs and the manifests and nothing else.

mod document;
mod event;
mod node;
mod operation;
mod sample;
mod schema;
mod vendor;
mod words;

use std::path::{Path, PathBuf};

pub use self::document::text;
pub(crate) use self::words::with_wire_names;
use crate::cargo::About;
use crate::codegen::diagnostic::one_of;
use crate::codegen::ir::Api;
use crate::codegen::tree::{self, Kind};
use crate::codegen::{self, Error, File, Outcome};

/// The folder of the documents.
const FOLDER: &str = "openapi";

/// A README explains them.
const KIND: Kind = Kind { start: document::START, extension: Some("json") };

/// Returns how the documents below `root`, or those in `out`, differ from what the specs say of
/// `apis`, or of all published ones if none is named. The changes are relative to `root` or `out`.
/// Writes nothing.
///
/// # Errors
///
/// Returns an error if the specs have faults, if a manifest cannot be read, if an API is unknown or not
/// published, or if another file is where a document belongs.
pub fn plan(root: &Path, apis: &[String], out: Option<&Path>) -> Result<Outcome, Error> {
    let lowered = codegen::lower(root)?;
    let published = published(root, &lowered).map_err(Error::Manifest)?;
    let known = published.iter().map(|(api, _)| api.name.as_str());
    if let Some(name) = apis.iter().find(|name| !known.clone().any(|known| known == *name)) {
        return Err(Error::UnknownApi { name: name.clone(), known: one_of(known) });
    }
    let is_chosen = |(api, _): &&(&Api, About)| apis.is_empty() || apis.contains(&api.name);
    let chosen: Vec<_> = published.iter().filter(is_chosen).collect();
    let folder = Path::new(if out.is_some() { "" } else { FOLDER });
    let files = chosen.iter().map(|(api, about)| File {
        path: folder.join(format!("{}.json", api.name)),
        contents: document::text(api, about),
    });
    let files: Vec<_> = files.collect();
    // Only there, a document that no spec stands for is known to be ours.
    let owned = (out.is_none() && apis.is_empty()).then(|| PathBuf::from(FOLDER));
    let changes = tree::changes(out.unwrap_or(root), &files, owned.as_slice(), &KIND)?;
    let undescribed = chosen.iter().flat_map(|(api, _)| api.undescribed.clone());
    Ok(Outcome { files: files.len(), changes, undescribed: undescribed.collect() })
}

/// Returns the APIs whose crates are published.
pub(crate) fn published<'a>(root: &Path, apis: &'a [Api]) -> Result<Vec<(&'a Api, About)>, String> {
    let read = |api: &'a Api| {
        let about = About::read(root, &api.name);
        about.map(|about| Some((api, about?))).transpose()
    };
    apis.iter().filter_map(read).collect()
}
