//! `cargo xtask codegen`, `openapi` and `demo`: generated files, written or checked.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::codegen::diagnostic::SHOWN;
use crate::codegen::{self, Error, Outcome};
use crate::console;
use crate::{files, openapi, shell};

/// The code to generate.
#[derive(Args)]
pub struct Code {
    /// The crates to generate; all of them if none is named
    crates: Vec<String>,
    /// Check that the generated code is up to date; print a diff and fail if it is not
    #[arg(long)]
    check: bool,
    /// Show all faults of the specs
    #[arg(long)]
    verbose: bool,
}

/// The documents to generate.
#[derive(Args)]
pub struct Documents {
    /// The APIs to describe, by the names of their crates; all of them if none is named
    apis: Vec<String>,
    /// The folder to write to [default: openapi]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Check that the documents are up to date; print a diff and fail if they are not
    #[arg(long)]
    check: bool,
}

/// Writes or checks the code of crates and their tests.
///
/// # Errors
///
/// Returns an error if the specs have faults, or if the code cannot be written or is not up to date.
pub fn code(root: &Path, options: &Code) -> Result<(), String> {
    let shown = if options.verbose { usize::MAX } else { SHOWN };
    let explain = if options.check { explain } else { unwritten };
    let outcome = codegen::plan(root, &options.crates).map_err(|error| explain(&error, shown))?;
    match options.check {
        true => check(&outcome, &command("codegen", &options.crates)),
        false => write(root, &outcome),
    }
}

/// Checks the code, then calls every crate against a local mock platform.
///
/// # Errors
///
/// Returns an error if the code is not up to date, or if a call fails.
pub fn demo(root: &Path) -> Result<(), String> {
    let outcome = codegen::plan(root, &[]).map_err(|error| explain(&error, SHOWN))?;
    check(&outcome, &command("codegen", &[]))?;
    shell::run(root, "cargo run --quiet --package openplat-demo")
}

/// Writes or checks the documents of APIs.
///
/// # Errors
///
/// Returns an error if the specs have faults, or if a document cannot be written or is not up to date.
pub fn documents(root: &Path, options: &Documents) -> Result<(), String> {
    let Documents { apis, out, check: checks } = options;
    let out = out.as_deref();
    let explain = if *checks { explain } else { unwritten };
    let outcome = openapi::plan(root, apis, out).map_err(|error| explain(&error, SHOWN))?;
    let folder = out.map(|out| format!(" --out {}", out.display())).unwrap_or_default();
    match checks {
        true => check(&outcome, &(command("openapi", apis) + &folder)),
        false => write(out.unwrap_or(root), &outcome),
    }
}

fn write(root: &Path, outcome: &Outcome) -> Result<(), String> {
    files::apply(root, &outcome.changes).map_err(|error| error.to_string())?;
    let changes: String = outcome.changes.iter().map(|change| format!("{change}\n")).collect();
    let files = console::count(outcome.files, "generated file", "generated files");
    let missing = missing_sentences(outcome).map(|missing| format!("{missing}\n"));
    let (changed, missing) = (outcome.changes.len(), missing.unwrap_or_default());
    console::print(&format!("{changes}{files}, {changed} changed\n{missing}"))
}

fn command(task: &str, names: &[String]) -> String {
    let words = ["cargo xtask", task].into_iter().chain(names.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

/// Fails if files are not what `command` would write.
fn check(outcome: &Outcome, command: &str) -> Result<(), String> {
    if let Some(missing) = missing_sentences(outcome) {
        return Err(missing);
    }
    if outcome.changes.is_empty() {
        let files = console::count(outcome.files, "generated file is", "generated files are");
        return console::print(&format!("{files} up to date\n"));
    }
    let diffs = outcome.changes.iter().map(|change| change.diff() + "\n");
    console::print(&diffs.collect::<String>())?;
    Err(format!(
        "not up to date: {} of {} generated files\n\nrun `{}` and commit the result",
        outcome.changes.len(),
        outcome.files,
        command
    ))
}

/// Returns a line on the sentences that are still missing, if any.
fn missing_sentences(outcome: &Outcome) -> Option<String> {
    let first: Vec<_> = outcome.undescribed.iter().take(3).map(String::as_str).collect();
    let count = outcome.undescribed.len();
    let more = if count > first.len() { " and more" } else { "" };
    let places = first.join(", ");
    (count > 0).then(|| {
        let missing = console::count(count, "sentence is", "sentences are");
        format!("{missing} missing: {places}{more} (each `\"doc\": \"\"`)")
    })
}

/// Returns the reason why nothing is generated, with at most so many faults of the specs.
pub fn explain(error: &Error, shown: usize) -> String {
    let text = error.shown(shown);
    match error {
        Error::Specs(faults) => {
            let faults = console::count(faults.len(), "fault", "faults");
            format!("{text}\n\n{faults}")
        }
        _ => text,
    }
}

/// Returns the same for a command that would have written something.
pub fn unwritten(error: &Error, shown: usize) -> String {
    format!("{}\n\nnothing was written", explain(error, shown))
}
