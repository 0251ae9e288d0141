//! The changes of the checkout that are not committed.

use std::path::Path;
use std::process::Command;

/// The folder of the digests, which a check changes.
const DIGESTS: &str = "xtask/tests/codegen/snapshots";

/// The files and folders that a refresh may change.
const PATHS: &[&str] = &[
    "specs",
    "crates",
    "tests",
    "openapi",
    DIGESTS,
    "CHANGELOG.md",
    "README.md",
    "README.zh-CN.md",
];

/// A file that differs from the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Relative to the root, with `/`.
    pub path: String,
    pub is_new: bool,
}

impl Changed {
    pub fn is_digest(&self) -> bool {
        self.path.starts_with(DIGESTS)
    }

    /// Whether what a refresh writes depends on the file, unlike code by hand that a change asks for.
    pub fn is_source(&self) -> bool {
        self.path.starts_with("specs/") || !self.path.contains('/')
    }
}

/// Returns the files that differ from the last commit, among those that a refresh may change.
pub fn changes(root: &Path) -> Result<Vec<Changed>, String> {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"]);
    let output = git.args(PATHS).current_dir(root).output();
    let output = output.map_err(|error| format!("git could not be started: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "git does not say what is committed, and only what is can be changed safely: {}",
            why.trim()
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let entries = text.split('\0').filter_map(|entry| entry.split_at_checked(3));
    let changed = entries.map(|(status, path)| {
        let is_new = status.starts_with(['?', 'A']);
        Changed { path: path.to_owned(), is_new }
    });
    Ok(changed.collect())
}

/// Returns the commands that undo the changes of files, staged or not, and touch no others.
pub fn way_back(changed: &[&Changed]) -> String {
    let with = |is_new: bool| -> String {
        let paths = changed.iter().filter(|file| file.is_new == is_new);
        paths.map(|file| format!(" {}", file.path)).collect()
    };
    let (old, new) = (with(false), with(true));
    let mut commands = Vec::new();
    if !old.is_empty() {
        commands.push(format!("git restore --source=HEAD --staged --worktree --{old}"));
    }
    if !new.is_empty() {
        // Only what is not staged is cleaned.
        commands.push(format!("git reset --quiet --{new}"));
        commands.push(format!("git clean --quiet --force --{new}"));
    }
    commands.join(" && ")
}
