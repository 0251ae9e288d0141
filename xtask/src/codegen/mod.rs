//! `cargo xtask codegen`: specs in, crates out.
//!
//! `load` reads the specs, `lower` turns them into the IR and finds every fault, `render` makes
//! files of the IR, `tree` compares them with the disk. Data flows one way.

pub mod diagnostic;
pub(crate) mod docs;
pub mod document;
mod emit;
pub mod ir;
pub mod load;
mod lower;
pub mod naming;
mod parallel;
mod render;
pub mod rules;
mod shape;
pub mod source;
pub mod spec;
pub(crate) mod tree;

use std::path::{Path, PathBuf};

use self::diagnostic::{Diagnostic, Diagnostics, one_of};
use self::ir::{Api, Operation, SampleCall};
use self::load::ApiSpecs;
pub use self::render::{File, event_example, operation_example, rust_type, shown_answer};
use crate::files::Change;

/// The reason why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the specs have faults")]
    Specs(Diagnostics),
    #[error("unknown API `{name}`; available: {known}")]
    UnknownApi { name: String, known: String },
    #[error("{0}")]
    Manifest(String),
    #[error(transparent)]
    Tree(#[from] tree::Error),
}

impl Error {
    /// Returns the text for a terminal, with at most so many faults.
    pub fn shown(&self, limit: usize) -> String {
        match self {
            Self::Specs(faults) => faults.render(true, limit),
            error => error.to_string(),
        }
    }
}

/// The findings of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The number of generated files in all.
    pub files: usize,
    /// Those that differ from the disk.
    pub changes: Vec<Change>,
    /// The places of missing sentences: files and lines.
    pub undescribed: Vec<String>,
}

/// The generated files of `crates`, or of all if none is named. Reads the specs below `root` and
/// nothing else.
pub fn generate(root: &Path, crates: &[String]) -> Result<Vec<File>, Error> {
    Ok(render(&lower(root)?, crates)?.0)
}

/// The files, and where sentences are missing.
fn render(apis: &[Api], crates: &[String]) -> Result<(Vec<File>, Vec<String>), Error> {
    let known = apis.iter().map(|api| api.name.as_str());
    if let Some(name) = crates.iter().find(|name| !known.clone().any(|known| known == *name)) {
        return Err(Error::UnknownApi { name: name.clone(), known: one_of(known) });
    }
    let is_chosen = |api: &&Api| crates.is_empty() || crates.contains(&api.name);
    let mut files = vec![
        File { path: "specs/schema.json".into(), contents: load::schema() },
        render::tests_root(apis),
    ];
    files.extend(render::common_codes(apis));
    let chosen: Vec<&Api> = apis.iter().filter(is_chosen).collect();
    files.extend(parallel::map(&chosen, |api| render::api(api)).into_iter().flatten());
    let undescribed = chosen.iter().flat_map(|api| api.undescribed.clone());
    Ok((files, undescribed.collect()))
}

/// How the tree below `root` differs from what is generated. Writes nothing.
pub fn plan(root: &Path, crates: &[String]) -> Result<Outcome, Error> {
    let (files, undescribed) = render(&lower(root)?, crates)?;
    let folders = match crates {
        [] => generated_folders(root),
        chosen => chosen.iter().map(|name| generated(name)).collect(),
    };
    let changes = tree::changes(root, &files, &folders, &tree::CODE)?;
    Ok(Outcome { files: files.len(), changes, undescribed })
}

/// Reads and checks all specs below `root`.
pub fn lower(root: &Path) -> Result<Vec<Api>, Error> {
    lower_all(root, Path::new("specs"), check_crate)
}

/// Reads and checks the specs in `folder`, whether or not there are crates for them.
pub fn lower_specs(folder: &Path) -> Result<Vec<Api>, Error> {
    lower_specs_in(Path::new(""), folder)
}

/// Does the same, with `folder` relative to `root`.
pub fn lower_specs_in(root: &Path, folder: &Path) -> Result<Vec<Api>, Error> {
    lower_all(root, folder, |_, _, _| {})
}

/// Reads and checks the specs of one API, in `folder` below `root`.
pub fn lower_api(root: &Path, folder: &Path) -> Result<Api, Error> {
    let mut diagnostics = Diagnostics::default();
    let specs = load::load_api(root, folder, &mut diagnostics);
    let api = lower::lower(&specs, &mut diagnostics);
    if diagnostics.is_empty() { Ok(api) } else { Err(Error::Specs(diagnostics)) }
}

/// Returns the call that the example of an operation makes, if it is not written by hand.
pub fn example_call(api: &Api, operation: &Operation) -> SampleCall {
    lower::sample_call(api, operation, "shown", operation.example_values.clone())
}

/// Lowers each API on its own, after a further check of its specs.
fn lower_all(root: &Path, specs: &Path, check: Check) -> Result<Vec<Api>, Error> {
    let mut diagnostics = Diagnostics::default();
    let folders = load::folders(root, specs, &mut diagnostics);
    let codes = load::load_codes(root, specs, &mut diagnostics);
    let codes: Vec<_> = codes
        .iter()
        .map(|(vendor, codes)| (*vendor, lower::common_codes(codes, &mut diagnostics)))
        .collect();
    let lowered = parallel::map(&folders, |folder| {
        let mut diagnostics = Diagnostics::default();
        let specs = load::load_api(root, folder, &mut diagnostics);
        check(root, &specs, &mut diagnostics);
        (lower::lower(&specs, &mut diagnostics), diagnostics)
    });
    let mut apis = Vec::new();
    for (mut api, found) in lowered {
        let common = codes.iter().find(|(vendor, _)| *vendor == api.vendor);
        api.common_codes = common.map(|(_, codes)| codes.clone()).unwrap_or_default();
        apis.push(api);
        diagnostics.append(found);
    }
    if diagnostics.is_empty() { Ok(apis) } else { Err(Error::Specs(diagnostics)) }
}

type Check = fn(&Path, &ApiSpecs, &mut Diagnostics);

fn check_crate(root: &Path, api: &ApiSpecs, diagnostics: &mut Diagnostics) {
    let manifest = format!("crates/{}/Cargo.toml", api.name);
    if !root.join(&manifest).is_file() {
        diagnostics.push(
            Diagnostic::file(Path::new(&format!("specs/{}", api.name)), "has no crate")
                .hint(format!("add {manifest}, or correct the name of the folder")),
        );
    } else if !api.events.events.is_empty() && !has_events_feature(&root.join(&manifest)) {
        diagnostics.push(
            Diagnostic::file(&api.folder.join("events"), "needs a feature of its crate").hint(
                format!("add `events = [\"openplat-core/events\"]` to `[features]` of {manifest}"),
            ),
        );
    }
}

fn has_events_feature(manifest: &Path) -> bool {
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let manifest: Option<toml_edit::DocumentMut> = text.parse().ok();
    let features = manifest.as_ref().and_then(|manifest| manifest.get("features"));
    features.is_some_and(|features| features.get("events").is_some())
}

fn generated(name: &str) -> PathBuf {
    PathBuf::from(format!("crates/{name}/src/generated"))
}

/// Every folder of generated files, those of crates whose specs are gone as well.
fn generated_folders(root: &Path) -> Vec<PathBuf> {
    let crates = std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten();
    let crates = crates.map(|entry| generated(&entry.file_name().to_string_lossy()));
    crates.chain([PathBuf::from("tests/src/generated")]).collect()
}
