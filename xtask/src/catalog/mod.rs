//! `cargo xtask catalog`: a page of all operations and events, which needs no network.
//!
//! `data` is what the page is made of, `curl` the command lines in it, `page` the HTML. The script
//! shows and searches the data. Without it, the page is a list.

mod curl;
mod data;
mod page;

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::codegen;
use crate::codegen::diagnostic::SHOWN;
use crate::codegen::ir::Api;
use crate::console;
use crate::generate::unwritten;
use crate::openapi::published;

pub use self::curl::curl;
use self::data::{Catalog, Crate, Platform};

/// The file that is written if none is named, below the root of the workspace.
const FILE: &str = "target/catalog.html";

/// The page to write.
#[derive(Args)]
pub struct Options {
    /// The file to write; `target/catalog.html` in the checkout by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A page, and how much is on it.
pub struct Page {
    pub html: String,
    pub operations: usize,
    pub events: usize,
}

/// Returns the page of the published crates.
///
/// # Errors
///
/// Fails if a manifest cannot be read, or if the data of the page cannot be written as JSON.
pub fn render(root: &Path, apis: &[Api]) -> Result<Page, String> {
    let published = published(root, apis)?;
    let apis: Vec<_> = published.iter().map(|(api, _)| *api).collect();
    let crates = published.into_iter().map(|(api, about)| Crate::new(api, about.summary));
    let mut catalog = Catalog { crates: crates.collect(), platforms: Platform::all(&apis) };
    // The largest first, which most readers are looking for.
    catalog.crates.sort_by_key(|of| Reverse(of.operations()));
    let (operations, events) = catalog.counts();
    Ok(Page { html: page::render(&catalog)?, operations, events })
}

/// Writes the page to a file, and prints a line that says so.
///
/// # Errors
///
/// Fails if the specs have faults, or if the page cannot be made or written.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let apis = codegen::lower(root).map_err(|error| unwritten(&error, SHOWN))?;
    let file = options.out.clone().unwrap_or_else(|| root.join(FILE));
    let Page { html, operations, events } = render(root, &apis)?;
    let size = html.len().div_ceil(1000);
    let folder = file.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, html))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    let file = file.display();
    console::print(&format!("wrote {file}: {operations} operations, {events} events, {size} KB\n"))
}
