//! The changes of the checkout that are not committed.

use std::path::Path;
use std::process::Command;

/// The files and folders that a refresh may change.
const PATHS: &[&str] = &[
    "specs",
    "crates",
    "tests",
    "openapi",
    "xtask/tests/codegen/snapshots",
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

/// Returns the files that differ from the last commit, among those that a refresh may change.
pub fn changes(root: &Path) -> Result<Vec<Changed>, String> {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"]);
    let output = git.args(PATHS).current_dir(root).output();
    let output = output.map_err(|error| format!("error: git could not be started: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "error: git does not say what is committed, and only what is can be changed safely: {}",
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

/// Returns the commands that undo everything.
pub fn way_back(changed: &[Changed]) -> String {
    let is_below = |path: &str, changed: &Changed| Path::new(&changed.path).starts_with(path);
    let with = |is_new: bool| -> Vec<&str> {
        let any = |path: &&&str| changed.iter().any(|it| it.is_new == is_new && is_below(path, it));
        PATHS.iter().filter(any).copied().collect()
    };
    let (old, new) = (with(false), with(true));
    let mut commands = Vec::new();
    if !old.is_empty() {
        commands.push(format!("git restore {}", old.join(" ")));
    }
    if !new.is_empty() {
        commands.push(format!("git clean -d --force {}", new.join(" ")));
    }
    commands.join(" && ")
}
