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
    /// Its entry in the changelog, if its type has one.
    pub entry: Option<Entry>,
    /// Whether it changed the changelog, so that it speaks for itself.
    pub is_logged: bool,
    /// Whether nothing says what it changed: its subject has no type, and neither it nor a commit after
    /// it changed the changelog.
    pub is_unclear: bool,
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
    let texts: Vec<_> = log.split(COMMIT).collect();
    let last_entry = texts.iter().rposition(|text| changes_changelog(text));
    let commits = texts.into_iter().enumerate().filter_map(|(at, text)| {
        let mut commit = commit(text, packages)?;
        commit.is_unclear &= last_entry < Some(at);
        Some(commit)
    });
    Ok(commits.collect())
}

fn changes_changelog(text: &str) -> bool {
    let files = text.rsplit(PART).next().unwrap_or_default();
    files.lines().any(|file| file == changelog::PATH)
}

/// Reads a commit as git prints it, and returns `None` if users of the crates do not notice it.
fn commit(text: &str, packages: &[Package]) -> Option<Commit> {
    let is_logged = changes_changelog(text);
    let mut parts = text.split(PART);
    let (subject, body, files) = (parts.next()?, parts.next()?, parts.next()?);
    let (prefix, sentence) = subject.split_once(": ").unwrap_or(("", subject));
    let is_breaking = prefix.ends_with('!') || body.contains("BREAKING CHANGE: ");
    let prefix = prefix.trim_end_matches('!');
    let (ty, scope) = prefix.split_once('(').unwrap_or((prefix, ""));
    let scope = scope.trim_end_matches(')');
    // Git's own subjects have none: `Revert "feat(core): retry"`.
    let has_type = !ty.is_empty() && ty.chars().all(|char| char.is_ascii_lowercase());

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

    let heading = match ty {
        _ if !has_type => None,
        _ if is_breaking => Some(Heading::Changed),
        "feat" => Some(Heading::Added),
        "fix" => Some(Heading::Fixed),
        "perf" | "revert" => Some(Heading::Changed),
        _ => None,
    };
    let verdict = match ty {
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
    Some(Commit { subject: subject.to_owned(), verdict, entry, is_logged, is_unclear: !has_type })
}
