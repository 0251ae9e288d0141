//! The step `semver`: the API of the crates against the last release.

use std::path::Path;

use semver::Version;

use super::last::Release;
use super::versions;
use crate::console;
use crate::git::git;
use crate::shell;

/// Finds the tool that compares.
pub const TOOL: &str = "cargo semver-checks --version";

/// Fails if a published crate breaks programs that use the last release, unless the version of the
/// workspace says so.
///
/// # Errors
///
/// Returns an error that leads to what is broken.
pub fn holds(root: &Path, last: &Release) -> Result<(), String> {
    let set = versions::packages(root)?.into_iter().map(|package| package.version).max();
    let Some(version) = set else { return Ok(()) };
    match allowed(&last.version, &version) {
        Some(kind) => compare(root, last, kind),
        None => {
            let last = &last.version;
            console::print(&format!(
                "nothing is compared: after {last}, {version} may break programs\n"
            ))
        }
    }
}

/// Fails if a published crate changed more since a release than a version may. If the version may
/// change everything, prints what changed.
///
/// # Errors
///
/// Returns an error that leads to what is broken.
pub fn check(root: &Path, last: &Release, version: &Version) -> Result<(), String> {
    let found = shell::prepare(root, TOOL)
        .map_err(|why| format!("the API cannot be compared: {why}; `.ci/run semver` installs it"));
    match allowed(&last.version, version) {
        Some(kind) => found.and_then(|()| compare(root, last, kind)),
        None => {
            if let Err(why) = found.and_then(|()| compare(root, last, "patch")) {
                console::print(&format!(
                    "{version} may break programs, so this does not end it: {why}\n"
                ))?;
            }
            Ok(())
        }
    }
}

/// Prints by crate what changed since a release, and fails if it is more than a kind of release may
/// change.
fn compare(root: &Path, last: &Release, kind: &str) -> Result<(), String> {
    let tag = &last.tag;
    let names = git(root, &["grep", "-h", "-e", "^name = ", tag, "--", "*Cargo.toml"])?;
    // One folder, so that the crates share what they depend on.
    let mut line = format!(
        "CARGO_TARGET_DIR=target/apart \
         cargo semver-checks --release-type {kind} --baseline-rev {tag}"
    );
    let (old, new): (Vec<_>, Vec<_>) = versions::packages(root)?
        .into_iter()
        .map(|package| package.name)
        .partition(|name| names.lines().any(|line| line == format!("name = \"{name}\"")));
    for name in new {
        console::print(&format!(
            "`{name}` is new since {tag}: there is nothing to compare it with\n"
        ))?;
    }
    if old.is_empty() {
        return Ok(());
    }
    old.iter().for_each(|name| line += &format!(" --package {name}"));
    shell::run(root, &line)
}

/// The most that may change between two versions, in the words of cargo-semver-checks. `None` if
/// everything may. A version that is not raised yet may become one with additions.
fn allowed(last: &Version, version: &Version) -> Option<&'static str> {
    let leading = |version: &Version| match version {
        Version { major: 0, minor: 0, patch, .. } => (0, 0, *patch),
        Version { major: 0, minor, .. } => (0, *minor, 0),
        Version { major, .. } => (*major, 0, 0),
    };
    if leading(last) != leading(version) {
        return None;
    }
    let is_patch = version.major > 0 && version.minor == last.minor && version != last;
    Some(if is_patch { "patch" } else { "minor" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_allows_what_cargo_would_take_for_the_same() {
        let cases = [
            ("0.1.0", "0.1.0", Some("minor")),
            ("0.1.0", "0.1.1", Some("minor")),
            ("0.1.0", "0.2.0", None),
            ("0.1.0", "1.0.0", None),
            ("0.0.1", "0.0.2", None),
            ("1.2.3", "1.2.3", Some("minor")),
            ("1.2.3", "1.2.4", Some("patch")),
            ("1.2.3", "1.3.0", Some("minor")),
            ("1.2.3", "2.0.0", None),
        ];
        for (last, version, kind) in cases {
            let parse = |text| Version::parse(text).unwrap();
            assert_eq!(allowed(&parse(last), &parse(version)), kind, "{last} {version}");
        }
    }
}
