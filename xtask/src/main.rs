//! `cargo xtask`: arguments only.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::adapter::strip_str;
use anstream::{eprint, eprintln, println};
use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use xtask::codegen::diagnostic::SHOWN;
use xtask::codegen::ir::Api;
use xtask::distill::command::{console, run, task, writing};
use xtask::{
    bench, catalog, changes, ci, codegen, coverage, new_api, openapi, operations, refresh, release,
    shell, words,
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
    Codegen {
        /// The crates to generate; all of them if none is named
        crates: Vec<String>,
        /// Check that the generated code is up to date; print a diff and fail if it is not
        #[arg(long)]
        check: bool,
        /// Show all faults of the specs
        #[arg(long)]
        verbose: bool,
    },
    /// Generate a document of OpenAPI 3.1 for each published API from the specs
    Openapi {
        /// The APIs to describe, by the names of their crates; all of them if none is named
        apis: Vec<String>,
        /// The folder to write to [default: openapi]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Check that the documents are up to date; print a diff and fail if they are not
        #[arg(long)]
        check: bool,
    },
    /// Generate specs from a vendor's documentation pages
    Distill {
        /// Files or folders of pages, or `-` for standard input
        #[arg(required = true)]
        pages: Vec<PathBuf>,
        /// The API that the pages describe: the name of its crate
        #[arg(long, value_name = "NAME")]
        api: String,
        /// The folder of all specs, which contains the folder of the API
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Write the specs instead of printing them
        #[arg(long)]
        write: bool,
        /// Show the sentences that are still missing, with the text of the vendor
        #[arg(long)]
        gloss: bool,
        /// Read sentences from this file; with --write, list the missing ones in it
        #[arg(long, value_name = "FILE")]
        sentences: Option<PathBuf>,
        /// List every guess, including those that are only counted by default
        #[arg(long)]
        verbose: bool,
        /// Print one JSON object on standard output, with the key `error` if the task fails
        #[arg(long)]
        json: bool,
    },
    /// Compare a vendor's documentation pages with the specs; fail if they differ
    Drift {
        /// Files or folders of pages, or `-` for standard input
        #[arg(required = true)]
        pages: Vec<PathBuf>,
        /// The API that the pages describe; found for each page if omitted
        #[arg(long, value_name = "NAME")]
        api: Option<String>,
        /// Print one JSON array on standard output; an object with the key `error` if the pages
        /// cannot be compared
        #[arg(long)]
        json: bool,
    },
    /// Update specs, code and changelog from a vendor's pages, test the result, and print a summary
    Refresh(refresh::Options),
    /// List the pages without a spec and the specs without a page
    Coverage(coverage::Options),
    /// Print the changes of the specs since a revision, as a changelog by crate
    Changes {
        /// A commit, branch or tag of git
        #[arg(value_name = "REV")]
        revision: String,
        /// Print one JSON array on standard output
        #[arg(long)]
        json: bool,
    },
    /// Prepare a release as a commit and a tag, and say how to publish it; upload nothing
    Release(release::Options),
    /// Scaffold a new API: specs folder, crate and tests
    NewApi {
        /// The name of the crate, such as `feishu-calendar`
        name: String,
        /// The platform
        #[arg(long)]
        vendor: Vendor,
    },
    /// List the operations that the specs define
    Operations {
        /// Print one JSON array, with all parameters and response fields
        #[arg(long)]
        json: bool,
        /// Read the specs in this folder
        #[arg(long, value_name = "DIR")]
        specs: Option<PathBuf>,
    },
    /// List the events and callbacks that the specs define
    Events {
        /// Print one JSON array, with all fields of the payloads
        #[arg(long)]
        json: bool,
        /// Read the specs in this folder
        #[arg(long, value_name = "DIR")]
        specs: Option<PathBuf>,
    },
    /// Write a page of all operations and events, which works without a network
    Catalog {
        /// The file to write; `target/catalog.html` in the checkout by default
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check the generated code, then call every crate with operations against a local mock platform
    Demo,
    /// Compare calls through the crates with the same calls written by hand
    Bench(bench::Options),
    /// Run the checks that must pass before a change lands
    Ci(ci::Options),
    /// Find phrases that have a better word; fail if there are more than `xtask/words.json` allows
    Words {
        /// Lower the budget to the phrases that are left
        #[arg(long)]
        accept: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Vendor {
    /// Feishu, and Lark outside China
    Feishu,
    /// DingTalk
    Dingtalk,
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
    let root = || cli.root.clone().map_or_else(checkout, Ok);
    let specs_in = |folder: Option<PathBuf>| match folder {
        Some(folder) => Ok(folder),
        None => root().map(|root| root.join("specs")),
    };
    match cli.task {
        Task::Codegen { crates, check: checks, verbose } => {
            let shown = if verbose { usize::MAX } else { SHOWN };
            let root = root()?;
            let outcome = plan(&root, &crates, shown)?;
            match checks {
                true => check(&outcome, &command("codegen", &crates)),
                false => write(&root, &outcome),
            }
        }
        Task::Openapi { apis, out, check: checks } => {
            let (root, out) = (root()?, out.as_deref());
            let outcome =
                openapi::plan(&root, &apis, out).map_err(|error| explain(&error, SHOWN))?;
            let folder = out.map(|out| format!(" --out {}", out.display())).unwrap_or_default();
            let command = command("openapi", &apis) + &folder;
            match checks {
                true => check(&outcome, &command),
                false => write(out.unwrap_or(&root), &outcome),
            }
        }
        Task::Distill { pages, api, out, write, gloss, sentences, verbose, json } => {
            // Specs that are written elsewhere need no checkout.
            let glossary = root().ok().map(|root| root.join("specs/glossary.json"));
            let how = How { write, gloss, glossary, sentences, verbose, json };
            distill(&pages, &api, &specs_in(out)?, &how)
        }
        Task::Drift { pages, api, json } => drift(&pages, api.as_deref(), &specs_in(None)?, json),
        Task::Refresh(options) => refresh::run(&root()?, &options),
        Task::Coverage(options) => coverage::run(&root()?, &options),
        Task::Changes { revision, json } => changes_since(&root()?, &revision, json),
        Task::Release(options) => release::run(&root()?, &options),
        Task::NewApi { name, vendor } => new_api(&root()?, &name, vendor),
        Task::Operations { json, specs } => {
            list(&specs_in(specs)?, json, operations::list, operations::table)
        }
        Task::Events { json, specs } => {
            list(&specs_in(specs)?, json, operations::list_events, operations::table_of_events)
        }
        Task::Catalog { out } => {
            let root = root()?;
            let apis = codegen::lower(&root).map_err(|error| explain(&error, SHOWN))?;
            let out = out.unwrap_or_else(|| root.join(catalog::FILE));
            console::print(&catalog::write(&root, &apis, &out)?)
        }
        Task::Demo => {
            let root = root()?;
            check(&plan(&root, &[], SHOWN)?, "cargo xtask codegen").and_then(|()| demo(&root))
        }
        Task::Bench(options) => console::print(&bench::run(&root()?, &options)?),
        Task::Ci(options) => ci::run(&root()?, &options),
        Task::Words { accept } => console::print(&words::run(&root()?, accept)?),
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

fn plan(root: &Path, crates: &[String], shown: usize) -> Result<codegen::Outcome, String> {
    codegen::plan(root, crates).map_err(|error| explain(&error, shown))
}

fn write(root: &Path, outcome: &codegen::Outcome) -> Result<(), String> {
    codegen::apply(root, &outcome.changes).map_err(|error| error.to_string())?;
    for change in &outcome.changes {
        println!("{change}");
    }
    let files = console::count(outcome.files, "generated file", "generated files");
    println!("{files}, {} changed", outcome.changes.len());
    if let Some(missing) = missing_sentences(outcome) {
        println!("{missing}");
    }
    Ok(())
}

fn command(task: &str, names: &[String]) -> String {
    let words = ["cargo xtask", task].into_iter().chain(names.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

/// Fails if files are not what `command` would write.
fn check(outcome: &codegen::Outcome, command: &str) -> Result<(), String> {
    if let Some(missing) = missing_sentences(outcome) {
        return Err(missing);
    }
    if outcome.changes.is_empty() {
        let files = console::count(outcome.files, "generated file is", "generated files are");
        println!("{files} up to date");
        return Ok(());
    }
    for change in &outcome.changes {
        println!("{}", change.diff());
    }
    Err(format!(
        "{} of {} generated files are not up to date\n\nrun `{}` and commit the result",
        outcome.changes.len(),
        outcome.files,
        command
    ))
}

/// Prints what the specs define, as JSON or as a table.
fn list<T: Serialize>(
    specs: &Path,
    json: bool,
    entries: fn(&[Api]) -> Vec<T>,
    table: fn(&[T]) -> String,
) -> Result<(), String> {
    let apis = codegen::lower_specs(specs).map_err(|error| explain(&error, SHOWN))?;
    let entries = entries(&apis);
    match json {
        true => console::print_json(&entries),
        false => console::print(&format!("{}\n", table(&entries))),
    }
}

fn changes_since(root: &Path, revision: &str, json: bool) -> Result<(), String> {
    let found = changes::since(root, revision)?;
    match json {
        true => console::print_json(&found.crates)?,
        false => console::print(&changes::markdown(&found.crates))?,
    }
    if found.faults.is_empty() { Ok(()) } else { Err(found.faults.join("\n\n")) }
}

/// Returns a line on the sentences that are still missing, if any.
fn missing_sentences(outcome: &codegen::Outcome) -> Option<String> {
    let first: Vec<_> = outcome.undescribed.iter().take(3).map(String::as_str).collect();
    let count = outcome.undescribed.len();
    let more = if count > first.len() { " and more" } else { "" };
    let places = first.join(", ");
    (count > 0).then(|| {
        let missing = console::count(count, "sentence is", "sentences are");
        format!("{missing} missing: {places}{more} (each `\"doc\": \"\"`)")
    })
}

fn new_api(root: &Path, name: &str, vendor: Vendor) -> Result<(), String> {
    let vendor = match vendor {
        Vendor::Feishu => codegen::spec::Vendor::Feishu,
        Vendor::Dingtalk => codegen::spec::Vendor::DingTalk,
    };
    let files = new_api::create(root, name, vendor).map_err(|error| error.to_string())?;
    for file in files {
        println!("wrote {file}");
    }
    println!(
        "\nnext:\n  cargo xtask distill PAGES --api {name} --write\n  cargo xtask codegen\n  \
         cargo xtask openapi\n  \
         cargo test -p openplat-tests {}",
        name.replace('-', "_")
    );
    Ok(())
}

/// How the outcome is wanted.
struct How {
    write: bool,
    gloss: bool,
    /// Wherever the specs lie, that of the checkout.
    glossary: Option<PathBuf>,
    sentences: Option<PathBuf>,
    verbose: bool,
    json: bool,
}

fn distill(pages: &[PathBuf], api: &str, specs: &Path, how: &How) -> Result<(), String> {
    let sentences = how.sentences.as_deref();
    let glossary = how.glossary.as_deref();
    let aim = task::Aim::Distill;
    let task = task::Task { pages, specs, api: Some(api), aim, glossary, sentences };
    let outcome = console::read(&task).and_then(|outcome| {
        if how.write {
            run::write(specs, &outcome.files).map_err(|error| error.to_string())?;
            sentences.map_or(Ok(()), |path| writing::save(path, &outcome.gaps))?;
        }
        Ok(outcome)
    });
    let outcome = or_json(outcome, how.json)?;
    eprint!("{}", console::report(&outcome, how.verbose));
    if how.gloss {
        eprint!("{}", console::gaps(&outcome.gaps));
    }
    if how.json {
        console::print_json(&outcome)?;
    } else {
        let files = outcome.files.iter();
        let files = files.map(|file| match how.write {
            true => format!("wrote {}\n", specs.join(&file.path).display()),
            false => format!("==> {} <==\n{}", file.path, file.text),
        });
        console::print(&files.collect::<String>())?;
        eprint!("{}", console::changes(&outcome.changes));
    }
    eprint!("\n{}", console::summary(&outcome));
    all_read(&outcome)
}

/// Repeats at the end what could not be read, for the exit status.
fn all_read(outcome: &task::Outcome) -> Result<(), String> {
    match outcome.summary.unreadable {
        0 => Ok(()),
        pages => {
            let pages = console::count(pages, "page is", "pages are");
            Err(format!("{pages} not text, see above"))
        }
    }
}

/// A failure is JSON as well, for whoever reads JSON.
fn or_json<T>(result: Result<T, String>, json: bool) -> Result<T, String> {
    if let (Err(message), true) = (&result, json) {
        console::print_json(&json!({ "error": strip_str(message).to_string() }))?;
    }
    result
}

fn drift(pages: &[PathBuf], api: Option<&str>, specs: &Path, json: bool) -> Result<(), String> {
    let aim = task::Aim::Compare;
    let task = task::Task { pages, specs, api, aim, glossary: None, sentences: None };
    let outcome = or_json(console::read(&task), json)?;
    eprint!("{}", outcome.pages.iter().map(console::skipped).collect::<String>());
    outcome.outlived.iter().for_each(|why| eprintln!("{why}"));
    let drift: Vec<_> =
        outcome.changes.iter().filter(|change| change.is_drift()).cloned().collect();
    match json {
        true => console::print_json(&drift)?,
        false => console::print(&console::changes(&drift))?,
    }
    let breaking = drift.iter().filter(|change| change.is_breaking()).count();
    match drift.len() {
        0 => all_read(&outcome),
        count => Err(format!(
            "the pages differ from the specs in {}, {breaking} of them breaking",
            console::count(count, "place", "places")
        )),
    }
}

/// Returns the reason why there is no plan, without which nothing is written.
fn explain(error: &codegen::Error, shown: usize) -> String {
    let text = error.shown(shown);
    match error {
        codegen::Error::Specs(faults) => {
            let faults = console::count(faults.len(), "fault", "faults");
            format!("{text}\n\n{faults}; nothing was written")
        }
        _ => format!("{text}\n\nnothing was written"),
    }
}

fn demo(root: &Path) -> Result<(), String> {
    let done = shell::run(root, "cargo run --quiet --package openplat-demo");
    done.map_err(|why| format!("{why}, see above"))
}
