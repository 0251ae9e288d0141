//! Git, as far as the commands ask it.

use std::path::Path;
use std::process::Command;

/// Runs git in a folder, and returns what it prints.
///
/// # Errors
///
/// Returns what git says if it fails.
pub fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    run(Command::new("git").current_dir(folder).args(args))
}

/// Runs a command of git, and returns what it prints.
///
/// # Errors
///
/// Returns what git says if it fails.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("git could not be started: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
