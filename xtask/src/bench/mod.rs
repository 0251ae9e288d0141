//! `cargo xtask bench`: what a call through the crates costs, beside one that is written by hand.

mod server;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use server::Server;

/// The programs of `crates/bench`, each with the feature of its name.
const PROGRAMS: [&str; 2] = ["raw", "im"];

/// Runs the programs beside one another and returns a table of what they print.
pub fn run(root: &Path) -> Result<String, String> {
    let server = Server::start(Duration::ZERO)
        .map_err(|error| format!("error: no server could be started: {error}"))?;
    let mut table = String::new();
    for program in PROGRAMS {
        let binary = build(root, program)?;
        for line in output(Command::new(&binary).args([&server.url(), "2000"]))?.lines() {
            table += &format!("{program} {line}\n");
        }
    }
    Ok(table)
}

/// Builds a program as one who depends on the crates would, and returns where it is.
fn build(root: &Path, program: &str) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--release", "--package", "openplat-bench"];
    output(
        Command::new(cargo)
            .args(arguments)
            .args(["--bin", program, "--features", program])
            .args(["--config", "profile.release.strip=true"])
            .current_dir(root),
    )?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release").join(program))
}

/// Runs a command and returns what it prints; what it complains of is shown as it comes.
fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("error: {name} could not be started: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("error: {name} failed, see above")),
    }
}
