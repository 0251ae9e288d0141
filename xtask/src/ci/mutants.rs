//! Mutation tests: small changes of core's code, each of which its tests have to notice.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::console;
use crate::git::git;
use crate::shell::{self, output};
use crate::target::{remove, target};

/// The most mutants of a run. Each costs a build of core and its tests, of some ten seconds.
const MOST: usize = 48;

/// The files whose mutants are tried if no line differs. Tests notice all of them, so that only who
/// changes these files or their tests can make the step fail.
const FILES: [&str; 2] =
    ["crates/core/src/flow/retry.rs", "crates/core/src/events/webhook/feishu/signature.rs"];

/// The names that the main branch may have in a checkout.
const MAIN: [&str; 2] = ["origin/main", "main"];

/// Fails if no test notices a mutant of the lines that differ from the main branch, in the files that
/// `.cargo/mutants.toml` lists. If none differ, tries the mutants of `FILES`.
///
/// Of more than `MOST` a sample is tried: another one for each commit, and the same one when the
/// step is run again.
///
/// # Errors
///
/// Returns the mutants that no test notices.
pub fn are_noticed(root: &Path) -> Result<(), String> {
    let folder = target(root).join("mutants");
    remove(&folder)?;
    let diff = folder.join("changes.diff");
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&diff, changes(root)));
    written.map_err(|error| format!("{} cannot be written: {error}", diff.display()))?;

    let changed = count(root, Some(&diff))?;
    let (diff, count) = match changed {
        0 => (None, count(root, None)?),
        _ => (Some(&*diff), changed),
    };
    if count == 0 {
        return Err(format!("there are no mutants of {}", FILES.join(" and ")));
    }
    // In a copy without a repository nothing differs, and nothing is sampled.
    let commit = git(root, &["rev-parse", "HEAD"]).unwrap_or_default();
    let (shard, shards) = shard(count, &commit);
    let lines = match diff {
        Some(_) => "the lines that differ from the main branch".to_owned(),
        None => FILES.join(" and "),
    };
    console::print(&format!("of {count} mutants of {lines}, shard {shard}/{shards} is tried\n"))?;

    let mut run = mutants(root, diff);
    run.args(["--sharding", "round-robin", "--shard", &format!("{shard}/{shards}")]);
    let status = run.arg("--output").arg(&folder).status();
    let status = status.map_err(|error| format!("cargo could not be started: {error}"))?;
    // 2 tells of mutants that were missed. 3 tells of tests without an end, whether or not others
    // were missed.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err("`cargo mutants` failed, see above".to_owned());
    }
    let list = folder.join("mutants.out/missed.txt");
    let missed = fs::read_to_string(&list)
        .map_err(|error| format!("{} cannot be read: {error}", list.display()))?;
    match missed.is_empty() {
        true => Ok(()),
        false => Err(format!("no test notices these changes:\n{}", missed.trim_end())),
    }
}

/// Returns what differs from the main branch, as far as it is there to compare with.
fn changes(root: &Path) -> String {
    let diff = |main| {
        let mut git = Command::new("git");
        // Whatever the user prefers, in the form that `cargo mutants` reads.
        git.args(["-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false", "diff"]);
        git.args(["--no-color", "--no-ext-diff", "--merge-base", main, "--", "crates/core/src"]);
        let output = git.current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    MAIN.into_iter().find_map(diff).unwrap_or_default()
}

fn mutants(root: &Path, diff: Option<&Path>) -> Command {
    // CI switches off what lets the build of a mutant continue from the one before.
    let mut cargo = shell::command(root, "CARGO_INCREMENTAL=1 cargo mutants");
    match diff {
        Some(diff) => cargo.arg("--in-diff").arg(diff),
        // Names begin with the file. `--file` would add to the files of the list.
        None => cargo.args(FILES.into_iter().flat_map(|file| ["--re", file])),
    };
    cargo
}

fn count(root: &Path, diff: Option<&Path>) -> Result<usize, String> {
    let list = output(mutants(root, diff).arg("--list"))?;
    Ok(list.lines().count())
}

/// Returns the part of `count` mutants that is tried, and the number of parts.
pub fn shard(count: usize, commit: &str) -> (usize, usize) {
    let shards = count.div_ceil(MOST);
    let number = commit.get(..7).and_then(|digits| usize::from_str_radix(digits, 16).ok());
    (number.unwrap_or_default() % shards.max(1), shards)
}
