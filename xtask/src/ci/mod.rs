//! `cargo xtask ci`: the checks that must hold before a change lands.

mod alone;
mod lowest;
pub mod mutants;
mod steps;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;

use crate::codegen::diagnostic::closest;
use crate::console;
use crate::release::{self, Release};
use crate::shell;
use crate::target::{remove, target};

pub use steps::{NEED_INTERNET, STEPS};

/// Returns the folders of what a step builds and no other step uses. They are gone once the step has
/// passed: all builds together do not fit on the disk of a small machine. The second is trybuild's.
pub fn apart(root: &Path) -> [PathBuf; 2] {
    ["apart", "tests"].map(|folder| target(root).join(folder))
}

/// The checks to run.
#[derive(Args)]
pub struct Options {
    /// The steps to run; all of them if none is named
    #[arg(value_name = "STEP")]
    steps: Vec<String>,
    /// List the steps and what they show, and run nothing
    #[arg(long)]
    list: bool,
    /// Run the remaining steps after one has failed
    #[arg(long)]
    keep_going: bool,
    /// Fail if a step is skipped
    #[arg(long)]
    strict: bool,
    /// With `--strict`, allow steps to be skipped that need more of the internet than package
    /// registries
    #[arg(long, requires = "strict")]
    offline: bool,
}

/// A check.
#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    /// The claim that holds if the step passes.
    pub shows: &'static str,
    /// Commands that find or install what the step needs. If one fails, the step is skipped.
    pub needs: &'static [&'static str],
    pub run: Run,
    /// Advice for when the step fails.
    pub help: &'static str,
}

/// The work of a step.
#[derive(Clone, Copy)]
pub enum Run {
    /// Commands as in a shell, but without quotes: variables of the environment, a program and its
    /// arguments, with a space between each. Programs in `target/tools` are found, and a variable that
    /// begins with `target/` is in the target folder.
    Commands(&'static [&'static str]),
    /// A function that is given the root of the workspace.
    Function(fn(&Path) -> Result<(), String>),
    /// A function that is given the last release as well. Before the first one there is nothing to check.
    SinceRelease(fn(&Path, &Release) -> Result<(), String>),
}

/// Runs steps and prints a summary.
///
/// # Errors
///
/// Returns the advice of the steps that failed.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let steps = select(&options.steps)?;
    if options.list {
        return console::print(&format!("{}\n", list(&steps)));
    }
    let may_skip =
        |step: &Step| !options.strict || (options.offline && NEED_INTERNET.contains(&step.name));
    let failure = |outcome: &Outcome| advice(outcome, may_skip);
    let outcomes =
        run_steps(root, &steps, |outcome| !options.keep_going && failure(outcome).is_some());
    let printed = console::print(&format!("\n{}\n", summary(&outcomes, steps.len())));
    let failures: Vec<_> = outcomes.iter().filter_map(failure).chain(printed.err()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\nerror: ")) }
}

/// Finds steps by their names, and returns all of them if there are no names.
///
/// # Errors
///
/// Returns an error if there is no step of one of the names.
pub fn select(names: &[String]) -> Result<Vec<Step>, String> {
    if names.is_empty() {
        return Ok(STEPS.to_vec());
    }
    let find = |name: &String| {
        let step = STEPS.iter().find(|step| step.name == name).copied();
        step.ok_or_else(|| {
            let meant = closest(name, STEPS.iter().map(|step| step.name));
            let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            format!("there is no step `{name}`; {meant}`cargo xtask ci --list` shows all steps")
        })
    };
    names.iter().map(find).collect()
}

/// Lists steps and what they show.
pub fn list(steps: &[Step]) -> String {
    let lines = steps.iter().map(|Step { name, shows, .. }| {
        let internet = if NEED_INTERNET.contains(name) { " (needs the internet)" } else { "" };
        format!("{name:12} {shows}{internet}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The outcome of a step that was run.
pub struct Outcome {
    pub step: Step,
    pub time: Duration,
    /// The size of the target folder when the step ended, in KiB, if it could be found.
    pub disk: Option<u64>,
    pub result: Result<(), Setback>,
}

/// The reason why a step did not pass.
#[derive(Debug, PartialEq, Eq)]
pub enum Setback {
    /// Something that the step needs cannot be had.
    Skipped(String),
    /// The last release, with which the step compares, cannot be found.
    Unknown(String),
    /// There is nothing yet that the step could check.
    Moot(String),
    Failed(String),
}

/// Runs steps in their order, up to the first whose outcome `stops` the run.
pub fn run_steps(root: &Path, steps: &[Step], stops: impl Fn(&Outcome) -> bool) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for step in steps.iter().copied() {
        // If it cannot be printed, the summary says so.
        drop(console::print(&format!("\n== {}: {}\n", step.name, step.shows)));
        let start = Instant::now();
        let mut result = run_step(root, step);
        let disk = disk(root);
        if result.is_ok() {
            let removed = apart(root).iter().try_for_each(|folder| remove(folder));
            result = removed.map_err(Setback::Failed);
        }
        let outcome = Outcome { step, time: start.elapsed(), disk, result };
        let is_last = stops(&outcome);
        outcomes.push(outcome);
        if is_last {
            break;
        }
    }
    outcomes
}

fn run_step(root: &Path, step: Step) -> Result<(), Setback> {
    match step.run {
        Run::Commands(lines) => {
            prepare(root, step)?;
            lines.iter().try_for_each(|line| shell::run(root, line)).map_err(Setback::Failed)
        }
        Run::Function(function) => {
            prepare(root, step)?;
            function(root).map_err(Setback::Failed)
        }
        Run::SinceRelease(function) => {
            // Without one, nothing has to be installed.
            let last = last_release(root)?;
            prepare(root, step)?;
            function(root, &last).map_err(Setback::Failed)
        }
    }
}

fn prepare(root: &Path, step: Step) -> Result<(), Setback> {
    step.needs.iter().try_for_each(|line| shell::prepare(root, line)).map_err(Setback::Skipped)
}

fn last_release(root: &Path) -> Result<Release, Setback> {
    let last = release::last_release(root).map_err(Setback::Unknown)?;
    last.ok_or_else(|| Setback::Moot("there is no release yet".to_owned()))
}

/// Returns the size of the target folder in KiB, or nothing on a system without `du`.
fn disk(root: &Path) -> Option<u64> {
    let output = Command::new("du").arg("-sk").arg(target(root)).output().ok()?;
    String::from_utf8_lossy(&output.stdout).split_whitespace().next()?.parse().ok()
}

/// Tells the outcome, the time and the disk space of each step, and again which were skipped. The last
/// line counts them, and how many of the `steps` were not run after a failure.
pub fn summary(outcomes: &[Outcome], steps: usize) -> String {
    let mut text = String::new();
    let mut counts = [0; 3];
    for Outcome { step, time, disk, result } in outcomes {
        let (index, outcome) = match result {
            Ok(()) => (0, "passed".to_owned()),
            Err(Setback::Failed(_)) => (1, "failed".to_owned()),
            Err(Setback::Skipped(reason) | Setback::Unknown(reason)) => {
                (2, format!("skipped: {reason}"))
            }
            Err(Setback::Moot(reason)) => (2, format!("nothing to check: {reason}")),
        };
        counts[index] += 1;
        text += &format!("{:12} {:>6}  {:>7}  {outcome}\n", step.name, clock(*time), size(*disk));
    }
    let time = outcomes.iter().map(|outcome| outcome.time).sum();
    let disk = outcomes.iter().filter_map(|outcome| outcome.disk).max();
    text += &format!("{:12} {:>6}  {:>7}  at most\n\n", "in all", clock(time), size(disk));
    let is_skipped = |it: &&Outcome| !matches!(it.result, Ok(()) | Err(Setback::Failed(_)));
    let skipped: Vec<_> = outcomes.iter().filter(is_skipped).map(|it| it.step.name).collect();
    if !skipped.is_empty() {
        text += &format!("NOT CHECKED: {}\n", skipped.join(", "));
    }
    let [passed, failed, skipped] = counts;
    text += &format!("{passed} passed, {failed} failed, {skipped} skipped");
    match steps - outcomes.len() {
        0 => text,
        rest => text + &format!(", {rest} not run"),
    }
}

/// Writes minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

fn size(kib: Option<u64>) -> String {
    kib.map(|kib| format!("{:.1} GB", kib as f64 * 1024.0 / 1e9)).unwrap_or_default()
}

/// Says why a step failed, or was skipped and may not be, what to do, and how to run it again.
pub fn advice(outcome: &Outcome, may_skip: impl Fn(&Step) -> bool) -> Option<String> {
    let Step { name, help, .. } = outcome.step;
    match &outcome.result {
        Err(Setback::Failed(why)) => Some(format!(
            "step `{name}` failed: {why}\n\n{help}\n\
                 To run it again: cargo xtask ci {name}"
        )),
        Err(setback @ (Setback::Skipped(why) | Setback::Unknown(why)))
            if !may_skip(&outcome.step) =>
        {
            let hint = match setback {
                // The reason says what to do.
                Setback::Unknown(_) => "",
                _ if NEED_INTERNET.contains(&name) => {
                    "The step needs more of the internet than package registries.\n"
                }
                _ => "`.ci/run` installs what the steps need, on Debian.\n",
            };
            Some(format!(
                "step `{name}` was skipped: {why}\n\n{hint}\
                 To run it again: .ci/run --strict {name}"
            ))
        }
        _ => None,
    }
}
