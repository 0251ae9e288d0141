//! `cargo xtask catalog`: a page of all operations and events, which needs no network.
//!
//! `data` is what the page is made of, `curl` the command lines in it, `page` the HTML. The script
//! shows and searches the data. Without it, the page is a list.

mod curl;
mod data;
mod page;

use std::cmp::Reverse;
use std::fs;
use std::path::Path;

use crate::codegen::ir::Api;
use crate::openapi::About;

pub use self::curl::{curl, curl_of_event};
pub use self::data::{Catalog, Crate};

/// The file that is written if none is named, below the root of the workspace.
pub const FILE: &str = "target/catalog.html";

/// Returns the page of the published crates, and how much is on it.
///
/// # Errors
///
/// Fails if the data of the page cannot be written as JSON.
pub fn render(root: &Path, apis: &[Api]) -> Result<(String, String), String> {
    let published = apis.iter().filter_map(|api| Some((api, About::read(root, &api.name)?)));
    let crates = published.map(|(api, about)| Crate::new(api, about.summary)).collect();
    let mut catalog = Catalog { crates };
    // The largest first, which most readers are looking for.
    catalog.crates.sort_by_key(|of| Reverse(of.operations()));
    let page = page::render(&catalog)?;
    let (operations, events) = catalog.counts();
    let size = page.len().div_ceil(1000);
    Ok((page, format!("{operations} operations, {events} events, {size} KB")))
}

/// Writes the page to a file, and returns a line that says so.
///
/// # Errors
///
/// Fails if the page cannot be made or written.
pub fn write(root: &Path, apis: &[Api], file: &Path) -> Result<String, String> {
    let (page, counts) = render(root, apis)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, page))
        .map_err(|error| format!("error: {} cannot be written: {error}", file.display()))?;
    Ok(format!("wrote {}: {counts}\n", file.display()))
}
