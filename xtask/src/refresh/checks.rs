//! The checks of what a refresh changed.

use std::io;
use std::path::Path;

use anstream::eprintln;

use crate::shell;

/// Finds phrases that have a better word.
const WORDS: &str = "cargo xtask words";
/// Accepts the lines that are new in the digests, and looks for words in Chinese.
const DIGESTS: &str = "INSTA_UPDATE=always cargo test --package xtask --test codegen digest::";
/// Calls every operation, and reads every event.
const CALLS: &str = "cargo test --package openplat-tests --lib";

/// A command of Cargo, and its outcome.
pub struct Check {
    /// As it is typed.
    pub command: String,
    /// `None` if it was not run, because one before it failed.
    pub outcome: Option<Result<(), String>>,
}

/// Checks the sentences, accepts the digests, and checks the crates and the calls of all their
/// operations, up to the first check that fails.
pub fn run(root: &Path, crates: &[&str]) -> Vec<Check> {
    let mut checks = Vec::new();
    for command in commands(crates) {
        let is_over = checks.iter().any(|check: &Check| check.outcome != Some(Ok(())));
        let outcome = (!is_over).then(|| check(root, &command));
        checks.push(Check { command, outcome });
    }
    checks
}

/// The cheapest come first.
fn commands(crates: &[&str]) -> Vec<String> {
    let lints = crates.iter().map(|name| {
        format!("cargo clippy --package {name} --all-targets --all-features -- -Dwarnings")
    });
    let tests = crates.iter().map(|name| format!("cargo test --package {name} --all-features"));
    let mut commands = vec![WORDS.to_owned(), DIGESTS.to_owned()];
    commands.extend(lints.chain(tests));
    commands.push(CALLS.to_owned());
    commands
}

fn check(root: &Path, line: &str) -> Result<(), String> {
    eprintln!("\n== {line}");
    let mut command = shell::command(root, line);
    // Standard output is for the summary.
    command.stdout(io::stderr());
    shell::finish(line, command)
}
