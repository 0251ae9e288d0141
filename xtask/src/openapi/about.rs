//! Facts about a crate, from the manifests.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use crate::cargo;

/// The facts that a document states about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The purpose of the API, in one line.
    pub summary: String,
    pub version: String,
    /// An expression of SPDX.
    pub license: String,
    /// The address of the repository.
    pub repository: String,
}

impl About {
    /// Reads the manifests of a crate and of the workspace. `None` if the crate is not published.
    pub fn read(root: &Path, name: &str) -> Option<Self> {
        let manifest = manifest(&root.join("crates").join(name).join("Cargo.toml"));
        let package = manifest.get("package");
        if !cargo::is_published(&manifest) {
            return None;
        }
        let workspace = self::manifest(&root.join("Cargo.toml"));
        let workspace = workspace.get("workspace").and_then(|workspace| workspace.get("package"));
        // The part after the colon is about Rust.
        let description = text(package, "description");
        let summary = description.split(": ").next().unwrap_or_default();
        Some(Self {
            summary: summary.to_owned(),
            version: text(workspace, "version"),
            license: text(workspace, "license"),
            repository: text(workspace, "repository"),
        })
    }
}

/// Reads a manifest. Cargo reports what is wrong with one; here it states no facts.
fn manifest(path: &Path) -> DocumentMut {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.parse().unwrap_or_default()
}

fn text(table: Option<&Item>, key: &str) -> String {
    let text = table.and_then(|table| table.get(key)?.as_str());
    text.unwrap_or_default().to_owned()
}
