//! `cargo xtask`: arguments only.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anstream::{eprintln, println};
use clap::{Parser, Subcommand};
use xtask::{codegen, operations};

/// Maintainers' commands of openplat.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// The root of the workspace.
    #[arg(long, global = true, hide = true, default_value_os_t = workspace_root())]
    root: PathBuf,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the code of the crates and their tests from the specs
    Codegen {
        /// The crates to generate; all of them if none is named
        crates: Vec<String>,
        /// Write nothing; fail and show the difference if the generated code is not up to date
        #[arg(long)]
        check: bool,
    },
    /// List the operations that the specs define
    Operations {
        /// Print one JSON array, with every parameter and every member of every answer
        #[arg(long)]
        json: bool,
        /// Read the specs in this folder
        #[arg(long, value_name = "DIR")]
        specs: Option<PathBuf>,
    },
    /// Check the generated code, then make calls through every crate against a local platform
    Demo,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.task {
        Task::Codegen { crates, check: false } => generate(&cli.root, &crates),
        Task::Codegen { crates, check: true } => check(&cli.root, &crates),
        Task::Operations { json, specs } => {
            let specs = specs.unwrap_or_else(|| cli.root.join("specs"));
            list_operations(&specs, json)
        }
        Task::Demo => check(&cli.root, &[]).and_then(|()| demo(&cli.root)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn workspace_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn generate(root: &Path, crates: &[String]) -> Result<(), String> {
    let outcome = codegen::plan(root, crates).map_err(|error| explain(&error))?;
    codegen::apply(root, &outcome.changes).map_err(|error| format!("error: {error}"))?;
    for change in &outcome.changes {
        println!("{change}");
    }
    println!("{} generated files, {} changed", outcome.files, outcome.changes.len());
    Ok(())
}

fn check(root: &Path, crates: &[String]) -> Result<(), String> {
    let outcome = codegen::plan(root, crates).map_err(|error| explain(&error))?;
    if outcome.changes.is_empty() {
        println!("{} generated files are up to date", outcome.files);
        return Ok(());
    }
    for change in &outcome.changes {
        println!("{}", change.diff());
    }
    let command = ["cargo xtask codegen"].into_iter().chain(crates.iter().map(String::as_str));
    Err(format!(
        "error: {} of {} generated files are not up to date\n\nrun `{}` and commit the result",
        outcome.changes.len(),
        outcome.files,
        command.collect::<Vec<_>>().join(" ")
    ))
}

fn list_operations(specs: &Path, json: bool) -> Result<(), String> {
    let apis = codegen::lower_specs(specs).map_err(|error| explain(&error))?;
    let operations = operations::list(&apis);
    let text = match json {
        true => serde_json::to_string_pretty(&operations).map_err(|error| error.to_string())?,
        false => operations::table(&operations),
    };
    // Who reads the beginning alone, as `head` does, may close the pipe.
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("error: the list cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Why there is no plan, without which nothing is written.
fn explain(error: &codegen::Error) -> String {
    match error {
        codegen::Error::Specs(faults) => {
            let count = match faults.len() {
                1 => "1 fault".to_owned(),
                count => format!("{count} faults"),
            };
            format!("{}\n\n{count}; nothing was written", faults.render(true))
        }
        error => format!("error: {error}\n\nnothing was written"),
    }
}

fn demo(root: &Path) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--package", "openplat-demo"])
        .current_dir(root)
        .status()
        .map_err(|error| format!("error: cargo could not be started: {error}"))?;
    status.success().then_some(()).ok_or_else(|| "error: the demo failed, see above".to_owned())
}
