//! The last release.

use std::path::Path;

use semver::Version;

use crate::changelog::{self, Changelog};
use crate::git::git;

/// A release, as its tag tells of it.
#[derive(Debug, Clone)]
pub struct Release {
    /// Such as `v0.1.0`.
    pub tag: String,
    pub version: Version,
}

/// Returns the release of the highest version that precedes the checkout. There is none before the first
/// one, which a changelog without releases shows as well where git cannot: in a shallow clone, or in a
/// copy without a repository.
///
/// # Errors
///
/// Returns an error if git fails, if the changelog cannot be read, or if the checkout lacks the tags of
/// the releases that the changelog has.
pub fn last_release(root: &Path) -> Result<Option<Release>, String> {
    let is_repository = root.ancestors().any(|folder| folder.join(".git").exists());
    let tags = match is_repository {
        true => git(root, &["tag", "--merged", "HEAD", "--list", "v*"])?,
        false => String::new(),
    };
    let releases = tags.lines().filter_map(|tag| {
        let version = Version::parse(tag.strip_prefix('v')?).ok()?;
        Some(Release { tag: tag.to_owned(), version })
    });
    if let Some(last) = releases.max_by(|one, other| one.version.cmp(&other.version)) {
        return Ok(Some(last));
    }
    match Changelog::read(root)?.has_releases() {
        true => Err(format!(
            "{} has releases, and the checkout has the tag of none: run `git fetch --tags`, in a \
             shallow clone with `--unshallow`",
            changelog::PATH
        )),
        false => Ok(None),
    }
}
