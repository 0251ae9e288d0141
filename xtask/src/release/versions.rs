//! The version of all crates, and the places that name it: manifests, the lock, documents of OpenAPI and
//! install lines.

use std::fs;
use std::path::Path;

use regex::{Captures, Regex};
use semver::Version;
use serde::Deserialize;
use toml_edit::{DocumentMut, TableLike, Value};

use crate::cargo;
use crate::changelog;
use crate::files::Change;
use crate::git::git;
use crate::shell::output;

/// A published crate.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: Version,
    /// The path of its manifest.
    manifest_path: String,
    /// The registries that it may go to; all of them if absent.
    publish: Option<Vec<String>>,
}

impl Package {
    /// Whether it has the version of the workspace.
    fn inherits_version(&self, root: &Path) -> Result<bool, String> {
        let manifest = cargo::manifest(root, &self.manifest_path)?;
        let version = manifest.get("package").and_then(|package| package.get("version"));
        Ok(version.and_then(|version| version.get("workspace")?.as_bool()) == Some(true))
    }

    /// The name of its folder.
    pub fn folder(&self) -> &str {
        let folder = Path::new(&self.manifest_path).parent().and_then(Path::file_name);
        folder.and_then(|name| name.to_str()).unwrap_or(&self.name)
    }
}

/// Returns the crates of a workspace that are published.
///
/// # Errors
///
/// Returns an error if Cargo cannot read the manifests.
pub fn packages(root: &Path) -> Result<Vec<Package>, String> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let mut metadata = cargo::command();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
    let text = output(&mut metadata)?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut packages = metadata.packages;
    packages.retain(|package| package.publish.as_ref().is_none_or(|to| !to.is_empty()));
    Ok(packages)
}

/// Reads a version of three numbers.
///
/// # Errors
///
/// Returns an error for anything else, such as a pre-release: the next release would be compared with
/// it, instead of with what users have.
pub fn parse(text: &str) -> Result<Version, String> {
    let version = Version::parse(text.strip_prefix('v').unwrap_or(text)).ok();
    let version = version.filter(|version| version.pre.is_empty() && version.build.is_empty());
    version.ok_or_else(|| format!("`{text}` is no version of three numbers, such as `0.2.0`"))
}

/// Returns the changes that set the version in all files that name it.
///
/// # Errors
///
/// Returns an error if a file cannot be read, or if a published crate has a version of its own.
pub fn changes(root: &Path, version: &Version) -> Result<Vec<Change>, String> {
    let packages = packages(root)?;
    for package in &packages {
        if !package.inherits_version(root)? {
            let name = &package.name;
            return Err(format!(
                "`{name}` has a version of its own: write `version.workspace = true`"
            ));
        }
    }
    let names: Vec<_> = packages.iter().map(|package| package.name.as_str()).collect();
    let lines = install_lines(&names)?;
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
    let kinds = ["*Cargo.toml", "Cargo.lock", "openapi/*.json", "*.md", "*.rs"];
    let files = git(root, &[&list[..], &kinds].concat())?;
    let mut changes = Vec::new();
    for path in files.split('\0').filter(|path| *path != changelog::PATH) {
        // A link, or a file that was deleted.
        if !root.join(path).symlink_metadata().is_ok_and(|file| file.is_file()) {
            continue;
        }
        let old = fs::read_to_string(root.join(path))
            .map_err(|error| format!("{path} cannot be read: {error}"))?;
        let new = match Path::new(path).file_name().and_then(|name| name.to_str()) {
            Some("Cargo.toml") => manifest(&old, &names, version),
            Some("Cargo.lock") => lock(&old, &packages, version),
            Some(name) if name.ends_with(".json") => Ok(document(&old, &packages, version)),
            _ => Ok(text(&old, path.ends_with(".rs"), &lines, version)),
        };
        let new = new.map_err(|error| format!("{path}: {error}"))?;
        if new != old {
            changes.push(Change { path: path.into(), old: Some(old), new: Some(new) });
        }
    }
    Ok(changes)
}

fn manifest(text: &str, names: &[&str], version: &Version) -> Result<String, toml_edit::TomlError> {
    let mut manifest: DocumentMut = text.parse()?;
    let workspace = manifest.get_mut("workspace").and_then(|item| item.as_table_like_mut());
    let package = workspace.and_then(|item| item.get_mut("package")?.as_table_like_mut());
    if let Some(value) = package.and_then(|item| item.get_mut("version")?.as_value_mut()) {
        replace(value, &version.to_string());
    }
    dependencies(manifest.as_table_mut(), names, version);
    Ok(manifest.to_string())
}

/// Sets the version in each table of dependencies, wherever it is.
fn dependencies(table: &mut dyn TableLike, names: &[&str], version: &Version) {
    for (key, item) in table.iter_mut() {
        let Some(table) = item.as_table_like_mut() else { continue };
        if !key.get().ends_with("dependencies") {
            dependencies(table, names, version);
            continue;
        }
        for (key, dependency) in table.iter_mut() {
            let name = dependency.get("package").and_then(|name| name.as_str());
            if !names.contains(&name.unwrap_or(key.get())) {
                continue;
            }
            let requirement = match dependency.is_str() {
                true => dependency.as_value_mut(),
                false => dependency.get_mut("version").and_then(|item| item.as_value_mut()),
            };
            if let Some(value) = requirement {
                let old = value.as_str().unwrap_or_default();
                let operator =
                    old.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
                replace(value, &format!("{operator}{version}"));
            }
        }
    }
}

/// Keeps the space and the comment around a value.
fn replace(value: &mut Value, text: &str) {
    let decor = value.decor().clone();
    *value = text.into();
    *value.decor_mut() = decor;
}

/// The crates of the workspace are those without a source. Tests and tools share the version.
fn lock(
    text: &str,
    packages: &[Package],
    version: &Version,
) -> Result<String, toml_edit::TomlError> {
    let mut lock: DocumentMut = text.parse()?;
    let is_old = |text: &str| packages.iter().any(|package| package.version.to_string() == text);
    let locked = lock.get_mut("package").and_then(|item| item.as_array_of_tables_mut());
    for package in locked.into_iter().flat_map(|packages| packages.iter_mut()) {
        let is_ours = !package.contains_key("source");
        let value = package.get_mut("version").and_then(|item| item.as_value_mut());
        if let Some(value) = value.filter(|value| is_ours && value.as_str().is_some_and(is_old)) {
            replace(value, &version.to_string());
        }
    }
    Ok(lock.to_string())
}

/// A document of OpenAPI has the version of its crate once, at its beginning.
fn document(text: &str, packages: &[Package], version: &Version) -> String {
    let key = |version: &Version| format!("\"version\": \"{version}\"");
    let old = packages.iter().map(|package| key(&package.version)).find(|old| text.contains(old));
    old.map_or(text.to_owned(), |old| text.replacen(&old, &key(version), 1))
}

/// Finds versions after the name of a crate: `name = "0.1"`, `name = { version = "0.1" }`, `name@0.1`.
fn install_lines(names: &[&str]) -> Result<Regex, String> {
    let names: Vec<_> = names.iter().map(|name| regex::escape(name)).collect();
    let names = names.join("|");
    let between = r#"@| = (?:\{[^}\n]*?(?-u:\b)version = )?"=?"#;
    Regex::new(&format!(r"((?:^|[^A-Za-z0-9_-])(?:{names})(?:{between}))([0-9]+(?:\.[0-9]+)*)"))
        .map_err(|error| error.to_string())
}

/// Renews the versions in a README, or in the comments of code, each as exact as it was.
fn text(text: &str, is_code: bool, lines: &Regex, version: &Version) -> String {
    let version = version.to_string();
    let renew = |found: &Captures<'_>| {
        let (_, [before, old]) = found.extract();
        let parts: Vec<_> = version.split('.').take(old.split('.').count()).collect();
        format!("{before}{}", parts.join("."))
    };
    let line = |line: &str| match !is_code || line.trim_start().starts_with("//") {
        true => lines.replace_all(line, renew).into_owned(),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}
