//! Commands of other programs, such as those that the table of the checks writes as lines.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};

use crate::cargo::forget_xtask;
use crate::target::target;

/// Runs a command that finds or installs something. If it fails, the last line that it printed says why.
pub fn prepare(root: &Path, line: &str) -> Result<(), String> {
    let Output { status, stderr, .. } =
        command(root, line).output().map_err(|error| not_started(line, &error))?;
    let stderr = String::from_utf8_lossy(&stderr);
    let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    match passed(line, status) {
        Err(why) if !last.is_empty() => Err(format!("{why}: {last}")),
        result => result,
    }
}

/// Runs a command whose output is shown as it comes.
pub fn run(root: &Path, line: &str) -> Result<(), String> {
    finish(line, command(root, line))
}

/// Runs a command that `line` describes, such as one in another folder.
pub fn finish(line: &str, mut command: Command) -> Result<(), String> {
    let status = command.status().map_err(|error| not_started(line, &error))?;
    passed(line, status)
}

fn not_started(line: &str, error: &io::Error) -> String {
    format!("`{line}` could not be started: {error}")
}

fn passed(line: &str, status: ExitStatus) -> Result<(), String> {
    match status.code() {
        Some(0) => Ok(()),
        Some(_) => Err(format!("`{line}` failed")),
        None => Err(format!("`{line}` was ended by a {status}")),
    }
}

/// Reads a command as it is written in the table of the steps.
pub fn command(root: &Path, line: &str) -> Command {
    let mut words = line.split_whitespace().peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push(variable);
        words.next();
    }
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(root).env("PATH", path(root));
    forget_xtask(&mut command);
    for (name, value) in variables {
        match value.strip_prefix("target/") {
            // The folder may be elsewhere.
            Some(folder) => command.env(name, target(root).join(folder)),
            None => command.env(name, value),
        };
    }
    command
}

/// Returns the folders of programs, those first that `.ci/run` installs into.
fn path(root: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let tools = ["target/tools/bin", "target/tools/node_modules/.bin"].map(|it| root.join(it));
    let folders = tools.into_iter().chain(env::split_paths(&path));
    // A folder with a separator in its name cannot be in the list.
    env::join_paths(folders).unwrap_or(path)
}

/// Runs a command and returns what it prints; what it complains of is shown as it comes.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| {
        let hint = match name.as_str() {
            "valgrind" => "\n\ninstall valgrind and, on Debian, libc6-dbg",
            _ => "",
        };
        format!("{name} could not be started: {error}{hint}")
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{name} failed, see above")),
    }
}
