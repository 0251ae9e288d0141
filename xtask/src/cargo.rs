//! Cargo, started by this program, and the manifests that it reads.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use semver::Version;
use toml_edit::{DocumentMut, Item};

const WORKSPACE: &str = "Cargo.toml";

/// The facts that a published crate states about itself, in its manifest and in that of the workspace.
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
    /// Reads the manifests. `None` if the crate is not published.
    ///
    /// # Errors
    ///
    /// Returns an error if a manifest cannot be read, or if the workspace has no version.
    pub fn read(root: &Path, name: &str) -> Result<Option<Self>, String> {
        let manifest = manifest(root, &path(name))?;
        if !is_published(&manifest) {
            return Ok(None);
        }
        let workspace = self::manifest(root, WORKSPACE)?;
        let workspace = workspace.get("workspace").and_then(|workspace| workspace.get("package"));
        // The part after the colon is about Rust.
        let description = text(manifest.get("package"), "description");
        let summary = description.split(": ").next().unwrap_or_default();
        Ok(Some(Self {
            summary: summary.to_owned(),
            version: version(root)?.to_string(),
            license: text(workspace, "license"),
            repository: text(workspace, "repository"),
        }))
    }
}

fn text(table: Option<&Item>, key: &str) -> String {
    let text = table.and_then(|table| table.get(key)?.as_str());
    text.unwrap_or_default().to_owned()
}

/// Returns the path of the manifest of a crate, from the root of the workspace.
pub fn path(name: &str) -> String {
    format!("crates/{name}/Cargo.toml")
}

/// Reads a manifest, of which the path may be relative to the root of the workspace.
///
/// # Errors
///
/// Returns an error if it cannot be read.
pub fn manifest(root: &Path, path: &str) -> Result<DocumentMut, String> {
    let text = fs::read_to_string(root.join(path))
        .map_err(|error| format!("{path} cannot be read: {error}"))?;
    text.parse().map_err(|error| format!("{path}: {error}"))
}

/// Returns the version that the crates of a workspace share.
///
/// # Errors
///
/// Returns an error if the manifest cannot be read, or has no such version.
pub fn version(root: &Path) -> Result<Version, String> {
    let manifest = manifest(root, WORKSPACE)?;
    let package = manifest.get("workspace").and_then(|workspace| workspace.get("package"));
    let version = package.and_then(|package| package.get("version")?.as_str());
    let version = version.ok_or(format!("{WORKSPACE} has no `workspace.package.version`"))?;
    Version::parse(version).map_err(|error| format!("{WORKSPACE}: `{version}`: {error}"))
}

/// Whether the crate of this name is published. One that is not there yet, or whose manifest cannot be
/// read, is not left out.
pub fn publishes(root: &Path, name: &str) -> bool {
    manifest(root, &path(name)).map_or(true, |manifest| is_published(&manifest))
}

/// Returns a command that runs Cargo as if by hand.
pub fn command() -> Command {
    let path = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(path);
    forget_xtask(&mut command);
    command
}

/// Whether a crate with this manifest is published.
pub fn is_published(manifest: &DocumentMut) -> bool {
    let publish = manifest.get("package").and_then(|package| package.get("publish"));
    match publish {
        Some(publish) => match publish.as_array() {
            Some(registries) => !registries.is_empty(),
            None => publish.as_bool() != Some(false),
        },
        None => true,
    }
}

/// Removes from the environment of a command what `cargo run` says of this program.
///
/// ring's build script depends on it: Cargo would build ring, and most crates with it, again each time
/// that `cargo xtask` follows `cargo test`.
pub fn forget_xtask(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}
