//! `cargo xtask refresh`: from a vendor's changed pages to a pull request. Specs, generated code and
//! changelog are written together or not at all; then the changes are tested and summarized.

mod before;
mod checkout;
mod checks;
pub mod readme;
mod record;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};

use anstream::{eprint, eprintln};
use clap::Args;

use self::before::Before;
use self::checkout::Changed;
use self::record::Record;
use self::summary::Summary;
use crate::changelog::{self, Changelog, Entry};
use crate::changes::{self, CrateChanges};
use crate::codegen::diagnostic::SHOWN;
use crate::codegen::{self, Error};
use crate::console::{self, count};
use crate::distill::command::task::{Aim, Outcome, PageReport, Task};
use crate::distill::command::{run, terminal, writing};
use crate::distill::specs::sentences::Gap;
use crate::files::{self, slashes};
use crate::git::git;
use crate::openapi;

/// The list of missing sentences, unless another is named.
const SENTENCES: &str = "target/sentences.json";

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
    let mut record = Record::read(root, &uncommitted);
    let own = root.join(SENTENCES);
    let sentences = options.sentences.as_ref().unwrap_or(&own);
    // They are in the specs, where they may have been edited since.
    let is_taken = record.has_taken(sentences);
    let outcome = read(root, options, (!is_taken).then_some(sentences))?;
    check_pages(&outcome.pages)?;
    let is_idle = outcome.files.is_empty() && outcome.gaps.is_empty();
    if is_idle && record.is_empty() && !uncommitted.is_empty() {
        say_nothing_changed(&outcome);
        return Ok(());
    }
    let is_foreign = |file: &&Changed| !record.has(file) && file.is_source();
    let unsafe_files: Vec<&Changed> = match outcome.files.is_empty() {
        true if record.is_empty() => Vec::new(),
        true => uncommitted.iter().filter(is_foreign).collect(),
        false => uncommitted.iter().collect(),
    };
    if !unsafe_files.is_empty() {
        return Err(unsafe_to_write(&unsafe_files));
    }
    if !outcome.gaps.is_empty() {
        return Err(ask(sentences, &outcome.gaps)?);
    }
    record.take(sentences);
    let written = write(root, &outcome, &mut record)?;
    if written.crates.is_empty() && !written.is_new {
        say_nothing_changed(&outcome);
        return Ok(());
    }
    if !written.is_new {
        eprintln!("nothing is left to write; the changes that are not committed are tested again");
    }
    eprint!("{}", changelog::specs::list(&written.left_out));
    let names: Vec<&str> = written.crates.iter().map(|it| it.crate_name.as_str()).collect();
    let checks = checks::run(root, &names);
    let (files, crates) = (checkout::changes(root)?, &written.crates);
    let digests = files.iter().filter(|file| file.is_digest());
    digests.for_each(|file| record.add(root, &file.path));
    record.save(root)?;
    let summary = Summary { outcome: &outcome, crates, files: &files, checks: &checks };
    let printed = console::print(&summary.markdown());
    let why = checks.iter().find_map(|check| check.outcome.as_ref()?.as_ref().err());
    let failed = why.map(|why| failed(root, why, &record, &files));
    let failures: Vec<String> = printed.err().into_iter().chain(failed).collect();
    if !failures.is_empty() {
        return Err(failures.join("\n\n"));
    }
    if *sentences == own {
        clear(&own, crates);
    }
    Ok(())
}

fn say_nothing_changed(outcome: &Outcome) {
    let read = outcome.pages.iter().filter(|page| page.skipped.is_none()).count();
    let pages = count(read, "page says", "pages say");
    eprintln!("the specs say what the {pages}; nothing was changed");
}

fn failed(root: &Path, why: &str, record: &Record, files: &[Changed]) -> String {
    let own: Vec<&Changed> = files.iter().filter(|file| record.has(file)).collect();
    let edited = record.edited(root);
    let edited = match edited.is_empty() {
        true => String::new(),
        false => format!(", with what you changed since in {}", edited.join(", ")),
    };
    format!(
        "{why}, see above\n\nFix what it shows and run the same command again, which continues \
         here. To go back instead{edited}:\n  {}",
        checkout::way_back(&own)
    )
}

fn read(root: &Path, options: &Options, sentences: Option<&PathBuf>) -> Result<Outcome, String> {
    let api = options.api.as_deref();
    let (specs, glossary) = (root.join("specs"), root.join("specs/glossary.json"));
    terminal::read(&Task {
        pages: &options.pages,
        specs: &specs,
        api,
        aim: Aim::Refresh,
        glossary: Some(&glossary),
        sentences: sentences.map(PathBuf::as_path),
    })
}

/// Refuses pages that would be left out without anyone having decided it, and lists those that are
/// passed over.
fn check_pages(pages: &[PageReport]) -> Result<(), String> {
    let is_homeless = |page: &&PageReport| {
        page.subject.is_some() && page.api.is_none() && page.accepted.is_none()
    };
    let (homeless, others): (Vec<_>, Vec<_>) = pages.iter().partition(is_homeless);
    others.iter().for_each(|page| eprint!("{}", terminal::skipped(page)));
    if homeless.is_empty() {
        return match others.iter().all(|page| page.skipped.is_some() && page.accepted.is_none()) {
            true => {
                Err("no page has an operation or an event to take over; nothing was written"
                    .to_owned())
            }
            false => Ok(()),
        };
    }
    let said = homeless.iter().map(|page| {
        let why = page.skipped.as_deref().unwrap_or_default();
        format!("  {}: {why}", page.name)
    });
    let said: Vec<String> = said.collect();
    Err(format!(
        "{} no API:\n{}\n\nname their API with `--api NAME`; if it is a new one, make its place first \
         and commit it:\n  cargo xtask new-api NAME --vendor VENDOR\n\nnothing was written",
        count(said.len(), "page belongs to", "pages belong to"),
        said.join("\n")
    ))
}

fn unsafe_to_write(files: &[&Changed]) -> String {
    let first = first(files.iter().map(|file| &file.path));
    format!(
        "{} changes that are not committed, which could not be told from those of the pages:\n\
         {first}\n\ncommit or stash them, and run the same command again; nothing was written",
        count(files.len(), "file has", "files have")
    )
}

/// Returns a list of the first of some things, and how many more there are.
fn first<'a>(things: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = things.len().saturating_sub(5);
    let first: Vec<_> = things.take(5).map(|thing| format!("  {thing}")).collect();
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    first.join("\n") + &more
}

/// Lists the missing sentences in a file, and says what to do with it.
fn ask(path: &Path, gaps: &[Gap]) -> Result<String, String> {
    let is_written = |gap: &Gap| !gap.doc.trim().is_empty();
    let mut listed = writing::read(path)?;
    listed.retain(is_written);
    // A text that is not enough, such as words without a Chinese one, is kept to be completed.
    let is_listed =
        |gap: &&Gap| listed.iter().all(|known| known.api != gap.api || known.places != gap.places);
    let new: Vec<Gap> = gaps.iter().filter(is_listed).cloned().collect();
    listed.extend(new);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    }
    writing::save(path, &listed)?;
    let first = first(gaps.iter().map(|gap| &gap.about));
    Ok(format!(
        "{} missing:\n{first}\n\nfill in each `doc` in {}, in English and in your own \
         words, and run the same command again; nothing else was written. Do not commit the file, which \
         quotes the vendor.",
        count(gaps.len(), "sentence is", "sentences are"),
        path.display()
    ))
}

/// Removes a list of sentences that are in the specs now, unless it has others too.
fn clear(path: &Path, crates: &[CrateChanges]) {
    let is_done = |gap: &Gap| {
        let mut crates = crates.iter();
        !gap.doc.trim().is_empty() && crates.any(|it| gap.api.as_deref() == Some(&it.crate_name))
    };
    if writing::read(path).is_ok_and(|gaps| gaps.iter().all(is_done)) {
        // It can stay: what the specs say already is taken from it again.
        let _ = fs::remove_file(path);
    }
}

/// The changes of the checkout since the last commit.
struct Written {
    /// Anything was written just now.
    is_new: bool,
    crates: Vec<CrateChanges>,
    /// The entries that the changelog has in words of ours.
    left_out: Vec<Entry>,
}

/// Writes the specs and what follows from them, all or nothing.
fn write(root: &Path, outcome: &Outcome, record: &mut Record) -> Result<Written, String> {
    let (mut before, recorded) = (Before::default(), record.clone());
    let result = write_keeping(root, outcome, &mut before, record)
        .and_then(|written| record.save(root).map(|()| written));
    result.map_err(|why| {
        // A record of what was put back has no effect.
        drop(recorded.save(root));
        format!("{why}\n\n{}", before.restore(root))
    })
}

/// Writes each file after its earlier contents are kept and it is recorded, so that a run that is
/// killed after the specs are written can be continued.
fn write_keeping(
    root: &Path,
    outcome: &Outcome,
    before: &mut Before,
    record: &mut Record,
) -> Result<Written, String> {
    for file in &outcome.files {
        let path = Path::new("specs").join(&file.path);
        before.keep(root, &path)?;
        record.expect(&slashes(&path), Some(&file.text));
    }
    record.save(root)?;
    run::write(&root.join("specs"), &outcome.files).map_err(|error| error.source.to_string())?;
    for plan in GENERATED {
        let plan = plan(root).map_err(|error| error.shown(SHOWN))?;
        check_sentences(&plan.undescribed)?;
        for change in &plan.changes {
            before.keep(root, &change.path)?;
            record.expect(&slashes(&change.path), change.new.as_deref());
        }
        record.save(root)?;
        files::apply(root, &plan.changes).map_err(|error| error.source.to_string())?;
    }
    let changes = changes::since(root, "HEAD")?;
    if !changes.faults.is_empty() {
        return Err(changes.faults.join("\n\n"));
    }
    let mut left_out = Vec::new();
    if !changes.crates.is_empty() {
        let head = git(root, &["show", &format!("HEAD:{}", changelog::PATH)])?;
        edit(root, changelog::PATH, before, record, |text| {
            let (head, mut changelog) = (Changelog::parse(&head)?, Changelog::parse(text)?);
            left_out = changelog::specs::record(&changes.crates, &mut changelog, Some(&head));
            Ok(changelog.to_string())
        })?;
    }
    let apis = codegen::lower(root).map_err(|error| error.shown(SHOWN))?;
    for readme in readme::READMES {
        edit(root, readme, before, record, |text| Ok(readme::with_counts(text, &apis)))?;
    }
    Ok(Written { is_new: before.paths().len() > 0, crates: changes.crates, left_out })
}

fn edit(
    root: &Path,
    path: &str,
    before: &mut Before,
    record: &mut Record,
    with: impl FnOnce(&str) -> Result<String, String>,
) -> Result<(), String> {
    let old = fs::read_to_string(root.join(path))
        .map_err(|error| format!("{path} cannot be read: {error}"))?;
    let new = with(&old)?;
    if new != old {
        before.keep(root, Path::new(path))?;
        record.expect(path, Some(&new));
        record.save(root)?;
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
            "{} missing that no page is about, the first at {first}: write what is missing, and run the \
             same command again",
            count(undescribed.len(), "sentence is", "sentences are")
        )),
    }
}
