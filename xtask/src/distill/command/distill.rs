//! `cargo xtask distill`: from a vendor's pages to specs.

use std::path::PathBuf;

use anstream::eprint;
use clap::Args;

use super::task::{Aim, Task};
use super::{run, terminal, writing};
use crate::console;

/// The pages to turn into specs, and the output to print.
#[derive(Args)]
pub struct Options {
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
}

/// Turns pages into specs, and prints or writes them. Specs that are written elsewhere need no root.
///
/// # Errors
///
/// Returns an error if the pages or specs cannot be read, or if the specs cannot be written.
pub fn run(root: Result<PathBuf, String>, options: &Options) -> Result<(), String> {
    // Wherever the specs lie, that of the checkout.
    let glossary = root.as_ref().ok().map(|root| root.join("specs/glossary.json"));
    let specs = match &options.out {
        Some(folder) => folder.clone(),
        None => root?.join("specs"),
    };
    let sentences = options.sentences.as_deref();
    let task = Task {
        pages: &options.pages,
        specs: &specs,
        api: Some(&options.api),
        aim: Aim::Distill,
        glossary: glossary.as_deref(),
        sentences,
    };
    let outcome = terminal::read(&task).and_then(|outcome| {
        if options.write {
            run::write(&specs, &outcome.files).map_err(|error| error.to_string())?;
            sentences.map_or(Ok(()), |path| writing::save(path, &outcome.gaps))?;
        }
        Ok(outcome)
    });
    let outcome = console::or_json(outcome, options.json)?;
    eprint!("{}", terminal::report(&outcome, options.verbose));
    if options.gloss {
        eprint!("{}", terminal::gaps(&outcome.gaps));
    }
    if options.json {
        console::print_json(&outcome)?;
    } else {
        let files = outcome.files.iter();
        let files = files.map(|file| match options.write {
            true => format!("wrote {}\n", specs.join(&file.path).display()),
            false => format!("==> {} <==\n{}", file.path, file.text),
        });
        console::print(&files.collect::<String>())?;
        eprint!("{}", terminal::changes(&outcome.changes));
    }
    eprint!("\n{}", terminal::summary(&outcome));
    terminal::all_read(&outcome)
}
