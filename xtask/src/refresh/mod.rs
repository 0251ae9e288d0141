//! `cargo xtask refresh`: from a vendor's changed pages to a pull request. Specs, generated code and
//! changelog are written together or not at all; then the changes are tested and summarized.

mod before;
mod checkout;
mod checks;
pub mod readme;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};

use anstream::{eprint, eprintln, print};
use clap::Args;

use self::before::Before;
use self::checkout::Changed;
use self::summary::Summary;
use crate::changelog::{self, Changelog};
use crate::changes::{self, CrateChanges};
use crate::codegen::diagnostic::SHOWN;
use crate::codegen::{self, Error};
use crate::distill::command::run::{self, Aim, Outcome, PageReport, Task};
use crate::distill::command::{console, writing};
use crate::distill::specs::sentences::Gap;
use crate::git::git;
use crate::openapi;

/// Plans the changes that bring generated files up to date with the specs.
type Plan = fn(&Path) -> Result<codegen::Outcome, Error>;

/// The plans for everything that is generated from the specs.
const GENERATED: &[Plan] =
    &[|root| codegen::plan(root, &[]), |root| openapi::plan(root, &[], None)];

/// The pages to take over.
#[derive(Args)]
pub struct Options {
    /// Files or folders of pages, or `-` for standard input
    #[arg(required = true)]
    pages: Vec<PathBuf>,
    /// The API of pages that belong to none yet; pages of other APIs are passed over
    #[arg(long, value_name = "NAME")]
    api: Option<String>,
    /// Read the missing sentences from this file, and list in it those that are left; by default
    /// `target/sentences.json`
    #[arg(long, value_name = "FILE")]
    sentences: Option<PathBuf>,
}

/// Takes pages over into the checkout, tests the changes, and prints a summary of them.
///
/// # Errors
///
/// Returns an error, and leaves the checkout as it was, if the pages cannot be taken over or
/// sentences are missing. If a test fails, the changes stay.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let uncommitted = checkout::changes(root)?;
    let own = root.join("target/sentences.json");
    let sentences = options.sentences.as_ref().unwrap_or(&own);
    let outcome = read(root, options, sentences)?;
    check_pages(&outcome.pages)?;
    if !outcome.files.is_empty() && !uncommitted.is_empty() {
        return Err(unsafe_to_write(&uncommitted));
    }
    if !outcome.gaps.is_empty() {
        return Err(ask(sentences, &outcome.gaps)?);
    }
    let written = write(root, &outcome)?;
    clear(&own, &written.crates);
    if written.crates.is_empty() && !written.is_new {
        let pages = outcome.summary.pages;
        eprintln!("the specs say what the {pages} pages say; nothing was changed");
        return Ok(());
    }
    if !written.is_new {
        eprintln!("nothing is left to write; the changes that are not committed are tested again");
    }
    let names: Vec<&str> = written.crates.iter().map(|it| it.crate_name.as_str()).collect();
    let checks = checks::run(root, &names)?;
    let (files, crates) = (checkout::changes(root)?, &written.crates);
    let summary = Summary { outcome: &outcome, crates, files: &files, checks: &checks };
    print!("{}", summary.markdown());
    match checks.iter().find(|check| check.passed == Some(false)) {
        None => Ok(()),
        Some(check) => Err(format!(
            "error: `{}` failed, see above\n\nFix what it shows and run the same command again, which \
             continues here. To go back instead:\n  {}",
            check.command,
            checkout::way_back(&files)
        )),
    }
}

fn read(root: &Path, options: &Options, sentences: &Path) -> Result<Outcome, String> {
    let api = options.api.as_deref();
    if let Some(api) = api.filter(|api| !root.join("specs").join(api).join("api.json").is_file()) {
        return Err(format!(
            "error: there is no API `{api}` yet\n\nmake its place, commit it, and run the same command \
             again:\n  cargo xtask new-api {api} --vendor VENDOR"
        ));
    }
    let (specs, glossary) = (root.join("specs"), root.join("specs/glossary.json"));
    console::read(&Task {
        pages: &options.pages,
        specs: &specs,
        api,
        aim: Aim::Refresh,
        glossary: Some(&glossary),
        sentences: Some(sentences),
    })
}

/// Refuses pages that would be left out without anyone having decided it.
fn check_pages(pages: &[PageReport]) -> Result<(), String> {
    let is_homeless = |page: &&PageReport| {
        page.unreadable || page.subject.is_some() && page.api.is_none() && page.accepted.is_none()
    };
    let said = pages.iter().filter(is_homeless).map(|page| {
        let why = page.skipped.as_deref().unwrap_or_default();
        format!("  {}: {why}", page.name)
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return Ok(());
    }
    Err(format!(
        "error: {} pages belong to no API, or are not text:\n{}\n\nname their API with `--api NAME`; if it \
         is a new one, make its place first and commit it:\n  cargo xtask new-api NAME --vendor VENDOR\n\
         nothing was written",
        said.len(),
        said.join("\n")
    ))
}

fn unsafe_to_write(uncommitted: &[Changed]) -> String {
    let first: Vec<_> = uncommitted.iter().take(5).map(|file| format!("  {}", file.path)).collect();
    let more = uncommitted.len() - first.len();
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!(
        "error: {} files have changes that are not committed, which could not be told from those of the \
         pages:\n{}{more}\n\ncommit or stash them, and run the same command again; nothing was written",
        uncommitted.len(),
        first.join("\n")
    )
}

/// Lists the missing sentences in a file, and says what to do with it.
fn ask(path: &Path, gaps: &[Gap]) -> Result<String, String> {
    let is_written = |gap: &Gap| !gap.doc.trim().is_empty();
    let mut listed = writing::read(path).map_err(|why| format!("error: {why}"))?;
    listed.retain(is_written);
    // A text that is not enough, such as words without a Chinese one, is kept to be completed.
    let is_listed =
        |gap: &&Gap| listed.iter().all(|known| known.api != gap.api || known.places != gap.places);
    let new: Vec<Gap> = gaps.iter().filter(is_listed).cloned().collect();
    listed.extend(new);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("error: {} cannot be made: {error}", folder.display()))?;
    }
    writing::save(path, &listed)?;
    let first: Vec<_> = gaps.iter().take(5).map(|gap| format!("  {}", gap.about)).collect();
    let more = gaps.len() - first.len();
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    Ok(format!(
        "error: {} sentences are missing:\n{}{more}\n\nfill in each `doc` in {}, in English and in your own \
         words, and run the same command again; nothing else was written. Do not commit the file, which \
         quotes the vendor.",
        gaps.len(),
        first.join("\n"),
        path.display()
    ))
}

/// Removes a list of sentences that are in the specs now, unless it has those of another API too.
fn clear(path: &Path, crates: &[CrateChanges]) {
    let is_of_these =
        |gap: &Gap| crates.iter().any(|it| gap.api.as_deref() == Some(&it.crate_name));
    if writing::read(path).is_ok_and(|gaps| gaps.iter().all(is_of_these)) {
        // It can stay: what the specs say already is taken from it again.
        let _ = fs::remove_file(path);
    }
}

/// The changes of the checkout since the last commit.
struct Written {
    /// Anything was written just now.
    is_new: bool,
    crates: Vec<CrateChanges>,
}

/// Writes the specs and what follows from them, all or nothing.
fn write(root: &Path, outcome: &Outcome) -> Result<Written, String> {
    let mut before = Before::default();
    let result = write_keeping(root, outcome, &mut before);
    result.map_err(|why| {
        let why = why.trim_start_matches("error: ");
        format!("error: {why}\n\n{}", before.restore(root))
    })
}

fn write_keeping(root: &Path, outcome: &Outcome, before: &mut Before) -> Result<Written, String> {
    for file in &outcome.files {
        before.keep(root, &Path::new("specs").join(&file.path))?;
    }
    run::write(&root.join("specs"), &outcome.files)?;
    for plan in GENERATED {
        let plan = plan(root).map_err(|error| explain(&error))?;
        check_sentences(&plan.undescribed)?;
        plan.changes.iter().try_for_each(|change| before.keep(root, &change.path))?;
        codegen::apply(root, &plan.changes).map_err(|error| error.to_string())?;
    }
    let changes = changes::since(root, "HEAD")?;
    if !changes.faults.is_empty() {
        return Err(changes.faults.join("\n\n"));
    }
    if !changes.crates.is_empty() {
        let head = git(root, &["show", &format!("HEAD:{}", changelog::PATH)])?;
        edit(root, changelog::PATH, before, |text| {
            let (head, mut changelog) = (Changelog::parse(&head)?, Changelog::parse(text)?);
            let left_out = changelog::specs::record(&changes.crates, &mut changelog, Some(&head));
            eprint!("{}", changelog::specs::list(&left_out));
            Ok(changelog.to_string())
        })?;
    }
    let apis = codegen::lower(root).map_err(|error| explain(&error))?;
    for readme in readme::READMES {
        edit(root, readme, before, |text| Ok(readme::with_counts(text, &apis)))?;
    }
    Ok(Written { is_new: !before.is_empty(), crates: changes.crates })
}

fn edit(
    root: &Path,
    path: &str,
    before: &mut Before,
    with: impl FnOnce(&str) -> Result<String, String>,
) -> Result<(), String> {
    let old = fs::read_to_string(root.join(path))
        .map_err(|error| format!("{path} cannot be read: {error}"))?;
    let new = with(&old)?;
    if new != old {
        before.keep(root, Path::new(path))?;
        fs::write(root.join(path), new)
            .map_err(|error| format!("{path} cannot be written: {error}"))?;
    }
    Ok(())
}

/// Refuses specs that lack sentences which no page of this run is about.
fn check_sentences(undescribed: &[String]) -> Result<(), String> {
    match undescribed {
        [] => Ok(()),
        [first, ..] => Err(format!(
            "{} sentences are missing that no page is about, the first at {first}: write them, and \
             run the same command again",
            undescribed.len()
        )),
    }
}

fn explain(error: &Error) -> String {
    match error {
        Error::Specs(faults) => {
            format!("the specs have faults:\n{}", faults.render(true, SHOWN))
        }
        error => error.to_string(),
    }
}
