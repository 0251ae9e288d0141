//! The commits since a release, as their messages and the files that they changed tell of them.

use std::path::Path;

use super::versions::Package;
use crate::changelog::{self, Entry, Heading};
use crate::changes::Verdict;
use crate::git::git;

/// A commit that changed a published crate.
#[derive(Debug, PartialEq, Eq)]
pub struct Commit {
    /// The first line of its message, such as `feat(core)!: retry what a proxy refused`.
    pub subject: String,
    pub verdict: Verdict,
    /// Its entry in the changelog, if its kind has one.
    pub entry: Option<Entry>,
    /// Whether it changed the changelog, so that it speaks for itself.
    pub is_logged: bool,
}

/// Ends and parts of what git prints, which no message contains.
const COMMIT: char = '\u{1e}';
const PART: char = '\u{1f}';

/// Returns the commits since a tag, the oldest first.
///
/// # Errors
///
/// Returns an error if there is no such tag.
pub fn since(root: &Path, tag: &str, packages: &[Package]) -> Result<Vec<Commit>, String> {
    let range = format!("{tag}..HEAD");
    let format = format!("--format={COMMIT}%s{PART}%b{PART}");
    let log = git(root, &["log", "--no-merges", "--reverse", "--name-only", &format, &range])?;
    Ok(log.split(COMMIT).filter_map(|text| commit(text, packages)).collect())
}

/// Reads a commit as git prints it, and returns `None` if users of the crates do not notice it.
fn commit(text: &str, packages: &[Package]) -> Option<Commit> {
    let mut parts = text.split(PART);
    let (subject, body, files) = (parts.next()?, parts.next()?, parts.next()?);
    let (kind, sentence) = subject.split_once(": ")?;
    let is_breaking = kind.ends_with('!') || body.contains("BREAKING CHANGE: ");
    let kind = kind.trim_end_matches('!');
    let (kind, scope) = kind.split_once('(').unwrap_or((kind, ""));
    let scope = scope.trim_end_matches(')');

    let of_scope = |package: &&Package| {
        let names = [package.folder(), package.name.as_str()];
        names.iter().any(|name| *name == scope || name.ends_with(&format!("-{scope}")))
    };
    let package = packages.iter().find(of_scope);
    let is_packaged = |file: &str| {
        let folder = file.strip_prefix("crates/").and_then(|path| path.split('/').next());
        packages.iter().any(|package| folder == Some(package.folder()))
    };
    if package.is_none() && !files.lines().any(is_packaged) {
        return None;
    }

    let heading = match kind {
        _ if is_breaking => Some(Heading::Changed),
        "feat" => Some(Heading::Added),
        "fix" => Some(Heading::Fixed),
        "perf" | "revert" => Some(Heading::Changed),
        _ => None,
    };
    let verdict = match kind {
        _ if is_breaking => Verdict::Breaking,
        "feat" => Verdict::Additive,
        _ => Verdict::Patch,
    };
    let crate_name = package.map(|package| package.name.clone());
    let sentence = sentence.trim_end_matches('.');
    let text = match (&crate_name, scope) {
        (Some(_), _) | (None, "") => sentence.to_owned(),
        (None, scope) => format!("{scope}: {sentence}"),
    };
    let entry = heading.map(|heading| Entry { heading, is_breaking, crate_name, text });
    let is_logged = files.lines().any(|file| file == changelog::PATH);
    Some(Commit { subject: subject.to_owned(), verdict, entry, is_logged })
}
