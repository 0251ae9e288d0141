//! `cargo xtask drift`: a vendor's pages, compared with the specs.

use std::path::Path;

use anstream::{eprint, eprintln};
use clap::Args;

use super::task::Compared;
use super::terminal;
use crate::console;

/// The pages to compare with the specs, and the form of the output.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    compared: Compared,
    /// Print one JSON array on standard output; an object with the key `error` if the pages
    /// cannot be compared
    #[arg(long)]
    json: bool,
}

/// Prints the differences between pages and specs.
///
/// # Errors
///
/// Returns an error if there are any, or if the pages or specs cannot be read.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let specs = root.join("specs");
    let read = terminal::read(&options.compared.task(&specs));
    let outcome = console::or_json(read, options.json)?;
    eprint!("{}", outcome.pages.iter().map(terminal::skipped).collect::<String>());
    outcome.outlived.iter().for_each(|why| eprintln!("{why}"));
    let drift: Vec<_> =
        outcome.changes.iter().filter(|change| change.is_drift()).cloned().collect();
    match options.json {
        true => console::print_json(&drift)?,
        false => console::print(&terminal::changes(&drift))?,
    }
    let breaking = drift.iter().filter(|change| change.is_breaking()).count();
    match drift.len() {
        0 => terminal::all_read(&outcome),
        count => Err(format!(
            "the pages differ from the specs in {}, {breaking} of them breaking",
            console::count(count, "place", "places")
        )),
    }
}
