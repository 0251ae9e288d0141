//! The checks of what a refresh changed.

use std::io;
use std::path::Path;

use anstream::eprintln;

use crate::cargo;

/// Accepts the lines that are new in the digests, and looks for words in Chinese.
const DIGESTS: &str = "INSTA_UPDATE=always cargo test --package xtask --test codegen digest::";
/// Calls every operation, and reads every event.
const CALLS: &str = "cargo test --package openplat-tests --lib";

/// A command of Cargo, and its outcome.
pub struct Check {
    /// As it is typed.
    pub command: String,
    /// `None` if it was not run, because one before it failed.
    pub passed: Option<bool>,
}

/// Accepts the digests, and checks the crates and the calls of all their operations, up to the first
/// check that fails.
pub fn run(root: &Path, crates: &[&str]) -> Result<Vec<Check>, String> {
    let mut checks = Vec::new();
    for command in commands(crates) {
        let is_over = checks.iter().any(|check: &Check| check.passed != Some(true));
        let passed = if is_over { None } else { Some(passes(root, &command)?) };
        checks.push(Check { command, passed });
    }
    Ok(checks)
}

/// The cheapest come first.
fn commands(crates: &[&str]) -> Vec<String> {
    let lints = crates.iter().map(|name| {
        format!("cargo clippy --package {name} --all-targets --all-features -- -Dwarnings")
    });
    let tests = crates.iter().map(|name| format!("cargo test --package {name} --all-features"));
    let mut commands = vec![DIGESTS.to_owned()];
    commands.extend(lints.chain(tests));
    commands.push(CALLS.to_owned());
    commands
}

fn passes(root: &Path, line: &str) -> Result<bool, String> {
    eprintln!("\n== {line}");
    let words = line.split(' ');
    let (variables, words): (Vec<&str>, Vec<&str>) = words.partition(|word| word.contains('='));
    let variables = variables.into_iter().filter_map(|variable| variable.split_once('='));
    // Standard output is for the summary.
    let mut command = cargo::command();
    command.args(words.into_iter().skip(1)).envs(variables).current_dir(root).stdout(io::stderr());
    let status = command.status();
    status
        .map(|status| status.success())
        .map_err(|error| format!("error: cargo could not be started: {error}"))
}
