//! Figures, and the files that keep them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The figures that are the same in each run on the same kind of machine, and are checked: see
/// [`growth`].
pub const COUNTS: &str = "crates/bench/counts.json";
/// The runs that measured something else, by their command.
pub const RESULTS: &str = "crates/bench/results.json";

/// The percentage by which a count may grow.
pub const TOLERANCE: f64 = 5.0;

/// Numbers by name: a program of `crates/bench`, or what else was measured, and a measure.
pub type Figures = BTreeMap<String, Number>;

/// The figures of one run, and where they come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// In the form `2026-11-28`.
    pub date: String,
    pub machine: String,
    /// Of the compiler and of whatever else counts.
    pub versions: String,
    pub figures: Figures,
}

/// Everything that is on record.
#[derive(Debug, Default)]
pub struct Record {
    pub counts: Run,
    pub results: BTreeMap<String, Run>,
}

impl Record {
    pub fn read(root: &Path) -> Result<Self, String> {
        Ok(Self { counts: read(&root.join(COUNTS))?, results: read(&root.join(RESULTS))? })
    }

    pub fn write(&self, root: &Path) -> Result<(), String> {
        write(&root.join(COUNTS), &self.counts)?;
        write(&root.join(RESULTS), &self.results)
    }

    /// Returns the figure of that name with the command and the run that it is from.
    pub fn find(&self, name: &str) -> Option<(&str, &Run, f64)> {
        let counts = [(CHECK, &self.counts)];
        let results = self.results.iter().map(|(command, run)| (command.as_str(), run));
        counts
            .into_iter()
            .chain(results)
            .find_map(|(command, run)| Some((command, run, run.figures.get(name)?.as_f64()?)))
    }

    pub fn get(&self, name: &str) -> Option<f64> {
        self.find(name).map(|(_, _, value)| value)
    }
}

/// The command that measures the counts.
pub const CHECK: &str = "cargo xtask bench --check";

/// Returns a number that is as precise as it is worth: a tenth below a hundred, four digits below
/// one, and whole otherwise.
pub fn number(value: f64) -> Number {
    let precision = match value.abs() {
        100.0.. => 1.0,
        10.0.. => 10.0,
        1.0.. => 100.0,
        _ => 10_000.0,
    };
    let rounded = (value * precision).round() / precision;
    match rounded.fract() == 0.0 {
        true => Number::from(rounded as i64),
        // No measurement is infinite.
        false => Number::from_f64(rounded).unwrap_or_else(|| Number::from(0)),
    }
}

/// Reads the lines of a program as figures of `subject`: each is a name and a number, which may be
/// followed by that of the same done by hand.
pub fn parse(subject: &str, lines: &str) -> Result<Figures, String> {
    let mut figures = Figures::new();
    for line in lines.lines() {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let values = words.map(str::parse).collect::<Result<Vec<f64>, _>>();
        let values = values.ok().filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| format!("`{line}` of {subject} is no figure"))?;
        for (value, side) in values.into_iter().zip(["", " by hand"]) {
            figures.insert(format!("{subject} {name}{side}"), number(value));
        }
    }
    Ok(figures)
}

/// Says which counts grew by more than [`TOLERANCE`], and which are missing on either side. Those that
/// depend on the compiler are compared only if it is that of the record.
pub fn growth(recorded: &Run, measured: &Run) -> Result<(), String> {
    let compiler = |run: &Run| run.versions.split(',').next().map(str::to_owned);
    let same_compiler = compiler(recorded) == compiler(measured);
    let is_compared = |name: &&String| {
        same_compiler || !(name.ends_with("instructions") || name.contains("bytes"))
    };
    let names: BTreeSet<_> = recorded.figures.keys().chain(measured.figures.keys()).collect();
    let names = names.into_iter().filter(is_compared);
    let complaint = |name: &String| match (recorded.figures.get(name), measured.figures.get(name)) {
        (Some(before), Some(now)) => {
            let percent = (now.as_f64()? / before.as_f64()? - 1.0) * 100.0;
            (percent > TOLERANCE)
                .then(|| format!("  {name}: from {before} to {now}, {percent:+.1} %"))
        }
        (before, None) => before
            .map(|before| format!("  {name}: is on record with {before} and was not measured")),
        (None, Some(now)) => Some(format!("  {name}: {now}, and there is no record of it")),
    };
    let grown: Vec<_> = names.filter_map(complaint).collect();
    if grown.is_empty() {
        return Ok(());
    }
    let versions = match recorded.versions == measured.versions {
        true => String::new(),
        false => format!(
            "\n\nThe record is from {}, this is {}. If the calls that are written by hand have \
             grown as well, that is why.",
            recorded.versions, measured.versions
        ),
    };
    Err(format!(
        "these counts grew by more than {TOLERANCE} %, or are not on record:\n{}{versions}\n\nMake them smaller. \
         If what was gained is worth it, run `cargo xtask bench --accept`, commit the result and say \
         what it was.",
        grown.join("\n")
    ))
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, String> {
    if !path.exists() {
        return Ok(T::default());
    }
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    fs::write(path, text + "\n")
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
