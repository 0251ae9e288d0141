//! `cargo xtask ci`: the checks that must hold before a change lands.

mod alone;
mod lowest;
mod steps;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anstream::println;
use clap::Args;

pub use steps::{NEED_INTERNET, STEPS};

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
    /// Accept with `--strict` that steps are skipped for which package registries are not enough
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
    /// arguments, with a space between each.
    Commands(&'static [&'static str]),
    /// A function that is given the root of the workspace.
    Function(fn(&Path) -> Result<(), String>),
}

/// Runs steps and prints a summary.
///
/// # Errors
///
/// Returns the advice of the steps that failed.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let steps = select(&options.steps)?;
    if options.list {
        println!("{}", list(&steps));
        return Ok(());
    }
    let outcomes = run_steps(root, &steps, options.keep_going);
    println!("\n{}", summary(&outcomes));
    let may_skip =
        |step: &Step| !options.strict || (options.offline && NEED_INTERNET.contains(&step.name));
    let failures: Vec<_> = outcomes.iter().filter_map(|it| advice(it, may_skip)).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n")) }
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
            format!("error: there is no step `{name}`; `cargo xtask ci --list` shows all steps")
        })
    };
    names.iter().map(find).collect()
}

/// Lists steps and what they show.
pub fn list(steps: &[Step]) -> String {
    let lines = steps.iter().map(|step| format!("{:12} {}", step.name, step.shows));
    lines.collect::<Vec<_>>().join("\n")
}

/// The outcome of a step that was run.
pub struct Outcome {
    pub step: Step,
    pub time: Duration,
    pub result: Result<(), Setback>,
}

/// The reason why a step did not pass.
#[derive(Debug, PartialEq, Eq)]
pub enum Setback {
    /// Something that the step needs cannot be had.
    Skipped(String),
    Failed(String),
}

/// Runs steps in their order, up to the first that fails unless `keep_going` is set.
pub fn run_steps(root: &Path, steps: &[Step], keep_going: bool) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for step in steps.iter().copied() {
        println!("\n== {}: {}", step.name, step.shows);
        let start = Instant::now();
        let result = run_step(root, step);
        let stops = matches!(result, Err(Setback::Failed(_))) && !keep_going;
        outcomes.push(Outcome { step, time: start.elapsed(), result });
        if stops {
            break;
        }
    }
    outcomes
}

fn run_step(root: &Path, step: Step) -> Result<(), Setback> {
    let prepare = |line| shell(root, line, Stdio::null).map_err(Setback::Skipped);
    step.needs.iter().copied().try_for_each(prepare)?;
    let result = match step.run {
        Run::Commands(lines) => {
            lines.iter().copied().try_for_each(|line| shell(root, line, Stdio::inherit))
        }
        Run::Function(function) => function(root),
    };
    result.map_err(Setback::Failed)
}

/// Runs a command as it is written in the table of the steps.
fn shell(root: &Path, line: &str, output: fn() -> Stdio) -> Result<(), String> {
    let mut words = line.split_whitespace().peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push(variable);
        words.next();
    }
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).envs(variables).current_dir(root).stdout(output()).stderr(output());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`{line}` failed")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

/// Tells the outcome and the time of each step, and again which were skipped. The last line counts
/// them.
pub fn summary(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let mut counts = [0; 3];
    for Outcome { step, time, result } in outcomes {
        let (index, outcome) = match result {
            Ok(()) => (0, "passed".to_owned()),
            Err(Setback::Failed(_)) => (1, "failed".to_owned()),
            Err(Setback::Skipped(reason)) => (2, format!("skipped: {reason}")),
        };
        counts[index] += 1;
        text += &format!("{:12} {:>5} s  {outcome}\n", step.name, time.as_secs());
    }
    let minutes = outcomes.iter().map(|outcome| outcome.time).sum::<Duration>().as_secs() / 60;
    text += &format!("{minutes} min in all\n\n");
    let is_skipped = |it: &&Outcome| matches!(it.result, Err(Setback::Skipped(_)));
    let skipped: Vec<_> = outcomes.iter().filter(is_skipped).map(|it| it.step.name).collect();
    if !skipped.is_empty() {
        text += &format!("NOT CHECKED: {}\n", skipped.join(", "));
    }
    let [passed, failed, skipped] = counts;
    text + &format!("{passed} passed, {failed} failed, {skipped} skipped")
}

/// Says why a step failed, or was skipped and may not be, what to do, and how to run it again.
pub fn advice(outcome: &Outcome, may_skip: impl Fn(&Step) -> bool) -> Option<String> {
    let Step { name, help, .. } = outcome.step;
    match &outcome.result {
        Err(Setback::Failed(why)) => Some(format!(
            "error: step `{name}` failed: {why}\n\n{help}\nTo run it again: cargo xtask ci {name}"
        )),
        Err(Setback::Skipped(why)) if !may_skip(&outcome.step) => Some(format!(
            "error: step `{name}` was skipped: {why}\n\nInstall what the step needs; `.ci/run` does.\n\
             To run it again: cargo xtask ci {name}"
        )),
        _ => None,
    }
}
