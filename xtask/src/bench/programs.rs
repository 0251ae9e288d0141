//! The programs of `crates/bench`: how they are built, counted and timed.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Number;

use crate::cargo;
use crate::shell::output;
use crate::target::{remove, target};

use super::figures::{Figures, number, parse};
use super::server::Server;
use super::table::PEERS;

const PACKAGE: &str = "openplat-bench";
const PEERS_FOLDER: &str = "crates/bench/peers";

/// A program that makes warm calls.
struct Program {
    name: &'static str,
    /// Whether it is a workspace of its own, in the folder of its name in [`PEERS_FOLDER`].
    is_peer: bool,
    /// The features that it is built with.
    features: &'static str,
    /// The program that does the same by hand.
    beside: Option<&'static str>,
    /// The number of calls that are counted.
    calls: u32,
    /// Whether it is what one who uses a single operation writes, so that its size says something.
    weighs: bool,
}

const fn program(name: &'static str, beside: Option<&'static str>, weighs: bool) -> Program {
    Program { name, is_peer: false, features: name, beside, calls: 500, weighs }
}

const fn decoder(name: &'static str, beside: Option<&'static str>) -> Program {
    Program { features: "decode", calls: 20, ..program(name, beside, false) }
}

const fn peer(name: &'static str) -> Program {
    Program { is_peer: true, features: "", ..program(name, None, true) }
}

impl Program {
    fn package(&self) -> String {
        if self.is_peer { format!("peer-{}", self.name) } else { PACKAGE.to_owned() }
    }

    /// Returns the folder of its workspace, in `root` or in the target folder.
    fn folder(&self, root: &Path) -> PathBuf {
        if self.is_peer { root.join(PEERS_FOLDER).join(self.name) } else { root.to_owned() }
    }
}

const PROGRAMS: [Program; 8] = [
    program("raw", None, true),
    program("im", Some("raw"), true),
    program("im-hyper", Some("raw"), true),
    program("apaas", Some("raw"), true),
    program("raw-ding", None, false),
    program("ding", Some("raw-ding"), true),
    decoder("raw-decode", None),
    decoder("decode", Some("raw-decode")),
];

/// A program that calls many operations.
const MANY: Program = Program { features: "im", ..program("im-many", None, false) };

/// Calls that go before those that are counted, in addition to the warm-up of the programs themselves.
const BEFORE: u32 = 10;

/// Pairs of runs of which the median is taken.
const ROUNDS: usize = 7;

/// Long enough for a caller under valgrind to wait for its response, so that it does so each time.
const DELAY: Duration = Duration::from_millis(3);

/// Counts what is the same in each run: instructions, allocations, crates and bytes.
pub fn count(root: &Path) -> Result<Figures, String> {
    let mut figures = count_all(root, &PROGRAMS)?;
    let many = build(root, &MANY)?;
    let one = figures.get("im bytes").and_then(Number::as_f64).unwrap_or_default();
    let bytes = (size(&many)? - one) / operations(&many)?;
    figures.insert("im-many bytes_per_operation".to_owned(), number(bytes));
    Ok(figures)
}

/// Counts the same of other SDKs.
pub fn peers(root: &Path) -> Result<Figures, String> {
    count_all(root, &PEERS.map(peer))
}

/// Builds other SDKs from nothing, as [`weigh`] does.
pub fn weigh_peers(root: &Path) -> Result<Figures, String> {
    weigh_all(root, &PEERS.map(peer))
}

fn count_all(root: &Path, programs: &[Program]) -> Result<Figures, String> {
    let server = Server::start(DELAY)?;
    let mut figures = Figures::new();
    for program in programs {
        let binary = build(root, program)?;
        let difference = |count: fn(&Path, &str, u32) -> Result<u64, String>| {
            let url = server.url();
            let before = count(&binary, &url, BEFORE)?;
            let after = count(&binary, &url, BEFORE + program.calls)?;
            Ok::<_, String>(after.saturating_sub(before) as f64 / f64::from(program.calls))
        };
        let mut figure = |measure: &str, value: f64| {
            figures.insert(format!("{} {measure}", program.name), number(value));
        };
        figure("instructions", difference(instructions)?);
        figure("allocations", difference(allocations)?);
        if program.weighs {
            figure("crates", crates(root, program)? as f64);
            figure("bytes", size(&binary)?);
        }
    }
    Ok(figures)
}

/// Times each program by turns with the one that does the same by hand, and takes the pair
/// whose ratio is the median.
pub fn time(root: &Path) -> Result<Figures, String> {
    let server = Server::start(Duration::ZERO)?;
    let time = |program: &Program| {
        let binary = build(root, program)?;
        let calls = (4 * program.calls).to_string();
        let figures =
            parse(program.name, &output(Command::new(binary).args([&server.url(), &calls]))?)?;
        let nanos = ["cpu_ns", "wall_ns"]
            .map(|measure| figures.get(&format!("{} {measure}", program.name)));
        let nanos = nanos.into_iter().flatten().find_map(Number::as_f64);
        nanos.ok_or_else(|| format!("{} did not print what a call takes", program.name))
    };
    let mut figures = Figures::new();
    for (program, by_hand) in pairs() {
        let rounds = (0..ROUNDS).map(|_| Ok((time(program)?, time(by_hand)?)));
        let mut rounds = rounds.collect::<Result<Vec<_>, String>>()?;
        rounds.sort_by(|(a, b), (c, d)| f64::total_cmp(&(a / b), &(c / d)));
        let Some((ours, theirs)) = rounds.get(ROUNDS / 2) else { continue };
        figures.insert(format!("{} cpu_us", program.name), number(ours / 1000.0));
        figures.insert(format!("{} cpu_us by hand", program.name), number(theirs / 1000.0));
    }
    Ok(figures)
}

/// Builds each program that weighs from nothing. Processor time in user mode differs little from one
/// build to the next.
pub fn weigh(root: &Path) -> Result<Figures, String> {
    let mut figures = weigh_all(root, &PROGRAMS)?;
    let mut clean = cargo::command();
    output(clean.args(["clean", "--quiet", "--release", "--package", PACKAGE]).current_dir(root))?;
    // Leaves nothing to build but the program itself.
    build(root, &program("im", None, true))?;
    let before = seconds_of_children()?;
    let many = build(root, &MANY)?;
    let seconds = (seconds_of_children()? - before) / operations(&many)?;
    figures.insert("im-many build_seconds_per_operation".to_owned(), number(seconds));
    Ok(figures)
}

fn weigh_all(root: &Path, programs: &[Program]) -> Result<Figures, String> {
    let folder = target(root).join("weigh");
    let mut figures = Figures::new();
    for program in programs.iter().filter(|program| program.weighs) {
        remove(&folder)?;
        let before = seconds_of_children()?;
        output(cargo(root, program).env("CARGO_TARGET_DIR", &folder))?;
        let seconds = number(seconds_of_children()? - before);
        figures.insert(format!("{} build_seconds", program.name), seconds);
    }
    remove(&folder)?;
    Ok(figures)
}

/// Runs a program that does its own measuring, and returns what it prints.
pub fn measure(root: &Path, name: &'static str) -> Result<Figures, String> {
    parse(name, &output(&mut Command::new(build(root, &program(name, None, false))?))?)
}

fn pairs() -> impl Iterator<Item = (&'static Program, &'static Program)> {
    let by_name = |name| PROGRAMS.iter().find(|program| program.name == name);
    PROGRAMS.iter().filter_map(move |program| Some((program, by_name(program.beside?)?)))
}

fn size(binary: &Path) -> Result<f64, String> {
    let size = fs::metadata(binary).map(|file| file.len() as f64);
    size.map_err(|error| format!("{} cannot be read: {error}", binary.display()))
}

/// Returns how many operations [`MANY`] calls.
fn operations(many: &Path) -> Result<f64, String> {
    let figures = parse(MANY.name, &output(&mut Command::new(many))?)?;
    let operations = figures.values().next().and_then(Number::as_f64);
    operations.ok_or_else(|| format!("{} did not say how many it calls", MANY.name))
}

fn instructions(binary: &Path, url: &str, calls: u32) -> Result<u64, String> {
    let report = valgrind("callgrind", &["--callgrind-out-file=/dev/null"], binary, url, calls)?;
    number_after(&report, "Collected :")
}

/// Counts the blocks that were allocated, those that were only made larger among them.
fn allocations(binary: &Path, url: &str, calls: u32) -> Result<u64, String> {
    let options = ["--leak-check=no", "--undef-value-errors=no"];
    number_after(&valgrind("memcheck", &options, binary, url, calls)?, "total heap usage:")
}

/// Returns the path of a program: a child without an environment would search few folders.
fn found(program: &str) -> PathBuf {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut paths = env::split_paths(&folders).map(|folder| folder.join(program));
    paths.find(|path| path.is_file()).unwrap_or_else(|| program.into())
}

/// Runs a program under a tool of valgrind, whose report it returns. The environment is empty: its
/// size would move the stack.
fn valgrind(
    tool: &str,
    options: &[&str],
    binary: &Path,
    url: &str,
    calls: u32,
) -> Result<String, String> {
    let output = Command::new(found("valgrind"))
        .arg(format!("--tool={tool}"))
        .args(options)
        .arg(binary)
        .args([url, &calls.to_string()])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind could not be started: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(report),
        false => Err(format!("{} failed under valgrind:\n{report}", binary.display())),
    }
}

/// Reads the number, with its commas, that a report gives after `label`.
fn number_after(report: &str, label: &str) -> Result<u64, String> {
    let found = report.split_once(label).and_then(|(_, rest)| rest.split_whitespace().next());
    let number = found.and_then(|digits| digits.replace(',', "").parse().ok());
    number.ok_or_else(|| format!("valgrind did not report `{label}`:\n{report}"))
}

/// Counts the crates that are compiled for a program, those of the benchmark not among them.
fn crates(root: &Path, program: &Program) -> Result<usize, String> {
    let tree = output(
        cargo::command()
            .args(["tree", "--package", &program.package(), "--features", program.features])
            .args(["--edges", "normal", "--prefix", "none"])
            .current_dir(program.folder(root)),
    )?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
            .filter(|(name, _)| ![PACKAGE, &program.package()].contains(name))
    });
    Ok(crates.collect::<HashSet<_>>().len())
}

/// Builds a program as one who depends on the crates would, and returns where it is.
fn build(root: &Path, program: &Program) -> Result<PathBuf, String> {
    output(&mut cargo(root, program))?;
    Ok(program.folder(&target(root)).join("release").join(program.name))
}

fn cargo(root: &Path, program: &Program) -> Command {
    let mut cargo = cargo::command();
    cargo
        .args(["build", "--quiet", "--release", "--package", &program.package()])
        .args(["--bin", program.name, "--features", program.features])
        .args(["--config", "profile.release.strip=true"])
        // The warnings that CI denies must not change the figures.
        .env_remove("RUSTFLAGS")
        .env("CARGO_TARGET_DIR", program.folder(&target(root)))
        .current_dir(program.folder(root));
    cargo
}

/// Returns the processor time of all child processes that have ended, in user mode.
pub fn seconds_of_children() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("processor time is only known on Linux: {error}"))?;
    // The name of the program is in parentheses, and may contain spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().nth(13).and_then(|ticks| ticks.parse::<f64>().ok());
    ticks.map(|ticks| ticks / 100.0).ok_or_else(|| "/proc/self/stat is not as expected".into())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
