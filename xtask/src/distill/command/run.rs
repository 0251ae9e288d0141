//! Pages in, specs or differences out: what `cargo xtask distill`, `drift`, `refresh` and `coverage`
//! have in common.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::books::Books;
use super::task::{Aim, Outcome, PageReport, Summary, Task, Written, no_page, unread};
use crate::codegen::rules;
use crate::distill::read;
use crate::distill::specs::book::EVENTS;
use crate::files::{self, Change, Interrupted};

/// No page comes near it; what does is no page.
const LARGEST_PAGE: u64 = 16 << 20;

/// Reads the pages and puts what they say into the specs, in memory alone.
pub fn run(task: &Task<'_>, progress: &dyn Fn(usize, usize)) -> Result<Outcome, String> {
    task.api.map_or(Ok(()), rules::check_crate_name)?;
    let paths = list(task.pages)?;
    let mut readings = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        progress(index, paths.len());
        readings.push((path.clone(), load(path)));
    }
    progress(paths.len(), paths.len());
    let mut books = Books::new(task)?;
    let mut reports = Vec::new();
    readings.retain(|(path, bytes)| {
        let what = bytes.as_ref().ok().and_then(|bytes| books.definitions.take(bytes));
        let is_page = what.is_none();
        reports.extend(what.map(|what| no_page(path.display().to_string(), what)));
        is_page
    });
    let mut pages = Vec::new();
    for (path, bytes) in readings {
        match bytes {
            Ok(bytes) => pages.push((path.display().to_string(), bytes)),
            Err(why) => reports.push(unread(path.display().to_string(), why)),
        }
    }
    let (readings, types) = read::read_all(&pages);
    for ((_, bytes), reading) in pages.iter().zip(readings) {
        reports.push(books.add(reading, bytes, &types)?);
    }
    if task.aim == Aim::Compare {
        books.compare()?;
    }
    let specs = books.specs();
    let outlived = std::mem::take(&mut books.outlived);
    let (files, changes, gaps) = books.finish(&mut reports)?;
    let summary = Summary { sentences: gaps.len(), ..summary(&reports) };
    Ok(Outcome { pages: reports, specs, changes, files, outlived, gaps, summary })
}

/// Returns every file below what was named, in a fixed order. Links in folders are not followed to
/// others, which may be those around them.
fn list(pages: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in pages.iter().filter(|path| path.as_os_str() != "-") {
        fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    }
    let mut pending: Vec<(PathBuf, bool)> =
        pages.iter().rev().map(|path| (path.clone(), path.is_dir())).collect();
    while let Some((path, is_folder)) = pending.pop() {
        if !is_folder {
            files.push(path);
            continue;
        }
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?.is_dir()))
        };
        let entries = fs::read_dir(&path).and_then(|entries| {
            entries.map(entry).collect::<io::Result<BTreeSet<(PathBuf, bool)>>>()
        });
        let entries = entries.map_err(|error| unreadable(&path, &error))?;
        let is_visible = |(path, _): &(PathBuf, bool)| {
            path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
        };
        pending.extend(entries.into_iter().filter(is_visible).rev());
    }
    match files.is_empty() {
        true => Err("there are no pages; name files or folders, or `-`".to_owned()),
        false => Ok(files),
    }
}

/// Returns the bytes of a page, or why there are none.
fn load(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("it cannot be read: {error}");
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().take(LARGEST_PAGE + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let metadata = fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err("a link to a folder; name that folder to read its pages".to_owned());
        }
        if !metadata.is_file() {
            return Err("not a regular file".to_owned());
        }
        let file = fs::File::open(path).map_err(failed)?;
        file.take(LARGEST_PAGE + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > LARGEST_PAGE {
        let limit = LARGEST_PAGE >> 20;
        return Err(format!("larger than {limit} MiB, so not a page"));
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{}:1: cannot be read: {error}", path.display())
}

fn summary(reports: &[PageReport]) -> Summary {
    let mut summary = Summary { pages: reports.len(), ..Summary::default() };
    for report in reports {
        summary.unreadable += usize::from(report.unreadable);
        match &report.spec {
            Some(spec) if spec.starts_with(EVENTS) => summary.events += 1,
            Some(spec) if spec.contains('.') => summary.endpoints += 1,
            Some(_) => summary.models += 1,
            None => summary.skipped += 1,
        }
        for remark in &report.remarks {
            *summary.remarks.entry(remark.kind.label()).or_default() += 1;
        }
    }
    summary
}

/// Writes the files, all or none, unless the error says which.
pub fn write(folder: &Path, files: &[Written]) -> Result<(), Interrupted> {
    // A process that is killed leaves its files behind, which must not be among the specs.
    let target = folder.with_file_name("target");
    let staging = if target.is_dir() { &target } else { folder };
    let change = |file: &Written| {
        let path = folder.join(&file.path);
        Change { old: fs::read_to_string(&path).ok(), new: Some(file.text.clone()), path }
    };
    let changes: Vec<_> = files.iter().map(change).collect();
    // The paths of the errors are those that can be opened.
    files::apply_from(staging, Path::new("."), &changes)
}
