//! `cargo xtask words`: phrases that have a better word, against a budget that only falls.

mod passage;
mod phrases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::Args;
use regex::{Regex, RegexSet};

use crate::console;
use crate::git::git;
use passage::{Passage, Reader};
use phrases::PHRASES;

/// The budget: how often each place may have a phrase, by the names of both.
pub const BUDGET: &str = "xtask/words.json";

/// A phrase to avoid.
struct Phrase {
    name: &'static str,
    finds: &'static str,
    /// The better word.
    say: &'static str,
}

impl Phrase {
    /// Returns the regular expression, in which a line break is as good as a space.
    fn regex(&self) -> String {
        self.finds.replace(' ', r"[ \n]").replace(r"\b", r"(?-u:\b)")
    }
}

/// The matches of a phrase in a place, as `file:line: words`.
type Matches = BTreeMap<(&'static str, &'static str), Vec<String>>;

type Budget = BTreeMap<String, BTreeMap<String, usize>>;

/// The treatment of a budget that is higher than it has to be.
#[derive(Args)]
pub struct Options {
    /// Lower the budget to the phrases that are left
    #[arg(long)]
    accept: bool,
}

/// Compares the texts below `root` with the budget, and prints how many phrases are left.
///
/// # Errors
///
/// Returns an error if a text has more phrases than the budget allows, or if the budget can be lowered.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    console::print(&check(root, options.accept)?)
}

/// Compares the texts below `root` with the budget. With `accepts`, lowers the budget to what is
/// found, and never raises it.
pub fn check(root: &Path, accepts: bool) -> Result<String, String> {
    let path = root.join(BUDGET);
    let budget = fs::read(&path).map_err(|error| format!("{BUDGET}: {error}"))?;
    let budget: Budget =
        serde_json::from_slice(&budget).map_err(|error| format!("{BUDGET}: {error}"))?;
    let matches = search(root)?;
    let (lowered, above) = compare(&budget, &matches);
    if accepts && lowered != budget {
        let text = serde_json::to_string_pretty(&lowered).map_err(|error| error.to_string())?;
        fs::write(&path, text + "\n").map_err(|error| format!("{BUDGET}: {error}"))?;
    }
    if !above.is_empty() {
        return Err(format!("these phrases have a better word:\n{above}"));
    }
    if !accepts && lowered != budget {
        return Err("fewer phrases are left than the budget allows\n\n\
             Run `cargo xtask words --accept` to lower the budget, and commit the result."
            .to_owned());
    }
    let mut left =
        format!("{} phrases left\n", lowered.values().flat_map(BTreeMap::values).sum::<usize>());
    for (place, phrases) in &lowered {
        _ = writeln!(left, "  {place}: {}", phrases.values().sum::<usize>());
    }
    Ok(left)
}

/// Returns the budget lowered to the matches, and a report of what is above the budget.
fn compare(budget: &Budget, matches: &Matches) -> (Budget, String) {
    let (mut lowered, mut above) = (Budget::new(), String::new());
    for (&(place, name), found) in matches {
        let allowed = budget.get(place).and_then(|phrases| phrases.get(name)).copied();
        let allowed = allowed.unwrap_or_default();
        if found.len() > allowed {
            let say = PHRASES.iter().find(|phrase| phrase.name == name).map(|phrase| phrase.say);
            _ = writeln!(
                above,
                "\n`{name}` in {place}: {} found, {allowed} allowed; better: {}\n{}",
                found.len(),
                say.unwrap_or_default(),
                found.join("\n"),
            );
        }
        let left = found.len().min(allowed);
        if left > 0 {
            lowered.entry(place.to_owned()).or_default().insert(name.to_owned(), left);
        }
    }
    (lowered, above)
}

fn search(root: &Path) -> Result<Matches, String> {
    let finds: Vec<_> = PHRASES.iter().map(Phrase::regex).collect();
    let regexes = finds.iter().map(|finds| Regex::new(finds)).collect::<Result<Vec<_>, _>>();
    let regexes = regexes.map_err(|error| error.to_string())?;
    // All at once is much faster than one after another, and few passages have a phrase.
    let any = RegexSet::new(&finds).map_err(|error| error.to_string())?;
    let reader = Reader::new().map_err(|error| error.to_string())?;
    let mut matches = Matches::new();
    for file in files(root)? {
        let Some((place, passages)) = place(&file) else { continue };
        let text =
            fs::read_to_string(root.join(&file)).map_err(|error| format!("{file}: {error}"))?;
        if text.starts_with("// @generated") {
            continue;
        }
        for passage in passages(&reader, &text) {
            for index in any.matches(&passage.text) {
                let (Some(phrase), Some(regex)) = (PHRASES.get(index), regexes.get(index)) else {
                    continue;
                };
                let found = regex.find_iter(&passage.text).map(|found| {
                    let (line, text) = passage.line_at(found.start());
                    format!("{file}:{line}: {text}")
                });
                matches.entry((place, phrase.name)).or_default().extend(found);
            }
        }
    }
    Ok(matches)
}

/// Lists the files that are or may be committed.
fn files(root: &Path) -> Result<Vec<String>, String> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
    let files = git(root, &list)?;
    Ok(files.split('\0').filter(|file| root.join(file).is_file()).map(str::to_owned).collect())
}

type Read = fn(&Reader, &str) -> Vec<Passage>;

/// Returns the place whose budget a file counts against, and how its texts are read. Pages that
/// tests read, code of tests and generated files count nowhere.
fn place(file: &str) -> Option<(&'static str, Read)> {
    let (_, extension) = file.rsplit_once('.')?;
    let is_below = |folder| file.starts_with(folder);
    let is_test = file.contains("/tests/") || is_below("tests/src/") || is_below("tests/tests/");
    match extension {
        _ if is_test || is_below(".") => None,
        "md" => Some(("markdown", |_, text| passage::of_markdown(text))),
        "json" if is_below("specs/") && file != "specs/schema.json" => {
            Some(("specs", Reader::of_json))
        }
        "rs" if is_below("xtask/") => Some(("xtask", Reader::of_rust)),
        "rs" => Some(("crates", Reader::of_rust)),
        _ => None,
    }
}
