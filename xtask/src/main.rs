//! `cargo xtask`: arguments only.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::adapter::strip_str;
use anstream::eprintln;
use clap::{Parser, Subcommand};
use xtask::distill::command::{distill, drift};
use xtask::{
    bench, catalog, changes, ci, coverage, generate, new_api, operations, refresh, release, words,
};

/// Maintainers' commands of openplat.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// The root of the workspace; defaults to the checkout that `cargo xtask` runs in
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the code of the crates and their tests from the specs
    Codegen(generate::Code),
    /// Generate a document of OpenAPI 3.1 for each published API from the specs
    Openapi(generate::Documents),
    /// Generate specs from a vendor's documentation pages
    Distill(distill::Options),
    /// Compare a vendor's documentation pages with the specs; fail if they differ
    Drift(drift::Options),
    /// Update specs, code and changelog from a vendor's pages, test the result, and print a summary
    Refresh(refresh::Options),
    /// List the pages without a spec and the specs without a page
    Coverage(coverage::Options),
    /// Print the changes of the specs since a revision, as a changelog by crate
    Changes(changes::Options),
    /// Prepare a release as a commit and a tag, and say how to publish it; upload nothing
    Release(release::Options),
    /// Scaffold a new API: specs folder, crate and tests
    NewApi(new_api::Options),
    /// List the operations that the specs define
    Operations(operations::Options),
    /// List the events and callbacks that the specs define
    Events(operations::Options),
    /// Write a page of all operations and events, which works without a network
    Catalog(catalog::Options),
    /// Check the generated code, then call every crate with operations against a local mock platform
    Demo,
    /// Compare calls through the crates with the same calls written by hand
    Bench(bench::Options),
    /// Run the checks that must pass before a change lands
    Ci(ci::Options),
    /// Find phrases that have a better word; fail if there are more than `xtask/words.json` allows
    Words(words::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Diagnostics of specs have their own.
            let has_prefix = strip_str(&message).to_string().starts_with("error: ");
            eprintln!("{}{message}", if has_prefix { "" } else { "error: " });
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    let root = cli.root.map_or_else(checkout, Ok);
    match cli.task {
        Task::Codegen(options) => generate::code(&root?, &options),
        Task::Openapi(options) => generate::documents(&root?, &options),
        Task::Distill(options) => distill::run(root, &options),
        Task::Drift(options) => drift::run(&root?, &options),
        Task::Refresh(options) => refresh::run(&root?, &options),
        Task::Coverage(options) => coverage::run(&root?, &options),
        Task::Changes(options) => changes::run(&root?, &options),
        Task::Release(options) => release::run(&root?, &options),
        Task::NewApi(options) => new_api::run(&root?, &options),
        Task::Operations(options) => operations::run(root, &options),
        Task::Events(options) => operations::run_events(root, &options),
        Task::Catalog(options) => catalog::run(&root?, &options),
        Task::Demo => generate::demo(&root?),
        Task::Bench(options) => bench::run(&root?, &options),
        Task::Ci(options) => ci::run(&root?, &options),
        Task::Words(options) => words::run(&root?, &options),
    }
}

/// The checkout that Cargo runs this in, or that the current folder belongs to. That in which the
/// binary was built may be another: clones can share their target folder.
fn checkout() -> Result<PathBuf, String> {
    let here = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => PathBuf::from(package),
        None => env::current_dir()
            .map_err(|error| format!("the current folder cannot be found: {error}"))?,
    };
    let root = here.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file());
    root.map(Path::to_owned).ok_or_else(|| {
        let here = here.display();
        format!("{here} is not in a checkout of openplat; pass one with `--root DIR`")
    })
}
