//! The step `semver`: the API of the crates against the last release.

use std::path::Path;

use anstream::println;
use semver::Version;

use super::versions;
use crate::bench::programs::target;
use crate::ci::shell;
use crate::git::Release;

/// Fails if a published crate breaks programs that use the last release, unless the version of the
/// workspace says so.
///
/// # Errors
///
/// Returns an error that leads to what is broken.
pub fn holds(root: &Path, last: &Release) -> Result<(), String> {
    let set = versions::packages(root)?.into_iter().map(|package| package.version).max();
    set.map_or(Ok(()), |version| check(root, last, &version))
}

/// Fails if a published crate changed more since a release than a version may.
///
/// # Errors
///
/// Returns an error that leads to what is broken.
pub fn check(root: &Path, last: &Release, version: &Version) -> Result<(), String> {
    let Some(kind) = allowed(&last.version, version) else {
        println!("nothing is compared: after {}, {version} may break programs", last.version);
        return Ok(());
    };
    shell::prepare(root, "cargo semver-checks --version").map_err(|why| {
        format!("the API cannot be compared: {why}\n\nrun `cargo install cargo-semver-checks`")
    })?;
    let tag = &last.tag;
    let line =
        format!("cargo semver-checks --workspace --release-type {kind} --baseline-rev {tag}");
    let mut check = shell::command(root, &line);
    // One folder, so that the crates share what they depend on.
    check.env("CARGO_TARGET_DIR", target(root).join("apart"));
    shell::finish(&line, check)
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
