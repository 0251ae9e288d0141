//! `cargo xtask bench`: the cost of a call through the crates, compared with one that is written by hand.

pub mod figures;
mod maintenance;
pub mod plot;
pub(crate) mod programs;
mod server;
pub mod table;

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use clap::Args;

use crate::codegen;
use crate::console;
use crate::shell::output;
use figures::{CHECK, Figures, Record, Run, growth, number};
use plot::PLOTS;
use table::DOCUMENT;

/// The figures to measure, and what to do with them.
#[derive(Args)]
pub struct Options {
    /// Measure nothing but counts, and fail if one grew or if a table or plot is not up to date
    #[arg(long, conflicts_with_all = ["weight", "maintenance", "tasks", "scale", "peers", "plot"])]
    check: bool,
    /// Put what is measured on record, and renew the tables and plots
    #[arg(long, conflicts_with = "check")]
    accept: bool,
    /// Measure nothing; renew the tables and plots
    #[arg(long)]
    plot: bool,
    /// Measure how long the programs take to build as well, with `--peers` those of others too
    #[arg(long)]
    weight: bool,
    /// Measure how long the generator and the tests take as well
    #[arg(long)]
    maintenance: bool,
    /// Measure calls of many tasks at once as well
    #[arg(long)]
    tasks: bool,
    /// Measure calls in flight, files, events and idle connections as well
    #[arg(long)]
    scale: bool,
    /// Build the SDKs of others and measure the same call through them as well
    #[arg(long)]
    peers: bool,
}

/// Measures, and prints the figures.
///
/// # Errors
///
/// Returns an error if something cannot be measured, or is not as on record with `--check`.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    console::print(&report(root, options)?)
}

fn report(root: &Path, options: &Options) -> Result<String, String> {
    let mut record = Record::read(root)?;
    if options.plot {
        return write(root, &record);
    }
    let counts = run_of(root, counts)?;
    if options.check {
        growth(&record.counts, &counts)?;
        check(root, &record)?;
        return Ok(format!("{} counts are as on record\n", counts.figures.len()));
    }
    let parts: [(_, _, fn(&Path) -> _); 7] = [
        ("cargo xtask bench", true, programs::time),
        ("cargo xtask bench --tasks", options.tasks, |root| programs::measure(root, "tasks")),
        ("cargo xtask bench --weight", options.weight, programs::weigh),
        ("cargo xtask bench --maintenance", options.maintenance, maintenance::measure),
        ("cargo xtask bench --scale", options.scale, |root| programs::measure(root, "scale")),
        ("cargo xtask bench --peers", options.peers, programs::peers),
        (
            "cargo xtask bench --peers --weight",
            options.peers && options.weight,
            programs::weigh_peers,
        ),
    ];
    let results = parts.into_iter().filter(|(_, wanted, _)| *wanted);
    let results = results
        .map(|(command, _, measure)| Ok((command, run_of(root, measure)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let mut report = list(CHECK, &counts);
    record.counts = counts;
    for (command, run) in results {
        report += &list(command, &run);
        record.results.insert(command.to_owned(), run);
    }
    if options.accept {
        record.write(root)?;
        report += &write(root, &record)?;
    }
    Ok(report)
}

/// The files that are made of the record, by their paths.
pub fn documents(root: &Path, record: &Record) -> Result<Vec<(&'static str, String)>, String> {
    let document = read(root, DOCUMENT)?;
    let plots = PLOTS.iter().map(|(path, colors)| (*path, plot::draw(record, colors)));
    let document = (DOCUMENT, table::fill(&document, record)?);
    Ok([document].into_iter().chain(plots).collect())
}

/// Fails unless the tables and plots are what the record says.
pub fn check(root: &Path, record: &Record) -> Result<(), String> {
    for (path, text) in documents(root, record)? {
        if read(root, path)? != text {
            return Err(format!("{path} is not what is on record; run `cargo xtask bench --plot`"));
        }
    }
    Ok(())
}

fn write(root: &Path, record: &Record) -> Result<String, String> {
    let mut report = String::new();
    for (path, text) in documents(root, record)? {
        fs::write(root.join(path), text)
            .map_err(|error| format!("{path} cannot be written: {error}"))?;
        report += &format!("wrote {path}\n");
    }
    Ok(report)
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path} cannot be read: {error}"))
}

fn list(command: &str, run: &Run) -> String {
    let figures = run.figures.iter().map(|(name, value)| format!("  {name:40} {value:>12}\n"));
    format!("{command}\n{}", figures.collect::<String>())
}

fn counts(root: &Path) -> Result<Figures, String> {
    let mut figures = programs::count(root)?;
    figures.extend(generated_lines(root)?);
    Ok(figures)
}

/// Counts the lines of generated code of each crate, for one of its operations.
fn generated_lines(root: &Path) -> Result<Figures, String> {
    let apis = codegen::lower_specs(&root.join("specs")).map_err(|error| error.to_string())?;
    let lines_of = |name: &str| lines(&root.join("crates").join(name).join("src/generated"));
    apis.iter()
        .map(|api| {
            let lines = lines_of(&api.name).map_err(|error| error.to_string())?;
            let operations: usize = api.modules.iter().map(|module| module.operations.len()).sum();
            let average = lines as f64 / operations.max(1) as f64;
            Ok((format!("{} lines_per_operation", api.name), number(average)))
        })
        .collect()
}

fn lines(folder: &Path) -> std::io::Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        count += match path.is_dir() {
            true => lines(&path)?,
            false => fs::read_to_string(path)?.lines().count(),
        };
    }
    Ok(count)
}

/// Measures, and says when and on what.
fn run_of(
    root: &Path,
    measure: impl FnOnce(&Path) -> Result<Figures, String>,
) -> Result<Run, String> {
    let print = |program: &str, argument: &str| {
        let text = output(Command::new(program).arg(argument).current_dir(root))?;
        Ok::<_, String>(text.trim().to_owned())
    };
    let rustc = print("rustc", "--version")?;
    let rustc: Vec<_> = rustc.split_whitespace().take(2).collect();
    let (rustc, valgrind) = (rustc.join(" "), print("valgrind", "--version")?);
    let versions = format!("{rustc} for {ARCH} {OS}, {valgrind}");
    Ok(Run { date: print("date", "+%F")?, machine: machine(), versions, figures: measure(root)? })
}

/// Describes this machine, as far as it is known.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, name)| name);
    let count = thread::available_parallelism().map_or(1, usize::from);
    format!("{count} cores of {model}")
}
