//! The commands that maintainers wait for.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::cargo;
use crate::shell::output;
use crate::target::{remove, target};

use super::figures::{Figures, number};
use super::programs::{median, seconds_of_children};

/// Copies of specs that make a tree of 3,619 operations in 55 APIs.
const COPIES: [(&str, u32); 2] = [("feishu-im", 28), ("feishu-apaas", 27)];

/// Times the generator, and the tests of this checkout and of a new clone.
pub fn measure(root: &Path) -> Result<Figures, String> {
    let scratch = target(root).join("bench");
    remove(&scratch)?;
    let many = scratch.join("many");
    grow(root, &many).map_err(|error| format!("the specs cannot be copied: {error}"))?;
    let clone = scratch.join("clone");
    output(Command::new("git").args(["clone", "--quiet"]).arg(root).arg(&clone))?;

    let xtask = env::current_exe().map_err(|error| error.to_string())?;
    let codegen = |tree: &Path| {
        let mut command = Command::new(&xtask);
        command.args(["codegen", "--root"]).arg(tree);
        command
    };
    let in_all = || {
        let mut command = cargo::command();
        command.args(["xtask", "codegen"]).current_dir(root);
        command
    };
    let test = |tree: &Path, rest: &[&str]| {
        let mut command = cargo::command();
        command.args(["test", "--quiet", "--workspace"]).args(rest);
        command.current_dir(tree).env_remove("CARGO_TARGET_DIR");
        command
    };
    output(&mut test(root, &["--no-run"]))?;
    let figures = [
        ("codegen cpu_seconds", thrice(|| cpu_seconds(codegen(root)))?),
        ("codegen-3600 cpu_seconds", cpu_seconds(codegen(&many))?),
        ("codegen wall_seconds", thrice(|| wall_seconds(in_all()))?),
        ("tests wall_seconds", wall_seconds(test(root, &[]))?),
        ("clone wall_seconds", wall_seconds(test(&clone, &[]))?),
    ];
    remove(&scratch)?;
    Ok(figures.map(|(name, seconds)| (name.to_owned(), number(seconds))).into())
}

fn grow(root: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.join("xtask"))?;
    fs::copy(root.join("xtask/Cargo.toml"), to.join("xtask/Cargo.toml"))?;
    copy(&root.join("specs"), &to.join("specs"), false)?;
    for (name, copies) in COPIES {
        for n in 0..copies {
            let copied = format!("{name}-{n}");
            copy(&root.join("specs").join(name), &to.join("specs").join(&copied), true)?;
            let manifest = to.join("crates").join(&copied);
            copy(&root.join("crates").join(name), &manifest, false)?;
        }
    }
    Ok(())
}

/// Copies the files of a folder, and those of the folders in it if wanted.
fn copy(from: &Path, to: &Path, deep: bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true if deep => copy(&entry.path(), &target, deep)?,
            true => {}
            false => drop(fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}

fn thrice(run: impl Fn() -> Result<f64, String>) -> Result<f64, String> {
    Ok(median((0..3).map(|_| run()).collect::<Result<_, _>>()?))
}

fn cpu_seconds(mut command: Command) -> Result<f64, String> {
    let before = seconds_of_children()?;
    output(&mut command)?;
    Ok(seconds_of_children()? - before)
}

fn wall_seconds(mut command: Command) -> Result<f64, String> {
    let start = Instant::now();
    output(&mut command)?;
    Ok(start.elapsed().as_secs_f64())
}
