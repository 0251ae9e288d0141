//! The published crates with the lowest versions of the dependencies that their manifests allow.

use std::error::Error;
use std::fs;
use std::path::Path;

use toml_edit::{Array, value};

use crate::cargo;
use crate::shell::output;
use crate::target::{remove, target};

/// Fails if the published crates do not compile with the lowest versions that they allow.
///
/// Works on a copy without development dependencies, whose versions do not matter to users.
pub fn compiles(root: &Path) -> Result<(), String> {
    let folder = target(root).join("apart/lowest");
    remove(&folder)?;
    copy(root, &folder).map_err(|error| format!("the workspace cannot be copied: {error}"))?;

    // Nothing but the choice of versions is unstable; the stable compiler does the rest.
    let mut choice = cargo::command();
    choice.args(["-Z", "direct-minimal-versions", "metadata", "--quiet", "--format-version", "1"]);
    output(choice.env("RUSTC_BOOTSTRAP", "1").current_dir(&folder))?;

    let mut check = cargo::command();
    check.args(["check", "--quiet", "--locked", "--workspace", "--all-features"]);
    output(check.env("CARGO_TARGET_DIR", "target").current_dir(&folder)).map(drop)
}

fn copy(root: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    for folder in fs::read_dir(root.join("crates"))? {
        let folder = folder?;
        let name = folder.file_name();
        let mut manifest = cargo::manifest(root, &cargo::path(&name.to_string_lossy()))?;
        if cargo::is_published(&manifest) {
            manifest.remove("dev-dependencies");
            let copy = to.join("crates").join(name);
            copy_folder(&folder.path(), &copy)?;
            fs::write(copy.join("Cargo.toml"), manifest.to_string())?;
        }
    }
    let mut manifest = cargo::manifest(root, "Cargo.toml")?;
    manifest["workspace"]["members"] = value(Array::from_iter(["crates/*"]));
    fs::write(to.join("Cargo.toml"), manifest.to_string())?;

    // The others stay as they are locked, so that no new release of one changes the outcome.
    let mut lock = cargo::manifest(root, "Cargo.lock")?;
    let direct = &manifest["workspace"]["dependencies"];
    if let Some(packages) = lock["package"].as_array_of_tables_mut() {
        packages.retain(|package| {
            let name = package.get("name").and_then(|name| name.as_str());
            name.is_none_or(|name| direct.get(name).is_none())
        });
    }
    fs::write(to.join("Cargo.lock"), lock.to_string())?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &copy)?,
            false => drop(fs::copy(entry.path(), copy)?),
        }
    }
    Ok(())
}
